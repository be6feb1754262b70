//! What reported the event, and what it was running on.

use serde_json::Value;

use super::{
    scalar::{free, text},
    tags::strings,
};
use crate::{
    event::{Sdk, Tags},
    wire::odd::{Odd, Path},
};

/// The SDK. A text by itself is its name.
pub(in crate::wire) fn sdk(value: Value, at: &Path<'_>, odd: &mut Odd) -> Option<Sdk> {
    let mut sdk = Sdk::default();
    match value {
        Value::Null => {}
        Value::String(name) => sdk.name = Some(name),
        Value::Object(map) => {
            for (key, value) in map {
                let at = at.key(&key);
                match key.as_str() {
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
fn packages(value: Value, at: &Path<'_>, odd: &mut Odd) -> Vec<String> {
    let list = match value {
        Value::Null => return Vec::new(),
        Value::Array(list) => list,
        one => vec![one],
    };
    let mut packages = Vec::with_capacity(list.len());
    for (index, value) in list.into_iter().enumerate() {
        match value {
            Value::Null => {}
            Value::String(package) => packages.push(package),
            value => match (value.get("name").and_then(Value::as_str), value.get("version").and_then(Value::as_str)) {
                (Some(name), Some(version)) => packages.push(format!("{name}@{version}")),
                (Some(name), None) => packages.push(name.to_owned()),
                _ => odd.misfit(&at.index(index), value, "expected an object with a name"),
            },
        }
    }
    packages
}

/// Packages and their versions.
pub(in crate::wire) fn modules(value: Value, at: &Path<'_>, odd: &mut Odd) -> Tags {
    let mut modules = Tags::new();
    match value {
        Value::Null => {}
        Value::Object(map) => {
            for (name, version) in map {
                if version.is_null() {
                    modules.insert(name, String::new());
                } else if let Some(version) = text(version, &at.key(&name), odd) {
                    modules.insert(name, version);
                }
            }
        }
        Value::Array(list) if list.is_empty() => {}
        other => odd.misfit(at, other, "expected an object"),
    }
    modules
}
