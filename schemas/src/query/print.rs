//! From a tree to a query text that is read back as the same.

use std::{
    fmt::{Display, Formatter, Result},
    ops::Bound,
};

use jiff::Timestamp;

use super::{Expr, FieldRef, Piece, Test, Value};
use crate::fields::Field;

impl Display for Expr {
    /// A query text with no more parentheses and quotes than are needed; every event is `*`. [`super::parse`] reads it
    /// as [`Expr::normal`] makes it. What the language can't say, like a pattern on a number, gives a text that is refused.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write(&self.clone().normal(), f)
    }
}

fn write(expr: &Expr, f: &mut Formatter<'_>) -> Result {
    match expr {
        Expr::All => f.write_str("*"),
        Expr::And(parts) => list(parts, " ", |part| matches!(part, Expr::Or(_)), f),
        Expr::Or(parts) => list(parts, " OR ", |_| false, f),
        Expr::Not(part) => {
            f.write_str("-")?;
            within(part, matches!(**part, Expr::And(_) | Expr::Or(_)), f)
        }
        Expr::Field(field, test) => self::test(field, test, f),
        Expr::Text(phrase) => text(phrase.text(), f),
    }
}

fn list(parts: &[Expr], between: &str, parentheses: fn(&Expr) -> bool, f: &mut Formatter<'_>) -> Result {
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            f.write_str(between)?;
        }
        within(part, parentheses(part), f)?;
    }
    Ok(())
}

fn within(expr: &Expr, parentheses: bool, f: &mut Formatter<'_>) -> Result {
    if !parentheses {
        return write(expr, f);
    }
    f.write_str("(")?;
    write(expr, f)?;
    f.write_str(")")
}

fn test(field: &FieldRef, test: &Test, f: &mut Formatter<'_>) -> Result {
    if *test == Test::Exists {
        f.write_str("has:")?;
        return name(field, f);
    }
    name(field, f)?;
    f.write_str(":")?;
    match test {
        Test::Exists => Ok(()),
        Test::Equals(value) => self::value(value, f),
        Test::Wildcard(pattern) => pattern.0.iter().try_for_each(|piece| match piece {
            Piece::AnyOne => f.write_str("?"),
            Piece::AnyMany => f.write_str("*"),
            Piece::Literal(text) => keyword(text, f),
        }),
        Test::Range(Bound::Unbounded, high) => compare("<", high, f),
        Test::Range(low, Bound::Unbounded) => compare(">", low, f),
        Test::Range(low, high) => {
            f.write_str("[")?;
            end(low, f)?;
            f.write_str(" TO ")?;
            end(high, f)?;
            f.write_str("]")
        }
    }
}

fn name(field: &FieldRef, f: &mut Formatter<'_>) -> Result {
    match &field.key {
        None => f.write_str(field.field.name()),
        Some(key) => {
            write!(f, "{}.", Field::Tags.name())?;
            if !key.is_empty() && key.chars().all(is_plain) { f.write_str(key) } else { quoted(key, f) }
        }
    }
}

fn compare(sign: &str, bound: &Bound<Value>, f: &mut Formatter<'_>) -> Result {
    f.write_str(sign)?;
    if let Bound::Included(_) = bound {
        f.write_str("=")?;
    }
    end(bound, f)
}

fn end(bound: &Bound<Value>, f: &mut Formatter<'_>) -> Result {
    match bound {
        Bound::Included(value) | Bound::Excluded(value) => self::value(value, f),
        Bound::Unbounded => f.write_str("*"),
    }
}

fn value(value: &Value, f: &mut Formatter<'_>) -> Result {
    match value {
        Value::Keyword(text) => keyword(text, f),
        Value::Long(number) => write!(f, "{number}"),
        Value::Bool(yes) => write!(f, "{yes}"),
        Value::Millis(millis) => match Timestamp::from_millisecond(*millis) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => write!(f, "{millis}"),
        },
    }
}

fn keyword(text: &str, f: &mut Formatter<'_>) -> Result {
    let plain = |c: char| is_plain(c) || matches!(c, ':' | '+' | '=' | ',');
    if text.starts_with(char::is_alphanumeric) && text.chars().all(plain) { f.write_str(text) } else { quoted(text, f) }
}

/// Words that could be taken for something else stand in quotes.
fn text(text: &str, f: &mut Formatter<'_>) -> Result {
    let word = text.starts_with(char::is_alphanumeric) && text.chars().all(is_plain);
    let taken = matches!(text, "AND" | "OR" | "NOT") || text.starts_with("tags.");
    if word && !taken { f.write_str(text) } else { quoted(text, f) }
}

fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '@' | '-')
}

fn quoted(text: &str, f: &mut Formatter<'_>) -> Result {
    f.write_str("\"")?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    f.write_str("\"")
}

#[cfg(test)]
mod tests;
