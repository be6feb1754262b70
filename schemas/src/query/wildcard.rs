//! Patterns by themselves: read from a text, and whether one fits another text.

use super::{Piece, Wildcard};

impl Wildcard {
    /// Reads a pattern: `*` is any characters, `?` any one, and a backslash takes one of these three as it is.
    pub fn glob(text: &str) -> Self {
        let (mut pieces, mut chars) = (Vec::new(), text.chars().peekable());
        while let Some(c) = chars.next() {
            match c {
                '*' if pieces.last() == Some(&Piece::AnyMany) => {}
                '*' => pieces.push(Piece::AnyMany),
                '?' => pieces.push(Piece::AnyOne),
                plain => {
                    let escaped = if plain == '\\' { chars.next_if(|next| matches!(next, '*' | '?' | '\\')) } else { None };
                    let plain = escaped.unwrap_or(plain);
                    match pieces.last_mut() {
                        Some(Piece::Literal(literal)) => literal.push(plain),
                        _ => pieces.push(Piece::Literal(plain.into())),
                    }
                }
            }
        }
        Self(pieces)
    }

    /// The longest text that stands in whatever it fits.
    pub fn longest_literal(&self) -> Option<&str> {
        let literals = self.0.iter().filter_map(|piece| if let Piece::Literal(text) = piece { Some(text.as_str()) } else { None });
        literals.filter(|text| !text.is_empty()).max_by_key(|text| text.len())
    }

    /// Whether it fits the whole of `text`. Takes at most as many steps as the product of both lengths: only the last
    /// `*` ever tries again.
    pub fn matches(&self, text: &str) -> bool {
        let (mut pieces, mut rest) = (&self.0[..], text);
        let mut again: Option<(&[Piece], &str)> = None;
        loop {
            match fit(pieces, rest) {
                Some(([], "")) => return true,
                Some(([Piece::AnyMany], _)) => return true,
                Some(([Piece::AnyMany, after @ ..], left)) => {
                    again = Some((after, left));
                    (pieces, rest) = (after, left);
                }
                // Too short a pattern or too different a text: the last star takes one character more.
                _ => {
                    let Some((after, from)) = again else { return false };
                    let Some(from) = further(after, from) else { return false };
                    again = Some((after, from));
                    (pieces, rest) = (after, from);
                }
            }
        }
    }
}

/// Goes over the pieces up to the next star or the end. Answers what is left of both; `None` if the text is different.
fn fit<'p, 't>(mut pieces: &'p [Piece], mut text: &'t str) -> Option<(&'p [Piece], &'t str)> {
    loop {
        match pieces {
            [Piece::Literal(literal), after @ ..] => {
                text = text.strip_prefix(literal.as_str())?;
                pieces = after;
            }
            [Piece::AnyOne, after @ ..] => {
                let mut chars = text.chars();
                chars.next()?;
                text = chars.as_str();
                pieces = after;
            }
            [] | [Piece::AnyMany, ..] => return Some((pieces, text)),
        }
    }
}

/// The next place after the beginning of `text` where `pieces` can begin.
fn further<'t>(pieces: &[Piece], text: &'t str) -> Option<&'t str> {
    let mut chars = text.chars();
    chars.next()?;
    let text = chars.as_str();
    match pieces.first() {
        Some(Piece::Literal(literal)) => text.find(literal.as_str()).map(|at| &text[at..]),
        _ => Some(text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
        let piece = prop_oneof![Just(Piece::AnyOne), Just(Piece::AnyMany), "[aé🔔*]{0,2}".prop_map(Piece::Literal)];
        proptest::collection::vec(piece, 0..8)
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_fits(pieces in pieces(), text in "[aé🔔*]{0,8}") {
            prop_assert_eq!(Wildcard(pieces.clone()).matches(&text), fits(&pieces, &text));
        }
    }

    #[test]
    fn a_glob_is_read_with_its_escapes() {
        for (glob, text, fits) in [
            ("Timeout*", "TimeoutError: x", true),
            ("*\\**", "2*3", true),
            ("*\\**", "23", false),
            ("a\\?", "a?", true),
            ("a\\?", "ab", false),
            ("C:\\dir\\\\x", "C:\\dir\\x", true),
            ("a\\", "a\\", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(Wildcard::glob(glob).matches(text), fits, "{glob} on {text}");
        }
        assert_eq!(Wildcard::glob("*abc?de*").longest_literal(), Some("abc"));
        assert_eq!(Wildcard::glob("*?*").longest_literal(), None);
    }

    #[test]
    fn many_stars_do_not_cost_all_splits() {
        let mut pieces: Vec<Piece> = (0..100).flat_map(|_| [Piece::AnyMany, Piece::Literal("a".into())]).collect();
        pieces.push(Piece::Literal("b".into()));
        assert!(!Wildcard(pieces).matches(&"a".repeat(1_024)));
    }
}
