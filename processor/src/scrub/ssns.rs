//! Social security numbers of the United States in their usual form, `536-22-1234`.

use super::{checks, patterns::Found};

/// The first number at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'-', &bytes[from..]).find_map(|dash| {
        let start = (from + dash).checked_sub(3).filter(|start| *start >= from)?;
        let number = bytes.get(start..start + 11)?;
        let shaped = number.iter().enumerate().all(|(place, byte)| match place {
            3 | 6 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let inside = start.checked_sub(1).is_some_and(|i| part(&bytes[i]) && bytes[i] != b'.')
            || bytes.get(start + 11).is_some_and(|b| part(b) && *b != b'.')
            || bytes.get(start + 11) == Some(&b'.') && bytes.get(start + 12).is_some_and(u8::is_ascii_digit);
        (shaped && !inside && checks::is_ssn(&text[start..start + 11])).then_some(Found {
            rule: "@usssn",
            range: start..start + 11,
            with: "[ssn]",
        })
    })
}
