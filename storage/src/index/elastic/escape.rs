//! Texts as they stand between the quotes of a JSON string.
//!
//! Most of the work of a document is here: the whole event is a text in it, and every tenth byte of JSON is a quote.

/// Appends `text`, escaped. Eight bytes are looked at in one go, and what lies between two marks is copied whole.
pub(super) fn escape(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + text.len() / 4);
    let mut copied = 0;
    let (words, rest) = text.as_chunks::<8>();
    for (n, word) in words.iter().enumerate() {
        let mut marks = marks(u64::from_le_bytes(*word));
        while marks != 0 {
            copied = mark(text, copied, 8 * n + marks.trailing_zeros() as usize / 8, out);
            marks &= marks - 1;
        }
    }
    for at in text.len() - rest.len()..text.len() {
        if matches!(text[at], b'"' | b'\\' | 0..0x20) {
            copied = mark(text, copied, at, out);
        }
    }
    out.extend_from_slice(&text[copied..]);
}

/// The highest bit of each byte that must be escaped.
fn marks(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    // Adding to the lower seven bits carries into the highest one, and never beyond.
    let zero = |bytes: u64| !(((bytes & !HIGH) + !HIGH) | bytes | !HIGH);
    let control = !(((word & !HIGH) + 0x60 * ONES) | word) & HIGH;
    control | zero(word ^ (ONES * u64::from(b'"'))) | zero(word ^ (ONES * u64::from(b'\\')))
}

/// Appends what was not copied yet before the mark at `at`, and the mark. Answers up to where all is copied.
fn mark(text: &[u8], copied: usize, at: usize, out: &mut Vec<u8>) -> usize {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(&text[copied..at]);
    match text[at] {
        control @ 0..0x20 => {
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[HEX[usize::from(control >> 4)], HEX[usize::from(control & 15)]]);
            at + 1
        }
        // The quote or backslash itself is copied with what follows.
        _ => {
            out.push(b'\\');
            at
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = Vec::new();
        escape(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_byte_is_escaped_or_left_alone_in_every_place() {
        for c in '\0'..'\u{100}' {
            let expected = match c {
                '"' | '\\' => format!("\\{c}"),
                '\0'..' ' => format!("\\u{:04x}", c as u32),
                _ => c.to_string(),
            };
            for before in 0..10 {
                let (head, tail) = ("x".repeat(before), "y".repeat(9 - before));
                assert_eq!(escaped(&format!("{head}{c}{tail}")), format!("{head}{expected}{tail}"), "{c:?} at {before}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_escaped_is_read_back(text in "(?s).{0,200}|[\"\\\\\u{0}-\u{20}a\u{80}]{0,300}") {
            prop_assert_eq!(serde_json::from_str::<String>(&format!("\"{}\"", escaped(&text))).unwrap(), text);
        }
    }
}
