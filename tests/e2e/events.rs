//! A mixed set of events that is the same whenever it is made for the same instant.

use std::path::PathBuf;

use serde_json::{Value, json};

/// Where real payloads lie.
pub fn corpora() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora"))
}

/// Every JSON file below these folders of the corpora, sorted.
pub fn payloads(folders: &[&str]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for folder in folders {
        collect(&corpora().join(folder), &mut found);
    }
    found.sort();
    assert!(!found.is_empty(), "no payloads below {}", corpora().display());
    found
}

fn collect(dir: &std::path::Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "json") {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

/// One envelope around one event.
pub fn envelope(id: &str, payload: &[u8]) -> Vec<u8> {
    let mut body = format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\",\"length\":{}}}\n", payload.len()).into_bytes();
    body.extend_from_slice(payload);
    body.push(b'\n');
    body
}

/// A small event of one of `groups` errors.
pub fn small(number: usize, groups: usize) -> Value {
    json!({
        "platform": "python",
        "exception": {"values": [{"type": format!("Error{}", number % groups), "value": format!("case {number}"),
            "stacktrace": {"frames": [{"function": "main", "module": "app", "in_app": true, "lineno": 1},
                {"function": format!("step_{}", number % groups), "module": "app.work", "in_app": true, "lineno": 7}]}}]},
        "user": {"id": format!("user-{}", number % 17)},
        "tags": {"tenant": format!("t{}", number % 5)}
    })
}

/// `count` events: real payloads in turn and small ones, with times within the six hours before `now` (seconds since
/// 1970) and a spread of users, releases, environments and tags. Id and payload of each.
pub fn mixed(count: usize, now: i64) -> Vec<(String, Vec<u8>)> {
    let real = payloads(&["events/grouping", "events/bugsink", "events/glitchtip", "sdk-payloads"]);
    (0..count)
        .map(|number| {
            let real_event = (number % 3 == 0).then(|| serde_json::from_slice::<Value>(&real[number / 3 % real.len()].1).ok()).flatten();
            let mut event = real_event.filter(Value::is_object).unwrap_or_else(|| small(number, 23));
            // The same id in mixed order, with whole seconds shared by several events.
            let id = format!("{:032x}", (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
            event["timestamp"] = json!(now - (number as i64 * 7919) % (6 * 3600));
            event["environment"] = json!(["production", "staging", "dev"][number % 3]);
            event["release"] = json!(format!("shop@1.{}", number % 4));
            event["server_name"] = json!(format!("host-{}", number % 6));
            event["level"] = json!(["error", "warning", "fatal", "info"][number % 4]);
            event.as_object_mut().unwrap().remove("event_id");
            event.as_object_mut().unwrap().remove("received");
            (id, serde_json::to_vec(&event).unwrap())
        })
        .collect()
}
