//! The values of one field in one segment, each with a small number of its own.

use std::{collections::HashMap, io, ops::Range, sync::Arc};

use schemas::{
    fields::{Field, Type},
    query::{FieldRef, Value},
};
use tantivy::{
    SegmentReader,
    columnar::{Cardinality, Column, StrColumn, TermOrdHit},
    index::SegmentId,
};

use super::{
    groups::Mixing,
    terms::{Names, Terms},
};
use crate::index::tantivy::layout::{ID_HIGH, ID_LOW, column_name, halves, joined, tag_prefix};

/// The number of a document without a value.
pub(super) const NONE: u32 = u32::MAX;

/// One field of one segment.
pub(super) enum Axis {
    /// Keywords by their ordinal.
    Text { column: StrColumn, read: Vec<u64>, names: Option<Kept> },
    /// Tags of one key by their ordinal, counted from the first one.
    Tag { column: StrColumn, range: Range<u64>, prefix: String },
    /// Numbers and times in the order that they are met.
    Number { column: Column<i64>, met: Met<i64> },
    /// No and yes.
    Flag { column: Column<bool> },
    /// Ids in the order that they are met.
    Id { high: Column<u64>, low: Column<u64>, met: Met<u128> },
    /// No document has a value.
    Empty,
}

/// Where the terms of a dictionary are kept.
pub(super) struct Kept {
    terms: Arc<Terms>,
    of: (SegmentId, Field),
}

impl Kept {
    fn names(&self, column: &StrColumn, wanted: usize) -> io::Result<Option<Arc<Names>>> {
        self.terms.names(self.of, column, wanted)
    }
}

/// Values in the order that they were met.
pub(super) struct Met<T> {
    numbers: HashMap<T, u32, Mixing>,
    values: Vec<T>,
}

impl<T: std::hash::Hash + Eq + Copy> Met<T> {
    fn new() -> Self {
        Self { numbers: HashMap::default(), values: Vec::new() }
    }

    fn number(&mut self, value: T) -> u32 {
        let next = self.values.len() as u32;
        let values = &mut self.values;
        *self.numbers.entry(value).or_insert_with(|| {
            values.push(value);
            next
        })
    }
}

impl Axis {
    /// With `terms` the dictionary is kept there.
    pub(super) fn new(segment: &SegmentReader, field: &FieldRef, terms: Option<&Arc<Terms>>) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        let name = column_name(field.field);
        Ok(match (field.field.kind(), &field.key) {
            _ if field.field == Field::Id => Self::Id { high: columns.u64(ID_HIGH)?, low: columns.u64(ID_LOW)?, met: Met::new() },
            (Type::Tags, Some(key)) => match columns.str(&name)? {
                Some(column) => {
                    let prefix = tag_prefix(key);
                    let range = prefixed(&column, prefix.as_bytes())?;
                    Self::Tag { column, range, prefix }
                }
                None => Self::Empty,
            },
            (Type::Keyword | Type::Tags, _) => match columns.str(&name)? {
                Some(column) => {
                    let names = terms.map(|terms| Kept { terms: terms.clone(), of: (segment.segment_id(), field.field) });
                    Self::Text { column, read: Vec::new(), names }
                }
                None => Self::Empty,
            },
            (Type::Long | Type::Millis, _) => Self::Number { column: columns.i64(&name)?, met: Met::new() },
            (Type::Bool, _) => Self::Flag { column: columns.bool(&name)? },
        })
    }

    /// How many numbers there are; those of values that are not met yet are not counted.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text { column, .. } => column.num_terms(),
            Self::Tag { range, .. } => (range.end - range.start) as usize,
            Self::Number { met, .. } => met.values.len(),
            Self::Flag { .. } => 2,
            Self::Id { met, .. } => met.values.len(),
            Self::Empty => 0,
        }
    }

    /// Whether [`Self::size`] is known before any document is looked at.
    pub(super) fn is_sized(&self) -> bool {
        !matches!(self, Self::Number { .. } | Self::Id { .. })
    }

    /// Writes the number of each document's value.
    pub(super) fn locals(&mut self, docs: &[u32], into: &mut [u32]) {
        match self {
            Self::Text { column, read, .. } if column.ords().get_cardinality() == Cardinality::Full => {
                read.resize(docs.len(), 0);
                column.ords().values.get_vals(docs, read);
                into.iter_mut().zip(read).for_each(|(into, ordinal)| *into = *ordinal as u32);
            }
            Self::Text { column, .. } => each(docs, into, |doc| column.ords().first(doc).map(|ordinal| ordinal as u32)),
            Self::Tag { column, range, .. } => each(docs, into, |doc| {
                let ordinal = column.term_ords(doc).find(|ordinal| range.contains(ordinal));
                ordinal.map(|ordinal| (ordinal - range.start) as u32)
            }),
            Self::Number { column, met } => each(docs, into, |doc| column.first(doc).map(|number| met.number(number))),
            Self::Flag { column } => each(docs, into, |doc| column.first(doc).map(u32::from)),
            Self::Id { high, low, met } => each(docs, into, |doc| {
                let id = joined(high.first(doc)?, low.first(doc)?);
                Some(met.number(u128::from_be_bytes(id.0)))
            }),
            Self::Empty => into.fill(NONE),
        }
    }

    /// Calls `visit` with each of these numbers, which are sorted, and the bytes of its value. The bytes are in the
    /// order of the values, and none begins another.
    pub(super) fn encode(&self, locals: &[u32], mut visit: impl FnMut(u32, &[u8])) -> tantivy::Result<()> {
        let mut number = |local: u32, number: i64| visit(local, &encode_number(number));
        match self {
            Self::Text { column, names, .. } => match names.as_ref().map(|kept| kept.names(column, locals.len())).transpose()?.flatten() {
                Some(names) => locals.iter().for_each(|local| visit(*local, &encode_text(names.get(*local as usize)))),
                None => texts(column, 0, 0, locals, visit)?,
            },
            Self::Tag { column, range, prefix } => texts(column, range.start, prefix.len(), locals, visit)?,
            Self::Number { met, .. } => locals.iter().for_each(|local| number(*local, met.values[*local as usize])),
            Self::Flag { .. } => locals.iter().for_each(|local| number(*local, (*local).into())),
            Self::Id { met, .. } => locals.iter().for_each(|local| {
                let (high, low) = ((met.values[*local as usize] >> 64) as u64, met.values[*local as usize] as u64);
                visit(*local, &encode_text(joined(high, low).to_string().as_bytes()));
            }),
            Self::Empty => {}
        }
        Ok(())
    }

    /// The number of the value with these bytes, if the segment can have it. Of those that are numbered when they are met,
    /// it is met by this.
    pub(super) fn find(&mut self, field: &FieldRef, encoded: &[u8]) -> io::Result<Option<u32>> {
        let (value, _) = decode(field.field, encoded);
        Ok(match (self, value) {
            (Self::Text { column, names, .. }, Value::Keyword(text)) => {
                match names.as_ref().map(|kept| kept.names(column, 1)).transpose()?.flatten() {
                    Some(names) => names.find(text.as_bytes()).map(|number| number as u32),
                    None => column.dictionary().term_ord(text)?.map(|ordinal| ordinal as u32),
                }
            }
            (Self::Tag { column, range, prefix }, Value::Keyword(text)) => {
                let ordinal = column.dictionary().term_ord(format!("{prefix}{text}"))?;
                ordinal.map(|ordinal| (ordinal - range.start) as u32)
            }
            (Self::Number { met, .. }, Value::Long(number) | Value::Millis(number)) => Some(met.number(number)),
            (Self::Flag { .. }, Value::Bool(yes)) => Some(yes.into()),
            (Self::Id { met, .. }, Value::Keyword(text)) => text.parse().ok().map(|id| {
                let (high, low) = halves(id);
                met.number(u128::from(high) << 64 | u128::from(low))
            }),
            _ => None,
        })
    }
}

fn each(docs: &[u32], into: &mut [u32], mut local: impl FnMut(u32) -> Option<u32>) {
    into.iter_mut().zip(docs).for_each(|(into, doc)| *into = local(*doc).unwrap_or(NONE));
}

/// The ordinals of the terms that begin with `prefix`.
fn prefixed(column: &StrColumn, prefix: &[u8]) -> io::Result<Range<u64>> {
    let mut after = prefix.to_vec();
    // A prefix is valid UTF-8, so it has no byte 255 to carry from.
    after.last_mut().into_iter().for_each(|last| *last += 1);
    let place = |key: &[u8]| -> io::Result<u64> {
        Ok(match column.dictionary().term_ord_or_next(key)? {
            TermOrdHit::Exact(ordinal) | TermOrdHit::Next(ordinal) => ordinal,
        }
        .min(column.num_terms() as u64))
    };
    Ok(place(prefix)?..place(&after)?)
}

fn texts(column: &StrColumn, first: u64, skip: usize, locals: &[u32], mut visit: impl FnMut(u32, &[u8])) -> io::Result<()> {
    let ordinals: Vec<u64> = locals.iter().map(|local| first + u64::from(*local)).collect();
    let mut next = locals.iter();
    let all = column.dictionary().sorted_ords_to_term_cb(&ordinals, |term| {
        if let Some(local) = next.next() {
            visit(*local, &encode_text(term.get(skip..).unwrap_or_default()));
        }
    })?;
    if all { Ok(()) } else { Err(io::Error::new(io::ErrorKind::InvalidData, "a column names a keyword that its dictionary does not have")) }
}

/// Zero bytes become 0 255, and 0 0 ends the text.
fn encode_text(text: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(text.len() + 2);
    for byte in text {
        encoded.push(*byte);
        if *byte == 0 {
            encoded.push(255);
        }
    }
    encoded.extend([0, 0]);
    encoded
}

fn encode_number(number: i64) -> [u8; 8] {
    ((number as u64) ^ (1 << 63)).to_be_bytes()
}

/// The value of `field` that `encoded` begins with, and the rest.
pub(super) fn decode(field: Field, encoded: &[u8]) -> (Value, &[u8]) {
    if matches!(field.kind(), Type::Keyword | Type::Tags) {
        let mut text = Vec::new();
        let mut bytes = encoded;
        while let [first, rest @ ..] = bytes {
            match (first, rest) {
                (0, [255, rest @ ..]) => (text.push(0), bytes = rest).1,
                (0, [_, rest @ ..]) => return (keyword(&text), rest),
                _ => (text.push(*first), bytes = rest).1,
            }
        }
        return (keyword(&text), bytes);
    }
    let (head, rest) = encoded.split_at(encoded.len().min(8));
    let number = head.try_into().map_or(0, u64::from_be_bytes);
    let number = (number ^ (1 << 63)) as i64;
    let value = match field.kind() {
        Type::Bool => Value::Bool(number != 0),
        Type::Millis => Value::Millis(number),
        Type::Long | Type::Keyword | Type::Tags => Value::Long(number),
    };
    (value, rest)
}

fn keyword(text: &[u8]) -> Value {
    Value::Keyword(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_come_back_and_keep_their_order(a: String, b: String, rest: Vec<u8>) {
            let (one, two) = (encode_text(a.as_bytes()), encode_text(b.as_bytes()));
            prop_assert_eq!(one.cmp(&two), a.cmp(&b));
            prop_assert!(a == b || !one.starts_with(&two));
            let joined = [one, rest.clone()].concat();
            prop_assert_eq!(decode(Field::Service, &joined), (Value::Keyword(a), &rest[..]));
        }

        #[test]
        fn numbers_come_back_and_keep_their_order(a: i64, b: i64) {
            prop_assert_eq!(encode_number(a).cmp(&encode_number(b)), a.cmp(&b));
            prop_assert_eq!(decode(Field::Status, &encode_number(a)).0, Value::Long(a));
        }
    }
}
