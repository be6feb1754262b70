//! Card numbers: prefix, length, grouping and check digit must all be right.

use super::{checks, patterns::Found};

/// Most digits of a card number.
const MOST: usize = 19;

/// The first card number at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let groups = Groups::at(bytes, at);
        if begins(bytes, at)
            && let Some(end) = groups.card(bytes, at)
        {
            return Some(Found { rule: "@creditcard", range: at..end, with: "[creditcard]" });
        }
        at = groups.ends[0];
    }
    None
}

/// Up to five groups of digits, parted by single spaces or single hyphens.
struct Groups {
    lengths: [usize; 5],
    ends: [usize; 5],
    count: usize,
}

impl Groups {
    fn at(bytes: &[u8], at: usize) -> Self {
        let mut groups = Self { lengths: [0; 5], ends: [at; 5], count: 0 };
        let mut start = at;
        let mut separator = None;
        while groups.count < groups.ends.len() {
            let length = bytes[start..].iter().take_while(|b| b.is_ascii_digit()).count();
            let end = start + length;
            if length == 0 {
                break;
            }
            groups.lengths[groups.count] = length;
            groups.ends[groups.count] = end;
            groups.count += 1;
            let mark = bytes.get(end).copied().filter(|b| matches!(b, b' ' | b'-'));
            if mark.is_none() || length > MOST || separator.is_some_and(|s| Some(s) != mark) {
                break;
            }
            separator = mark;
            start = end + 1;
        }
        groups
    }

    /// The end of the longest card number that begins with the first group.
    fn card(&self, bytes: &[u8], at: usize) -> Option<usize> {
        (1..=self.count)
            .rev()
            .find(|count| is_card(bytes, at, self.ends[count - 1], &self.lengths[..*count]))
            .map(|count| self.ends[count - 1])
    }
}

/// Not the middle of a word, a number with a fraction, or an id with hyphens.
fn begins(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).map(|i| bytes[i]);
    let second = at.checked_sub(2).map(|i| bytes[i]);
    match before {
        Some(b'-' | b'.') => !second.is_some_and(|b| b.is_ascii_alphanumeric()),
        Some(b) => !(b.is_ascii_alphanumeric() || b == b'_'),
        None => true,
    }
}

fn ends(bytes: &[u8], end: usize) -> bool {
    match bytes.get(end) {
        Some(b'-' | b'.') => !bytes.get(end + 1).is_some_and(|b| b.is_ascii_alphanumeric()),
        Some(b) => !(b.is_ascii_alphanumeric() || *b == b'_'),
        None => true,
    }
}

fn is_card(bytes: &[u8], at: usize, end: usize, lengths: &[usize]) -> bool {
    let mut digits = [0_u8; MOST];
    let mut length = 0;
    for byte in bytes[at..end].iter().filter(|b| b.is_ascii_digit()) {
        if length == MOST {
            return false;
        }
        digits[length] = byte - b'0';
        length += 1;
    }
    let digits = &digits[..length];
    let grouped = matches!(lengths, [_] | [4, 4, 4, 1..=4] | [4, 4, 4, 4, 1..=3] | [4, 6, 4 | 5]);
    grouped && ends(bytes, end) && is_issued(digits) && checks::luhn(&bytes[at..end])
}

/// Whether an issuer gives numbers with this head and length.
fn is_issued(digits: &[u8]) -> bool {
    let head = |length: usize| digits.iter().take(length).fold(0_u32, |n, d| n * 10 + u32::from(*d));
    let (two, three, four) = (head(2), head(3), head(4));
    match digits.len() {
        13 => head(1) == 4,
        14 => matches!(two, 36 | 38 | 39) || (300..=305).contains(&three),
        15 => matches!(two, 34 | 37) || matches!(four, 2131 | 1800),
        16 => {
            head(1) == 4
                || (51..=55).contains(&two)
                || (2221..=2720).contains(&four)
                || is_discover(two, three, four)
                || (3528..=3589).contains(&four)
                || matches!(four, 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763)
        }
        17 | 18 => is_discover(two, three, four),
        19 => head(1) == 4 || is_discover(two, three, four),
        _ => false,
    }
}

fn is_discover(two: u32, three: u32, four: u32) -> bool {
    four == 6011 || (644..=649).contains(&three) || matches!(two, 62 | 65)
}
