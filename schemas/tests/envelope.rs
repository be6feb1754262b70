//! Envelope framing: the vectors, the limits, and what must hold for any bytes.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use proptest::prelude::*;
use schemas::{
    ids::ProjectId,
    limits,
    wire::envelope::{self, EnvelopeError, ItemType},
};
use serde::Deserialize;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpora/envelope-vectors");

#[derive(Deserialize)]
struct Vector {
    name: String,
    file: String,
    ok: Option<bool>,
    item_lens: Option<Vec<usize>>,
    http: u16,
}

#[test]
fn the_vectors_are_framed_as_expected() {
    let expected = std::fs::read(format!("{VECTORS}/expected.json")).unwrap();
    let vectors: Vec<Vector> = serde_json::from_slice(&expected).unwrap();
    assert_eq!(vectors.len(), 38);
    for vector in vectors {
        let body = Bytes::from(std::fs::read(format!("{VECTORS}/{}", vector.file)).unwrap());
        let result = envelope::parse(body.clone());
        let name = &vector.name;
        if name.starts_with("dsn_") {
            // Framed well; that the DSN disagrees with the request is for ingest to see.
            assert_eq!(envelope::first_dsn(&body), result.unwrap().headers.dsn, "{name}");
            continue;
        }
        match result {
            Ok(envelope) => {
                assert_eq!((vector.ok, vector.http), (Some(true), 200), "{name} was read");
                let lengths: Vec<_> = envelope.items.iter().map(|item| item.payload.len()).collect();
                assert!(vector.item_lens.is_none_or(|expected| expected == lengths), "{name}: {lengths:?}");
            }
            Err(error) => {
                assert_eq!(vector.http, error.status(), "{name} was refused: {error}");
                assert_ne!(vector.ok, Some(true), "{name}");
            }
        }
    }
}

#[test]
fn headers_are_read_and_payloads_share_the_memory_of_the_body() {
    let body = Bytes::from_static(
        br#"{"event_id":"FC6D8C0C-43fc-4630-ad85-0ee518f1b9d0","dsn":"https://e12d836b15bb49d7bbf99e64295d995b@sentry.io/42","sent_at":"2026-11-23T12:00:00Z","sdk":{"name":"sentry.python","version":"2.75.0","packages":[]},"trace":7}
{"type":"log","item_count":3,"content_type":"application/vnd.sentry.items.log+json","filename":"a\u0000\ud800","length":4}
a
bc"#,
    );
    let envelope = envelope::parse(body.clone()).unwrap();
    let headers = &envelope.headers;
    assert_eq!(headers.event_id.unwrap().to_string(), "fc6d8c0c43fc4630ad850ee518f1b9d0");
    assert_eq!(headers.dsn.as_ref().unwrap().project, ProjectId(42));
    assert_eq!(headers.sent_at, "2026-11-23T12:00:00Z".parse().ok());
    assert_eq!((headers.sdk_name.as_deref(), headers.sdk_version.as_deref()), (Some("sentry.python"), Some("2.75.0")));
    let item = &envelope.items[0];
    assert_eq!((item.headers.kind, item.headers.type_name.as_str(), item.headers.item_count), (ItemType::Log, "log", Some(3)));
    assert_eq!(item.headers.filename.as_deref(), Some("a\0\u{fffd}"));
    assert_eq!(item.payload, "a\nbc");
    assert!(body.as_ptr_range().contains(&item.payload.as_ptr()), "the payload was copied");
}

#[test]
fn odd_values_of_headers_that_do_not_matter_are_read_over() {
    let body = r#"{"sent_at":17,"sdk":"x","trace":{"sample_rate":[]},"dsn":null,"event_id":null}"#;
    assert_eq!(envelope::parse(body.into()).unwrap().headers, envelope::Headers::default());
}

#[test]
fn repeated_known_headers_are_refused_and_unknown_ones_are_not() {
    assert!(envelope::parse(r#"{"sdk":{},"sdk":{}}"#.into()).is_err());
    assert!(envelope::parse("{}\n{\"type\":\"log\",\"type\":\"log\"}\n".into()).is_err());
    assert!(envelope::parse(r#"{"x":1,"x":2}"#.into()).is_ok());
}

#[test]
fn errors_name_the_item_and_never_repeat_its_content() {
    let error = envelope::parse("{}\n{\"type\":\"log\"}\n\n{\"type\":\"log\",\"length\":\"hunter2, expected\"}\n".into()).unwrap_err();
    assert_eq!(error.to_string(), "invalid headers of envelope item 1: invalid JSON: invalid type, expected u64 at line 1 column 42");
}

#[test]
fn limits_hold_at_their_edges() {
    let line = |length: usize| format!("{{\"x\":\"{}\"}}", "x".repeat(length - 8));
    assert!(envelope::parse(line(limits::ENVELOPE_HEADER_BYTES).into()).is_ok());
    assert!(envelope::parse(format!("{}\n", line(limits::ENVELOPE_HEADER_BYTES)).into()).is_ok());
    for body in [line(limits::ENVELOPE_HEADER_BYTES + 1), format!("{}\n", line(limits::ENVELOPE_HEADER_BYTES + 1)), "x".repeat(1 << 20)] {
        assert_eq!(envelope::parse(body.into()), Err(EnvelopeError::HeaderTooLong));
    }
    let items = |count: usize| format!("{{}}\n{}", "{\"type\":\"session\"}\n{}\n".repeat(count));
    assert_eq!(envelope::parse(items(limits::ENVELOPE_ITEMS).into()).unwrap().items.len(), limits::ENVELOPE_ITEMS);
    assert_eq!(envelope::parse(items(limits::ENVELOPE_ITEMS + 1).into()), Err(EnvelopeError::TooManyItems));
    let event = |length: usize| format!("{{}}\n{{\"type\":\"event\"}}\n{}", " ".repeat(length));
    assert!(envelope::parse(event(limits::EVENT_BYTES).into()).is_ok());
    let error = envelope::parse(event(limits::EVENT_BYTES + 1).into()).unwrap_err();
    assert_eq!((error.clone(), error.status()), (EnvelopeError::TooLong(ItemType::Event), 413));
}

#[test]
fn nesting_in_a_header_line_is_no_danger() {
    for header in [
        "[".repeat(16_000),
        format!("{{\"sdk\":{}}}", "[".repeat(16_000)),
        format!("{{\"x\":{}1{}}}", "[".repeat(8_000), "]".repeat(8_000)),
    ] {
        let _ = envelope::parse(header.into());
    }
}

#[test]
fn an_event_with_a_session_and_a_report_is_one_event() {
    let body = "{}\n{\"type\":\"event\"}\n{}\n{\"type\":\"session\"}\n{}\n{\"type\":\"client_report\"}\n{}";
    assert_eq!(envelope::parse(body.into()).unwrap().items.len(), 3);
    let error = envelope::parse("{}\n{\"type\":\"event\"}\n{}\n{\"type\":\"feedback\"}\n{}".into()).unwrap_err();
    assert_eq!(error, EnvelopeError::TooManyEvents(ItemType::Feedback));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, text in "(\\{\\}|\n|\\{\"type\":\"event\"\\}|\\{\"type\":\"x\",\"length\":[0-9]{1,20}\\}|[a-z]{0,9}){0,12}") {
        for body in [bytes, text.into_bytes()] {
            let first = envelope::first_dsn(&body);
            if let Ok(envelope) = envelope::parse(body.into()) {
                prop_assert_eq!(first, envelope.headers.dsn);
            }
        }
    }

    #[test]
    fn what_is_framed_is_read_back(payloads in proptest::collection::vec((any::<Vec<u8>>(), any::<bool>()), 0..20), last_newline: bool) {
        let mut body = b"{}".to_vec();
        let mut expected = Vec::new();
        for (payload, explicit) in payloads {
            let length = if explicit { format!(",\"length\":{}", payload.len()) } else { String::new() };
            let payload: Vec<u8> = payload.into_iter().filter(|byte| explicit || *byte != b'\n').collect();
            body.extend_from_slice(format!("\n{{\"type\":\"attachment\"{length}}}\n").as_bytes());
            body.extend_from_slice(&payload);
            expected.push(payload);
        }
        if last_newline {
            body.push(b'\n');
        }
        let items = envelope::parse(body.into()).unwrap().items;
        prop_assert_eq!(items.into_iter().map(|item| item.payload.to_vec()).collect::<Vec<_>>(), expected);
    }
}
