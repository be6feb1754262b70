//! Tokens and keys that are known by their look: bearer tokens, credentials in base64, JSON Web Tokens, PEM.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};
use memchr::memmem;

use super::{edges::free_before, patterns::Found};

/// Stands in place of a token.
pub(super) const TOKEN: &str = "[token]";
/// Shortest token; without a digit it is a word unless it is longer than words are.
const SHORTEST: usize = 8;
const WORD: usize = 24;

/// Longest label of PEM, in bytes.
const LABEL: usize = 64;

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
pub(super) fn bearer(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    memmem::find_iter(&bytes[from..], "earer ").find_map(|at| {
        let word = (from + at).checked_sub(1)?;
        let whole = matches!(bytes[word], b'B' | b'b') && !word.checked_sub(1).is_some_and(|i| bytes[i].is_ascii_alphanumeric());
        let start = run(bytes, from + at + 6, |b| b == b' ');
        let mut end = run(bytes, start, is_token);
        while end > start && bytes[end - 1] == b'.' {
            end -= 1;
        }
        let token = &bytes[start..end];
        let digit = token.iter().any(u8::is_ascii_digit);
        let is_secret = token.len() >= WORD || digit && token.len() >= SHORTEST;
        let is_pair = token.iter().skip_while(|b| **b != b'=').any(|b| *b != b'=');
        (whole && is_secret && !is_pair).then_some(Found { rule: "@bearer", range: start..end, with: TOKEN })
    })
}

/// What follows `Basic ` and is a name and a password with a colon between them, in base64.
pub(super) fn basic(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    memmem::find_iter(&bytes[from..], "asic ").find_map(|at| {
        let word = (from + at).checked_sub(1).filter(|word| matches!(bytes[*word], b'B' | b'b') && free_before(bytes, *word))?;
        let start = run(bytes, word + 6, |b| b == b' ');
        let end = run(bytes, start, |b| b.is_ascii_alphanumeric() || b"+/=_-".contains(&b));
        credentials(&text[start..end]).is_some().then_some(Found { rule: "@basic", range: start..end, with: TOKEN })
    })
}

/// The user and password that a text in base64 stands for.
pub(super) fn credentials(text: &str) -> Option<(String, String)> {
    let bare = text.trim_end_matches('=');
    if !(4..=1024).contains(&bare.len()) {
        return None;
    }
    let decoded = BASE64_NOPAD.decode(bare.as_bytes()).or_else(|_| BASE64URL_NOPAD.decode(bare.as_bytes())).ok()?;
    let decoded = String::from_utf8(decoded).ok().filter(|text| !text.chars().any(char::is_control))?;
    decoded.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

/// Three parts in base64url, the first of them JSON.
pub(super) fn jwt(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(found) = memmem::find(&bytes[at..], b"eyJ") {
        let start = at + found;
        let first = run(bytes, start, is_base64url);
        let begins = free_before(bytes, start);
        if begins && first - start >= 10 && bytes.get(first) == Some(&b'.') {
            let second = run(bytes, first + 1, is_base64url);
            if second - first > 4 {
                let third = if bytes.get(second) == Some(&b'.') { run(bytes, second + 1, is_base64url) } else { second };
                let end = if third == second + 1 { second } else { third };
                return Some(Found { rule: "@jwt", range: start..end, with: TOKEN });
            }
        }
        at = first;
    }
    None
}

/// What stands between the lines that begin and end a key; to the end of the text if that line was cut off.
pub(super) fn pem(text: &str, from: usize) -> Option<Found> {
    memmem::find_iter(&text.as_bytes()[from..], "-----BEGIN ").find_map(|at| {
        let label = from + at + "-----BEGIN ".len();
        let name = text.as_bytes()[label..].iter().take(LABEL).take_while(|b| **b != b'-').count();
        let start = label + name + "-----".len();
        let is_key = [&b"KEY-----"[..], b"KEY BLOCK-----"].iter().any(|end| text.as_bytes()[..start.min(text.len())].ends_with(end));
        let is_private = memmem::find(&text.as_bytes()[label..label + name], b"PRIVATE").is_some();
        let body = text.get(start..).filter(|_| is_key && is_private)?;
        let end = body.find("-----END ").unwrap_or(body.len());
        let is_mark = |c: char| matches!(c, '\n' | '\r' | ' ');
        let lines = body[..end].trim_matches(is_mark);
        let lead = body.len() - body.trim_start_matches(is_mark).len();
        let is_new = !lines.is_empty() && !lines.contains("[pemkey]");
        is_new.then_some(Found { rule: "@pemkey", range: start + lead..start + lead + lines.len(), with: "[pemkey]" })
    })
}
