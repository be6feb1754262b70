//! What of a payload is nowhere in the event that was read from it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemas::{event::Event, wire::json};
use serde_json::Value;

/// Path and value of each leaf of the payload that the event does not hold. A leaf that the payload has `n` times
/// must be there `n` times.
///
/// Nulls and empty texts are no values. Taken for equal are only: a number and its digits; two forms of one time, id
/// or address in memory; a query in text and its pairs; a package and its `name@version`.
pub(crate) fn values(payload: &[u8], event: &Event) -> Vec<String> {
    let mut held: BTreeMap<String, usize> = BTreeMap::new();
    walk(&serde_json::to_value(event).unwrap(), &mut String::new(), &mut |_, leaf| *held.entry(leaf).or_default() += 1);
    let payload = json::parse(payload).unwrap();
    let mut lost = Vec::new();
    walk(&payload, &mut String::new(), &mut |path, leaf| match held.get_mut(&leaf) {
        Some(count) if *count > 0 => *count -= 1,
        _ => lost.push(format!("{path} = {leaf} ({})", why(path, &leaf, &payload))),
    });
    lost
}

/// Why an event may lose this value: what it says is in the event all the same.
fn why(path: &str, leaf: &str, payload: &Value) -> &'static str {
    match (path, leaf) {
        ("/type", "error" | "event") => "says only that it is an event",
        ("/logentry/message", _) if payload["logentry"]["formatted"] == leaf => "the same as formatted",
        (_, "fatal") if path.ends_with("/level") => "is critical",
        (_, "log") if path.ends_with("/level") => "is info",
        (_, "40") if path.ends_with("/level") => "is error",
        (_, "true") if path.starts_with("/tags/") => "is the text True",
        _ if path.starts_with("/tags/") && (payload["release"] == leaf || payload["environment"] == leaf) => "the same as the event's own",
        _ => UNEXPLAINED,
    }
}

pub(crate) const UNEXPLAINED: &str = "UNEXPLAINED";

fn walk(value: &Value, path: &mut String, found: &mut impl FnMut(&str, String)) {
    let mark = path.len();
    match value {
        Value::Null => {}
        Value::Object(map) => {
            for (key, value) in map {
                path.push_str(&format!("/{key}"));
                walk(value, path, found);
                path.truncate(mark);
            }
        }
        // A pair: the first is a key.
        Value::Array(list) if is_pair(list, path) => walk(&list[1], path, found),
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                path.push_str(&format!("/{index}"));
                walk(value, path, found);
                path.truncate(mark);
            }
        }
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => leaf(path, text, found),
        other => leaf(path, &other.to_string(), found),
    }
}

fn is_pair(list: &[Value], path: &str) -> bool {
    list.len() == 2 && list[0].is_string() && ["/tags/", "/headers/", "/cookies/", "/query/"].iter().any(|part| path.contains(part))
}

fn leaf(path: &str, text: &str, found: &mut impl FnMut(&str, String)) {
    let key = path.rsplit('/').next().unwrap();
    match key {
        "timestamp" => found(path, time(text).map_or_else(|| text.to_owned(), |time| time.to_string())),
        "event_id" | "trace_id" => found(path, text.replace('-', "").to_lowercase()),
        "instruction_addr" | "image_addr" | "symbol_addr" => {
            found(path, text.parse::<u64>().map_or(text.to_owned(), |n| format!("{n:#x}")));
        }
        "query_string" => url::form_urlencoded::parse(text.as_bytes()).for_each(|(_, value)| found(path, value.into_owned())),
        "url" if path == "/request/url" => {
            let (address, query) = text.split_once('?').unwrap_or((text, ""));
            found(path, address.to_owned());
            url::form_urlencoded::parse(query.as_bytes()).for_each(|(_, value)| found(path, value.into_owned()));
        }
        // In the event a package is one text.
        _ if path.starts_with("/sdk/packages/") && !matches!(key, "name" | "version") => {
            text.rsplitn(2, '@').for_each(|part| found(path, part.to_owned()));
        }
        _ => found(path, text.to_owned()),
    }
}

fn time(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Timestamp::from_microsecond((seconds * 1e6).round() as i64).ok();
    }
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}
