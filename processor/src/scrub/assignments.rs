//! Secrets in text that are known by the name before them: query strings and forms (`token=...&`), JSON and other
//! literals (`"password": "..."`), headers (`Authorization: Basic ...`), settings (`api_key=...`).
//!
//! Time is linear: names are looked at no further back than a name is long, and what was replaced is passed over.

use super::{
    keys::{self, Meaning},
    patterns::{Found, Rule},
    secrets::TOKEN,
    walk::FILTERED,
};

pub(super) static PROSE: Rule = Rule { name: "@password", find: |text, from| find(text, from, false) };
/// For source code, in which only literals are secrets.
pub(super) static SOURCE: Rule = Rule { name: "@password", find: |text, from| find(text, from, true) };

/// Longest name before a value, in bytes.
const NAME: usize = 64;
/// The replacement of a value of JSON that is not a text.
const FILTERED_TEXT: &str = "\"[Filtered]\"";

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']')
}

fn find(text: &str, from: usize, literals: bool) -> Option<Found> {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'=', b':', &bytes[from..]).find_map(|at| assignment(text, from, from + at, literals))
}

/// A name before a mark, and how it was written.
struct Name<'a> {
    text: &'a str,
    quoted: bool,
    spaced: bool,
    /// In a query string, where `#` ends the value.
    query: bool,
}

fn name_before(text: &str, from: usize, at: usize) -> Option<Name<'_>> {
    let bytes = text.as_bytes();
    let back = |end: usize, most: usize, is: fn(u8) -> bool| end - bytes[from..end].iter().rev().take(most).take_while(|b| is(**b)).count();
    let end = back(at, 2, |b| b == b' ');
    let quote = back(end, 1, |b| matches!(b, b'"' | b'\''));
    let last = back(quote, 4, |b| b == b'\\');
    let first = back(last, NAME, is_name);
    (first < last).then(|| Name {
        text: &text[first..last],
        quoted: quote < end,
        spaced: end < at,
        query: first > 0 && matches!(bytes[first - 1], b'?' | b'&'),
    })
}

fn assignment(text: &str, from: usize, at: usize, literals: bool) -> Option<Found> {
    let bytes = text.as_bytes();
    let colon = bytes[at] == b':';
    let name = name_before(text, from, at)?;
    if bytes.get(at + 1) == Some(&b'=') || at > 0 && b"=!<>".contains(&bytes[at - 1]) {
        return None;
    }
    let arrow = !colon && bytes.get(at + 1) == Some(&b'>');
    let start = at + 1 + usize::from(arrow);
    let gap = bytes[start..].iter().take(4).take_while(|b| **b == b' ').count();
    let value = start + gap;
    if colon && !name.quoted {
        return if literals { None } else { header(text, name.text, value) };
    }
    if keys::meaning(name.text) == Meaning::Plain {
        return None;
    }
    let bare = !literals && (name.quoted || !(name.spaced || gap > 0 || arrow));
    quoted(text, value).or_else(|| nested(text, value, name.quoted)).or_else(|| unquoted(text, value, &name).filter(|_| bare))
}

/// A value in quotes, which may themselves be escaped; to the end of the text if the closing ones were cut off.
fn quoted(text: &str, at: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let escapes = bytes[at..].iter().take(4).take_while(|b| **b == b'\\').count();
    let quote = *bytes.get(at + escapes).filter(|b| matches!(b, b'"' | b'\''))?;
    let start = at + escapes + 1;
    let mut end = start;
    let mut slashes = 0;
    while end < bytes.len() {
        match bytes[end] {
            b'\\' => slashes += 1,
            byte if byte == quote && slashes <= escapes => break,
            _ => slashes = 0,
        }
        end += 1;
    }
    let end = if end < bytes.len() { end - escapes.min(end - start) } else { end };
    replaced(text, start, end, FILTERED)
}

/// A list or map as the value of a quoted name, to the bracket that closes it.
fn nested(text: &str, at: usize, named: bool) -> Option<Found> {
    let bytes = text.as_bytes();
    if !named || !matches!(bytes.get(at), Some(b'{' | b'[')) || text[at..].starts_with(FILTERED) {
        return None;
    }
    let mut depth = 0_usize;
    for (length, byte) in bytes[at..].iter().enumerate() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(Found { range: at..at + length + 1, with: FILTERED_TEXT }).filter(|_| length > 1);
        }
    }
    Some(Found { range: at..text.len(), with: FILTERED_TEXT })
}

fn unquoted(text: &str, at: usize, name: &Name<'_>) -> Option<Found> {
    let bytes = text.as_bytes();
    let ends = |b: u8| b.is_ascii_whitespace() || b"&;,\"'<>(){}|\\".contains(&b) || name.query && b == b'#';
    let length = bytes[at..].iter().take_while(|b| !ends(**b)).count();
    if bytes.get(at + length) == Some(&b'(') {
        return None;
    }
    replaced(text, at, at + length, if name.quoted { FILTERED_TEXT } else { FILTERED })
}

/// `Authorization: Basic ...`, `Cookie: a=b; c=d`, `X-Api-Key: ...` in a sentence or a dump of headers.
fn header(text: &str, name: &str, at: usize) -> Option<Found> {
    let known = ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token"];
    let name = known.into_iter().find(|known| name.eq_ignore_ascii_case(known))?;
    let rest = &text[at..];
    if name.ends_with("cookie") {
        return replaced(text, at, at + cookies(rest), FILTERED);
    }
    let first = word(rest);
    let scheme = ["bearer", "basic", "token", "digest"].iter().any(|scheme| rest[..first].eq_ignore_ascii_case(scheme));
    if !scheme {
        return replaced(text, at, at + first, FILTERED);
    }
    let start = at + first + rest[first..].bytes().take_while(|b| *b == b' ').count();
    replaced(text, start, start + word(&text[start..]), TOKEN)
}

/// Length of the word at the start.
fn word(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',')).unwrap_or(text.len())
}

/// Length of the cookies at the start: `a=b; c=d`.
fn cookies(text: &str) -> usize {
    let mut length = 0_usize;
    for pair in text.split("; ") {
        let end = word(pair);
        if !pair[..end].contains('=') {
            break;
        }
        if end < pair.len() {
            return length + end;
        }
        length += end + 2;
    }
    length.saturating_sub(2)
}

fn replaced(text: &str, start: usize, end: usize, with: &'static str) -> Option<Found> {
    let end = text.floor_char_boundary(end);
    let is_new = start < end && !keys::is_trivial(&text[start..end]) && !text[start..end].starts_with(FILTERED);
    is_new.then_some(Found { range: start..end, with })
}
