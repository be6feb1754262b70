//! What reported the event, and what it was running on.

use super::{
    scalar::{free, text},
    tags::strings,
};
use crate::{
    event::{Sdk, Tags},
    wire::{
        odd::{Odd, Path},
        tree::Tree,
    },
};

/// The SDK. A text by itself is its name.
pub(in crate::wire) fn sdk(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<Sdk> {
    let mut sdk = Sdk::default();
    match value {
        Tree::Null => {}
        Tree::String(name) => sdk.name = Some(name),
        Tree::Object(map) => {
            for (key, value) in map {
                let at = at.key(&key);
                match &*key {
                    "name" => sdk.name = text(value, &at, odd),
                    "version" => sdk.version = text(value, &at, odd),
                    "integrations" => sdk.integrations = strings(value, &at, odd),
                    "packages" => sdk.packages = packages(value, &at, odd),
                    "settings" => sdk.settings = free(value, &at, odd),
                    _ => odd.keep(&at, value),
                }
            }
        }
        other => odd.misfit(at, other, "expected an object"),
    }
    (sdk != Sdk::default()).then_some(sdk)
}

/// `name@version` of each.
fn packages(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Vec<String> {
    let list = match value {
        Tree::Null => return Vec::new(),
        Tree::Array(list) => list,
        one => vec![one],
    };
    let mut packages = Vec::with_capacity(list.len());
    for (index, value) in list.into_iter().enumerate() {
        match value {
            Tree::Null => {}
            Tree::String(package) => packages.push(package),
            value => match (member(&value, "name"), member(&value, "version")) {
                (Some(name), Some(version)) => packages.push(format!("{name}@{version}")),
                (Some(name), None) => packages.push(name.to_owned()),
                _ => odd.misfit(&at.index(index), value, "expected an object with a name"),
            },
        }
    }
    packages
}

fn member<'a>(value: &'a Tree<'_>, key: &str) -> Option<&'a str> {
    if let Tree::Object(object) = value { object.get(key)?.as_str() } else { None }
}

/// Packages and their versions.
pub(in crate::wire) fn modules(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Tags {
    let mut modules = Tags::new();
    match value {
        Tree::Null => {}
        Tree::Object(map) => {
            for (name, version) in map {
                if version.is_null() {
                    modules.insert(name.into_owned(), String::new());
                } else if let Some(version) = text(version, &at.key(&name), odd) {
                    modules.insert(name.into_owned(), version);
                }
            }
        }
        Tree::Array(list) if list.is_empty() => {}
        other => odd.misfit(at, other, "expected an object"),
    }
    modules
}
