//! What a field can be compared with: values of its type, in the form in which the index keeps them.

use std::ops::{Bound, Range};

use jiff::{Timestamp, civil, tz::TimeZone};

use super::{ParseError, Parsed, Reader};
use crate::{
    event::Severity,
    fields::{Field, Type},
    ids::{EventId, Fingerprint},
    limits,
    nearest::nearest,
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
pub(super) fn test(span: Range<usize>, field: &FieldRef, pieces: Vec<Piece>) -> Parsed<Test> {
    if matches!(pieces[..], [Piece::AnyMany]) {
        return Ok(Test::Exists);
    }
    let empty_tag = field.field.kind() == Type::Tags && pieces == [Piece::Literal(String::new())];
    if empty_tag {
        return Ok(Test::Equals(Value::Keyword(String::new())));
    }
    if let Some(text) = literal(&pieces) {
        return typed(span, field, &text).map(Test::Equals);
    }
    match field.field.kind() {
        Type::Keyword | Type::Tags => Ok(Test::Wildcard(Wildcard(pieces))),
        Type::Bool => Err(ParseError::new(span, "true or false", format!("{field} is true or false; it takes no wildcards"))),
        kind @ (Type::Long | Type::Millis) => {
            let message = format!("{field} takes no wildcards; write {field}:>=from or {field}:[from TO to]");
            Err(ParseError::new(span, of_type(kind, field.field), message))
        }
    }
}

/// The value after `>` and its kin.
pub(super) fn ordered(reader: &mut Reader<'_>, field: &FieldRef) -> Parsed<Value> {
    check_ordered(reader, field)?;
    let (pieces, span) = reader.spanned(|_| false)?;
    match literal(&pieces) {
        Some(text) => typed(span, field, &text),
        None => Err(ParseError::new(span, of_type(field.field.kind(), field.field), "a comparison takes no wildcards")),
    }
}

/// One end of a range.
pub(super) fn end(reader: &mut Reader<'_>, field: &FieldRef) -> Parsed<Bound<Value>> {
    reader.skip_space();
    check_ordered(reader, field)?;
    let (pieces, span) = reader.spanned(|c| c == ']')?;
    match (pieces.as_slice(), literal(&pieces)) {
        ([Piece::AnyMany], _) => Ok(Bound::Unbounded),
        (_, Some(text)) => typed(span, field, &text).map(Bound::Included),
        _ => {
            let message = "a range takes no wildcards but a single * for an open end";
            Err(ParseError::new(span, of_type(field.field.kind(), field.field), message))
        }
    }
}

fn check_ordered(reader: &Reader<'_>, field: &FieldRef) -> Parsed<()> {
    match field.field.kind() {
        Type::Long | Type::Millis => Ok(()),
        kind @ (Type::Keyword | Type::Tags | Type::Bool) => {
            let message = format!("{field} has no order; put a value that begins with <, > or [ into quotes");
            Err(ParseError::new(reader.word(), of_type(kind, field.field), message))
        }
    }
}

/// What a value of the field is, in few words.
fn of_type(kind: Type, field: Field) -> String {
    match (kind, field.values()) {
        (_, Some(names)) => one_of(&names),
        (Type::Long, None) => format!("a whole number like {}", field.example()),
        (Type::Millis, None) => format!("a time like {}, a day or milliseconds since 1970", field.example()),
        (Type::Bool | Type::Keyword | Type::Tags, None) => format!("a value like {}", field.example()),
    }
}

fn one_of(names: &[&str]) -> String {
    format!("one of {}", names.join(", "))
}

/// `text` as a value of the field.
fn typed(span: Range<usize>, field: &FieldRef, text: &str) -> Parsed<Value> {
    let kind = field.field.kind();
    if text.is_empty() {
        let message = format!("a value is expected after {field}:, or -has:{field} for events without one");
        return Err(ParseError::new(span, of_type(kind, field.field), message));
    }
    let value = match kind {
        Type::Keyword | Type::Tags => keyword(field.field, text).map(Value::Keyword),
        Type::Long => text.parse().map(Value::Long).map_err(|_| of_type(kind, field.field)),
        Type::Bool => text.parse().map(Value::Bool).map_err(|_| of_type(kind, field.field)),
        Type::Millis => millis(text).map(Value::Millis).ok_or_else(|| of_type(kind, field.field)),
    };
    value.map_err(|expected| {
        let names = field.field.values().unwrap_or_default();
        let meant = names.iter().find(|name| name.eq_ignore_ascii_case(text)).copied().or_else(|| like(text, &names));
        let hint = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
        let message = format!("{field} must be {expected}, not {:?}{hint}", tokens::cut(text, 100));
        ParseError::new(span, expected, message).or(meant)
    })
}

/// The name that may have been meant, in whatever case it was written.
fn like<'n>(text: &str, names: &[&'n str]) -> Option<&'n str> {
    let text = tokens::cut(text, 100).to_lowercase();
    let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let found = nearest(&text, lower.iter().map(String::as_str))?;
    lower.iter().position(|name| name == found).map(|at| names[at])
}

/// A keyword as the index has it. `Err` is what was expected.
fn keyword(field: Field, text: &str) -> Result<String, String> {
    match field {
        Field::Id => text.parse::<EventId>().map(|id| id.to_string()).map_err(|error| error.form.to_owned()),
        Field::Fingerprint => text.parse::<Fingerprint>().map(|f| f.to_string()).map_err(|error| error.form.to_owned()),
        Field::Level => text.parse::<Severity>().map(|level| level.as_str().to_owned()).map_err(|error| error.form.to_owned()),
        _ => match field.values() {
            None => Ok(tokens::cut(text, limits::KEYWORD_BYTES).to_owned()),
            Some(names) => {
                let found = names.iter().find(|name| name.eq_ignore_ascii_case(text));
                found.map(|name| (*name).to_owned()).ok_or_else(|| one_of(&names))
            }
        },
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
