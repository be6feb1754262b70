//! A wildcard pattern as an automaton over the bytes of keywords, so that a term dictionary is walked only where
//! the pattern can still match.

use schemas::query::{Piece, Wildcard};
use tantivy_fst::Automaton;

/// What is to come at one place of a pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    /// This byte.
    Byte(u8),
    /// The first byte of any character.
    First,
    /// Any more bytes of that character.
    Rest,
    /// Anything.
    Many,
}

/// A pattern over UTF-8.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    steps: Vec<Step>,
}

impl Pattern {
    /// What begins with `prefix` and goes on as `wildcard` says.
    pub(super) fn new(prefix: &str, wildcard: &Wildcard) -> Self {
        let mut steps: Vec<Step> = prefix.bytes().map(Step::Byte).collect();
        for piece in &wildcard.0 {
            match piece {
                Piece::Literal(text) => steps.extend(text.bytes().map(Step::Byte)),
                Piece::AnyOne => steps.extend([Step::First, Step::Rest]),
                Piece::AnyMany if steps.last() == Some(&Step::Many) => {}
                Piece::AnyMany => steps.push(Step::Many),
            }
        }
        Self { steps }
    }

    /// Adds the places that can be reached without a byte.
    fn close(&self, mut state: Places) -> Places {
        for (place, step) in self.steps.iter().enumerate() {
            if matches!(step, Step::Rest | Step::Many) && state.has(place) {
                state.set(place + 1);
            }
        }
        state
    }
}

/// Places in a pattern, one bit each.
#[derive(Debug, Clone)]
pub(super) struct Places(Vec<u64>);

impl Places {
    fn none(places: usize) -> Self {
        Self(vec![0; places / 64 + 1])
    }

    fn set(&mut self, place: usize) {
        self.0[place / 64] |= 1 << (place % 64);
    }

    fn has(&self, place: usize) -> bool {
        self.0[place / 64] & 1 << (place % 64) != 0
    }
}

impl Automaton for Pattern {
    type State = Places;

    fn start(&self) -> Places {
        let mut state = Places::none(self.steps.len());
        state.set(0);
        self.close(state)
    }

    fn is_match(&self, state: &Places) -> bool {
        state.has(self.steps.len())
    }

    fn can_match(&self, state: &Places) -> bool {
        state.0.iter().any(|word| *word != 0)
    }

    fn accept(&self, state: &Places, byte: u8) -> Places {
        let continues = byte & 0xc0 == 0x80;
        let mut next = Places::none(self.steps.len());
        for (place, step) in self.steps.iter().enumerate().filter(|(place, _)| state.has(*place)) {
            match step {
                Step::Byte(wanted) if *wanted == byte => next.set(place + 1),
                Step::First if !continues => next.set(place + 1),
                Step::Rest if continues => next.set(place),
                Step::Many => next.set(place),
                Step::Byte(_) | Step::First | Step::Rest => {}
            }
        }
        self.close(next)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &Pattern, text: &str) -> bool {
        let end = text.bytes().fold(pattern.start(), |state, byte| pattern.accept(&state, byte));
        pattern.is_match(&end)
    }

    /// By trying every split.
    fn fits(pieces: &[Piece], text: &str) -> bool {
        match pieces {
            [] => text.is_empty(),
            [Piece::Literal(literal), rest @ ..] => text.strip_prefix(literal.as_str()).is_some_and(|text| fits(rest, text)),
            [Piece::AnyOne, rest @ ..] => text.chars().next().is_some_and(|c| fits(rest, &text[c.len_utf8()..])),
            [Piece::AnyMany, rest @ ..] => text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| fits(rest, &text[at..])),
        }
    }

    fn pieces() -> impl Strategy<Value = Vec<Piece>> {
        let piece = prop_oneof![Just(Piece::AnyOne), Just(Piece::AnyMany), "[aé🔔*\0]{0,2}".prop_map(Piece::Literal)];
        proptest::collection::vec(piece, 0..8)
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_fits(pieces in pieces(), text in "[aé🔔*\0]{0,8}") {
            let pattern = Pattern::new("", &Wildcard(pieces.clone()));
            prop_assert_eq!(matches(&pattern, &text), fits(&pieces, &text));
        }

        #[test]
        fn what_can_not_match_any_more_never_does(pieces in pieces(), head in "[aé🔔*\0]{0,6}", tail in "[aé🔔*\0]{0,6}") {
            let pattern = Pattern::new("", &Wildcard(pieces));
            let state = head.bytes().fold(pattern.start(), |state, byte| pattern.accept(&state, byte));
            let text = format!("{head}{tail}");
            prop_assert!(pattern.can_match(&state) || !matches(&pattern, &text));
        }
    }

    #[test]
    fn a_prefix_is_matched_as_it_stands() {
        let pattern = Pattern::new("1:*", &Wildcard(vec![Piece::AnyMany]));
        assert!(matches(&pattern, "1:*x") && !matches(&pattern, "1:x"));
    }
}
