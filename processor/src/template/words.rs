//! Words that hold no value as a whole: kept, but for random ids and long numbers among their parts.

use super::word_end;

/// Names with a number that says what, not which.
const FIXED: [&str; 7] = ["utf-8", "utf-16", "utf-32", "iso-8859-1", "sha-1", "sha-256", "sha-512"];
/// Shortest random id.
const ID: usize = 10;
/// Digits from which a number after an underscore is an id; `x86_64` and `http_404` are names.
const LONG_NUMBER: usize = 4;

/// Copies the word at `at` to `out`. Answers where it ends.
pub(super) fn copy(text: &str, at: usize, out: &mut String) -> usize {
    if let Some(name) = FIXED.iter().find(|name| is_fixed(text.as_bytes(), at, name)) {
        out.push_str(&text[at..at + name.len()]);
        return at + name.len();
    }
    let end = word_end(text.as_bytes(), at);
    for (number, part) in text[at..end].split('_').enumerate() {
        if number > 0 {
            out.push('_');
        }
        if is_random(part) {
            out.push_str("<id>");
        } else if number > 0 && part.len() >= LONG_NUMBER && part.bytes().all(|b| b.is_ascii_digit()) {
            out.push_str("<int>");
        } else {
            out.push_str(part);
        }
    }
    end
}

fn is_fixed(text: &[u8], at: usize, name: &str) -> bool {
    let end = at + name.len();
    text.get(at..end).is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes())) && word_end(text, end) == end
}

/// Whether letters of both cases and digits take turns as nobody would write them: `k9Mtd2gDcgG`.
fn is_random(word: &str) -> bool {
    let (mut parts, mut numbers) = (0, 0);
    let mut before = b' ';
    for byte in word.bytes() {
        let same = match byte {
            b'0'..=b'9' => before.is_ascii_digit(),
            b'A'..=b'Z' => before.is_ascii_uppercase(),
            _ => before.is_ascii_alphabetic(),
        };
        if !same {
            parts += 1;
            numbers += usize::from(byte.is_ascii_digit());
        }
        before = byte;
    }
    word.len() >= ID && numbers >= 2 && parts * 3 >= word.len()
}
