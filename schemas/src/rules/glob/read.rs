//! The text of a glob taken apart.

use super::{Piece, Star, Style, Way};
use crate::limits;

/// Why a text is no glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GlobError {
    /// At which byte of the text.
    pub at: usize,
    /// What is wrong and what to do.
    pub message: String,
}

fn fault<T>(at: usize, message: impl Into<String>) -> Result<T, GlobError> {
    Err(GlobError { at, message: message.into() })
}

pub(super) fn glob(text: &str, style: Style) -> Result<Vec<Way>, GlobError> {
    if text.len() > limits::GLOB_BYTES {
        return fault(limits::GLOB_BYTES, format!("a pattern has at most {} bytes", limits::GLOB_BYTES));
    }
    let mut texts = Vec::new();
    alternatives(text, style, &mut texts)?;
    texts.iter().map(|text| way(text, style)).collect()
}

/// Writes out braces: `a{b,c}d` is `abd` or `acd`.
fn alternatives(text: &str, style: Style, into: &mut Vec<String>) -> Result<(), GlobError> {
    let Some((open, close)) = braces(text, style)? else {
        if into.len() == limits::GLOB_WAYS {
            return fault(0, format!("braces stand for at most {} patterns", limits::GLOB_WAYS));
        }
        into.push(text.to_owned());
        return Ok(());
    };
    for choice in text[open + 1..close].split(',') {
        alternatives(&format!("{}{choice}{}", &text[..open], &text[close + 1..]), style, into)?;
    }
    Ok(())
}

/// The first pair of braces.
fn braces(text: &str, style: Style) -> Result<Option<(usize, usize)>, GlobError> {
    let mut open = None;
    let mut rest = text.char_indices();
    while let Some((at, c)) = rest.next() {
        match (c, open) {
            ('\\', _) if escaped(text, at, style).is_some() => {
                rest.next();
            }
            ('{', None) => open = Some(at),
            ('{', Some(_)) => return fault(at, "braces can't stand in braces; to match a brace write \\{"),
            ('}', Some(open)) => return Ok(Some((open, at))),
            ('}', None) => return fault(at, "this brace was never opened; to match a brace write \\}"),
            _ => {}
        }
    }
    open.map_or(Ok(None), |open| fault(open, "this brace is never closed; to match a brace write \\{"))
}

/// The character that the backslash at `at` makes plain. In paths it is a slash where no file has such a name.
fn escaped(text: &str, at: usize, style: Style) -> Option<char> {
    let next = text[at + 1..].chars().next()?;
    let is_plain = match next {
        '[' | ']' | '{' | '}' | '"' => true,
        '*' | '?' | '\\' => style != Style::Path,
        _ => false,
    };
    is_plain.then_some(next)
}

fn way(text: &str, style: Style) -> Result<Way, GlobError> {
    let mut reading = Reading { text, style, at: 0, way: Way::default(), wildcards: 0 };
    while let Some(c) = text[reading.at..].chars().next() {
        reading.step(c)?;
        if reading.wildcards > limits::GLOB_WILDCARDS {
            return fault(reading.at, format!("a pattern has at most {} of *, ? and [", limits::GLOB_WILDCARDS));
        }
    }
    Ok(reading.way)
}

struct Reading<'a> {
    text: &'a str,
    style: Style,
    at: usize,
    way: Way,
    wildcards: usize,
}

impl Reading<'_> {
    fn step(&mut self, c: char) -> Result<(), GlobError> {
        match c {
            '\\' => match escaped(self.text, self.at, self.style) {
                Some(plain) => {
                    self.at += 1 + plain.len_utf8();
                    self.push(plain);
                }
                None if self.style == Style::Path => {
                    self.at += if self.text[self.at..].starts_with("\\\\") { 2 } else { 1 };
                    self.push('/');
                }
                None => {
                    self.at += 1;
                    self.push('\\');
                }
            },
            '*' => self.star(),
            '?' => {
                self.at += 1;
                self.wildcards += 1;
                self.segment().push(Piece::One);
            }
            '[' => self.set()?,
            _ => {
                self.at += c.len_utf8();
                self.push(c);
            }
        }
        Ok(())
    }

    fn star(&mut self) {
        let rest = &self.text[self.at..];
        let stars = rest.bytes().take_while(|&b| b == b'*').count();
        self.wildcards += 1;
        let is_component = self.at == 0 || self.text[..self.at].ends_with(['/', '\\']);
        let star = match (self.style, stars) {
            (Style::Path, 1) => Star::Within,
            (Style::Path, 2) if is_component && rest[stars..].starts_with(['/', '\\']) => Star::Folders,
            _ => Star::Any,
        };
        self.at += stars + usize::from(star == Star::Folders);
        self.way.rest.push((star, Vec::new()));
    }

    fn set(&mut self) -> Result<(), GlobError> {
        let inner = &self.text[self.at + 1..];
        let negated = inner.starts_with(['!', '^']);
        let inner = &inner[usize::from(negated)..];
        // A closing bracket right at the start belongs to the set.
        let close = inner.char_indices().skip(1).find(|(_, c)| *c == ']').map(|(at, _)| at);
        let Some(close) = close else {
            return fault(self.at, "this bracket is never closed; to match a bracket write \\[");
        };
        let fold = |c: char| if self.style == Style::Exact { c } else { c.to_ascii_lowercase() };
        let members: Vec<char> = inner[..close].chars().map(fold).collect();
        let mut ranges = Vec::new();
        let mut rest = members.as_slice();
        while let [first, others @ ..] = rest {
            (ranges, rest) = match others {
                ['-', last, others @ ..] => (with(ranges, (*first, *last)), others),
                _ => (with(ranges, (*first, *first)), others),
            };
        }
        self.at += 1 + usize::from(negated) + close + 1;
        self.wildcards += 1;
        self.segment().push(Piece::Set { negated, ranges });
        Ok(())
    }

    fn segment(&mut self) -> &mut Vec<Piece> {
        match self.way.rest.last_mut() {
            Some((_, pieces)) => pieces,
            None => &mut self.way.head,
        }
    }

    fn push(&mut self, c: char) {
        let c = match self.style {
            Style::Exact => c,
            Style::AnyCase | Style::Path => c.to_ascii_lowercase(),
        };
        match self.segment().last_mut() {
            Some(Piece::Text(text)) => text.push(c),
            _ => self.segment().push(Piece::Text(c.to_string())),
        }
    }
}

fn with(mut ranges: Vec<(char, char)>, range: (char, char)) -> Vec<(char, char)> {
    ranges.push(range);
    ranges
}
