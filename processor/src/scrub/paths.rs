//! Tokens in the path of an address, behind a word that says what they open: `/password/reset/q7Rk2Zp9...`,
//! `/invitations/9f86d081...`.

use super::{patterns::Found, secrets::TOKEN};

/// Words before such a token, with the slash between them, in lower case.
pub(super) const WORDS: [&str; 24] = [
    "reset/",
    "reset-password/",
    "reset_password/",
    "password-reset/",
    "recover/",
    "recovery/",
    "verify/",
    "verify-email/",
    "verification/",
    "confirm/",
    "confirm-email/",
    "confirmation/",
    "activate/",
    "activation/",
    "invite/",
    "invites/",
    "invitation/",
    "invitations/",
    "magic/",
    "magic-link/",
    "unsubscribe/",
    "token/",
    "tokens/",
    "sso/",
];
/// Longest of the words, in bytes.
const WORD: usize = 16;
/// Shortest token, and least digits in it.
const SHORTEST: usize = 16;
const DIGITS: usize = 2;

/// The first token at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'/', &bytes[from..]).find_map(|at| {
        let start = from + at + 1;
        let word = &bytes[start.saturating_sub(WORD + 1)..start];
        let is_told = WORDS.iter().any(|known| {
            let before = word.len().checked_sub(known.len() + 1).map(|before| word[before]);
            before == Some(b'/') && word[word.len() - known.len()..].eq_ignore_ascii_case(known.as_bytes())
        });
        let length = bytes[start..].iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')).count();
        let end = start + length;
        (is_told && is_token(&bytes[start..end]) && ends(&bytes[end..])).then_some(Found {
            rule: "@urltoken",
            range: start..end,
            with: TOKEN,
        })
    })
}

/// Whether a part of a path was drawn, not chosen: letters of both cases with digits, or a long hex number. UUIDs name
/// orders and users, words and dates pages.
fn is_token(part: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| part.iter().any(is);
    let digits = part.iter().filter(|b| b.is_ascii_digit()).count();
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let is_hex = part.len() >= 2 * SHORTEST && part.iter().all(u8::is_ascii_hexdigit) && has(u8::is_ascii_alphabetic);
    part.len() >= SHORTEST && digits >= DIGITS && (is_mixed || is_hex)
}

/// Whether a part of a path ends here and is not the name of a file.
fn ends(rest: &[u8]) -> bool {
    !matches!(rest, [b'.', next, ..] if next.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_stand_behind_words_that_tell_of_them() {
        for (text, expected) in [
            ("https://shop.example/password/reset/q7Rk2Zp9LmXw4TbN", Some("q7Rk2Zp9LmXw4TbN")),
            ("GET /Invitations/9f86d081884c7d659a2feaa0c55ad015/accept failed", Some("9f86d081884c7d659a2feaa0c55ad015")),
            ("/verify-email/q7Rk2Zp9-mXw4TbN.", Some("q7Rk2Zp9-mXw4TbN")),
            ("/orders/q7Rk2Zp9LmXw4TbN", None),
            ("/verify/7c184111-1111-4111-8111-58c757ff494f", None),
            ("/tokens/20261123120000001", None),
            ("/reset/CheckoutControllerTest", None),
            ("/magic/Sprite2Sheet4Large.png", None),
            ("preset/q7Rk2Zp9LmXw4TbN", None),
        ] {
            assert_eq!(find(text, 0).map(|found| &text[found.range]), expected, "{text}");
        }
    }
}
