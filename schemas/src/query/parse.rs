//! From a query text to its tree.
//!
//! ```text
//! query  = { term }                             all terms hold
//! term   = { "-" | "NOT " } ( test | words )
//! test   = field ":" value | field ":" op value | field ":[" value " TO " value "]" | "has:" field
//! field  = name of a field | "tags." key        the key quoted if it has a colon or space
//! op     = ">" | ">=" | "<" | "<="
//! value  = { character | "*" | "?" | quoted }   \ takes a special character as it is
//! words  = { character | quoted }               full text: found one after the other
//! ```
//!
//! Inside quotes everything is literal but `\"` and `\\`. `OR` and parentheses are refused by name.

use std::ops::Bound;

use super::{Expr, FieldError, FieldRef, Piece, Test};
use crate::{limits, tokens};

mod reader;
mod value;

use reader::Reader;

/// Why a text is not a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// Where in the text, in bytes.
    pub at: usize,
    /// What was expected, for people.
    pub message: String,
    /// The field that may have been meant.
    pub nearest: Option<&'static str>,
}

impl ParseError {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), nearest: None }
    }
}

type Parsed<T> = Result<T, ParseError>;

/// Reads a query text. An empty one is every event.
pub fn parse(text: &str) -> Result<Expr, ParseError> {
    if text.len() > limits::QUERY_BYTES {
        return Err(ParseError::new(0, format!("a query has at most {} bytes, this one has {}", limits::QUERY_BYTES, text.len())));
    }
    let mut reader = Reader::new(text);
    let mut terms = Vec::new();
    while reader.skip_space() {
        if terms.len() == limits::QUERY_TERMS {
            return Err(ParseError::new(reader.at(), format!("a query has at most {} terms", limits::QUERY_TERMS)));
        }
        terms.push(term(&mut reader)?);
    }
    Ok(match terms.len() {
        0 => Expr::All,
        1 => terms.remove(0),
        _ => Expr::And(terms),
    })
}

fn term(reader: &mut Reader<'_>) -> Parsed<Expr> {
    let mut negated = false;
    loop {
        if reader.take("-") {
            negated = !negated;
        } else if reader.take_word("NOT") {
            negated = !negated;
            reader.skip_space();
        } else {
            break;
        }
    }
    let at = reader.at();
    match reader.peek() {
        None => return Err(ParseError::new(at, "something must follow NOT or -")),
        Some(c) if c.is_whitespace() => return Err(ParseError::new(at, "what is not wanted must follow - without a space")),
        Some('(' | ')') => return Err(ParseError::new(at, "parentheses can't be used yet; put them into quotes to search for them")),
        Some(_) => {}
    }
    if reader.take_word("OR") {
        return Err(ParseError::new(at, "OR can't be used yet; put it into quotes to search for it"));
    }
    if reader.take_word("AND") {
        return Err(ParseError::new(at, "a space means AND; put it into quotes to search for it"));
    }
    let expr = match reader.field_name()? {
        Some(name) if name == "has" => has(reader)?,
        Some(name) => field_test(reader, at, &name)?,
        None => words(reader)?,
    };
    Ok(if negated { Expr::Not(Box::new(expr)) } else { expr })
}

fn has(reader: &mut Reader<'_>) -> Parsed<Expr> {
    let at = reader.at();
    let name = match value::literal(&reader.value(|_| false)?) {
        Some(name) if !name.is_empty() => name,
        _ => return Err(ParseError::new(at, "has: takes the name of a field, like has:user or has:tags.tenant")),
    };
    Ok(Expr::Field(field(at, &name)?, Test::Exists))
}

fn field(at: usize, name: &str) -> Parsed<FieldRef> {
    name.parse().map_err(|error| {
        let nearest = if let FieldError::Unknown(unknown) = &error { unknown.nearest } else { None };
        let unlike_any = nearest.is_none() && matches!(error, FieldError::Unknown(_));
        let hint = if unlike_any { "; put it into quotes to search for the text" } else { "" };
        ParseError { nearest, ..ParseError::new(at, format!("{error}{hint}")) }
    })
}

fn field_test(reader: &mut Reader<'_>, at: usize, name: &str) -> Parsed<Expr> {
    let field = field(at, name)?;
    let at = reader.at();
    if reader.take("[") {
        return range(reader, at, field);
    }
    let test = if reader.take(">=") {
        Test::Range(Bound::Included(value::ordered(reader, &field)?), Bound::Unbounded)
    } else if reader.take(">") {
        Test::Range(Bound::Excluded(value::ordered(reader, &field)?), Bound::Unbounded)
    } else if reader.take("<=") {
        Test::Range(Bound::Unbounded, Bound::Included(value::ordered(reader, &field)?))
    } else if reader.take("<") {
        Test::Range(Bound::Unbounded, Bound::Excluded(value::ordered(reader, &field)?))
    } else {
        let pieces = reader.value(|_| false)?;
        value::test(at, &field, pieces)?
    };
    Ok(Expr::Field(field, test))
}

/// What follows `[`: both ends count, `*` is an open end.
fn range(reader: &mut Reader<'_>, at: usize, field: FieldRef) -> Parsed<Expr> {
    let from = value::end(reader, &field)?;
    reader.skip_space();
    if !reader.take_word("TO") {
        return Err(ParseError::new(reader.at(), format!("a range is written {field}:[from TO to]")));
    }
    let to = value::end(reader, &field)?;
    reader.skip_space();
    if !reader.take("]") {
        return Err(ParseError::new(at, "the range is not closed by ]"));
    }
    Ok(Expr::Field(field, Test::Range(from, to)))
}

/// Full text.
fn words(reader: &mut Reader<'_>) -> Parsed<Expr> {
    let at = reader.at();
    let pieces = reader.value(|_| false)?;
    let mut text = String::new();
    for piece in &pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::AnyOne => text.push('?'),
            Piece::AnyMany => return Err(ParseError::new(at, "wildcards need a field, like message:conn*; quote a * to search for it")),
        }
    }
    let phrase = tokens::phrase(&text, limits::TEXT_TOKENS);
    if phrase.is_empty() {
        return Err(ParseError::new(at, "there is no letter or digit here to search for"));
    }
    Ok(Expr::Text(phrase))
}

#[cfg(test)]
mod tests;
