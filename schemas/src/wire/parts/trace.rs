//! The ids that tie an event to others.

use serde_json::{Map, Value};

use crate::{
    event::{Event, Trace},
    wire::odd::{Odd, Path},
};

/// Moves the ids out of `contexts.trace`; the rest of it stays there.
pub(in crate::wire) fn adopt_trace(event: &mut Event, odd: &mut Odd) {
    let Some(Value::Object(context)) = event.contexts.get_mut("trace") else { return };
    let contexts = Path::top("contexts");
    let at = contexts.key("trace");
    let ids = Trace {
        trace_id: take(context, "trace_id", 32, &at, odd),
        span_id: take(context, "span_id", 16, &at, odd),
        parent_span_id: take(context, "parent_span_id", 16, &at, odd),
        correlation_id: None,
    };
    if context.values().all(Value::is_null) {
        event.contexts.remove("trace");
    }
    event.trace = ids;
}

/// An id of that many hex digits, in lower case and without hyphens. What is none stays where it is.
fn take(context: &mut Map<String, Value>, key: &str, digits: usize, at: &Path<'_>, odd: &mut Odd) -> Option<String> {
    let value = context.get(key).filter(|value| !value.is_null())?;
    let id: Option<String> = value.as_str().map(|text| text.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect());
    let id = id.filter(|id| id.len() == digits && id.bytes().all(|b| b.is_ascii_hexdigit()));
    match id {
        Some(id) => {
            context.remove(key);
            Some(id)
        }
        None => {
            odd.note(&at.key(key), "expected hex digits");
            None
        }
    }
}
