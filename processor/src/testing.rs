//! Events for the tests of the stages: arbitrary ones and those of the corpora.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use proptest::{collection::vec, prelude::*};
use schemas::{
    catalog::ProjectSettings,
    event::Event,
    ids::{EventId, ProjectId},
    wire::sentry_event,
};
use serde_json::{Value, json};

use crate::context::Context;

const CORPORA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpora");

/// Every stage on one event, with default settings.
pub(crate) fn staged(event: Event) -> Event {
    let settings = ProjectSettings::default();
    crate::context::run(&Context::plain(&settings), event).unwrap()
}

/// A Sentry event as ingest would hand it over.
pub(crate) fn read(json: &Value) -> Event {
    let received_at = "2026-11-23T12:00:00Z".parse().unwrap();
    sentry_event::read(json.to_string().as_bytes(), EventId([1; 16]), ProjectId(1), received_at).unwrap()
}

/// The events in the files of a folder of the corpora, by file name.
pub(crate) fn corpus(folder: &str) -> Vec<(String, Value)> {
    let mut events: Vec<(String, Value)> = std::fs::read_dir(Path::new(CORPORA).join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .map(|path| {
            (path.file_stem().unwrap().to_string_lossy().into_owned(), serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap())
        })
        .collect();
    events.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!events.is_empty(), "no events in {folder}");
    events
}

/// Texts with secrets, near-secrets and noise.
pub(crate) fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        ".{0,12}",
        "[-a-zA-Z0-9@.:/=&?\"'{}\\[\\]\\\\ ,;%]{0,24}",
        Just("jane@shop.example".to_owned()),
        Just("4111 1111 1111 1111".to_owned()),
        Just("4111111111111111".to_owned()),
        Just("Bearer abc123def456".to_owned()),
        Just("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln".to_owned()),
        Just("https://u:p@a.example/x?token=abc&b=c".to_owned()),
        Just("\"password\": \"x\"".to_owned()),
        Just("password=".to_owned()),
        Just("Authorization: Basic dXNlcjpwYXNz".to_owned()),
        Just("Cookie: a=b; c=d".to_owned()),
        Just("-----BEGIN PRIVATE KEY-----".to_owned()),
        Just("-----END PRIVATE KEY-----".to_owned()),
        Just("203.0.113.7".to_owned()),
        Just("2001:db8::1".to_owned()),
        Just(" ".to_owned()),
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn free() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts().prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        let key =
            prop_oneof![Just("password".to_owned()), Just("sessionid".to_owned()), Just("a@b.example".to_owned()), "[a-zA-Z_.-]{0,8}"];
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(key, inner, 0..5).prop_map(|m| json!(m))
        ]
    })
}

fn frame() -> impl Strategy<Value = Value> {
    let name = prop_oneof![Just(Value::Null), "[a-zA-Z_.$<>:#/ ]{0,12}".prop_map(Value::from), texts().prop_map(Value::from)];
    (name.clone(), name.clone(), name.clone(), name, any::<Option<bool>>(), free())
        .prop_map(|(function, module, path, line, in_app, vars)| {
            json!({"function": function, "module": module, "abs_path": path, "context_line": line, "in_app": in_app, "vars": vars, "lineno": 7})
        })
}

fn exception() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![Just(Value::Null), "[A-Za-z.$]{0,16}".prop_map(Value::from)];
    (kind, texts(), vec(frame(), 0..8), any::<Option<bool>>(), 0..4_u64, proptest::option::of(0..4_u64), any::<Option<bool>>()).prop_map(
        |(kind, value, frames, synthetic, id, parent, group)| {
            let mechanism =
                json!({"type": "x", "synthetic": synthetic, "exception_id": id, "parent_id": parent, "is_exception_group": group});
            json!({"type": kind, "value": value, "stacktrace": {"frames": frames}, "mechanism": mechanism})
        },
    )
}

/// Sentry events with any content, plausible and not.
pub(crate) fn events() -> impl Strategy<Value = Value> {
    let platform = prop_oneof![
        Just("javascript"),
        Just("python"),
        Just("java"),
        Just("go"),
        Just("native"),
        Just("csharp"),
        Just("ruby"),
        Just("php"),
        Just("other"),
        Just("rust")
    ];
    (platform, vec(exception(), 0..5), texts(), free(), free(), free(), vec(texts(), 0..3)).prop_map(
        |(platform, exceptions, message, extra, request, tags, fingerprint)| {
            json!({
                "platform": platform, "exception": {"values": exceptions}, "logentry": {"formatted": message}, "extra": {"x": extra},
                "request": {"url": message, "data": request, "headers": {"Authorization": message}}, "tags": {"t": tags}, "fingerprint": fingerprint,
                "breadcrumbs": [{"message": message, "data": {"d": tags}}], "user": {"email": message, "id": message},
            })
        },
    )
}
