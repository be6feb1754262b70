//! Places in files, and the line that names an error.

use crate::event::Frame;

/// `file:line:column`, `file:line` or `file`.
pub(super) fn position(text: &str) -> (&str, Option<u64>, Option<u64>) {
    match numbered(text) {
        Some((rest, last)) => match numbered(rest) {
            Some((file, line)) => (file, Some(line), Some(last)),
            None => (rest, Some(last), None),
        },
        None => (text, None, None),
    }
}

/// A text and the number after the colon at its end.
pub(super) fn numbered(text: &str) -> Option<(&str, u64)> {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).take(10).count();
    let rest = text[..text.len() - digits].strip_suffix(':')?;
    if digits == 0 || rest.is_empty() { None } else { Some((rest, text[rest.len() + 1..].parse().ok()?)) }
}

/// A frame at a place. A path that is whole is `abs_path`, else it is the file's name.
pub(super) fn frame(function: &str, file: &str, line: Option<u64>, column: Option<u64>) -> Frame {
    let mut frame = Frame { function: filled(function), lineno: line.filter(|line| *line > 0), colno: column, ..Frame::default() };
    let slot = if is_whole(file) { &mut frame.abs_path } else { &mut frame.filename };
    *slot = filled(file);
    frame
}

/// A frame at `file:line:column`.
pub(super) fn frame_at(function: &str, place: &str) -> Frame {
    let (file, line, column) = position(place);
    frame(function, file, line, column)
}

pub(super) fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Whether a path begins at a root, a drive or with a scheme.
fn is_whole(path: &str) -> bool {
    let bytes = path.as_bytes();
    let drive = bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && matches!(bytes[2], b'/' | b'\\');
    path.starts_with(['/', '\\']) || drive || is_url(path)
}

/// Whether it begins with a scheme and two slashes.
pub(super) fn is_url(text: &str) -> bool {
    let scheme = text.bytes().take(24).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.')).count();
    scheme > 1 && text[scheme..].starts_with("://")
}

/// `Type: message`, `Type:` or `Type` alone.
pub(super) fn split_type(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let (word, rest) = match line.find(": ") {
        Some(at) => (&line[..at], &line[at + 2..]),
        None => (line.strip_suffix(':').unwrap_or(line), ""),
    };
    is_type(word).then_some((word, rest))
}

/// Whether a word can be the name of a type in any of the languages.
pub(super) fn is_type(word: &str) -> bool {
    let mut chars = word.chars();
    let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    first
        && word.len() <= 512
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | ':' | '\\' | '<' | '>' | '`' | '+' | '[' | ']' | ',' | '-'))
}

/// Whether the name of a type says that it is one of an error.
pub(super) fn is_error_name(word: &str) -> bool {
    let name = word.rsplit(['.', ':', '\\', '$', '+', '/']).next().unwrap_or_default();
    ["Error", "Exception", "Throwable", "Failure", "Fault", "Interrupt", "Exit", "Panic"].iter().any(|end| name.ends_with(end))
}

/// The decimal number at the start.
pub(super) fn leading_number(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).take(18).count();
    Some((text[..digits].parse().ok()?, &text[digits..]))
}
