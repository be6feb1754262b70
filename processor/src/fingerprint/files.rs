//! File names without what changes from build to build.

use std::borrow::Cow;

/// Shortest part of a file name that can be a hash of its content.
const HASH: usize = 7;
/// What parts the parts of a file name.
const MARKS: [char; 4] = ['.', '-', '_', '~'];

/// Whether a path names no file: code that was evaluated, or is part of the engine.
pub(super) fn is_none(path: &str) -> bool {
    matches!(path, "<anonymous>" | "[native code]" | "native code" | "native" | "eval code" | "global code" | "<unknown>")
}

/// The last part of a path or URL, in lower case, without query, fragment and content hashes:
/// `https://a.example/js/main.3f2a1bcd.js?v=2` gives `main.js`. Empty for the root of a site.
pub(super) fn base(path: &str) -> Cow<'_, str> {
    let is_url = path.contains("://");
    let path = if is_url { path.split(['?', '#']).next().unwrap_or_default() } else { path };
    let rest = path.split_once("://").map_or(path, |(_, rest)| rest);
    let name = match rest.rsplit_once(['/', '\\']) {
        Some((_, name)) => name,
        None if is_url => "",
        None => rest,
    };
    let name = name.split('?').next().unwrap_or_default();
    without_hashes(name)
}

/// A name without the parts, between dots, hyphens and underscores, that are hashes.
pub(super) fn without_hashes(name: &str) -> Cow<'_, str> {
    let plain = !name.bytes().any(|b| b.is_ascii_uppercase());
    if plain && !name.split(MARKS).any(is_hash) {
        return Cow::Borrowed(name);
    }
    let mut clean = String::with_capacity(name.len());
    let mut at = 0;
    for part in name.split(MARKS) {
        if !part.is_empty() && !is_hash(part) {
            if !clean.is_empty() {
                clean.push_str(&name[at - 1..at]);
            }
            clean.push_str(part);
        }
        at += part.len() + 1;
    }
    clean.make_ascii_lowercase();
    Cow::Owned(clean)
}

/// Whether a part of a name is a hash: hex with a digit, or letters of both cases and digits.
fn is_hash(part: &str) -> bool {
    if part.len() < HASH {
        return false;
    }
    let has = |is: fn(&u8) -> bool| part.as_bytes().iter().any(is);
    let digit = has(u8::is_ascii_digit);
    let hex = part.bytes().all(|b| b.is_ascii_hexdigit());
    let mixed = part.bytes().all(|b| b.is_ascii_alphanumeric()) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    digit && (hex || mixed && 3 * turns(part) >= part.len())
}

/// How often a letter follows a digit or the other way round, or a capital a small letter.
fn turns(part: &str) -> usize {
    let pairs = part.as_bytes().windows(2);
    pairs.filter(|p| p[0].is_ascii_digit() != p[1].is_ascii_digit() || p[0].is_ascii_lowercase() && p[1].is_ascii_uppercase()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_file_of_two_builds_has_one_name() {
        for (path, expected) in [
            ("https://a.example/js/main.3f2a1bcd.js?v=2#x", "main.js"),
            ("https://a.example/js/main.9c01de77.js", "main.js"),
            ("/assets/index-DkY7sw2_.js", "index.js"),
            ("app:///2.3f2a1bcd.chunk.js", "2.chunk.js"),
            ("https://a.example/", ""),
            ("https://a.example", ""),
            ("C:\\src\\App\\Main.cs", "main.cs"),
            ("/srv/app/views.py", "views.py"),
            ("OrderService2Handler.java", "orderservice2handler.java"),
        ] {
            assert_eq!(base(path), expected, "{path}");
        }
    }
}
