//! What a field can be compared with: values of its type, in the form in which the index keeps them.

use std::ops::Bound;

use jiff::{Timestamp, civil, tz::TimeZone};

use super::{ParseError, Parsed, Reader};
use crate::{
    event::{Category, Priority, Severity},
    fields::{Field, Type},
    ids::{EventId, Fingerprint},
    limits,
    query::{FieldRef, Piece, Test, Value, Wildcard},
    tokens,
};

/// The text of a value without wildcards.
pub(super) fn literal(pieces: &[Piece]) -> Option<String> {
    match pieces {
        [] => Some(String::new()),
        [Piece::Literal(text)] => Some(text.clone()),
        _ => None,
    }
}

/// The test of `field:value`.
pub(super) fn test(at: usize, field: &FieldRef, pieces: Vec<Piece>) -> Parsed<Test> {
    if matches!(pieces[..], [Piece::AnyMany]) {
        return Ok(Test::Exists);
    }
    if let Some(text) = literal(&pieces) {
        return typed(at, field, &text).map(Test::Equals);
    }
    match field.field.kind() {
        Type::Keyword | Type::Tags => {
            let pieces = pieces.into_iter().filter(|piece| !matches!(piece, Piece::Literal(text) if text.is_empty()));
            Ok(Test::Wildcard(Wildcard(pieces.collect())))
        }
        Type::Bool => Err(ParseError::new(at, format!("{field} is true or false; it takes no wildcards"))),
        Type::Long | Type::Millis => {
            Err(ParseError::new(at, format!("{field} takes no wildcards; write {field}:>=from or {field}:[from TO to]")))
        }
    }
}

/// The value after `>` and its kin.
pub(super) fn ordered(reader: &mut Reader<'_>, field: &FieldRef) -> Parsed<Value> {
    let at = reader.at();
    check_ordered(at, field)?;
    match literal(&reader.value(|_| false)?) {
        Some(text) => typed(at, field, &text),
        None => Err(ParseError::new(at, "a comparison takes no wildcards")),
    }
}

/// One end of a range.
pub(super) fn end(reader: &mut Reader<'_>, field: &FieldRef) -> Parsed<Bound<Value>> {
    reader.skip_space();
    let at = reader.at();
    check_ordered(at, field)?;
    let pieces = reader.value(|c| c == ']')?;
    match (pieces.as_slice(), literal(&pieces)) {
        ([Piece::AnyMany], _) => Ok(Bound::Unbounded),
        (_, Some(text)) => typed(at, field, &text).map(Bound::Included),
        _ => Err(ParseError::new(at, "a range takes no wildcards but a single * for an open end")),
    }
}

fn check_ordered(at: usize, field: &FieldRef) -> Parsed<()> {
    match field.field.kind() {
        Type::Long | Type::Millis => Ok(()),
        Type::Keyword | Type::Tags | Type::Bool => {
            Err(ParseError::new(at, format!("{field} has no order; put a value that begins with <, > or [ into quotes")))
        }
    }
}

/// `text` as a value of the field.
fn typed(at: usize, field: &FieldRef, text: &str) -> Parsed<Value> {
    if text.is_empty() {
        return Err(ParseError::new(at, format!("a value is expected after {field}:, or -has:{field} for events without one")));
    }
    let expected = |what: &str| ParseError::new(at, format!("{field} must be {what}, not {:?}", tokens::cut(text, 100)));
    match field.field.kind() {
        Type::Keyword | Type::Tags => keyword(field.field, text).map(Value::Keyword).map_err(|what| expected(&what)),
        Type::Long => text.parse().map(Value::Long).map_err(|_| expected("a whole number")),
        Type::Bool => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(expected("true or false")),
        },
        Type::Millis => {
            millis(text).map(Value::Millis).ok_or_else(|| expected("a time like 2026-01-31T12:00:00Z, a day or milliseconds since 1970"))
        }
    }
}

/// A keyword as the index has it. `Err` is what was expected.
fn keyword(field: Field, text: &str) -> Result<String, String> {
    let one_of = |names: Vec<&str>| format!("one of {}", names.join(", "));
    match field {
        Field::Id => text.parse::<EventId>().map(|id| id.to_string()).map_err(|error| error.form.to_owned()),
        Field::Fingerprint => text.parse::<Fingerprint>().map(|f| f.to_string()).map_err(|error| error.form.to_owned()),
        Field::Level => text.parse::<Severity>().map(|level| level.as_str().to_owned()).map_err(|error| error.form.to_owned()),
        Field::Category => {
            let found = Category::ALL.iter().find(|category| category.as_str().eq_ignore_ascii_case(text));
            found.map(|c| c.as_str().to_owned()).ok_or_else(|| one_of(Category::ALL.iter().map(|c| c.as_str()).collect()))
        }
        Field::Priority => {
            let all = [Priority::Critical, Priority::Major, Priority::Minor, Priority::Warning];
            let found = all.iter().find(|priority| priority.as_str().eq_ignore_ascii_case(text));
            found.map(|p| p.as_str().to_owned()).ok_or_else(|| one_of(all.iter().map(|p| p.as_str()).collect()))
        }
        _ => Ok(tokens::cut(text, limits::KEYWORD_BYTES).to_owned()),
    }
}

/// A time in one of the forms that are accepted; without an offset it is UTC, a day is its midnight.
fn millis(text: &str) -> Option<i64> {
    if let Ok(millis) = text.parse::<i64>() {
        return Timestamp::from_millisecond(millis).ok().map(|_| millis);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    let utc = |time: civil::DateTime| TimeZone::UTC.to_timestamp(time).ok().map(Timestamp::as_millisecond);
    text.parse().ok().and_then(utc)
}
