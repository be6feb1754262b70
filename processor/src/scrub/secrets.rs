//! Tokens and keys that are known by their look: bearer tokens, JSON Web Tokens, PEM.

use memchr::memmem;

use super::patterns::{Found, Rule};

pub(super) static BEARER: Rule = Rule { name: "@bearer", find: bearer };
pub(super) static JWT: Rule = Rule { name: "@jwt", find: jwt };
pub(super) static PEM: Rule = Rule { name: "@pemkey", find: pem };

/// Stands in place of a token.
pub(super) const TOKEN: &str = "[token]";
/// Shortest token; without a digit it is a word unless it is longer than words are.
const SHORTEST: usize = 8;
const WORD: usize = 24;

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn run(bytes: &[u8], at: usize, is: fn(u8) -> bool) -> usize {
    at + bytes[at..].iter().take_while(|b| is(**b)).count()
}

/// The token after `Bearer `.
fn bearer(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    memmem::find_iter(&bytes[from..], "earer ").find_map(|at| {
        let word = (from + at).checked_sub(1)?;
        let whole = matches!(bytes[word], b'B' | b'b') && !word.checked_sub(1).is_some_and(|i| bytes[i].is_ascii_alphanumeric());
        let start = run(bytes, from + at + 6, |b| b == b' ');
        let mut end = run(bytes, start, is_token);
        while end > start && bytes[end - 1] == b'.' {
            end -= 1;
        }
        let digit = bytes[start..end].iter().any(u8::is_ascii_digit);
        let is_secret = end - start >= WORD || digit && end - start >= SHORTEST;
        (whole && is_secret).then_some(Found { range: start..end, with: TOKEN })
    })
}

/// Three parts in base64url, the first of them JSON.
fn jwt(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(found) = memmem::find(&bytes[at..], b"eyJ") {
        let start = at + found;
        let first = run(bytes, start, is_base64url);
        let begins = !start.checked_sub(1).is_some_and(|i| is_base64url(bytes[i]));
        if begins && first - start >= 10 && bytes.get(first) == Some(&b'.') {
            let second = run(bytes, first + 1, is_base64url);
            if second - first > 4 {
                let third = if bytes.get(second) == Some(&b'.') { run(bytes, second + 1, is_base64url) } else { second };
                let end = if third == second + 1 { second } else { third };
                return Some(Found { range: start..end, with: TOKEN });
            }
        }
        at = first;
    }
    None
}

/// What stands between the lines that begin and end a key; to the end of the text if that line was cut off.
fn pem(text: &str, from: usize) -> Option<Found> {
    memmem::find_iter(&text.as_bytes()[from..], "-----BEGIN ").find_map(|at| {
        let label = from + at + "-----BEGIN ".len();
        let length = text[label..].find("-----").filter(|length| *length <= 64)?;
        let start = label + length + 5;
        let body = &text[start..];
        let end = body.find("-----END ").unwrap_or(body.len());
        let lines = body[..end].trim_matches(['\n', '\r', ' ']);
        let lead = body[..end].find(lines).unwrap_or(0);
        let is_key = text[label..label + length].ends_with("KEY");
        let is_new = !lines.is_empty() && lines != "[pemkey]";
        (is_key && is_new).then_some(Found { range: start + lead..start + lead + lines.len(), with: "[pemkey]" })
    })
}
