//! Values of OpenTelemetry as JSON and as text.

use std::borrow::Cow;

use bytes::Bytes;
use data_encoding::BASE64;
use serde_json::{Number, Value};

use super::proto::{AnyValue, KeyValue, any_value};

/// What the attributes `exception.*` say. Texts as sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Exception {
    pub(super) kind: Bytes,
    pub(super) message: Bytes,
    pub(super) stacktrace: Bytes,
}

impl Exception {
    /// The exception that attributes tell of, if they do.
    pub(super) fn of(attributes: &[KeyValue]) -> Option<Self> {
        let mut exception = Self::default();
        for KeyValue { key, value } in attributes {
            let slot = match key.as_ref() {
                b"exception.type" => &mut exception.kind,
                b"exception.message" => &mut exception.message,
                b"exception.stacktrace" => &mut exception.stacktrace,
                _ => continue,
            };
            if let Some(any_value::Value::StringValue(text)) = value.as_ref().and_then(|value| value.value.as_ref()) {
                *slot = text.clone();
            } else if let Some(text) = value.clone().and_then(json).and_then(text) {
                *slot = text.into();
            }
        }
        let is_filled = |text: &Bytes| !text.trim_ascii().is_empty();
        (is_filled(&exception.kind) || is_filled(&exception.message) || is_filled(&exception.stacktrace)).then_some(exception)
    }
}

/// A text, as far as it is UTF-8.
pub(super) fn lossy(text: &Bytes) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// A value as JSON. `None` for the empty one. Bytes are written in base64; what JSON can't say of a number, as text.
pub(super) fn json(value: AnyValue) -> Option<Value> {
    Some(match value.value? {
        any_value::Value::StringValue(text) => Value::String(lossy(&text)),
        any_value::Value::BoolValue(yes) => Value::Bool(yes),
        any_value::Value::IntValue(number) => number.into(),
        any_value::Value::DoubleValue(number) => Number::from_f64(number).map_or_else(|| Value::String(unbounded(number)), Value::Number),
        any_value::Value::ArrayValue(list) => list.values.into_iter().map(|value| json(value).unwrap_or_default()).collect(),
        any_value::Value::KvlistValue(list) => {
            let members = list.values.into_iter().map(|member| (lossy(&member.key), member.value.and_then(json).unwrap_or_default()));
            Value::Object(members.collect())
        }
        any_value::Value::BytesValue(bytes) => Value::String(BASE64.encode(&bytes)),
    })
}

/// The names of OTLP's JSON.
fn unbounded(number: f64) -> String {
    match number {
        number if number.is_nan() => "NaN",
        f64::INFINITY => "Infinity",
        _ => "-Infinity",
    }
    .to_owned()
}

/// One value as text; lists and objects have none.
pub(super) fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Name and value of attributes in the order sent; empty values say nothing.
pub(super) fn pairs(attributes: Vec<KeyValue>) -> impl Iterator<Item = (String, Value)> {
    attributes.into_iter().filter_map(|attribute| Some((lossy(&attribute.key), json(attribute.value?)?)))
}

/// A list of texts as one.
pub(super) fn joined(value: Value) -> Option<String> {
    match value {
        Value::Array(list) => Some(list.into_iter().filter_map(text).collect::<Vec<_>>().join(", ")),
        other => text(other),
    }
}

/// The text of a value, without copying one that is UTF-8.
pub(super) fn peek(bytes: &Bytes) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
