//! What tells a secret number or text from others of its look: check digits, ranges, entropy.

/// Bits a byte by the frequencies of the bytes (Shannon).
pub(super) fn entropy(text: &[u8]) -> f32 {
    let mut counts = [0_u32; 256];
    for byte in text {
        counts[usize::from(*byte)] += 1;
    }
    let length = text.len() as f32;
    counts.iter().filter(|count| **count > 0).map(|count| *count as f32 / length).map(|share| -share * share.log2()).sum()
}

/// Whether a text is one random-looking run of letters of both cases and digits, as keys are. Digests, UUIDs and numbers
/// have but one case; paths, names and sentences have less entropy or other marks.
pub(super) fn is_random(text: &str) -> bool {
    let has = |is: fn(&u8) -> bool| text.bytes().any(|byte| is(&byte));
    (20..=512).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_+/=".contains(&b))
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && text.bytes().filter(u8::is_ascii_digit).count() >= 2
        && entropy(text.as_bytes()) >= 3.7
        && is_shuffled(text)
}

/// Whether letters of both cases, digits and marks follow each other as often as in what was made at random.
pub(super) fn is_shuffled(text: &str) -> bool {
    changes(text) * 100 >= text.len() * 42
}

/// How often letters of one case, letters of the other, digits and marks follow each other: less often in names.
fn changes(text: &str) -> usize {
    let class = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    text.as_bytes().windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count()
}

fn digits(text: &[u8]) -> impl DoubleEndedIterator<Item = u32> {
    text.iter().filter(|byte| byte.is_ascii_digit()).map(|digit| u32::from(digit - b'0'))
}

/// The check digit of cards and devices (ISO/IEC 7812-1), over the digits of a text. All digits the same are a
/// placeholder.
pub(super) fn luhn(text: &[u8]) -> bool {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = digits(text).rev().enumerate().map(|(place, digit)| if place % 2 == 0 { digit } else { doubled(digit) }).sum();
    let first = digits(text).next();
    sum.is_multiple_of(10) && digits(text).any(|digit| Some(digit) != first)
}

/// Whether nine digits are in the ranges that the United States give out (SSA, since 2011).
pub(super) fn is_ssn(text: &str) -> bool {
    let number = digits(text.as_bytes()).fold(0, |number, digit| number * 10 + digit);
    let (area, group, serial) = (number / 1_000_000, number / 10_000 % 100, number % 10_000);
    digits(text.as_bytes()).count() == 9 && !matches!(area, 0 | 666 | 900..) && group != 0 && serial != 0
}

/// Whether digits beside the word phone can be dialled: neither a date nor too many or too few.
pub(super) fn is_local_phone(text: &str) -> bool {
    let bytes = text.as_bytes();
    let count = digits(bytes).count();
    let is_date = bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-' || text.matches('.').count() == 3;
    (7..=15).contains(&count) && !is_date && digits(bytes).any(|digit| digit != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_random_and_digests_and_names_are_not() {
        for key in ["wJalrXUtnFEMI7K4MDENG2bPxRfiCYAbCdEf3aKEY", "q83vASNFZ4mrze8BI0VniQ==", "Zm9vYmFyMTIz-Xy_09aZbQ"] {
            assert!(is_random(key), "{key}");
        }
        for other in [
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
            "7c184111-1111-1111-1111-58c757ff494f",
            "com.shop.checkout.PaymentService",
            "cache:user:1",
            "CheckoutControllerTest",
            "12345678901234567890",
            "users/42/Avatar2024.png",
        ] {
            assert!(!is_random(other), "{other}");
        }
    }

    #[test]
    fn numbers_that_were_never_given_out_are_no_social_security_numbers() {
        assert!(is_ssn("536-22-1234") && is_ssn("536221234"));
        for other in ["000-12-3456", "666-12-3456", "900-12-3456", "536-00-1234", "536-22-0000", "53622123"] {
            assert!(!is_ssn(other), "{other}");
        }
    }

    #[test]
    fn the_check_digit_must_be_right() {
        assert!(luhn(b"4111111111111111") && luhn(b"490154203237518"));
        assert!(!luhn(b"4111111111111112") && !luhn(b"0000000000000000"));
    }
}
