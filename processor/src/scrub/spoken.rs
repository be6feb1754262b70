//! Secrets that a sentence tells: `login failed with password hunter2-Zq81kd`, `the token is kD93-...`.
//!
//! Nothing but a space is between the name and the secret, so the next word is one only if it looks like one: other
//! words say how it is with the password (`password authentication failed`), how it is kept (`password SHA-256`), or
//! which one is meant (`secret db-credentials-v2`). Passwords of letters alone can't be told from words.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::{assignments::RULE, checks, edges::free_before, patterns::Found, values, walk::FILTERED};

/// Names of what people think of: a few letters, digits and marks. The rest of [`NAMES`] are of what machines make.
const PASSWORDS: usize = 11;
const NAMES: [&str; 19] = [
    "password ",
    "passwd ",
    "passphrase ",
    "passcode ",
    "pwd ",
    "passwort ",
    "kennwort ",
    "mot de passe ",
    "contraseña ",
    "senha ",
    "wachtwoord ",
    "token ",
    "secret ",
    "secret key ",
    "api key ",
    "api-key ",
    "api_key ",
    "apikey ",
    "access key ",
];
/// Words between a name and a secret, after which a secret is expected.
const IS: [&str; 6] = ["is ", "was ", "ist ", "war ", "est ", "es "];
/// Words before the name of a password after which the password itself is expected.
const CUES: [&str; 9] = ["with", "using", "wrong", "incorrect", "bad", "default", "temporary", "initial", "mit"];
/// What names of algorithms, formats and protocols begin with, in lower case; no small letter follows.
const ALGORITHMS: &str = "sha md2 md4 md5 hs256 hs384 hs512 rs256 rs384 rs512 es256 es384 es512 ps256 ps384 ps512 hmac pbkdf argon bcrypt \
    scrypt yescrypt blake aes rsa des ed25519 secp p256 x509 x25519 pkcs base32 base58 base64 utf8 utf16 tls ssl oauth auth oidc saml \
    scram ldap ntlm kerberos totp hotp fido mfa 2fa http https hmacsha ipv4 ipv6 k8s ec2 s3 crypt sm3 crc32";
/// Shortest and longest password, and shortest and longest token, in bytes.
const PASSWORD: std::ops::RangeInclusive<usize> = 6..=64;
const TOKEN: std::ops::RangeInclusive<usize> = 10..=512;
/// Shortest run of hex digits that is a token.
const HEX: usize = 32;

static AUTOMATON: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(NAMES)
        .expect("a few short words make an automaton")
});

/// The first secret at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    AUTOMATON.find_iter(&text[from..]).find_map(|name| {
        let (start, end) = (from + name.start(), from + name.end());
        let is_password = name.pattern().as_usize() < PASSWORDS;
        let range = if free_before(text.as_bytes(), start) { value(text, start, end, is_password)? } else { return None };
        Some(Found { rule: RULE, range, with: FILTERED })
    })
}

/// Where the secret is that belongs to the name between `start` and `end`.
fn value(text: &str, start: usize, end: usize, is_password: bool) -> Option<std::ops::Range<usize>> {
    let spaces = |at: usize| at + text.as_bytes()[at..].iter().take(2).take_while(|b| **b == b' ').count();
    let mut at = spaces(end);
    let is = IS.iter().find(|is| text.as_bytes()[at..].get(..is.len()).is_some_and(|word| word.eq_ignore_ascii_case(is.as_bytes())));
    at = spaces(at + is.map_or(0, |is| is.len()));
    let quote = text[at..].chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    at += usize::from(quote.is_some());
    let window = &text[at..text.floor_char_boundary(text.len().min(at + TOKEN.end() + 1))];
    let word = match quote {
        Some(quote) => window.split_once(quote)?.0,
        None => window.split(char::is_whitespace).next()?.trim_end_matches(['.', ',', ';', ':', ')', ']', '}', '>', '"', '\'', '`']),
    };
    let is_expected = || is.is_some() || is_cue(&text[..start]);
    let is_secret = is_plain(word) && if is_password { is_a_password(word, is_expected) } else { is_a_token(word) };
    is_secret.then(|| at..at + word.len())
}

/// Whether the last word before a name makes one expect the password.
fn is_cue(before: &str) -> bool {
    let before = before.trim_end();
    let word = before.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or("");
    CUES.iter().any(|cue| word.eq_ignore_ascii_case(cue))
}

/// Whether this is one word, and none that stands for something: a placeholder, a call, a path, a file, a pair, a version,
/// an algorithm.
fn is_plain(word: &str) -> bool {
    let is_name = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let is_pair = word.split_once(['=', ':']).is_some_and(|(name, value)| is_name(name) && !value.is_empty());
    let is_file = word.rsplit_once('.').is_some_and(|(_, end)| (2..=6).contains(&end.len()) && end.bytes().all(|b| b.is_ascii_lowercase()));
    !word.is_empty()
        && !word.starts_with(['[', '<', '{', '(', '/', '\\', '-', '.'])
        && !word.contains([' ', '\t', '\n', '(', '[', '{', '<', '\\', '|', '"', '\''])
        && !word.contains("::")
        && !word.contains("//")
        && !word.starts_with("0x")
        && !is_pair
        && !is_file
        && !is_algorithm(word)
        && !values::is_trivial(word)
        && !values::is_placeholder(word)
}

fn is_algorithm(word: &str) -> bool {
    let begins = |part: &str, name: &str| {
        let head = part.as_bytes().get(..name.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(name.as_bytes()))
            && !part.as_bytes()[name.len()..].first().is_some_and(u8::is_ascii_lowercase)
    };
    word.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| ALGORITHMS.split_ascii_whitespace().any(|name| begins(part, name)))
}

/// Whether a word is a password: letters with two of capitals among them, digits and marks; where a password is
/// expected, letters with a digit.
fn is_a_password(word: &str, is_expected: impl Fn() -> bool) -> bool {
    let has = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
    let has_letter = word.chars().any(char::is_alphabetic);
    let has_digit = has(u8::is_ascii_digit);
    let has_capital = word.bytes().skip(1).any(|b| b.is_ascii_uppercase()) || has_digit && has(u8::is_ascii_uppercase);
    let is_mixed = has_capital && has(u8::is_ascii_lowercase);
    let has_mark = word.bytes().any(|b| b"!#$%^&*?~+@".contains(&b));
    let kinds = u8::from(is_mixed) + u8::from(has_digit) + u8::from(has_mark);
    let is_word = word.contains(['_', '.', '/', ':']);
    PASSWORD.contains(&word.len()) && has_letter && (kinds >= 2 || has_digit && !is_word && is_expected())
}

/// Whether a word was made by a machine: hex, or letters of both cases and digits that follow each other often.
fn is_a_token(word: &str) -> bool {
    let has = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
    let is_hex =
        word.len() >= HEX && word.bytes().all(|b| b.is_ascii_hexdigit()) && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && word.bytes().filter(u8::is_ascii_digit).count() >= 2;
    TOKEN.contains(&word.len()) && (is_hex || is_mixed && checks::is_shuffled(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        find(text, 0).map(|found| &text[found.range])
    }

    #[test]
    fn the_word_after_a_name_is_a_secret_if_it_looks_like_one() {
        for (text, secret) in [
            ("login failed with password hunter2-Zq81kd and key x", "hunter2-Zq81kd"),
            ("the password is Tr0ub4dor.", "Tr0ub4dor"),
            ("wrong password summer2024", "summer2024"),
            ("(password P@ssw0rd)", "P@ssw0rd"),
            ("db_password 'Zq81kd!x' was refused", "Zq81kd!x"),
            ("Passwort ist Sommer2024, bitte ändern", "Sommer2024"),
            ("got token kD93-zPq7Lw2 from cache", "kD93-zPq7Lw2"),
            ("api key 9f86d081884c7d659a2feaa0c55ad015 is revoked", "9f86d081884c7d659a2feaa0c55ad015"),
        ] {
            assert_eq!(found(text), Some(secret), "{text}");
        }
    }

    #[test]
    fn words_about_secrets_are_none() {
        for text in [
            "password authentication failed for user \"app\"",
            "wrong password for Jeremy2",
            "password PBKDF2-HMAC-SHA256 is too slow",
            "with password SHA-256",
            "using password OAuth2Client",
            "secret db-credentials-v2 not found",
            "Unexpected token Http2Handler",
            "token 7c184111-1111-1111-1111-58c757ff494f has expired",
            "password is [Filtered]",
            "password Mismatch!",
            "the password config.Prod2.yml",
            "with password field_2",
            "keypassword hunter2-Zq81kd",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
