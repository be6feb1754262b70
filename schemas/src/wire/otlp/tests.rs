mod events;
mod hostile;
mod ids;
mod odd_json;

use serde_json::{Value, json};

use super::*;
use crate::event::Event;

const PROJECT: ProjectId = ProjectId(42);
const CORPORA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpora");

fn options() -> Options {
    Options { project: PROJECT, errors: false }
}

fn corpus(path: &str) -> String {
    std::fs::read_to_string(format!("{CORPORA}/{path}")).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A request in Protobuf, see `tests/fixtures/otlp/README.md`.
fn fixture(name: &str) -> Bytes {
    let path = format!("{}/tests/fixtures/otlp/{name}.pb", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}")).into()
}

fn split_json(signal: Signal, body: &str) -> Split {
    split(signal, Format::Json, &Bytes::copy_from_slice(body.as_bytes()), &options()).unwrap()
}

fn split_protobuf(signal: Signal, body: &Bytes) -> Split {
    split(signal, Format::Protobuf, body, &options()).unwrap()
}

/// The event of each item.
fn events(signal: Signal, split: &Split) -> Vec<Event> {
    let read = if signal == Signal::Logs { read_log } else { read_span };
    let received_at = "2026-11-23T12:00:00Z".parse().unwrap();
    split.items.iter().map(|item| read(&item.payload, item.id, PROJECT, received_at).unwrap()).collect()
}

fn attribute(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

/// An exception's attributes.
fn raised(kind: &str, message: &str) -> Value {
    json!([attribute("exception.type", kind), attribute("exception.message", message)])
}

/// A request with one resource and one scope.
#[expect(clippy::needless_pass_by_value, reason = "short to call")]
fn logs(records: Value) -> String {
    let resource = json!({"attributes": [attribute("service.name", "shop")]});
    json!({"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": {"name": "app"}, "logRecords": records}]}]}).to_string()
}

#[expect(clippy::needless_pass_by_value, reason = "short to call")]
fn spans(spans: Value) -> String {
    json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).to_string()
}
