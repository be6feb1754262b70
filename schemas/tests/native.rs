//! The native API: every attribute under every name, batches in every form, errors that name their place.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;
use schemas::{
    event::{Event, Severity},
    ids::{EventId, ProjectId},
    limits,
    outcome::Reason,
    wire::native::{self, BatchError, ItemError},
};
use serde_json::{Value, json};

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn read(value: &Value) -> Event {
    native::read(value.to_string().as_bytes(), EventId([7; 16]), ProjectId(1), now()).unwrap()
}

fn refused(value: &Value) -> ItemError {
    let body = Bytes::from(value.to_string());
    let error = native::split(&body, None).unwrap().remove(0).unwrap_err();
    assert!(native::read(&body, EventId([7; 16]), ProjectId(1), now()).is_err());
    error
}

#[test]
fn every_attribute_reads_under_every_name() {
    let canonical = json!({
        "timestamp": "2026-11-23T11:59:00Z", "service": "shop", "environment": "production", "host": "web-1", "instance_id": "i-1",
        "trace_id": "t1", "span_id": "s1", "correlation_id": "c1",
        "error": {"type": "IOError", "message": "disk full", "stack_trace": "at main\n at io"},
        "severity": "critical", "source": {"file": "a.rs", "line": 7}, "user": {"id": "u1"}, "session_id": "se1",
        "request": {"url": "https://x/y?a=b#top", "method": "get", "headers": {"Accept": "*/*"}, "body": {"a": 1}},
        "release": "1.2", "commit": "abc", "breadcrumbs": [{"message": "first", "level": "info"}], "metrics": {"load": 1.5},
        "tags": {"tenant": "acme"}, "extra": {"k": [1]},
        "call": {"operation_id": "op1", "url": "https://pay", "method": "POST", "status_code": 503, "response_body": "no"},
    });
    let event = read(&canonical);
    let aliased = json!({
        "timestamp": "2026-11-23T11:59:00Z", "serviceName": "shop", "environment": "production", "hostname": "web-1", "instanceId": "i-1",
        "traceId": "t1", "span_id": "s1", "correlationId": "c1",
        "errorType": "IOError", "errorMessage": "disk full", "stackTrace": "at main\n at io",
        "severity": "FATAL", "sourceFile": "a.rs", "lineNumber": 7, "userId": "u1", "sessionId": "se1",
        "requestUrl": "https://x/y?a=b#top", "httpMethod": "get", "requestHeaders": {"Accept": "*/*"}, "requestBody": {"a": 1},
        "version": "1.2", "commit": "abc", "logs": [{"message": "first", "level": "info"}], "metrics": {"load": 1.5},
        "customTags": {"tenant": "acme"}, "metadata": {"k": [1]},
        "operation_id": "op1", "request_url": "https://pay", "request_method": "POST", "status_code": 503, "response_body": "no",
    });
    assert_eq!(read(&aliased), event);
    for (name, value) in [("applicationName", "shop"), ("service_name", "shop"), ("applicationVersion", "1.2"), ("type", "IOError")] {
        let mut other = aliased.clone();
        for gone in ["serviceName", "version", "errorType"] {
            if event_field(gone) == event_field(name) {
                other.as_object_mut().unwrap().remove(gone);
            }
        }
        other[name] = value.into();
        assert_eq!(read(&other), event, "{name}");
    }
}

fn event_field(name: &str) -> &str {
    match name {
        "serviceName" | "applicationName" | "service_name" => "service",
        "version" | "applicationVersion" => "release",
        "errorType" | "type" => "error.type",
        name => name,
    }
}

#[test]
fn an_error_with_a_type_or_a_stack_is_an_exception() {
    let event = read(&json!({"errorType": "IOError", "message": "disk full", "stack_trace": "at main"}));
    let exception = &event.exceptions[0];
    assert_eq!((exception.kind.as_deref(), exception.value.as_deref()), (Some("IOError"), Some("disk full")));
    assert_eq!(exception.stacktrace.as_ref().unwrap().raw.as_deref(), Some("at main"));
    assert_eq!(event.message, None);

    let event =
        read(&json!({"error": {"type": "E", "message": "m", "frames": [{"function": "f", "lineno": 3}]}, "message": "while saving"}));
    assert_eq!(event.exceptions[0].stacktrace.as_ref().unwrap().frames[0].lineno, Some(3));
    assert_eq!(event.message.unwrap().formatted, "while saving");

    let event = read(&json!({"message": "plain", "severity": "WARN"}));
    assert_eq!((event.message.unwrap().formatted.as_str(), event.severity), ("plain", Severity::Warning));
    assert!(event.exceptions.is_empty());
}

#[test]
fn unknown_attributes_are_kept() {
    let event = read(&json!({"message": "m", "shoeSize": 43, "call": {"operation": "pay", "mood": "bad"}}));
    assert_eq!(event.extra["shoeSize"], 43);
    assert_eq!(event.extra["call.mood"], "bad");
    assert_eq!(event.errors, []);
}

#[test]
fn an_event_read_back_from_its_own_form_is_the_same() {
    let sent = json!({
        "message": {"formatted": "hello ann", "template": "hello %s", "params": ["ann"]},
        "exceptions": [{"type": "E", "value": "v", "mechanism": {"type": "generic", "handled": false}, "stacktrace": {"frames": [
            {"function": "f", "filename": "a.py", "lineno": 3, "in_app": true, "vars": {"x": null}, "data": {"trust": "cfi"}}]}}],
        "threads": [{"id": "1", "crashed": true}],
        "request": {"url": "https://x/y", "method": "GET", "query": [["a", "b"]], "cookies": [["s", "1"]], "body": "raw", "data": {"api_target": "graphql"}},
        "trace": {"trace_id": "t", "correlation_id": "c"}, "user": {"id": "1", "geo": {"city": "Vienna"}, "data": {"plan": "pro"}},
        "client_fingerprint": ["{{ default }}", "x"], "contexts": {"os": {"name": "Linux"}}, "sdk": {"name": "x", "packages": ["a@1"]},
    });
    let first = read(&sent);
    let again = serde_json::to_value(&first).unwrap();
    let second = read(&again);
    assert_eq!((second.message, second.exceptions, second.threads), (first.message, first.exceptions, first.threads));
    assert_eq!((second.request, second.trace, second.user), (first.request, first.trace, first.user));
    assert_eq!((second.client_fingerprint, second.contexts, second.sdk), (first.client_fingerprint, first.contexts, first.sdk));
}

#[test]
fn errors_name_place_code_and_accepted_names() {
    for (event, pointer, code, message) in [
        (
            json!({"message": "m", "serviceName": ["x"]}),
            "/serviceName",
            "invalid_value",
            "serviceName: expected text (service, also serviceName, applicationName, service_name)",
        ),
        (
            json!({"message": "m", "timestamp": "soon"}),
            "/timestamp",
            "invalid_value",
            "timestamp: expected a time: RFC 3339, or seconds since 1970",
        ),
        (
            json!({"error": {"frames": [{"lineno": 1}, {"lineno": "x"}]}}),
            "/error/frames/1/lineno",
            "invalid_value",
            "error.frames.1.lineno: expected a whole number from 0",
        ),
        (
            json!({"message": "m", "userId": "a", "user": {"id": "b"}}),
            "/userId",
            "invalid_value",
            "userId: given before under another name, with another value (user.id, also userId)",
        ),
        (json!({"message": "m", "call": {"status_code": 70000}}), "/call/status_code", "invalid_value", "expected an HTTP status"),
        (json!({"message": "m", "metrics": {"load": "high"}}), "/metrics/load", "invalid_value", "expected a number"),
        (json!({"message": "m", "severity": "meh"}), "/severity", "invalid_value", "level"),
        (json!({"message": "m", "event_id": "1"}), "/event_id", "invalid_value", "32 hex digits (id, also event_id"),
        (json!({"service": "x"}), "", "missing_field", "error.message (also errorMessage, message)"),
        (json!(7), "", "not_an_object", "object"),
    ] {
        let error = refused(&event);
        assert_eq!((error.pointer.as_str(), error.code), (pointer, code), "{event}: {error}");
        assert!(error.message.contains(message), "{event}: {error}");
    }
    let error = native::read(b"{oops", EventId([7; 16]), ProjectId(1), now()).unwrap_err();
    assert_eq!(error.reason, Reason::InvalidJson);
    let error = native::read(b"{}", EventId([7; 16]), ProjectId(1), now()).unwrap_err();
    assert_eq!(error.reason, Reason::InvalidEvent);
}

#[test]
fn a_body_is_an_object_a_list_or_lines() {
    let id = "fc6d8c0c43fc4630ad850ee518f1b9d0";
    let one = json!({"message": "a", "id": id}).to_string();
    let pretty = "{\n  \"message\":\n\"a\"\n}";
    for (body, content_type, expected) in [
        (one.clone(), None, 1),
        (format!("{one}\n"), Some("application/json"), 1),
        (pretty.to_owned(), None, 1),
        (format!("\u{feff}[{one}, {one}]"), None, 2),
        ("[]".to_owned(), None, 0),
        (format!("{one}\n\n{one}\r\n{one}"), None, 3),
        (one.clone(), Some("application/x-ndjson; charset=utf-8"), 1),
        (format!("[{one},{{\"message\":\"x\",\"extra\":{{\"a\":NaN}}}}]"), None, 2),
    ] {
        let items = native::split(&body.clone().into(), content_type).unwrap();
        assert_eq!(items.iter().filter(|item| item.is_ok()).count(), expected, "{body}");
        assert_eq!(items.len(), expected);
    }
    let items = native::split(&format!("[{one}]").into(), None).unwrap();
    assert_eq!(items[0].as_ref().unwrap().id, id.parse().ok());
}

#[test]
fn one_bad_event_does_not_spoil_the_others() {
    let items =
        native::split(&"[{\"message\":\"a\"}, 7, {\"message\":\"b\",\"tags\":{\"a\":[1]}}, {\"message\":\"c\"}]".into(), None).unwrap();
    let pointers: Vec<_> = items.iter().map(|item| item.as_ref().err().map(|error| error.pointer.as_str())).collect();
    assert_eq!(pointers, [None, Some("/1"), Some("/2/tags/a"), None]);
    let items = native::split(&"{\"message\":\"a\"}\n{oops\n{\"message\":\"b\"}\n".into(), None).unwrap();
    assert_eq!(items.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!((items[1].as_ref().unwrap_err().pointer.as_str(), items[1].as_ref().unwrap_err().code), ("/1", "invalid_json"));
}

#[test]
fn bodies_beyond_the_limits_are_refused() {
    assert_eq!(native::split(&" \n".into(), None), Err(BatchError::Empty));
    assert_eq!(native::split(&"[{}".repeat(2).into(), None).unwrap_err().code(), "invalid_json");
    let list = |count: usize| Bytes::from(format!("[{}7]", "7,".repeat(count - 1)));
    assert_eq!(native::split(&list(limits::NATIVE_BATCH_EVENTS), None).unwrap().len(), limits::NATIVE_BATCH_EVENTS);
    for body in [list(limits::NATIVE_BATCH_EVENTS + 1), list(1_000_000), "7\n".repeat(limits::NATIVE_BATCH_EVENTS + 1).into()] {
        let error = native::split(&body, None).unwrap_err();
        assert_eq!((error.clone(), error.status()), (BatchError::TooManyEvents, 413));
    }
    let large = json!({"message": "x".repeat(limits::EVENT_BYTES)});
    assert_eq!(refused(&large).code, "too_large");
    let deep = format!("[{{\"message\":\"a\"}},{{\"message\":\"a\",\"extra\":{}{}}}]", "[".repeat(5000), "]".repeat(5000));
    let items = native::split(&deep.into(), None).unwrap();
    assert!(items[0].is_ok() && items[1].is_err());
}

proptest! {
    #[test]
    fn what_split_lets_through_read_takes(text in "[\\[{]?(\\{|\\}|\\[|\\]|\"message\":|\"a\"|\"tags\":|\"error\":|\"timestamp\":|,|:|1|null|\n|[\\\\]u0000|é){0,30}", bytes: Vec<u8>, lines: bool) {
        for body in [Bytes::from(text), bytes.into()] {
            let content_type = lines.then_some("application/x-ndjson");
            for item in native::split(&body, content_type).into_iter().flatten().flatten() {
                let event = native::read(&item.payload, EventId([7; 16]), ProjectId(1), now());
                prop_assert!(event.is_ok());
            }
        }
    }

    #[test]
    fn any_value_under_any_name_is_read_or_refused(
        name in proptest::sample::select(&["message", "error", "errorType", "stackTrace", "exceptions", "threads", "user", "request", "call", "tags",
            "breadcrumbs", "metrics", "sdk", "modules", "contexts", "extra", "timestamp", "severity", "source", "trace", "id", "fingerprint"][..]),
        key in "[a-z_]{0,8}", text in ".{0,8}", number: i64,
    ) {
        for value in [json!(text), json!(number), json!([text, number]), json!({&key: text}), json!([{&key: [number]}]), json!({"values": [{&key: text}]})] {
            let body = Bytes::from(json!({"message": "m", name: value}).to_string());
            let split = native::split(&body, None).unwrap().remove(0);
            let read = native::read(&body, EventId([7; 16]), ProjectId(1), now());
            prop_assert_eq!(split.is_ok(), read.is_ok());
            if let Ok(event) = read {
                prop_assert_eq!(serde_json::from_value::<Event>(serde_json::to_value(&event).unwrap()).unwrap(), event);
            }
        }
    }
}
