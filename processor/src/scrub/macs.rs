//! Hardware addresses of network cards, `00:1b:44:11:3a:b7` or with hyphens. Longer rows of bytes, as in fingerprints of
//! certificates, are none.

use super::patterns::Found;

/// Length of an address, in bytes.
pub(super) const LENGTH: usize = 17;

/// The first address at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b':', b'-', &bytes[from..]).find_map(|mark| {
        let start = (from + mark).checked_sub(2).filter(|start| *start >= from)?;
        let address = bytes.get(start..start + LENGTH)?;
        let separator = address[2];
        let shaped =
            address.iter().enumerate().all(|(place, byte)| if place % 3 == 2 { *byte == separator } else { byte.is_ascii_hexdigit() });
        let part = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at)).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == separator)
        };
        let inside = part(start.checked_sub(1)) || part(Some(start + LENGTH));
        let one = address.iter().all(|byte| *byte == address[0] || *byte == separator);
        let digit = address.iter().any(u8::is_ascii_digit);
        (shaped && digit && !inside && !one).then_some(Found { rule: "@mac", range: start..start + LENGTH, with: "[mac]" })
    })
}
