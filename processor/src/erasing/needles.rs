//! Several values at once, in JSON and in bytes.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::names::{is_needed, tells_user};

/// A value that is shorter than this, or a number with fewer than [`DIGITS`] digits, is looked for where users are named.
const SHORT: usize = 6;
const DIGITS: usize = 9;
/// What URLs leave as it is.
const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// Longest name that is looked for in front of a value, in bytes.
const NAME: usize = 100;

/// How a value is told from a part of something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Between characters that are no letters and digits.
    Word,
    /// Between characters that no e-mail address has there.
    Email,
    /// The whole of a text whose name stands for a user.
    Whole,
}

impl Kind {
    /// The kind of a value of this field of users.
    pub(super) fn of(field: &str, value: &str) -> Self {
        let number = value.bytes().all(|b| b.is_ascii_digit());
        match field {
            _ if value.contains('@') => Self::Email,
            _ if value.len() < SHORT || (number && value.len() < DIGITS) => Self::Whole,
            _ => Self::Word,
        }
    }
}

#[derive(Debug)]
struct Needle {
    text: String,
    kind: Kind,
}

/// Values to look for.
#[derive(Debug)]
pub(super) struct Needles {
    all: Vec<Needle>,
    /// Finds any of them, and the forms that JSON gives them; of each the place in `all`.
    automaton: Option<AhoCorasick>,
    places: Vec<usize>,
}

impl Needles {
    pub(super) fn new(values: Vec<(Kind, String)>) -> Self {
        let mut all: Vec<Needle> = Vec::new();
        let mut add = |text: String, kind| {
            if !text.is_empty() && all.iter().all(|known| known.text != text) {
                all.push(Needle { text, kind });
            }
        };
        for (kind, text) in values {
            let encoded = utf8_percent_encode(&text, &KEPT).to_string();
            let lower = text.to_lowercase();
            add(text, kind);
            if kind != Kind::Whole {
                add(encoded, kind);
            }
            if kind == Kind::Email {
                add(lower, kind);
            }
        }
        let (mut patterns, mut places) = (Vec::new(), Vec::new());
        for (place, needle) in all.iter().enumerate() {
            let json = Value::from(needle.text.as_str()).to_string();
            let escaped = json[1..json.len() - 1].to_owned();
            if escaped != needle.text {
                patterns.push(escaped);
                places.push(place);
            }
            patterns.push(needle.text.clone());
            places.push(place);
        }
        let builder = || AhoCorasick::builder().match_kind(MatchKind::Standard).ascii_case_insensitive(true).build(&patterns).ok();
        let automaton = if patterns.is_empty() { None } else { builder() };
        Self { all, automaton, places }
    }

    /// Whether JSON can hold one of them; no is sure.
    pub(super) fn touch(&self, json: &[u8]) -> bool {
        self.found(json).any(|(needle, range)| needle.kind != Kind::Whole || is_value(json, &range))
    }

    /// Whether bytes that may be anything hold one of them.
    pub(super) fn are_in(&self, bytes: &[u8]) -> bool {
        self.found(bytes).any(|(needle, range)| match needle.kind {
            Kind::Whole => is_quoted(bytes, &range) && tells_user(&name_before(bytes, range.start - 1)),
            kind => stands_alone(bytes, &range, kind),
        })
    }

    pub(super) fn longest(&self) -> usize {
        self.all.iter().map(|needle| needle.text.len()).max().unwrap_or_default()
    }

    /// Puts `with` in their places, in names too. Answers whether there were any. What a document can't be without stays.
    pub(super) fn replace(&self, document: &mut Value, with: &str) -> bool {
        let Value::Object(parts) = document else { return self.in_value(document, "", with) };
        let mut changed = false;
        for (name, value) in parts {
            changed |= match name.as_str() {
                "grouping" => self.in_grouping(value, with),
                name if is_needed(name) => false,
                "user" => self.in_user(value, with),
                name => self.in_value(value, name, with),
            };
        }
        changed
    }

    /// The fingerprint is a hash already, and the group is to stay.
    fn in_grouping(&self, value: &mut Value, with: &str) -> bool {
        let Value::Object(parts) = value else { return false };
        parts
            .iter_mut()
            .filter(|(name, _)| *name != "fingerprint")
            .fold(false, |changed, (name, value)| self.in_value(value, name, with) || changed)
    }

    /// Every part of a user tells who it is.
    fn in_user(&self, value: &mut Value, with: &str) -> bool {
        let Value::Object(parts) = value else { return self.in_value(value, "user", with) };
        parts.iter_mut().fold(false, |changed, (name, value)| {
            let name = if value.is_string() { "user" } else { name };
            self.in_value(value, name, with) || changed
        })
    }

    fn in_value(&self, value: &mut Value, name: &str, with: &str) -> bool {
        match value {
            Value::String(text) => match self.in_text(text, name, with) {
                Some(replaced) => {
                    *text = replaced;
                    true
                }
                None => false,
            },
            Value::Number(number) => {
                let found = self.in_text(&number.to_string(), name, with);
                if let Some(replaced) = &found {
                    *value = Value::from(replaced.as_str());
                }
                found.is_some()
            }
            Value::Array(values) => values.iter_mut().filter_map(|value| self.in_value(value, name, with).then_some(())).count() > 0,
            Value::Object(parts) => self.in_object(parts, with),
            Value::Null | Value::Bool(_) => false,
        }
    }

    fn in_object(&self, parts: &mut Map<String, Value>, with: &str) -> bool {
        let mut changed = parts.iter_mut().fold(false, |changed, (name, value)| self.in_value(value, name, with) || changed);
        if parts.keys().any(|name| self.in_text(name, "", with).is_some()) {
            changed = true;
            let renamed = |(name, value): (String, Value)| (self.in_text(&name, "", with).unwrap_or(name), value);
            *parts = std::mem::take(parts).into_iter().map(renamed).collect();
        }
        changed
    }

    /// The text without them, if it has any.
    fn in_text(&self, text: &str, name: &str, with: &str) -> Option<String> {
        let bytes = text.as_bytes();
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for (needle, range) in self.found(bytes) {
            let is = match needle.kind {
                Kind::Whole => range == (0..text.len()) && tells_user(name),
                kind => stands_alone(bytes, &range, kind),
            };
            // Forms of JSON may end in the middle of a character of something else.
            if is && text.is_char_boundary(range.start) && text.is_char_boundary(range.end) {
                ranges.push(with_brackets(text, range));
            }
        }
        if ranges.is_empty() {
            return None;
        }
        ranges.sort_unstable_by_key(|range| (range.start, range.end));
        let (mut replaced, mut end) = (String::with_capacity(text.len()), 0);
        for range in ranges {
            if range.start >= end {
                replaced.push_str(&text[end..range.start]);
                replaced.push_str(with);
            }
            end = end.max(range.end);
        }
        replaced.push_str(&text[end..]);
        Some(replaced)
    }

    fn found<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = (&'a Needle, Range<usize>)> + 'a {
        let found = self.automaton.iter().flat_map(move |automaton| automaton.find_overlapping_iter(bytes));
        found.map(|found| (&self.all[self.places[found.pattern().as_usize()]], found.range()))
    }
}

/// What scrubbing puts around the hash of an e-mail address goes with it.
fn with_brackets(text: &str, range: Range<usize>) -> Range<usize> {
    const OPEN: &str = "[email:";
    if text[..range.start].ends_with(OPEN) && text[range.end..].starts_with(']') {
        return range.start - OPEN.len()..range.end + 1;
    }
    range
}

/// Whether what is found is not a part of another word or address.
fn stands_alone(bytes: &[u8], range: &Range<usize>, kind: Kind) -> bool {
    let before = range.start.checked_sub(1).map(|at| bytes[at]);
    let (after, next) = (bytes.get(range.end).copied(), bytes.get(range.end + 1).copied());
    let word = |b: u8| b.is_ascii_alphanumeric() || b >= 0x80;
    match kind {
        Kind::Email => {
            let goes_on = after.is_some_and(|b| word(b) || (matches!(b, b'.' | b'-') && next.is_some_and(word)));
            // `%40` and the like are in front of an address in a URL, and `\n` in JSON.
            let encoded = range.start >= 3 && bytes[range.start - 3] == b'%';
            let escaped = range.start >= 2 && bytes[range.start - 2] == b'\\';
            let begins = before.is_some_and(|b| word(b) || matches!(b, b'.' | b'_' | b'-' | b'+'));
            !goes_on && (!begins || encoded || escaped)
        }
        _ => {
            let encoded = range.start >= 3 && bytes[range.start - 3] == b'%';
            let escaped = range.start >= 2 && bytes[range.start - 2] == b'\\';
            !after.is_some_and(word) && (!before.is_some_and(word) || encoded || escaped)
        }
    }
}

/// Whether what is found is a whole text or number.
fn is_value(json: &[u8], range: &Range<usize>) -> bool {
    is_quoted(json, range)
        || (range.start > 0
            && matches!(json[range.start - 1], b':' | b'[' | b',')
            && json.get(range.end).is_none_or(|b| matches!(b, b',' | b'}' | b']')))
}

fn is_quoted(bytes: &[u8], range: &Range<usize>) -> bool {
    range.start > 0 && bytes[range.start - 1] == b'"' && bytes.get(range.end) == Some(&b'"')
}

/// The name of the value whose opening quote is at `quote`.
fn name_before(bytes: &[u8], quote: usize) -> String {
    let before = bytes[quote.saturating_sub(NAME)..quote].trim_ascii_end();
    let Some(before) = before.strip_suffix(b":").map(<[u8]>::trim_ascii_end).and_then(|before| before.strip_suffix(b"\"")) else {
        return String::new();
    };
    let start = before.iter().rposition(|b| *b == b'"').map_or(0, |at| at + 1);
    let name = String::from_utf8_lossy(&before[start..]).into_owned();
    // In a record that can't be read an `id` may be anything's; the user's is not to stay.
    if name == "id" { "userid".to_owned() } else { name }
}
