//! IP addresses, for projects that want them out.

use std::net::IpAddr;

use super::patterns::Found;

/// Longest address as text, in bytes.
const LONGEST: usize = 45;

fn is_part(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The first address at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|b| is_part(**b)).count();
        let free = |end: usize| !bytes.get(end).is_some_and(|b| is_word(*b) || *b == b'(');
        let begins = at == 0 || !is_word(bytes[at - 1]);
        if length > 0
            && begins
            && free(at + length)
            && let Some(end) = address(&text[at..at + length.min(LONGEST + 6)])
        {
            return Some(Found { rule: "@ip", range: at..at + end, with: "[ip]" });
        }
        at += length.max(1);
    }
    None
}

/// The length of the address that `run` is, with a port or the dot of a sentence behind it.
/// Addresses of the machine itself say nothing about anyone.
fn address(run: &str) -> Option<usize> {
    let bare = run.trim_end_matches(['.', ':']);
    let with_port = bare.rsplit_once(':').map_or(bare, |(host, _)| host);
    let parsed = |text: &str| text.parse::<IpAddr>().ok().filter(|ip| text.len() > 2 && !ip.is_loopback() && !ip.is_unspecified());
    let has_digit = run.bytes().any(|b| b.is_ascii_digit());
    let end = parsed(bare).map(|_| bare.len()).or_else(|| parsed(with_port).filter(IpAddr::is_ipv4).map(|_| with_port.len()));
    end.filter(|_| has_digit)
}
