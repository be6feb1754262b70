//! Whether a selector means a value.

use schemas::rules::scrubbing::{Item, Selector, Type};

use crate::scrub::path::{Part, Path};

/// What a value is.
#[derive(Clone, Copy)]
pub(in crate::scrub) enum Leaf<'a> {
    Text(&'a str),
    Number,
    Boolean,
    List,
    Map,
    /// The content of a file.
    File,
}

/// Whether the selector means the value there.
pub(super) fn matches(selector: &Selector, path: &Path<'_>, leaf: Leaf<'_>) -> bool {
    match selector {
        Selector::Path(items) => ends_in(items, Some(path), leaf, true),
        Selector::All(of) => of.iter().all(|selector| matches(selector, path, leaf)),
        Selector::Any(of) => of.iter().any(|selector| matches(selector, path, leaf)),
        Selector::Not(of) => !matches(of, path, leaf),
    }
}

/// Whether the path ends in these items. `leaf` is what stands at its end; `last`: nothing was matched yet.
fn ends_in(items: &[Item], path: Option<&Path<'_>>, leaf: Leaf<'_>, last: bool) -> bool {
    let Some((item, before)) = items.split_last() else { return true };
    let Some(at) = path else { return before.is_empty() && *item == Item::Type(Type::Event) };
    // What holds the value.
    let above = if matches!(at.part(), Part::Number(_)) { Leaf::List } else { Leaf::Map };
    match item {
        Item::Deep => {
            let (mut at, mut leaf) = if last { (at.parent(), above) } else { (Some(at), leaf) };
            loop {
                if ends_in(before, at, leaf, false) {
                    return true;
                }
                let Some(here) = at else { return false };
                leaf = if matches!(here.part(), Part::Number(_)) { Leaf::List } else { Leaf::Map };
                at = here.parent();
            }
        }
        item => is(item, at, leaf) && ends_in(before, at.parent(), above, false),
    }
}

fn is(item: &Item, at: &Path<'_>, leaf: Leaf<'_>) -> bool {
    match (item, at.part()) {
        (Item::One, _) => true,
        (Item::Key(key), Part::Name(name)) => key.eq_ignore_ascii_case(name) || key.eq_ignore_ascii_case(at.aliased()),
        (Item::Index(index), Part::Number(number)) => *index == number,
        (Item::Index(index), Part::Name(name)) => name.parse() == Ok(*index),
        (Item::Type(of), _) => is_of(*of, at, leaf),
        (Item::Key(_), Part::Number(_)) | (Item::Deep, _) => false,
    }
}

fn is_of(of: Type, at: &Path<'_>, leaf: Leaf<'_>) -> bool {
    match of {
        Type::String => matches!(leaf, Leaf::Text(_)),
        Type::Number => matches!(leaf, Leaf::Number),
        Type::Boolean => matches!(leaf, Leaf::Boolean),
        Type::Array => matches!(leaf, Leaf::List),
        Type::Object => matches!(leaf, Leaf::Map),
        Type::DateTime => matches!(leaf, Leaf::Text(text) if is_time(text)),
        of => at.value_type() == Some(of),
    }
}

/// `2026-11-23T12:00:00Z`, and what else begins with a date and is a time.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    (10..=40).contains(&bytes.len()) && bytes[4] == b'-' && bytes[7] == b'-' && text.parse::<jiff::civil::DateTime>().is_ok()
        || (20..=40).contains(&bytes.len()) && text.parse::<jiff::Timestamp>().is_ok()
}

/// The names that each path of a selector ends in, if each ends in one.
pub(super) fn last_names(selector: &Selector) -> Option<Vec<&str>> {
    match selector {
        Selector::Path(items) => match items.last() {
            Some(Item::Key(key)) => Some(vec![key]),
            _ => None,
        },
        Selector::All(of) => of.iter().find_map(last_names),
        Selector::Any(of) => of.iter().map(last_names).collect::<Option<Vec<_>>>().map(|names| names.concat()),
        Selector::Not(_) => None,
    }
}
