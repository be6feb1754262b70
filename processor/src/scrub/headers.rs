//! Headers in sentences and dumps: `Authorization: Basic ...`, `Cookie: a=b; c=d`, `X-Api-Key: ...`.

use super::{assignments::RULE, patterns::Found, secrets::TOKEN, values, walk::FILTERED};

/// Headers whose values are secrets wherever they stand in a line.
const KNOWN: [&str; 8] =
    ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token", "x-access-token", "x-csrf-token"];

/// Longest name of a cookie, in bytes.
const COOKIE: usize = 128;

/// The secret in the value at `at` of the header `name`.
pub(super) fn find(text: &str, name: &str, at: usize) -> Option<Found> {
    let name = KNOWN.into_iter().find(|known| name.eq_ignore_ascii_case(known))?;
    let rest = &text[at..];
    if rest.starts_with(FILTERED) || rest.starts_with(TOKEN) {
        return None;
    }
    if name.ends_with("cookie") {
        let is_cookie = rest.bytes().take(COOKIE).any(|b| b == b'=');
        return if is_cookie { secret(text, at, at + cookies(rest), FILTERED) } else { None };
    }
    let first = word(rest);
    let scheme = ["bearer", "basic", "token", "digest"].iter().any(|scheme| rest[..first].eq_ignore_ascii_case(scheme));
    if !scheme {
        return secret(text, at, at + first, FILTERED);
    }
    let start = at + first + rest[first..].bytes().take_while(|b| *b == b' ').count();
    secret(text, start, start + word(&text[start..]), TOKEN)
}

/// Length of the word at the start.
fn word(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '\\')).unwrap_or(text.len())
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

fn secret(text: &str, start: usize, end: usize, with: &'static str) -> Option<Found> {
    let end = text.floor_char_boundary(end);
    let value = &text[start..end.max(start)];
    let is_new = !values::is_trivial(value) && !values::is_placeholder(value) && !value.ends_with(['(', '[']) && value != TOKEN;
    is_new.then_some(Found { rule: RULE, range: start..end, with })
}
