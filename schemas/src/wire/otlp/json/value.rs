//! Values, as exporters of all languages write them. What is not as the specification has it is taken for what it
//! means; what means nothing is left out.

use bytes::Bytes;
use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};

use super::plain;
use crate::{
    limits,
    wire::{
        otlp::proto::{AnyValue, ArrayValue, KeyValue, KeyValueList, Resource, Scope, any_value::Value},
        parts,
        tree::{Object, Tree},
    },
};

/// A resource; null is an empty one.
pub(super) fn resource(value: Tree<'_>) -> Option<Resource> {
    let mut resource = Resource::default();
    for (name, value) in object(value)? {
        if plain(&name) == "attributes" {
            resource.attributes = attributes(value);
        }
    }
    Some(resource)
}

/// A scope; null is an empty one.
pub(super) fn scope(value: Tree<'_>) -> Option<Scope> {
    let mut scope = Scope::default();
    for (name, value) in object(value)? {
        match plain(&name).as_str() {
            "name" => scope.name = text(value),
            "version" => scope.version = text(value),
            "attributes" => scope.attributes = attributes(value),
            _ => {}
        }
    }
    Some(scope)
}

fn object(value: Tree<'_>) -> Option<Object<'_>> {
    match value {
        Tree::Null => Some(Object::default()),
        Tree::Object(object) => Some(object),
        _ => None,
    }
}

/// A list, a single thing, or nothing. `{"values": [...]}` is its list.
pub(super) fn list(value: Tree<'_>) -> Vec<Tree<'_>> {
    match value {
        Tree::Null => Vec::new(),
        Tree::Array(list) => list,
        Tree::Object(mut object) if object.is_empty() || object.contains_key("values") => {
            object.remove("values").map(list).unwrap_or_default()
        }
        one => vec![one],
    }
}

/// Attributes: a list of `{"key", "value"}`. What has no key says nothing.
pub(super) fn attributes(value: Tree<'_>) -> Vec<KeyValue> {
    attributes_within(value, limits::OTLP_VALUE_DEPTH)
}

fn attributes_within(value: Tree<'_>, depth: usize) -> Vec<KeyValue> {
    list(value).into_iter().filter_map(|attribute| key_value(attribute, depth)).collect()
}

fn key_value(attribute: Tree<'_>, depth: usize) -> Option<KeyValue> {
    let Tree::Object(mut attribute) = attribute else { return None };
    let key = text(attribute.remove("key")?);
    Some(KeyValue { key, value: attribute.remove("value").and_then(|value| any_within(value, depth)) })
}

/// `AnyValue`; null and `{}` are the empty one. A bare value is taken for what it is.
pub(super) fn any(value: Tree<'_>) -> Option<AnyValue> {
    any_within(value, limits::OTLP_VALUE_DEPTH)
}

fn any_within(value: Tree<'_>, depth: usize) -> Option<AnyValue> {
    let value = match value {
        Tree::Null => return None,
        Tree::Object(object) => object.into_iter().find_map(|(name, value)| named(&plain(&name), value, depth))?,
        Tree::Array(_) => named("arrayvalue", value, depth)?,
        bare => primitive(bare),
    };
    Some(AnyValue { value: Some(value) })
}

/// The value under a name of `AnyValue`. One of another type than the name says keeps its own.
fn named(name: &str, value: Tree<'_>, depth: usize) -> Option<Value> {
    if value.is_null() {
        return None;
    }
    Some(match name {
        "stringvalue" => Value::StringValue(text(value)),
        "boolvalue" => match value.as_str().map(str::to_ascii_lowercase).as_deref() {
            Some("true") => Value::BoolValue(true),
            Some("false") => Value::BoolValue(false),
            _ => primitive(value),
        },
        "intvalue" => match value.as_str().and_then(|text| text.trim().parse().ok()) {
            Some(number) => Value::IntValue(number),
            None => primitive(value),
        },
        "doublevalue" => double(value),
        "bytesvalue" => match value.as_str().and_then(base64) {
            Some(bytes) => Value::BytesValue(bytes),
            None => primitive(value),
        },
        "arrayvalue" | "kvlistvalue" if depth == 0 => Value::StringValue("...".into()),
        "arrayvalue" => {
            let values = list(value).into_iter().map(|value| any_within(value, depth - 1).unwrap_or_default()).collect();
            Value::ArrayValue(ArrayValue { values })
        }
        "kvlistvalue" => Value::KvlistValue(KeyValueList { values: attributes_within(value, depth - 1) }),
        _ => return None,
    })
}

/// A bare value as the type that it has; lists and objects as their text.
fn primitive(value: Tree<'_>) -> Value {
    match value {
        Tree::Bool(yes) => Value::BoolValue(yes),
        Tree::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Value::IntValue(number),
            // `7.0` and `7e0` for an integer.
            (None, Some(number)) if number.fract() == 0.0 && number.abs() < 9e15 => Value::IntValue(number as i64),
            (None, Some(number)) => Value::DoubleValue(number),
            (None, None) => Value::StringValue(number.to_string().into()),
        },
        other => Value::StringValue(text(other)),
    }
}

/// A double, also as text and by the names that JSON has no number for.
fn double(value: Tree<'_>) -> Value {
    let number = match &value {
        Tree::Number(number) => number.as_f64(),
        Tree::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.map_or_else(|| primitive(value), Value::DoubleValue)
}

/// Text; what is none as its JSON.
pub(super) fn text(value: Tree<'_>) -> Bytes {
    match value {
        Tree::Null => Bytes::new(),
        Tree::String(text) => text.into(),
        other => other.into_text().into(),
    }
}

/// Base64 in either alphabet, padded or not.
fn base64(text: &str) -> Option<Bytes> {
    let text = text.trim().trim_end_matches('=').as_bytes();
    BASE64_NOPAD.decode(text).or_else(|_| BASE64URL_NOPAD.decode(text)).ok().map(Bytes::from)
}

/// An id of that many bytes: hex digits in any case, or base64 as Protobuf's own JSON has it. Of another length it is
/// none, so that its record is kept without it.
pub(super) fn id(value: &Tree<'_>, bytes: usize) -> Bytes {
    let Some(text) = value.as_str().map(str::trim) else { return Bytes::new() };
    let id = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok().map(Bytes::from).filter(|id| id.len() == bytes);
    id.or_else(|| base64(text).filter(|id| id.len() == bytes)).unwrap_or_default()
}

/// Nanoseconds since 1970 as number or text, or a time as text. Anything else is no time, which is 0.
pub(super) fn nano(value: &Tree<'_>) -> u64 {
    match value {
        Tree::Number(number) => number.as_u64().or_else(|| number.as_f64().map(|nano| nano as u64)).unwrap_or(0),
        Tree::String(text) => text.trim().parse().ok().or_else(|| time(text)).unwrap_or(0),
        _ => 0,
    }
}

fn time(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds = parts::time(text).filter(|_| !digits)?;
    u64::try_from(seconds.as_nanosecond()).ok()
}

/// The number of an enumeration, as number or text, by its name with or without prefix (`SEVERITY_NUMBER_ERROR2`).
/// 0 if it is none of these.
pub(super) fn enumeration(value: &Tree<'_>, names: &[(&str, i32)]) -> i32 {
    let number = match value {
        Tree::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)),
        Tree::String(text) => text.trim().parse().ok().or_else(|| by_name(text.trim(), names)),
        _ => None,
    };
    number.and_then(|number| i32::try_from(number).ok()).unwrap_or(0)
}

fn by_name(text: &str, names: &[(&str, i32)]) -> Option<i64> {
    let name = text.rsplit('_').next().unwrap_or_default().to_ascii_uppercase();
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let step: i32 = if bare.len() == name.len() { 1 } else { name[bare.len()..].parse().ok()? };
    let (_, number) = names.iter().find(|(known, _)| *known == bare).filter(|_| (1..=4).contains(&step))?;
    Some(i64::from(number + step - 1))
}
