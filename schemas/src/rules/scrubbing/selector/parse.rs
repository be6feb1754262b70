//! Reads selectors.

use std::str::FromStr;

use super::{Item, Selector, Type};
use crate::{limits, rules::scrubbing::rule::nearest};

/// Deepest nesting of parentheses and `!`.
const DEPTH: usize = 20;

/// What is wrong with a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectorError {
    /// Which character, from 1.
    pub column: usize,
    /// What is wrong and what is expected.
    pub message: String,
    /// What may have been meant, for that place.
    pub suggestion: Option<String>,
}

type Parsed<T> = Result<T, SelectorError>;

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Parsed<Self> {
        let mut parser = Parser { text, at: 0 };
        if text.len() > limits::SCRUB_SELECTOR_BYTES {
            return Err(parser.error(format!("a selector has at most {} bytes", limits::SCRUB_SELECTOR_BYTES)));
        }
        let selector = parser.any(DEPTH)?;
        match parser.next() {
            None => Ok(selector),
            Some(')') => Err(parser.error("this parenthesis was never opened")),
            Some(_) => Err(parser.unexpected()),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// The next character that is no space.
    fn next(&mut self) -> Option<char> {
        self.at = self.text.len() - self.rest().trim_start().len();
        self.rest().chars().next()
    }

    fn take(&mut self, marks: &[&str]) -> bool {
        self.next();
        let found = marks.iter().find(|mark| self.rest().starts_with(**mark));
        self.at += found.map_or(0, |mark| mark.len());
        found.is_some()
    }

    fn error(&self, message: impl Into<String>) -> SelectorError {
        SelectorError { column: self.text[..self.at].chars().count() + 1, message: message.into(), suggestion: None }
    }

    /// The error of a character that can't stand here.
    fn unexpected(&self) -> SelectorError {
        let Some(found) = self.rest().chars().next() else {
            return self.error("expected a name, an index, *, ** or a $type, found the end");
        };
        let mut error = self.error(format!(
            "expected `.`, `&&`, `||` or the end, found {found:?}; names with other characters than letters, digits, _ and - stand in single quotes"
        ));
        let word = |c: char| !matches!(c, '.' | '&' | '|' | '!' | '(' | ')' | '\'' | '*' | '$');
        let before = self.text[..self.at].rfind(|c| !word(c)).map_or(0, |at| at + 1);
        let after = self.rest().find(|c| !word(c)).map_or(self.text.len(), |length| self.at + length);
        let name = self.text[before..after].trim();
        error.suggestion = word(found).then(|| format!("'{name}'"));
        error
    }

    fn any(&mut self, depth: usize) -> Parsed<Selector> {
        let mut of = vec![self.all(depth)?];
        while self.take(&["||", "|"]) {
            of.push(self.all(depth)?);
        }
        Ok(if of.len() == 1 { of.remove(0) } else { Selector::Any(of) })
    }

    fn all(&mut self, depth: usize) -> Parsed<Selector> {
        let mut of = vec![self.one(depth)?];
        while self.take(&["&&", "&"]) {
            of.push(self.one(depth)?);
        }
        Ok(if of.len() == 1 { of.remove(0) } else { Selector::All(of) })
    }

    fn one(&mut self, depth: usize) -> Parsed<Selector> {
        if depth == 0 {
            return Err(self.error(format!("parentheses and ! go at most {DEPTH} deep")));
        }
        if self.take(&["!", "~"]) {
            return Ok(Selector::Not(Box::new(self.one(depth - 1)?)));
        }
        if self.take(&["("]) {
            let inner = self.any(depth - 1)?;
            return if self.take(&[")"]) { Ok(inner) } else { Err(self.error("expected `)`")) };
        }
        self.path().map(Selector::Path)
    }

    fn path(&mut self) -> Parsed<Vec<Item>> {
        let mut items = Vec::new();
        loop {
            let begin = self.at;
            let item = self.item()?;
            if item == Item::Deep && items.contains(&Item::Deep) {
                self.at = begin;
                self.next();
                return Err(self.error("`**` can stand once in a path"));
            }
            items.push(item);
            if !self.rest().starts_with('.') {
                return Ok(in_our_names(items));
            }
            self.at += 1;
        }
    }

    fn item(&mut self) -> Parsed<Item> {
        let first = self.next();
        if self.take(&["**"]) {
            return Ok(Item::Deep);
        }
        if self.take(&["*"]) {
            return Ok(Item::One);
        }
        match first {
            Some('\'') => self.quoted(),
            Some('$') => self.of_type(),
            Some(c) if is_name(c) => {
                let word = self.word();
                let digits = word.bytes().all(|byte| byte.is_ascii_digit());
                let index = digits.then(|| word.parse().ok()).flatten();
                Ok(index.map_or(Item::Key(word), Item::Index))
            }
            _ => Err(self.unexpected()),
        }
    }

    fn word(&mut self) -> String {
        let length = self.rest().find(|c| !is_name(c)).unwrap_or(self.rest().len());
        let word = self.rest()[..length].to_owned();
        self.at += length;
        word
    }

    fn of_type(&mut self) -> Parsed<Item> {
        let begin = self.at;
        self.at += 1;
        let name = self.word();
        if let Some((_, of)) = Type::NAMES.into_iter().find(|(known, _)| *known == name) {
            return Ok(Item::Type(of));
        }
        self.at = begin;
        let mut error = self.error(format!("no values are of a type ${name}"));
        error.suggestion = nearest(&name, Type::NAMES.iter().map(|(name, _)| *name)).map(|name| format!("${name}"));
        Err(error)
    }

    /// `'my key'`; a quote in it is written twice.
    fn quoted(&mut self) -> Parsed<Item> {
        let begin = self.at;
        let mut key = String::new();
        loop {
            self.at += 1;
            let Some(length) = self.rest().find('\'') else {
                self.at = begin;
                return Err(self.error("this quote is never closed; a quote in a name is written twice"));
            };
            key.push_str(&self.rest()[..length]);
            self.at += length + 1;
            if !self.rest().starts_with('\'') {
                return Ok(Item::Key(key));
            }
            key.push('\'');
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

/// The same path in the shape of our events: `exception.values.0` is `exceptions.0`, and where a path goes on in the
/// elements of a list without saying in which, as in `exception.value`, it means all. A list of that name in free values
/// is taken as it is.
fn in_our_names(items: Vec<Item>) -> Vec<Item> {
    let mut ours: Vec<Item> = Vec::with_capacity(items.len() + 1);
    let mut is_free = false;
    for item in items {
        if let Item::Key(name) = &item {
            if !is_free && matches!(ours.last(), Some(Item::Key(list)) if is_list(list)) {
                if name.eq_ignore_ascii_case("values") {
                    continue;
                }
                ours.push(Item::One);
            }
            is_free |= !is_list(name) && !name.eq_ignore_ascii_case("stacktrace");
        }
        ours.push(item);
    }
    ours
}

/// Whether an event has lists of this name.
fn is_list(name: &str) -> bool {
    ["exception", "exceptions", "threads", "breadcrumbs", "frames"].iter().any(|list| name.eq_ignore_ascii_case(list))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
