//! Tags that can be searched and counted by: short keys of plain characters, short values on one line.

use schemas::{
    event::{Event, Tags},
    limits,
};

use super::trims;

/// Keys that name something an event has a field for.
const RESERVED: [&str; 6] = ["environment", "release", "dist", "user", "filename", "function"];

/// Moves tags that are fields to their fields, mends keys and values, and keeps as many as the limit allows.
pub(super) fn check(event: &mut Event) {
    for (key, field) in [("environment", &mut event.environment), ("release", &mut event.release), ("dist", &mut event.dist)] {
        if let Some(value) = event.tags.remove(key)
            && field.as_ref().is_none_or(String::is_empty)
        {
            *field = Some(value);
        }
    }
    if event.tags.iter().all(|(key, value)| is_valid(key) && is_short(value)) && event.tags.len() <= limits::TAGS {
        return;
    }
    let mut tags = Tags::new();
    for (key, value) in std::mem::take(&mut event.tags) {
        let key = mended(&key);
        if key.is_empty() || RESERVED.contains(&key.as_str()) || tags.len() >= limits::TAGS {
            event.note("tags", "a tag was left out");
            continue;
        }
        let mut line = value.trim().replace(['\n', '\r'], " ");
        if let Some(length) = trims::text(&mut line, limits::TAG_VALUE_CHARS) {
            event.note(format!("tags.{key}"), format!("cut to the limit: a text of {length} characters"));
        }
        if !line.is_empty() {
            tags.insert(key, line);
        }
    }
    event.tags = tags;
}

fn is_valid(key: &str) -> bool {
    !key.is_empty() && key.len() <= limits::TAG_KEY_CHARS && key.bytes().all(is_plain) && !RESERVED.contains(&key)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-')
}

fn is_short(value: &str) -> bool {
    !value.is_empty() && value.len() <= limits::TAG_VALUE_CHARS && value.trim().len() == value.len() && !value.contains(['\n', '\r'])
}

/// A key of plain characters: a hyphen for a space, an underscore for any other that is not allowed.
fn mended(key: &str) -> String {
    let plain = |c: char| match c {
        ' ' => '-',
        c if u8::try_from(c).is_ok_and(is_plain) => c,
        _ => '_',
    };
    key.trim().chars().take(limits::TAG_KEY_CHARS).map(plain).collect()
}
