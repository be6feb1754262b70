//! Walks through a query text: white space, words, quotes, wildcards.

use std::ops::Range;

use super::{ParseError, Parsed};
use crate::query::Piece;

/// A place in a query text.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Where it is, in bytes.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Whether anything follows the white space.
    pub(super) fn skip_space(&mut self) -> bool {
        self.at = self.text.len() - self.rest().trim_start().len();
        self.peek().is_some()
    }

    /// Goes over `expected`, if it is next.
    pub(super) fn take(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    /// Whether `word` is next and ends there.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.rest().strip_prefix(word).is_some_and(|rest| rest.chars().next().is_none_or(ends_word))
    }

    /// Goes over `word`, if it is next and ends there.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// Where the next word stands, for errors.
    pub(super) fn word(&self) -> Range<usize> {
        let rest = self.rest();
        self.at..self.at + rest.find(ends_word).unwrap_or(rest.len())
    }

    /// Goes over the name of a field and its colon, if they are next; where the name stands is told too. Only the key of
    /// a tag can be quoted.
    pub(super) fn field_name(&mut self) -> Parsed<Option<(String, Range<usize>)>> {
        let start = self.at;
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '@'))).unwrap_or(rest.len());
        let plain = &rest[..length];
        if !plain.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Ok(None);
        }
        if plain.starts_with("tags.") {
            let name = self.tag_name()?;
            return Ok(Some((name, start..self.at - 1)));
        }
        if !rest[length..].starts_with(':') {
            return Ok(None);
        }
        self.at += length + 1;
        Ok(Some((plain.to_owned(), start..start + length)))
    }

    fn tag_name(&mut self) -> Parsed<String> {
        let start = self.at;
        let mut name = String::new();
        for piece in self.value(|c| c == ':')? {
            match piece {
                Piece::Literal(text) => name.push_str(&text),
                Piece::AnyOne | Piece::AnyMany => {
                    return Err(ParseError::new(start..self.at, "the key of a tag", "the key of a tag takes no wildcards"));
                }
            }
        }
        let colon = self.take(":");
        let missing = || ParseError::new(self.at..self.at, "a colon and a value", format!("a value is expected: {name}:value"));
        if colon { Ok(name) } else { Err(missing()) }
    }

    /// [`Reader::value`], and where it stands.
    pub(super) fn spanned(&mut self, stop: impl Fn(char) -> bool) -> Parsed<(Vec<Piece>, Range<usize>)> {
        let start = self.at;
        Ok((self.value(stop)?, start..self.at))
    }

    /// Characters, quotes and wildcards up to white space, a parenthesis or a character at which to `stop`.
    pub(super) fn value(&mut self, stop: impl Fn(char) -> bool) -> Parsed<Vec<Piece>> {
        let mut pieces = Vec::new();
        while let Some(c) = self.peek() {
            if ends_word(c) || stop(c) {
                break;
            }
            match c {
                '"' => self.quoted(&mut pieces)?,
                '*' | '?' => {
                    self.at += 1;
                    push_wildcard(&mut pieces, c);
                }
                '\\' => {
                    self.at += 1;
                    push(&mut pieces, self.escaped().unwrap_or('\\'));
                }
                plain => {
                    self.at += plain.len_utf8();
                    push(&mut pieces, plain);
                }
            }
        }
        Ok(pieces)
    }

    /// The special character after a backslash; a backslash before any other is one itself.
    fn escaped(&mut self) -> Option<char> {
        let special = |c: &char| c.is_whitespace() || matches!(c, '"' | '*' | '?' | '(' | ')' | '[' | ']' | '\\' | ':' | '-' | '<' | '>');
        let c = self.peek().filter(special)?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn quoted(&mut self, pieces: &mut Vec<Piece>) -> Parsed<()> {
        let start = self.at;
        self.at += 1;
        push_text(pieces, "");
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(()),
                '\\' if self.take("\"") => push(pieces, '"'),
                '\\' if self.take("\\") => push(pieces, '\\'),
                plain => push(pieces, plain),
            }
        }
        Err(ParseError::new(start..start + 1, "a closing quote further on", "this quote is not closed"))
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')')
}

fn push(pieces: &mut Vec<Piece>, c: char) {
    push_text(pieces, c.encode_utf8(&mut [0; 4]));
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Literal(literal)) => literal.push_str(text),
        _ => pieces.push(Piece::Literal(text.to_owned())),
    }
}

/// Two `*` in a row are one.
fn push_wildcard(pieces: &mut Vec<Piece>, c: char) {
    let piece = if c == '*' { Piece::AnyMany } else { Piece::AnyOne };
    if piece != Piece::AnyMany || pieces.last() != Some(&Piece::AnyMany) {
        pieces.push(piece);
    }
}
