//! What of a payload is nowhere in the event that was read from it.

use std::collections::BTreeMap;

use schemas::{event::Event, wire::json};
use serde_json::Value;

/// Path and value of each leaf of the payload that the event does not hold, with nothing taken for equal that is
/// not written alike: texts in whole, numbers by value. A leaf that the payload has `n` times must be there `n` times.
///
/// Nulls and empty texts are no values.
pub(crate) fn values(payload: &[u8], event: &Event) -> Vec<String> {
    let mut held: BTreeMap<String, usize> = BTreeMap::new();
    walk(&serde_json::to_value(event).unwrap(), &mut String::new(), &mut |_, leaf| *held.entry(leaf).or_default() += 1);
    let mut lost = Vec::new();
    walk(&json::parse(payload).unwrap(), &mut String::new(), &mut |path, leaf| match held.get_mut(&leaf) {
        Some(count) if *count > 0 => *count -= 1,
        _ => lost.push(format!("{path} = {leaf}")),
    });
    lost
}

fn walk(value: &Value, path: &mut String, leaf: &mut impl FnMut(&str, String)) {
    let mark = path.len();
    match value {
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        Value::Object(map) => {
            for (key, value) in map {
                path.push_str(&format!("/{key}"));
                walk(value, path, leaf);
                path.truncate(mark);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                path.push_str(&format!("/{index}"));
                walk(value, path, leaf);
                path.truncate(mark);
            }
        }
        // Numbers and yes or no may become text.
        Value::String(text) => leaf(path, text.clone()),
        other => leaf(path, other.to_string()),
    }
}
