//! Quoted text that is a value, not the name of something in code: what follows `=`, values in JSON, and what follows
//! the word for something of which there are many.

/// Words before a quoted value. `column`, `table`, `key` and their like are followed by names of code.
const MANY: [&str; 24] = [
    "user",
    "username",
    "users",
    "customer",
    "account",
    "email",
    "e-mail",
    "login",
    "order",
    "session",
    "token",
    "tenant",
    "client",
    "member",
    "person",
    "employee",
    "device",
    "host",
    "id",
    "uuid",
    "transaction",
    "invoice",
    "document",
    "message",
];
/// Longest word that is looked at, in bytes.
const WORD: usize = 12;

/// Whether the quote at `at` opens a value.
pub(super) fn is_value(text: &[u8], at: usize) -> bool {
    let before = text[..at].trim_ascii_end();
    match before.last() {
        Some(b'=') => before.len() == at,
        // After the name of a JSON member.
        Some(b':') if text[at] == b'"' && before.len() > 1 && before[before.len() - 2] == b'"' => true,
        Some(b':') => follows_word(&before[..before.len() - 1]),
        Some(_) if before.len() < at => follows_word(before),
        _ => false,
    }
}

fn follows_word(before: &[u8]) -> bool {
    let start = before.iter().rev().take(WORD + 1).take_while(|b| b.is_ascii_alphabetic() || **b == b'-').count();
    let word = &before[before.len() - start..];
    MANY.iter().any(|many| many.as_bytes().eq_ignore_ascii_case(word))
}
