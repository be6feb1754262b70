//! Single fields of an event's JSON, read without building anything else: what ingest must know before it stores.

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;

use super::json;
use crate::{event::Severity, ids::EventId};

/// The `event_id` of a payload. `None` when there is none that can be read.
pub fn event_id(payload: &[u8]) -> Option<EventId> {
    json::read::<Peek>(payload).ok()?.event_id
}

/// The severity of a payload, in Sentry's words or our own. `None` when there is none that can be read.
pub fn severity(payload: &[u8]) -> Option<Severity> {
    json::read::<Peek>(payload).ok()?.severity
}

/// Reads an object over, all but these; of each the last one counts.
#[derive(Default)]
struct Peek {
    event_id: Option<EventId>,
    severity: Option<Severity>,
}

impl<'de> Deserialize<'de> for Peek {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PeekVisitor)
    }
}

struct PeekVisitor;

impl<'de> Visitor<'de> for PeekVisitor {
    type Value = Peek;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Peek, A::Error> {
        let mut peek = Peek::default();
        while let Some(key) = entries.next_key::<std::borrow::Cow<'de, str>>()? {
            match key.as_ref() {
                "event_id" => peek.event_id = entries.next_value::<json::Json>()?.0.as_str().and_then(|text| text.parse().ok()),
                "level" | "severity" => peek.severity = level(&entries.next_value::<json::Json>()?.0),
                _ => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(peek)
    }
}

/// A name, or one of Python's numbers.
fn level(value: &Value) -> Option<Severity> {
    match value {
        Value::String(name) => name.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_the_outermost_fields_count() {
        let payload =
            br#"{"extra":{"level":"debug","event_id":"1"},"level":"warning","event_id":"0123456789abcdef0123456789abcdef","x":[1]}"#;
        assert_eq!(severity(payload), Some(Severity::Warning));
        assert_eq!(event_id(payload).unwrap().to_string(), "0123456789abcdef0123456789abcdef");
    }

    #[test]
    fn a_severity_is_a_name_or_a_number_or_none() {
        for (payload, expected) in [
            (r#"{"level":"fatal"}"#, Some(Severity::Critical)),
            (r#"{"severity":"info"}"#, Some(Severity::Info)),
            (r#"{"level":30}"#, Some(Severity::Warning)),
            (r#"{"level":"loud"}"#, None),
            (r#"{"level":{}}"#, None),
            ("{}", None),
            ("[]", None),
            ("{\"level\":", None),
        ] {
            assert_eq!(severity(payload.as_bytes()), expected, "{payload}");
        }
    }
}
