//! Credentials in URLs: `https://user:password@host`.

use memchr::memmem;

use super::patterns::Found;

/// Stands in place of user and password.
const WITH: &str = "[auth]";

/// The first credentials at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    memmem::find_iter(&bytes[from..], "://").find_map(|at| {
        let start = from + at + 3;
        let length = bytes[start..].iter().take_while(|b| !b.is_ascii_whitespace() && !b"/?#\"'<>\\".contains(b)).count();
        let user = memchr::memrchr(b'@', &bytes[start..start + length])?;
        let has_host = user + 1 < length;
        let is_new = user > 0 && &bytes[start..start + user] != WITH.as_bytes();
        (has_host && is_new).then_some(Found { rule: "@urlauth", range: start..start + user, with: WITH })
    })
}
