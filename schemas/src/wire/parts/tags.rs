//! Tags and lists of short texts.

use super::{pairs::pairs, scalar::primitive};
use crate::{
    event::Tags,
    limits,
    wire::{
        odd::{Odd, Path},
        tree::Tree,
    },
};

/// Tags. Spaces in keys become hyphens; what is no key or no value of a tag is kept apart.
pub(in crate::wire) fn tags(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Tags {
    let mut tags = Tags::new();
    for (key, value) in pairs(value, at, odd) {
        if value.is_null() {
            continue;
        }
        let place = at.key(&key);
        let Some(name) = tag_key(&key) else {
            odd.misfit(&place, value, "expected a key of letters, digits, '_', '.', ':' and '-', at most 200");
            continue;
        };
        match primitive(value) {
            Ok(text) => {
                let text = if text.trim().len() == text.len() { text } else { text.trim().to_owned() };
                if let Some(held) = tags.insert(name, text.clone()).filter(|held| *held != text) {
                    odd.keep(&place, Tree::String(held));
                }
            }
            Err(value) => odd.misfit(&place, value, "expected text"),
        }
    }
    tags
}

/// The key as it is kept, or `None` when it can't be one.
fn tag_key(key: &str) -> Option<String> {
    let key = key.trim();
    let valid = key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_' | b'.' | b':' | b'-'));
    (valid && !key.is_empty() && key.len() <= limits::TAG_KEY_CHARS).then(|| key.replace(' ', "-"))
}

/// A list of texts, or one text by itself.
pub(super) fn strings(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Vec<String> {
    let list = match value {
        Tree::Null => return Vec::new(),
        Tree::Array(list) => list,
        one => vec![one],
    };
    let mut texts = Vec::with_capacity(list.len());
    for (index, value) in list.into_iter().enumerate() {
        match primitive(value) {
            Ok(text) => texts.push(text),
            Err(Tree::Null) => {}
            Err(value) => odd.misfit(&at.index(index), value, "expected text"),
        }
    }
    texts
}

/// A client's fingerprint. Numbers lose their fraction, as Sentry has it.
pub(in crate::wire) fn fingerprint(mut value: Tree, at: &Path<'_>, odd: &mut Odd) -> Vec<String> {
    if let Tree::Array(list) = &mut value {
        for part in list {
            if let Tree::Number(number) = part
                && let Some(fractional) = number.as_f64().filter(|_| number.is_f64())
            {
                *part = Tree::String(format!("{:.0}", fractional.trunc()));
            }
        }
    }
    strings(value, at, odd)
}
