//! Phone numbers in their international form, `+49 30 901820`, and in the American form with the area in brackets,
//! `(415) 555-2671`. Other rows of digits are numbers of something else more often than not; they are looked at only
//! beside a word that tells (see the table of tokens).

use super::patterns::Found;

/// Digits of a number with its country (E.164), and fewest that are one.
const MOST: usize = 15;
const FEWEST: usize = 9;

/// The first number at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'+', b'(', &bytes[from..]).find_map(|mark| {
        let start = from + mark;
        let end = if bytes[start] == b'+' { international(bytes, start)? } else { american(bytes, start)? };
        Some(Found { rule: "@phone", range: start..end, with: "[phone]" })
    })
}

fn ends(bytes: &[u8], end: usize) -> bool {
    let next = |at: usize| bytes.get(at).copied().unwrap_or(b' ');
    let fraction = matches!(next(end), b'.' | b',' | b':' | b'-' | b'/') && next(end + 1).is_ascii_alphanumeric();
    !(next(end).is_ascii_alphanumeric() || matches!(next(end), b'_' | b'+' | b'=' | b'%') || fraction)
}

fn international(bytes: &[u8], at: usize) -> Option<usize> {
    let before = at.checked_sub(1).map(|i| bytes[i]);
    if before.is_some_and(|b| b.is_ascii_alphanumeric() || b")].+_-/=%".contains(&b) && b != b'=') {
        return None;
    }
    let (mut end, mut count, mut last) = (at + 1, 0, b'+');
    for (length, byte) in bytes[at + 1..].iter().take(2 * MOST).enumerate() {
        match byte {
            b'0'..=b'9' => {
                count += 1;
                end = at + 2 + length;
            }
            b' ' | b'-' | b'.' | b'/' | b'(' if last.is_ascii_digit() => {}
            b'(' | b')' if matches!(last, b' ' | b'0'..=b'9') => {}
            b' ' | b'-' if last == b')' => {}
            _ => break,
        }
        last = *byte;
    }
    let digits: Vec<u8> = bytes[at + 1..end].iter().copied().filter(u8::is_ascii_digit).collect();
    let one = digits.windows(2).all(|pair| pair[0] == pair[1]);
    ((FEWEST..=MOST).contains(&count) && is_country(&digits) && !one && ends(bytes, end)).then_some(end)
}

/// Whether digits begin with a country code that is in use (ITU E.164).
fn is_country(digits: &[u8]) -> bool {
    let number = |length: usize| digits.iter().take(length).fold(0_u32, |n, d| n * 10 + u32::from(d - b'0'));
    let american = digits.len() == 11 && matches!(digits[1], b'2'..=b'9') && matches!(digits[4], b'2'..=b'9');
    match number(2) {
        10..=19 => american,
        7 | 70..=79 => digits.len() == 11,
        20 | 27 | 30..=34 | 36 | 39..=41 | 43..=49 | 51..=58 | 60..=66 | 81 | 82 | 84 | 86 | 90..=95 | 98 => true,
        _ => matches!(
            number(3),
            211..=213 | 216 | 218 | 220..=258 | 260..=269 | 290 | 291 | 297..=299 | 350..=359 | 370..=378 | 380..=383 | 385..=387 | 389
                | 420 | 421 | 423 | 500..=509 | 590..=599 | 670 | 672..=683 | 685..=692 | 850 | 852 | 853 | 855 | 856 | 880 | 886
                | 960..=968 | 970..=977 | 979 | 992..=996 | 998
        ),
    }
}

/// `(415) 555-2671`, also without the space or with dots.
fn american(bytes: &[u8], at: usize) -> Option<usize> {
    let digits = |from: usize, count: usize| {
        bytes.get(from..from + count).is_some_and(|run| run.iter().all(u8::is_ascii_digit) && (count == 4 || matches!(run[0], b'2'..=b'9')))
    };
    let gap = usize::from(bytes.get(at + 5) == Some(&b' '));
    let exchange = at + 5 + gap;
    let shaped = digits(at + 1, 3) && bytes.get(at + 4) == Some(&b')') && digits(exchange, 3);
    let separated = matches!(bytes.get(exchange + 3), Some(b'-' | b' ' | b'.'));
    let before = at.checked_sub(1).map(|i| bytes[i]);
    let free = !before.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    (shaped && separated && digits(exchange + 4, 4) && free && ends(bytes, exchange + 8)).then_some(exchange + 8)
}
