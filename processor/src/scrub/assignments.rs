//! Secrets in text that are known by the name before them: query strings and forms (`token=...&`), JSON and other
//! literals (`"password": "..."`), headers (`Authorization: Basic ...`), settings (`api_key=...`, `password: ...`), and
//! what programs print of their values in Python, Ruby, Java, Go, Rust and PHP.
//!
//! Time is linear: names are looked at no further back than a name is long, and what was replaced is passed over.

use super::{
    checks, headers,
    keys::{self, Meaning},
    patterns::Found,
    values,
    walk::FILTERED,
};

mod pairs;

/// The rule in remarks.
pub(super) const RULE: &str = "@password";

/// Longest name before a value, in bytes.
const NAME: usize = 64;
/// Longest line of a value as PHP prints it, and longest value that is looked at for its randomness, in bytes.
const LINE: usize = 512;
/// Longest value with spaces between two semicolons, in bytes.
const SPACED: usize = 64;
/// The replacement of a value of JSON that is not a text.
const FILTERED_TEXT: &str = "\"[Filtered]\"";
/// What may stand between a name and its text: marks of literals and wrappers of values.
const WRAPPERS: [&str; 9] = ["b", "u", "r", "f", "Some(", "SecretStr(", "Secret(", "Optional[", "String("];

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']')
}

/// The first secret in a text at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    first(text, from, false)
}

/// The first secret in a line of code, in which only literals are secrets, and what query strings in them have.
pub(super) fn find_in_code(text: &str, from: usize) -> Option<Found> {
    first(text, from, true)
}

fn first(text: &str, from: usize, code: bool) -> Option<Found> {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'=', b':', &bytes[from..]).find_map(|at| assignment(text, from, from + at, code))
}

/// A name before a mark, and how it was written.
struct Name<'a> {
    text: &'a str,
    /// Where it begins.
    at: usize,
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
    let first = text.ceil_char_boundary(back(last, NAME, is_name));
    // What an escape stands for is no part of the name after it.
    let escaped = first > from && bytes[first - 1] == b'\\' && matches!(bytes[first], b'n' | b'r' | b't');
    let percent = first > from && bytes[first - 1] == b'%' && bytes[first..last].iter().take(2).all(u8::is_ascii_hexdigit);
    let first = text.ceil_char_boundary(if percent { first + 2 } else { first + usize::from(escaped) }).min(last);
    (first < last).then(|| Name {
        text: &text[first..last],
        at: first,
        quoted: quote < end,
        spaced: end < at,
        query: first > 0 && matches!(bytes[first - 1], b'?' | b'&'),
    })
}

fn assignment(text: &str, from: usize, at: usize, code: bool) -> Option<Found> {
    let bytes = text.as_bytes();
    let colon = bytes[at] == b':';
    let next = bytes.get(at + 1).copied().unwrap_or(b' ');
    let before = at.checked_sub(1).map_or(b' ', |i| bytes[i]);
    // Comparisons and paths: `a == b`, `a != b`, `Auth::Token`.
    if b"=!<>".contains(&before) || next == b'=' || colon && (before == b':' || next == b':') {
        return None;
    }
    let mut name = name_before(text, from, at)?;
    let arrow = !colon && next == b'>';
    if arrow && name.text.starts_with('[') {
        name.text = name.text.trim_matches(['[', ']']);
    }
    if code && !colon && keys::meaning(name.text) == Meaning::Plain {
        name = annotated(text, from, &name).unwrap_or(name);
    }
    if let Some(said) = pairs::name(text, from, &name) {
        name.text = said;
    }
    let start = at + 1 + usize::from(arrow);
    let value = start + bytes[start..].iter().take(4).take_while(|b| **b == b' ').count();
    let gap = value - start;
    let meaning = keys::meaning(name.text);
    if colon
        && !name.quoted
        && !code
        && let Some(found) = headers::find(text, name.text, value)
    {
        return Some(found);
    }
    if meaning == Meaning::Plain || colon && !name.quoted && values::is_of_a_parser(before_name(text, from, &name)) {
        return None;
    }
    // What may be no secret after all is not looked at further than a secret is long.
    let text = if meaning == Meaning::Maybe { &text[..text.ceil_char_boundary(text.len().min(value + LINE))] } else { text };
    let is_list = name.quoted && text[value..].starts_with(['[', '{']);
    let found = if is_list {
        nested(text, value).filter(|_| meaning == Meaning::Secret)?
    } else {
        match code {
            // A quote behind a name in a query string ends the literal that it is in.
            true if name.query => bare(text, value, &name, gap, colon, arrow),
            true => quoted(text, value),
            false => quoted(text, value).or_else(|| bare(text, value, &name, gap, colon, arrow)),
        }?
    };
    let secret = &text[found.range.clone()];
    let is_maybe = matches!(meaning, Meaning::Maybe) && !checks::is_random(secret);
    let is_name = secret.eq_ignore_ascii_case(name.text) || values::is_placeholder(secret);
    (!is_maybe && !is_name && !keys::is_count(name.text, secret)).then_some(found)
}

/// The words before a name.
fn before_name<'a>(text: &'a str, from: usize, name: &Name<'_>) -> &'a str {
    &text[text.ceil_char_boundary(from.max(name.at.saturating_sub(24)))..name.at]
}

/// The name before a type: `password: str = "x"`.
fn annotated<'a>(text: &'a str, from: usize, kind: &Name<'a>) -> Option<Name<'a>> {
    let before = text[from..kind.at].trim_end();
    let colon = from + before.len().checked_sub(1)?;
    (text.as_bytes()[colon] == b':').then(|| name_before(text, from, colon)).flatten()
}

/// A value without quotes.
fn bare(text: &str, value: usize, name: &Name<'_>, gap: usize, colon: bool, arrow: bool) -> Option<Found> {
    if arrow && !name.quoted {
        // As PHP prints it: `[password] => x`.
        let line = &text.as_bytes()[value..text.len().min(value + LINE)];
        let length = line.iter().position(|b| *b == b'\n').unwrap_or(line.len());
        return if text[..name.at + 1].ends_with('[') { replaced(text, value, value + length, FILTERED) } else { None };
    }
    if name.quoted || !colon && !name.spaced && gap == 0 {
        return unquoted(text, value, name);
    }
    let found = unquoted(text, value, name)?;
    let secret = &text[found.range.clone()];
    let next = text[found.range.end..].bytes().next();
    let is_end = next.is_none_or(|b| b"\n\r,;})]\\\"'".contains(&b));
    let is_telling = secret.len() >= 4 && secret.bytes().any(|b| b.is_ascii_digit()) || secret.bytes().any(|b| b"!#$%^*?~+".contains(&b));
    let is_other = values::is_location(secret) || secret.trim_end_matches('=').contains(['=', '[', ':']);
    let is_setting = is_line(text, name.at) || text[..name.at].ends_with(['{', '"', '\'']);
    let holds = if gap == 0 && !name.spaced { is_telling || text[..name.at].contains('{') } else { is_end && (is_setting || is_telling) };
    (holds && !is_other).then_some(found)
}

/// Whether a name is the first in its line: `password: x`, `export TOKEN=x`, `- secret: x`.
fn is_line(text: &str, at: usize) -> bool {
    let window = text.ceil_char_boundary(at.saturating_sub(SPACED));
    let before = &text[window..at];
    let line = before.rfind(['\n', '\r']).map_or(before, |line| &before[line + 1..]);
    let line = line.rfind("\\n").map_or(line, |line_end| &line[line_end + 2..]);
    let line = line.trim_start_matches([' ', '\t', '-', '>', '#', '"', '\'']);
    line.is_empty() || line == "export " || line == "set "
}

/// A value in quotes, which may themselves be escaped; to the end of the text if the closing ones were cut off.
fn quoted(text: &str, at: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let wrapper = WRAPPERS.iter().find(|wrapper| text[at..].starts_with(**wrapper) && text[at + wrapper.len()..].starts_with(['"', '\'']));
    let at = at + wrapper.map_or(0, |wrapper| wrapper.len());
    let escapes = bytes[at..].iter().take(4).take_while(|b| **b == b'\\').count();
    let quote = *bytes.get(at + escapes).filter(|b| matches!(b, b'"' | b'\'' | b'`'))?;
    let start = at + escapes + 1;
    if text[start..].starts_with(FILTERED) {
        return None;
    }
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
fn nested(text: &str, at: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    if text[at..].starts_with(FILTERED) {
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
            return Some(Found { rule: RULE, range: at..at + length + 1, with: FILTERED_TEXT })
                .filter(|_| !values::is_trivial(&text[at..=at + length]));
        }
    }
    Some(Found { rule: RULE, range: at..text.len(), with: FILTERED_TEXT })
}

fn unquoted(text: &str, at: usize, name: &Name<'_>) -> Option<Found> {
    let bytes = text.as_bytes();
    if text[at..].starts_with(FILTERED) || ["${", "#{", "$(", "{{"].iter().any(|stands_for| text[at..].starts_with(stands_for)) {
        return None;
    }
    let bracket = !text[at..].starts_with('[');
    let ends = |b: u8| b.is_ascii_whitespace() || b"&;,\"'`<>(){}|\\".contains(&b) || name.query && b == b'#' || bracket && b == b']';
    let mut length = bytes[at..].iter().take_while(|b| !ends(**b)).count();
    if bytes.get(at + length) == Some(&b'(') {
        return None;
    }
    // In a connection string a value may have spaces: `;Password=a b;`.
    if name.at > 0 && bytes[name.at - 1] == b';' && bytes.get(at + length) == Some(&b' ') {
        let rest = &bytes[at..bytes.len().min(at + SPACED)];
        length = rest.iter().position(|b| b";\"'\n".contains(b)).filter(|end| rest[*end] == b';').unwrap_or(length);
    }
    replaced(text, at, at + length, if name.quoted { FILTERED_TEXT } else { FILTERED })
}

fn replaced(text: &str, start: usize, end: usize, with: &'static str) -> Option<Found> {
    let end = text.floor_char_boundary(end);
    let is_new = start < end && !values::is_trivial(&text[start..end]) && !text[start..end].starts_with(FILTERED);
    is_new.then_some(Found { rule: RULE, range: start..end, with })
}
