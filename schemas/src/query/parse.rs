//! From a query text to its tree.
//!
//! ```text
//! query  = [ any ]                              without conditions: every event
//! any    = all { "OR" all }                     at least one holds
//! all    = term { [ "AND" ] term }              all hold: binds stronger than OR
//! term   = { "-" | "NOT" } ( "(" any ")" | test | words | "*" )
//! test   = field ":" value | field ":" op value | field ":[" value " TO " value "]" | "has:" field
//! field  = name of a field | "tags." key        the key quoted if it has a colon or space
//! op     = ">" | ">=" | "<" | "<="
//! value  = { character | "*" | "?" | quoted }   \ takes a special character as it is
//! words  = { character | quoted }               full text: found one after the other
//! ```
//!
//! A sign belongs to the one term behind it. Inside quotes everything is literal but `\"` and `\\`. Parentheses stand
//! in each other at most [`limits::QUERY_DEPTH`] deep, and only they recurse.

use std::ops::{Bound, Range};

use super::{Expr, FieldError, FieldRef, Phrase, Piece, Test};
use crate::limits;

mod error;
mod reader;
mod value;

pub use error::ParseError;
use reader::Reader;

type Parsed<T> = Result<T, ParseError>;

/// What a term can be.
const TERM: &str = "a word, a field with a value like level:error, or a parenthesis";

/// Reads a query text. An empty one is every event. The tree is as [`Expr::normal`] makes it.
pub fn parse(text: &str) -> Result<Expr, ParseError> {
    read(text).map(Expr::normal).map_err(|error| error.in_text(text))
}

fn read(text: &str) -> Parsed<Expr> {
    if text.len() > limits::QUERY_BYTES {
        let expected = format!("at most {} bytes", limits::QUERY_BYTES);
        let from = text.floor_char_boundary(limits::QUERY_BYTES);
        let message = format!("a query has at most {} bytes, this one has {}", limits::QUERY_BYTES, text.len());
        return Err(ParseError::new(from..text.len(), expected, message));
    }
    let mut parser = Parser { reader: Reader::new(text), terms: 0, open: 0 };
    if !parser.reader.skip_space() {
        return Ok(Expr::All);
    }
    let expr = parser.any()?;
    match parser.reader.peek() {
        None => Ok(expr),
        Some(_) => {
            let message = "this parenthesis closes none that is open; put it into quotes to search for it";
            Err(ParseError::new(parser.next_character(), TERM, message))
        }
    }
}

struct Parser<'a> {
    reader: Reader<'a>,
    /// Terms so far.
    terms: usize,
    /// Parentheses that are open.
    open: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Parsed<Expr> {
        let mut parts = vec![self.all()?];
        while self.reader.take_word("OR") {
            parts.push(self.all()?);
        }
        Ok(Expr::Or(parts))
    }

    /// Terms up to the end, `OR` or a closing parenthesis: at least one.
    fn all(&mut self) -> Parsed<Expr> {
        let mut parts = Vec::new();
        loop {
            self.reader.skip_space();
            let at = self.reader.at();
            let and = self.reader.take_word("AND");
            self.reader.skip_space();
            if and && (parts.is_empty() || self.ends() || self.reader.is_word("AND")) {
                let message = "AND stands between two conditions; put it into quotes to search for it";
                return Err(ParseError::new(at..at + 3, TERM, message));
            }
            if self.ends() {
                break;
            }
            parts.push(self.term()?);
        }
        if parts.is_empty() {
            return Err(self.nothing());
        }
        Ok(Expr::And(parts))
    }

    fn ends(&self) -> bool {
        self.reader.peek().is_none_or(|c| c == ')') || self.reader.is_word("OR")
    }

    /// The error where a condition should stand.
    fn nothing(&self) -> ParseError {
        let (span, message) = match self.reader.peek() {
            None => (self.reader.at()..self.reader.at(), "a condition is expected behind OR or an open parenthesis"),
            Some(')') => {
                (self.next_character(), "a condition is expected in front of this; put parentheses into quotes to search for them")
            }
            Some(_) => (self.reader.word(), "OR stands between two conditions; put it into quotes to search for it"),
        };
        ParseError::new(span, TERM, message)
    }

    fn next_character(&self) -> Range<usize> {
        let at = self.reader.at();
        at..at + self.reader.peek().map_or(0, char::len_utf8)
    }

    fn term(&mut self) -> Parsed<Expr> {
        let from = self.reader.at();
        let negated = self.signs();
        let at = self.reader.at();
        let ends = self.ends() || self.reader.is_word("AND");
        match self.reader.peek() {
            _ if at > from && ends => {
                return Err(ParseError::new(at..at, TERM, "something must follow NOT or -"));
            }
            Some(c) if c.is_whitespace() => {
                return Err(ParseError::new(from..at, TERM, "what is not wanted must follow - without a space"));
            }
            _ => {}
        }
        let expr = if self.reader.take("(") { self.group(at)? } else { self.leaf(at)? };
        Ok(if negated { Expr::Not(Box::new(expr)) } else { expr })
    }

    /// Goes over `-` and `NOT`: whether they turn around what follows.
    fn signs(&mut self) -> bool {
        let mut negated = false;
        loop {
            if self.reader.take_word("NOT") {
                self.reader.skip_space();
            } else if !self.reader.take("-") {
                return negated;
            }
            negated = !negated;
        }
    }

    /// What follows the parenthesis at `at`.
    fn group(&mut self, at: usize) -> Parsed<Expr> {
        if self.open == limits::QUERY_DEPTH {
            let message = format!("parentheses stand in each other at most {} deep", limits::QUERY_DEPTH);
            return Err(ParseError::new(at..at + 1, "a condition without further parentheses", message));
        }
        self.open += 1;
        let expr = self.any()?;
        self.open -= 1;
        if self.reader.take(")") {
            return Ok(expr);
        }
        Err(ParseError::new(at..at + 1, "a closing parenthesis further on", "this parenthesis is not closed"))
    }

    fn leaf(&mut self, at: usize) -> Parsed<Expr> {
        if self.terms == limits::QUERY_TERMS {
            let message = format!("a query has at most {} terms", limits::QUERY_TERMS);
            return Err(ParseError::new(at..at, "the end of the query", message));
        }
        self.terms += 1;
        match self.reader.field_name()? {
            Some((name, _)) if name == "has" => has(&mut self.reader),
            Some((name, span)) => field_test(&mut self.reader, span, &name),
            None => words(&mut self.reader),
        }
    }
}

fn has(reader: &mut Reader<'_>) -> Parsed<Expr> {
    let (pieces, span) = reader.spanned(|_| false)?;
    match value::literal(&pieces) {
        Some(name) if !name.is_empty() => Ok(Expr::Field(field(span, &name)?, Test::Exists)),
        _ => Err(ParseError::new(span, "the name of a field", "has: takes the name of a field, like has:user or has:tags.tenant")),
    }
}

fn field(span: Range<usize>, name: &str) -> Parsed<FieldRef> {
    name.parse().map_err(|error| {
        let (nearest, expected) = match &error {
            FieldError::Unknown(unknown) => (unknown.nearest, "the name of a field"),
            FieldError::NoKey => (None, "tags. and the tag's key"),
        };
        let unlike_any = nearest.is_none() && matches!(error, FieldError::Unknown(_));
        let hint = if unlike_any { "; put it into quotes to search for the text" } else { "" };
        ParseError::new(span, expected, format!("{error}{hint}")).or(nearest)
    })
}

fn field_test(reader: &mut Reader<'_>, span: Range<usize>, name: &str) -> Parsed<Expr> {
    let field = field(span, name)?;
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
        let (pieces, span) = reader.spanned(|_| false)?;
        value::test(span, &field, pieces)?
    };
    Ok(Expr::Field(field, test))
}

/// What follows `[`: both ends count, `*` is an open end.
fn range(reader: &mut Reader<'_>, at: usize, field: FieldRef) -> Parsed<Expr> {
    let from = value::end(reader, &field)?;
    reader.skip_space();
    if !reader.take_word("TO") {
        let span = reader.word();
        return Err(ParseError::new(span, "TO", format!("a range is written {field}:[from TO to]")));
    }
    let to = value::end(reader, &field)?;
    reader.skip_space();
    if !reader.take("]") {
        return Err(ParseError::new(at..at + 1, "]", "the range is not closed by ]"));
    }
    Ok(Expr::Field(field, Test::Range(from, to)))
}

/// Full text, or a star for every event.
fn words(reader: &mut Reader<'_>) -> Parsed<Expr> {
    let (pieces, span) = reader.spanned(|_| false)?;
    let mut text = String::new();
    for piece in &pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::AnyOne => text.push('?'),
            Piece::AnyMany if pieces.len() == 1 => return Ok(Expr::All),
            Piece::AnyMany => {
                let message = "wildcards need a field, like message:conn*; quote a * to search for it";
                return Err(ParseError::new(span, "a word without *", message));
            }
        }
    }
    let phrase = Phrase::new(text);
    if phrase.tokens().is_empty() {
        return Err(ParseError::new(span, "a word", "there is no letter or digit here to search for"));
    }
    Ok(Expr::Text(phrase))
}

#[cfg(test)]
mod tests;
