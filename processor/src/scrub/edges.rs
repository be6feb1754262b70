//! Where in a text a secret may begin and end: not inside a word, but right behind an escape, which is no word.

/// Whether no letter or digit stands before `at`. What an escape stands for is none: `\nAKIA`, `%3DAKIA`.
pub(super) fn free_before(bytes: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else { return true };
    let escaped = || {
        let percent =
            before >= 2 && bytes[before - 2] == b'%' && bytes[before - 1].is_ascii_hexdigit() && bytes[before].is_ascii_hexdigit();
        let letter = before >= 1 && bytes[before - 1] == b'\\' && matches!(bytes[before], b'n' | b'r' | b't');
        percent || letter
    };
    !bytes[before].is_ascii_alphanumeric() || escaped()
}

/// Whether no letter, digit or `_` stands at `at`.
pub(super) fn free_after(bytes: &[u8], at: usize) -> bool {
    !bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}
