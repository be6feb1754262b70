//! Names with values, which clients write as objects or as lists of pairs.

use url::form_urlencoded;

use super::text;
use crate::wire::{
    odd::{Odd, Path},
    tree::{Object, Tree},
};

/// Names and values: `{"a": 1}`, `[["a", 1]]` or `[{"key": "a", "value": 1}]`.
pub(in crate::wire) fn pairs<'a>(value: Tree<'a>, at: &Path<'_>, odd: &mut Odd) -> Vec<(String, Tree<'a>)> {
    match value {
        Tree::Null => Vec::new(),
        Tree::Object(map) => map.into_iter().map(|(key, value)| (key.into_owned(), value)).collect(),
        Tree::Array(list) => list.into_iter().enumerate().filter_map(|(index, item)| pair(item, &at.index(index), odd)).collect(),
        other => {
            odd.misfit(at, other, "expected an object or a list of pairs");
            Vec::new()
        }
    }
}

fn pair<'a>(item: Tree<'a>, at: &Path<'_>, odd: &mut Odd) -> Option<(String, Tree<'a>)> {
    match item {
        Tree::Null => None,
        Tree::Array(mut pair) if pair.len() == 2 && pair[0].as_str().is_some() => {
            let value = pair.pop()?;
            Some((text(pair.pop()?, at, odd)?, value))
        }
        Tree::Object(mut map) if map.len() == 2 && is_named(&map) => {
            let value = map.remove("value")?;
            let (_, name) = map.into_iter().next()?;
            Some((text(name, at, odd)?, value))
        }
        other => {
            odd.misfit(at, other, "expected a pair of a name and a value");
            None
        }
    }
}

/// `{"key": "a", "value": 1}`, or `name` for `key`.
fn is_named(map: &Object<'_>) -> bool {
    map.contains_key("value") && ["key", "name"].iter().any(|key| map.get(key).and_then(Tree::as_str).is_some())
}

/// Headers: several values of one name are joined by a comma.
pub(in crate::wire) fn headers(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for (name, value) in pairs(value, at, odd) {
        let at = at.key(&name);
        let value = match value {
            Tree::Array(list) => {
                let values = list.into_iter().enumerate().filter_map(|(index, value)| text(value, &at.index(index), odd));
                Some(values.collect::<Vec<_>>().join(","))
            }
            value => text(value, &at, odd),
        };
        if let Some(value) = value {
            headers.push((name, value));
        }
    }
    headers
}

/// Cookies, also as the text of the `Cookie` header.
pub(super) fn cookies(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Vec<(String, String)> {
    match value {
        Tree::String(text) => text
            .split(';')
            .map(str::trim)
            .filter(|cookie| !cookie.is_empty())
            .map(|cookie| cookie.split_once('=').unwrap_or((cookie, "")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        value => headers(value, at, odd),
    }
}

/// A query, also as text, which is decoded. A list gives its name several times; objects are written out.
pub(super) fn query(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Vec<(String, String)> {
    if let Tree::String(text) = value {
        return decoded(&text);
    }
    let mut query = Vec::new();
    for (name, value) in pairs(value, at, odd) {
        match value {
            Tree::Null => query.push((name, String::new())),
            Tree::Array(list) => query.extend(list.into_iter().map(|value| (name.clone(), written(value)))),
            value => query.push((name, written(value))),
        }
    }
    query
}

/// The pairs of a query's text; a leading `?` is read over.
pub(in crate::wire) fn decoded(text: &str) -> Vec<(String, String)> {
    let text = text.strip_prefix('?').unwrap_or(text);
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

fn written(value: Tree) -> String {
    match value {
        Tree::String(text) => text,
        value => value.into_text(),
    }
}
