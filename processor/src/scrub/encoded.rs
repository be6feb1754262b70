//! Secrets by name in percent-encoded text: an address, form or JSON inside an address, `next=%2Flogin%3Ftoken%3Dabc` or
//! `%22password%22%3A%22x%22`.

use memchr::memmem;

use super::{
    keys::{self, Meaning},
    patterns::Found,
    values,
    walk::FILTERED,
};

/// Longest name before a value, in bytes.
const NAME: usize = 64;

/// The first secret at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    memmem::find_iter(&bytes[from..], "%3").find_map(|at| {
        let mark = from + at;
        matches!(bytes.get(mark + 2), Some(b'D' | b'd' | b'A' | b'a')).then(|| value(text, from, mark)).flatten()
    })
}

/// The value after the encoded `=` or `:` at `mark`, if the name before it tells.
fn value(text: &str, from: usize, mark: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let name_end = if bytes[from..mark].ends_with(b"%22") { mark - 3 } else { mark };
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let length = bytes[from..name_end].iter().rev().take(NAME).take_while(|byte| is_name(byte)).count();
    let name = &text[name_end - length..name_end];
    // The digits of the escape before the name, `%26token`, are no part of it.
    let escape = bytes[from..name_end - length].ends_with(b"%") && name.len() >= 2;
    let name = if escape { name.get(2..)? } else { name };
    let quoted = name_end < mark;
    if (bytes[mark + 2] | 0x20) == b'a' && !quoted || keys::meaning(name) != Meaning::Secret {
        return None;
    }
    let mut start = mark + 3;
    for skipped in ["%20", "%22"] {
        start += if text[start..].starts_with(skipped) { skipped.len() } else { 0 };
    }
    let rest = &bytes[start..];
    if rest.starts_with(b"[") {
        return None;
    }
    let ends = |at: usize| rest[at..].starts_with(b"%26") || rest[at..].starts_with(b"%22") || rest[at..].starts_with(b"%2C");
    let length = (0..rest.len()).find(|at| b"& \"'<>;,)\n\r\t".contains(&rest[*at]) || ends(*at)).unwrap_or(rest.len());
    let end = text.floor_char_boundary(start + length);
    let secret = text.get(start..end)?;
    (!values::is_trivial(secret)).then_some(Found { rule: "@password", range: start..end, with: FILTERED })
}
