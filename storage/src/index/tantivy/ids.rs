//! Ids in columns: what is found by a term of few bytes is told apart here.

use schemas::{
    fields::Field,
    ids::{EventId, ProjectId},
    query::{Piece, Wildcard},
};
use tantivy::{
    BitSet, Score, SegmentReader,
    columnar::Column,
    query::{BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight},
    schema::{self, IndexRecordOption},
};

use super::{
    layout::{ID_HIGH, ID_LOW, column_name, halves, id_term, joined},
    weights::explain,
    writing::each,
};

/// The columns of ids and projects.
pub(super) struct Ranks {
    high: Column<u64>,
    low: Column<u64>,
    project: Column<i64>,
}

impl Ranks {
    pub(super) fn new(segment: &SegmentReader) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        Ok(Self { high: columns.u64(ID_HIGH)?, low: columns.u64(ID_LOW)?, project: columns.i64(&column_name(Field::Project))? })
    }

    pub(super) fn id(&self, doc: u32) -> EventId {
        joined(self.high.first(doc).unwrap_or_default(), self.low.first(doc).unwrap_or_default())
    }

    /// The project of an event; an outcome has none here.
    pub(super) fn project(&self, doc: u32) -> ProjectId {
        ProjectId(self.project.first(doc).unwrap_or_default() as u64)
    }
}

/// The documents of a segment with this term.
pub(super) fn documents(segment: &SegmentReader, field: schema::Field, term: &[u8]) -> tantivy::Result<Vec<u32>> {
    let inverted = segment.inverted_index(field)?;
    let mut documents = Vec::new();
    if let Some(info) = inverted.terms().get(term)? {
        each(&mut inverted.read_postings_from_terminfo(&info, IndexRecordOption::Basic)?, |doc| documents.push(doc));
    }
    Ok(documents)
}

/// The documents of a segment with this id, of any project; `field` holds their id terms.
pub(super) fn with_id(segment: &SegmentReader, field: schema::Field, ranks: &Ranks, id: EventId) -> tantivy::Result<Vec<u32>> {
    let mut documents = documents(segment, field, &id_term(id))?;
    documents.retain(|doc| ranks.id(*doc) == id);
    Ok(documents)
}

/// Finds events by id.
#[derive(Debug, Clone)]
pub(super) enum ById {
    /// The events with this id.
    Equals(schema::Field, EventId),
    /// The events with an id like this, by looking at all.
    Like(Glob),
}

impl Query for ById {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for ById {
    fn scorer(&self, segment: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let ranks = Ranks::new(segment)?;
        let mut found = BitSet::with_max_value(segment.max_doc());
        match self {
            Self::Equals(field, id) => {
                for doc in with_id(segment, *field, &ranks, *id)? {
                    found.insert(doc);
                }
            }
            Self::Like(glob) => {
                for doc in (0..segment.max_doc()).filter(|doc| glob.matches(ranks.id(*doc))) {
                    found.insert(doc);
                }
            }
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(found), 1.0)))
    }

    fn explain(&self, segment: &SegmentReader, doc: u32) -> tantivy::Result<Explanation> {
        explain(self, segment, doc)
    }
}

/// A pattern over the hex digits of ids: what stands between stars, each digit or any one.
#[derive(Debug, Clone)]
pub(super) struct Glob {
    /// Each text follows any digits but for the first.
    texts: Vec<Vec<Option<u8>>>,
}

impl Glob {
    pub(super) fn new(wildcard: &Wildcard) -> Self {
        let mut texts = vec![Vec::new()];
        for piece in &wildcard.0 {
            let last = texts.len() - 1;
            match piece {
                Piece::Literal(text) => texts[last].extend(text.bytes().map(Some)),
                Piece::AnyOne => texts[last].push(None),
                Piece::AnyMany => texts.push(Vec::new()),
            }
        }
        Self { texts }
    }

    fn matches(&self, id: EventId) -> bool {
        let mut digits = [0; 32];
        let (high, low) = halves(id);
        for (n, digit) in digits.iter_mut().enumerate() {
            let half = if n < 16 { high } else { low };
            *digit = b"0123456789abcdef"[(half >> (60 - 4 * (n % 16)) & 15) as usize];
        }
        let fits = |text: &[Option<u8>], at: usize| {
            digits
                .get(at..at + text.len())
                .is_some_and(|part| part.iter().zip(text).all(|(digit, wanted)| wanted.is_none_or(|wanted| wanted == *digit)))
        };
        let Some(([first], rest)) = self.texts.split_at_checked(1) else { return false };
        let Some((last, middle)) = rest.split_last() else { return first.len() == 32 && fits(first, 0) };
        if first.len() + last.len() > 32 || !fits(first, 0) || !fits(last, 32 - last.len()) {
            return false;
        }
        let mut at = first.len();
        for text in middle {
            match (at..=32 - last.len()).find(|at| at + text.len() <= 32 - last.len() && fits(text, *at)) {
                Some(found) => at = found + text.len(),
                None => return false,
            }
        }
        true
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
            [Piece::AnyOne, rest @ ..] => !text.is_empty() && fits(rest, &text[1..]),
            [Piece::AnyMany, rest @ ..] => (0..=text.len()).any(|at| fits(rest, &text[at..])),
        }
    }

    fn id() -> impl Strategy<Value = EventId> {
        proptest::collection::vec(prop_oneof![Just(0_u8), Just(0x0a), Just(0xa0)], 16).prop_map(|bytes| EventId(bytes.try_into().unwrap()))
    }

    proptest! {
        #[test]
        fn a_glob_matches_what_fits(
            id in id(),
            pieces in proptest::collection::vec(
                prop_oneof![Just(Piece::AnyOne), Just(Piece::AnyMany), "[0a]{0,12}|x".prop_map(Piece::Literal)], 0..5),
        ) {
            prop_assert_eq!(Glob::new(&Wildcard(pieces.clone())).matches(id), fits(&pieces, &id.to_string()));
        }

        #[test]
        fn a_glob_cut_from_an_id_matches_it(id in id(), cuts in proptest::collection::vec((0_usize..32, any::<bool>()), 0..6)) {
            let text = id.to_string();
            let mut cuts = cuts;
            cuts.sort_unstable();
            let (mut pieces, mut from) = (Vec::new(), 0);
            for (at, many) in cuts.into_iter().filter(|(at, _)| *at < 31) {
                if at >= from {
                    pieces.push(Piece::Literal(text[from..at].into()));
                    pieces.push(if many { Piece::AnyMany } else { Piece::AnyOne });
                    from = at + 1;
                }
            }
            pieces.push(Piece::Literal(text[from..].into()));
            prop_assert!(Glob::new(&Wildcard(pieces)).matches(id));
        }
    }
}
