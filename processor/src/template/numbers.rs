//! Numbers: hashes, ids made of hex digits, durations, floats, ints.

use super::{ends, run, word_end};

/// Digits from which a number is taken for an id; all-digit hex ids must not differ from others.
const HEX: usize = 8;
/// Units of a duration, the longer of two that begin alike first.
const UNITS: [&str; 16] =
    ["milliseconds", "minutes", "millis", "seconds", "hours", "secs", "mins", "sec", "min", "ms", "ns", "us", "µs", "s", "m", "h"];

fn hex_run(text: &[u8], at: usize, exactly: usize) -> Option<usize> {
    let end = run(text, at, exactly, |b| b.is_ascii_hexdigit());
    (end - at == exactly).then_some(end)
}

fn dash(text: &[u8], at: usize) -> Option<usize> {
    (text.get(at) == Some(&b'-')).then_some(at + 1)
}

fn digits_end(text: &[u8], at: usize) -> usize {
    run(text, at, usize::MAX, |b| b.is_ascii_digit())
}

fn groups(text: &[u8], at: usize, lengths: &[usize]) -> Option<usize> {
    let mut end = hex_run(text, at, lengths[0])?;
    for length in &lengths[1..] {
        end = hex_run(text, dash(text, end)?, *length)?;
    }
    ends(text, end)
}

/// W3C `00-<trace>-<span>-<flags>` or Amazon's `1-<time>-<id>`.
pub(super) fn traceparent(text: &[u8], at: usize) -> Option<usize> {
    groups(text, at, &[2, 32, 16, 2]).or_else(|| (text[at] == b'1').then(|| groups(text, at, &[1, 8, 24])).flatten())
}

pub(super) fn uuid(text: &[u8], at: usize) -> Option<usize> {
    groups(text, at, &[8, 4, 4, 4, 12])
}

/// Words of hex digits: SHA-1, MD5, git's short hashes, other ids; `0x...`.
pub(super) fn hash(text: &[u8], at: usize) -> Option<(usize, &'static str)> {
    let end = word_end(text, at);
    let word = &text[at..end];
    if let [b'0', b'x' | b'X', digits @ ..] = word {
        return (!digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit)).then_some((end, "hex"));
    }
    let digits = word.iter().filter(|b| b.is_ascii_digit()).count();
    if digits == 0 || !word.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    match word.len() {
        40 => Some((end, "sha1")),
        32 => Some((end, "md5")),
        HEX.. if !is_float(text, end) => Some((end, "hex")),
        7 if digits < 7 => Some((end, "git_sha")),
        _ => None,
    }
}

fn is_float(text: &[u8], dot: usize) -> bool {
    text.get(dot) == Some(&b'.') && text.get(dot + 1).is_some_and(u8::is_ascii_digit)
}

/// `1.5s`, `200ms`, `1h2m3s`.
pub(super) fn duration(text: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    loop {
        let mut number = digits_end(text, end);
        if number == end {
            return None;
        }
        if is_float(text, number) {
            number = digits_end(text, number + 1);
        }
        let unit = UNITS.iter().find(|unit| {
            let rest = &text[number..];
            let after = rest.get(unit.len());
            rest.starts_with(unit.as_bytes()) && !after.is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
        })?;
        end = number + unit.len();
        if !text.get(end).is_some_and(u8::is_ascii_digit) {
            return Some(end);
        }
    }
}

/// A float, an int, an int with thousands separators; without a sign.
pub(super) fn number(text: &[u8], at: usize) -> Option<(usize, &'static str)> {
    let end = digits_end(text, at);
    if end == at {
        return None;
    }
    if is_float(text, end) {
        return exponent(text, digits_end(text, end + 1)).map(|end| (end, "float"));
    }
    if text.get(end) == Some(&b',') && end - at <= 3 {
        let mut last = end;
        while text.get(last) == Some(&b',') && digits_end(text, last + 1) == last + 4 {
            last += 4;
        }
        return ends(text, last).or_else(|| ends(text, end)).map(|end| (end, "int"));
    }
    if end - at >= HEX {
        return None;
    }
    exponent(text, end).map(|end| (end, "int"))
}

fn exponent(text: &[u8], at: usize) -> Option<usize> {
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let digits = at + 1 + usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let end = digits_end(text, digits);
        return if end > digits { ends(text, end) } else { None };
    }
    ends(text, at)
}

/// A number with its sign.
pub(super) fn signed(text: &[u8], at: usize) -> Option<(usize, &'static str)> {
    duration(text, at + 1).map(|end| (end, "duration")).or_else(|| number(text, at + 1))
}
