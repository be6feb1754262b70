//! E-mail addresses.

use super::patterns::Found;

/// Stands in place of an address.
pub(super) const WITH: &str = "[email]";
/// The rule in remarks.
pub(super) const RULE: &str = "@email";

/// An `@` in an address of the web or a form.
const ENCODED: &[u8] = b"%40";

/// Longest local part and longest domain, in bytes (RFC 5321).
const LOCAL: usize = 64;
const DOMAIN: usize = 253;
/// Ends of names with an `@` that are no addresses: `icon@2x.png`, `chunk@a1.js`.
const FILES: [&str; 18] =
    ["png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "js", "mjs", "css", "ts", "tsx", "jsx", "html", "json", "map", "php", "java"];

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b"._%+-'!#$&*/=?^`{|}~".contains(&byte)
}

fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'.' | b'-')
}

/// The first address at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'@', b'%', &bytes[from..]).find_map(|at| {
        let at = from + at;
        let length = if bytes[at] == b'@' { 1 } else { ENCODED.len() };
        (bytes[at] == b'@' || bytes[at..].starts_with(ENCODED)).then(|| address(text, from, at, length)).flatten()
    })
}

/// The address around the `@` at `at`, so long as it is written. Both sides are looked at no further than an address may be long.
fn address(text: &str, from: usize, at: usize, length: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let left = bytes[from..at].iter().rev().take(LOCAL).take_while(|b| is_local(**b)).count();
    let mut start = at - left;
    // Of the marks that may stand in a local part, those around values are taken for what they usually are.
    if let Some(mark) = bytes[start..at].iter().rposition(|b| b"=/?&'`{|}*!#$%".contains(b)) {
        start += mark + 1;
    }
    while start < at && !(bytes[start].is_ascii_alphanumeric() || bytes[start] == b'_' || bytes[start] >= 0x80) {
        start += 1;
    }
    let start = text.ceil_char_boundary(start);
    let mut end = at + length + bytes[at + length..].iter().take(DOMAIN).take_while(|b| is_domain(**b)).count();
    while end > at + length && matches!(bytes[end - 1], b'.' | b'-') {
        end -= 1;
    }
    let end = text.floor_char_boundary(end);
    let domain = text.get(at + length..end)?;
    let (name, top) = domain.rsplit_once('.')?;
    let is_top = top.len() >= 2 && top.chars().all(char::is_alphabetic) && !FILES.contains(&top);
    let is_name = !name.is_empty() && !name.starts_with(['.', '-']) && !name.contains("..");
    let is_ssh = &text[start..at] == "git" && matches!(bytes.get(end), Some(b':' | b'/'));
    (start < at && is_top && is_name && !is_ssh).then_some(Found { rule: RULE, range: start..end, with: WITH })
}
