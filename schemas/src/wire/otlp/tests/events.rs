//! What records say.

use super::*;
use crate::event::{Severity, Source};

#[test]
fn both_encodings_of_the_captured_requests_give_equal_events() {
    for (number, signal) in [(1, Signal::Traces), (2, Signal::Traces), (3, Signal::Logs), (4, Signal::Traces)] {
        let json = split_json(signal, &corpus(&format!("captured-sdk/otel-js/00{number}.body")));
        let protobuf = split_protobuf(signal, &fixture(&format!("otel-js-00{number}")));
        assert_eq!(json.items.len(), 1, "{number}");
        assert_eq!(events(signal, &json), events(signal, &protobuf), "{number}");
    }
}

#[test]
fn the_examples_of_the_specification_hold_no_error_in_either_encoding() {
    for (name, signal) in [("logs", Signal::Logs), ("events", Signal::Logs), ("trace", Signal::Traces)] {
        for split in [split_json(signal, &corpus(&format!("otlp/{name}.json"))), split_protobuf(signal, &fixture(name))] {
            assert_eq!((split.items.len(), split.uninteresting, split.rejected), (0, 1, 0), "{name}");
        }
    }
}

#[test]
fn made_errors_the_examples_give_equal_events_in_both_encodings() {
    let options = Options { errors: true, ..options() };
    let mut all = Vec::new();
    for (name, signal, from, to) in [
        ("logs", Signal::Logs, r#""severityNumber": 10"#, r#""severityNumber": 17"#),
        ("events", Signal::Logs, r#""severityNumber": 9"#, r#""severityNumber": 17"#),
        ("trace", Signal::Traces, r#""kind": 2"#, r#""kind": 2, "status": {"code": 2}"#),
    ] {
        let json = corpus(&format!("otlp/{name}.json"));
        assert!(json.contains(from), "{name}");
        let json = split(signal, Format::Json, &json.replace(from, to).into(), &options).unwrap();
        let protobuf = split(signal, Format::Protobuf, &failed(signal, &fixture(name)), &options).unwrap();
        let (one, other) = (events(signal, &json), events(signal, &protobuf));
        assert_eq!(one.len(), 1, "{name}");
        assert_eq!(one, other, "{name}");
        all.extend(one);
    }
    insta::assert_json_snapshot!("examples", all);
}

/// The request with severity ERROR or status ERROR.
fn failed(signal: Signal, request: &Bytes) -> Bytes {
    use prost::Message;
    match signal {
        Signal::Logs => {
            let mut data = proto::LogsData::decode(request.clone()).unwrap();
            data.resource_logs[0].scope_logs[0].log_records[0].severity_number = 17;
            data.encode_to_vec()
        }
        Signal::Traces => {
            let mut data = proto::TracesData::decode(request.clone()).unwrap();
            data.resource_spans[0].scope_spans[0].spans[0].status = Some(proto::SpanStatus { code: 2, ..Default::default() });
            data.encode_to_vec()
        }
    }
    .into()
}

#[test]
fn an_exception_of_javascript_is_read_whole() {
    let event = events(Signal::Traces, &split_json(Signal::Traces, &corpus("captured-sdk/otel-js/001.body"))).remove(0);
    let exception = &event.exceptions[0];
    assert_eq!(exception.kind.as_deref(), Some("TypeError"));
    assert_eq!(exception.value.as_deref(), Some("Cannot read properties of undefined (reading 'prop')"));
    assert!(exception.stacktrace.as_ref().unwrap().raw.as_ref().unwrap().contains("at inner (/srv/app/otel.js:10:36)"));
    assert_eq!(
        [event.service.as_deref(), event.release.as_deref(), event.environment.as_deref()],
        [Some("web"), Some("9.9.9"), Some("prod")]
    );
    assert_eq!(event.transaction.as_deref(), Some("op"));
    assert_eq!(event.trace.trace_id.as_deref(), Some("017898346fb47e850984c8ce78b0ca3d"));
    assert_eq!(event.trace.span_id.as_deref(), Some("3714405b2c6fab30"));
    assert_eq!((event.severity, event.handled()), (Severity::Error, None));
    // 1795311389690963668 ns
    assert_eq!(event.timestamp.as_nanosecond(), 1_795_311_389_690_963_668);
}

#[test]
fn an_exception_logged_by_python_is_read_whole() {
    let event = events(Signal::Logs, &split_protobuf(Signal::Logs, &fixture("python-logs-1"))).remove(0);
    assert_eq!(event.exceptions[0].kind.as_deref(), Some("ZeroDivisionError"));
    assert_eq!(event.message.unwrap().formatted, "order 9912 failed");
    assert_eq!([event.platform.as_deref(), event.logger.as_deref()], [Some("python"), Some("app")]);
    assert_eq!(event.source, Some(Source { file: Some("/srv/checkout/app.py".into()), line: Some(24) }));
    assert_eq!(event.tags.get("service.namespace").map(String::as_str), Some("shop"));
    assert_eq!((event.culprit, event.tags.get("code.function.name").map(String::as_str)), (None, Some("<module>")));
    let sdk = event.sdk.unwrap();
    assert_eq!([sdk.name.as_deref(), sdk.version.as_deref()], [Some("opentelemetry"), Some("1.45.2")]);
}

#[test]
fn pythons_text_false_says_that_an_exception_was_handled() {
    let events = events(Signal::Traces, &split_protobuf(Signal::Traces, &fixture("python-traces")));
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].handled(), Some(true));
    assert_eq!(events[0].user.as_ref().unwrap().id.as_deref(), Some("u-42"));
}

#[test]
fn severities_go_by_number_and_without_one_by_text() {
    for (number, text, severity) in [
        (1, "", Severity::Debug),
        (8, "", Severity::Debug),
        (9, "ERROR", Severity::Info),
        (12, "", Severity::Info),
        (13, "", Severity::Warning),
        (16, "", Severity::Warning),
        (17, "", Severity::Error),
        (20, "", Severity::Error),
        (21, "", Severity::Critical),
        (24, "", Severity::Critical),
        (0, "Warn", Severity::Warning),
        (0, "", Severity::Error),
        (-3, "fatal", Severity::Critical),
        (99, "", Severity::Critical),
    ] {
        let record = json!([{"severityNumber": number, "severityText": text, "attributes": raised("E", "m")}]);
        let event = events(Signal::Logs, &split_json(Signal::Logs, &logs(record))).remove(0);
        assert_eq!(event.severity, severity, "{number} {text}");
    }
}

#[test]
fn the_nearest_attribute_wins_and_none_is_lost() {
    let body = json!({"resourceLogs": [{
        "resource": {"attributes": [attribute("service.name", "far"), attribute("zone", "eu"), attribute("host.name", "h1")]},
        "scopeLogs": [{"scope": {"attributes": [attribute("zone", "us")]}, "logRecords": [{"attributes": [
            attribute("service.name", "near"), attribute("exception.type", "E"),
            {"key": "list", "value": {"arrayValue": {"values": [{"intValue": 1}, {"boolValue": true}]}}},
            {"key": "count", "value": {"intValue": "7"}}, attribute("long", &"x".repeat(300)), {"key": "empty", "value": {}}
        ]}]}]
    }]});
    let event = events(Signal::Logs, &split_json(Signal::Logs, &body.to_string())).remove(0);
    assert_eq!([event.service.as_deref(), event.host.as_deref()], [Some("near"), Some("h1")]);
    assert_eq!(event.tags["zone"], "us");
    assert_eq!(event.extra["zone"], "eu");
    assert_eq!(event.tags["service.name"], "far");
    assert_eq!(event.tags["count"], "7");
    assert_eq!(event.extra["list"], json!([1, true]));
    assert_eq!(event.extra["long"].as_str().unwrap().len(), 300);
    assert!(!event.extra.contains_key("empty") && !event.tags.contains_key("empty"));
}

#[expect(clippy::needless_pass_by_value, reason = "short to call")]
fn span_with(kind: i32, attributes: Value) -> Event {
    let event = json!({"name": "exception", "attributes": raised("E", "m")});
    let span = json!([{"name": "GET /cart/{id}", "kind": kind, "startTimeUnixNano": "1000000000", "endTimeUnixNano": "1250000000",
        "attributes": attributes, "events": [event]}]);
    events(Signal::Traces, &split_json(Signal::Traces, &spans(span))).remove(0)
}

#[test]
fn a_servers_span_tells_of_the_request_and_the_user_by_old_and_new_names() {
    let new = json!([attribute("http.request.method", "get"), attribute("url.scheme", "https"), attribute("server.address", "shop.example"),
        {"key": "server.port", "value": {"intValue": 8443}}, attribute("url.path", "/cart/7"), attribute("url.query", "a=1&b=x%20y"),
        {"key": "http.response.status_code", "value": {"intValue": "503"}}, attribute("user_agent.original", "curl/8"),
        {"key": "http.request.header.x-trace", "value": {"arrayValue": {"values": [{"stringValue": "1"}, {"stringValue": "2"}]}}},
        attribute("client.address", "203.0.113.9"), attribute("enduser.id", "u-1"), attribute("user.email", "a@example.com")]);
    let old = json!([attribute("http.method", "get"), attribute("http.url", "https://shop.example:8443/cart/7?a=1&b=x%20y"),
        {"key": "http.status_code", "value": {"intValue": 503}}, attribute("http.user_agent", "curl/8"),
        attribute("http.request.header.x_trace", "1, 2"),
        attribute("http.client_ip", "203.0.113.9"), attribute("user.id", "u-1"), attribute("user.email", "a@example.com")]);
    for attributes in [new, old] {
        let event = span_with(2, attributes);
        let request = event.request.unwrap();
        assert_eq!(request.url.as_deref(), Some("https://shop.example:8443/cart/7"));
        assert_eq!(request.query, [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "x y".to_owned())]);
        assert_eq!((request.method.as_deref(), request.status_code), (Some("GET"), Some(503)));
        assert_eq!(request.headers, [("User-Agent".to_owned(), "curl/8".to_owned()), ("x-trace".to_owned(), "1, 2".to_owned())]);
        let user = event.user.unwrap();
        let said = [user.id.as_deref(), user.email.as_deref(), user.ip_address.as_deref()];
        assert_eq!(said, [Some("u-1"), Some("a@example.com"), Some("203.0.113.9")]);
        assert_eq!(event.call, None);
    }
}

#[test]
fn a_clients_span_tells_of_the_call_that_failed() {
    let attributes = json!([attribute("http.request.method", "POST"), attribute("url.full", "https://api.pay.example/charge"),
        {"key": "http.response.status_code", "value": {"intValue": 429}}, attribute("server.address", "api.pay.example"),
        {"key": "http.request.resend_count", "value": {"intValue": 2}}]);
    let event = span_with(3, attributes);
    let call = event.call.unwrap();
    assert_eq!([call.operation.as_deref(), call.provider.as_deref()], [Some("GET /cart/{id}"), Some("api.pay.example")]);
    assert_eq!((call.method.as_deref(), call.url.as_deref()), (Some("POST"), Some("https://api.pay.example/charge")));
    assert_eq!((call.status_code, call.attempt, call.duration_ms), (Some(429), Some(3), Some(250.0)));
    assert_eq!(event.request, None);
}

#[test]
fn without_a_stack_trace_the_function_that_logged_is_blamed() {
    let attributes =
        json!([attribute("exception.type", "E"), attribute("code.function.name", "Cart.price"), attribute("code.lineno", "7")]);
    let event = events(Signal::Logs, &split_json(Signal::Logs, &logs(json!([{"attributes": attributes}])))).remove(0);
    assert_eq!(event.culprit.as_deref(), Some("Cart.price"));
    assert_eq!(event.source, Some(Source { file: None, line: Some(7) }));
}

#[test]
fn a_host_without_a_path_makes_no_request() {
    let event = span_with(2, json!([attribute("server.address", "shop.example")]));
    assert_eq!(event.request, None);
}

#[test]
fn only_with_the_option_are_errors_without_an_exception_taken() {
    let records = json!([
        {"severityNumber": 17, "body": {"stringValue": "disk full"}},
        {"severityText": "FATAL", "body": {"kvlistValue": {"values": [attribute("code", "7")]}}},
        {"severityNumber": 16, "severityText": "ERROR", "body": {"stringValue": "slow"}},
        {"body": {"stringValue": "no severity"}}
    ]);
    let split_with = |errors| {
        let options = Options { errors, ..options() };
        split(Signal::Logs, Format::Json, &logs(records.clone()).into(), &options).unwrap()
    };
    assert_eq!((split_with(false).items.len(), split_with(false).uninteresting), (0, 4));
    let taken = split_with(true);
    assert_eq!((taken.items.len(), taken.uninteresting), (2, 2));
    let events = events(Signal::Logs, &taken);
    assert_eq!(events[0].message.as_ref().unwrap().formatted, "disk full");
    assert_eq!(events[1].message.as_ref().unwrap().formatted, r#"{"code":"7"}"#);
    assert_eq!(events[1].extra["body"], json!({"code": "7"}));
}

#[test]
fn a_span_with_status_error_is_a_message_by_the_same_option() {
    let body = spans(json!([
        {"name": "job", "status": {"code": "STATUS_CODE_ERROR", "message": "timed out"}},
        {"name": "job", "status": {"code": 2}},
        {"name": "job", "status": {"code": 1}}
    ]));
    let options = Options { errors: true, ..options() };
    let taken = split(Signal::Traces, Format::Json, &body.into(), &options).unwrap();
    let said: Vec<String> = events(Signal::Traces, &taken).into_iter().map(|event| event.message.unwrap().formatted).collect();
    assert_eq!(said, ["timed out", "job"]);
    assert_eq!(taken.uninteresting, 1);
}
