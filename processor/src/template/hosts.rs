//! Names of places: e-mail addresses, URLs, paths, IP addresses, host names.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{is_word, run};

/// Longest local part of an e-mail address, in bytes (RFC 5321).
const LOCAL: usize = 64;
/// Longest host name, in bytes (RFC 1035).
const HOST: usize = 253;
/// Longest URL scheme, in bytes.
const SCHEME: usize = 20;
/// Longest IPv6 address as text, in bytes.
const IP6: usize = 45;
/// Top-level domains by which a dotted name is a host. Those that are also words of code (`id`, `it`, `is`, `py`)
/// are left out.
const DOMAINS: [&str; 36] = [
    "com",
    "net",
    "org",
    "edu",
    "gov",
    "mil",
    "info",
    "biz",
    "io",
    "dev",
    "cloud",
    "local",
    "internal",
    "lan",
    "localdomain",
    "test",
    "example",
    "invalid",
    "de",
    "uk",
    "fr",
    "jp",
    "cn",
    "ru",
    "br",
    "au",
    "ca",
    "nl",
    "eu",
    "ch",
    "se",
    "pl",
    "us",
    "cz",
    "kr",
    "xyz",
];

fn is_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
}

/// The end of the dotted name at `at` and its last label.
fn dotted(text: &[u8], at: usize) -> Option<(usize, &[u8])> {
    let mut end = run(text, at, HOST, is_host);
    while end > at && matches!(text[end - 1], b'.' | b'-') {
        end -= 1;
    }
    let name = &text[at..end];
    let dot = memchr::memrchr(b'.', name)?;
    let whole = !name.windows(2).any(|pair| pair == b"..") && name[0] != b'.';
    (whole && !text.get(end).is_some_and(|b| is_word(*b))).then_some((end, &name[dot + 1..]))
}

pub(super) fn email(text: &[u8], at: usize) -> Option<usize> {
    let end = run(text, at, LOCAL, |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'%' | b'+' | b'-' | b'\''));
    if text.get(end) != Some(&b'@') {
        return None;
    }
    let (end, last) = dotted(text, end + 1)?;
    (last.len() >= 2 && last.iter().all(u8::is_ascii_alphabetic)).then_some(end)
}

pub(super) fn url(text: &[u8], at: usize) -> Option<usize> {
    let scheme = run(text, at, SCHEME, |b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-'));
    if !text[at].is_ascii_alphabetic() || !text[scheme..].starts_with(b"://") {
        return None;
    }
    let start = scheme + 3;
    let end = run(text, start, usize::MAX, |b| !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`'));
    let end = without_punctuation(text, start, end);
    (end > start).then_some(end)
}

/// Where an address ends that stands in a sentence. A closing bracket belongs to it if it has an opening one.
fn without_punctuation(text: &[u8], start: usize, mut end: usize) -> usize {
    let opened = |bracket| memchr::memchr(bracket, &text[start..end]).is_some();
    let (round, square, curly) = (opened(b'('), opened(b'['), opened(b'{'));
    while end > start {
        match text[end - 1] {
            b'.' | b',' | b';' | b':' | b'!' | b'?' => end -= 1,
            b')' if !round => end -= 1,
            b']' if !square => end -= 1,
            b'}' if !curly => end -= 1,
            _ => break,
        }
    }
    end
}

fn is_path(byte: u8) -> bool {
    is_word(byte) || byte >= 0x80 || matches!(byte, b'/' | b'.' | b'-' | b'~' | b'@' | b'%' | b'+' | b'$' | b'#')
}

/// `/two/segments` or more.
pub(super) fn unix_path(text: &[u8], at: usize, before: Option<u8>) -> Option<usize> {
    let begins = before.is_none_or(|b| b.is_ascii_whitespace() || b"\"'`([{<=:,|".contains(&b));
    let end = without_punctuation(text, at, run(text, at, usize::MAX, is_path));
    let first = run(text, at + 1, usize::MAX, |b| is_path(b) && b != b'/');
    (begins && first > at + 1 && first + 1 < end && text[first] == b'/').then_some(end)
}

/// `C:\...`
pub(super) fn windows_path(text: &[u8], at: usize) -> Option<usize> {
    if !text[at].is_ascii_alphabetic() || !text[at + 1..].starts_with(b":\\") {
        return None;
    }
    let end = run(text, at + 2, usize::MAX, |b| is_path(b) || b == b'\\');
    let end = without_punctuation(text, at, end);
    (end > at + 3).then_some(end)
}

/// An IPv4 or IPv6 address without its port. Names of code such as `Fee::add` are none.
pub(super) fn ip(text: &[u8], at: usize) -> Option<usize> {
    let end = run(text, at, IP6 + 1, |b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
    let end = end - usize::from(end > at + 1 && text[end - 1] == b'.');
    let text_of = |end: usize| std::str::from_utf8(&text[at..end]).ok();
    let free = |end: usize| !text.get(end).is_some_and(|b| is_word(*b) || *b == b'(');
    let v4 = run(text, at, 15, |b| b.is_ascii_digit() || b == b'.');
    let v4 = v4 - usize::from(v4 > at && text[v4 - 1] == b'.');
    if v4 > at && text[at..v4].contains(&b'.') && free(v4) && text_of(v4)?.parse::<Ipv4Addr>().is_ok() {
        return Some(v4);
    }
    let digits = text[at..end].iter().any(u8::is_ascii_digit);
    let colons = memchr::memchr_iter(b':', &text[at..end]).count();
    (digits && colons >= 2 && free(end) && text_of(end)?.parse::<Ipv6Addr>().is_ok()).then_some(end)
}

pub(super) fn hostname(text: &[u8], at: usize) -> Option<usize> {
    let (end, last) = dotted(text, at)?;
    let is_call = text.get(end) == Some(&b'(');
    (!is_call && DOMAINS.iter().any(|domain| domain.as_bytes() == last)).then_some(end)
}
