//! OpenTelemetry's exporters, over HTTP in both encodings and over gRPC.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, request::Builder};
use http_body_util::BodyExt;
use ingest::Options;
use schemas::record::{Kind, Record};
use serde_json::{Value, json};
use storage::Error;
use tower::ServiceExt;

use crate::{
    app::{App, KEY, auth, post, read},
    bad_input::{gzip, gzip_bomb},
    durability::TestLog,
    quotas,
};

const LOGS: &str = "/v1/logs";
const TRACES: &str = "/v1/traces";
const JSON: &str = "application/json";
const PROTOBUF: &str = "application/x-protobuf";
const LOGS_EXPORT: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
const TRACES_EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// An answer of any bytes, with what follows them.
struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
    trailers: HeaderMap,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(app: &App, request: Request<Body>) -> Reply {
    let (parts, body) = app.router.clone().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap();
    let trailers = body.trailers().cloned().unwrap_or_default();
    Reply { status: parts.status.as_u16(), headers: parts.headers, body: body.to_bytes(), trailers }
}

fn to(path: &str, content_type: &str) -> Builder {
    post(path).header("x-sentry-auth", auth()).header("content-type", content_type)
}

async fn send(app: &App, path: &str, content_type: &str, body: impl Into<Body>) -> Reply {
    ask(app, to(path, content_type).body(body.into()).unwrap()).await
}

/// A message as gRPC frames it.
fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
    [&[flag][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat()
}

async fn call(app: &App, path: &str, body: Vec<u8>) -> Reply {
    send(app, path, "application/grpc+proto", body).await
}

/// A request in Protobuf, as a real SDK sent it.
fn protobuf(name: &str) -> Vec<u8> {
    let path = format!("{}/../schemas/tests/fixtures/otlp/{name}.pb", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn captured(number: u8) -> Vec<u8> {
    read(&format!("captured-sdk/otel-js/00{number}.body"))
}

/// A request of log records: as many with an exception, without, and that are none.
fn logs(exceptions: usize, plain: usize, broken: usize) -> String {
    let exception = |number| json!({"attributes": [{"key": "exception.type", "value": {"stringValue": format!("E{number}")}}]});
    let mut records: Vec<Value> = (0..exceptions).map(exception).collect();
    records.extend(vec![json!({"body": {"stringValue": "hello"}}); plain]);
    records.extend(vec![json!("none"); broken]);
    json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).to_string()
}

fn ids(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| record.event_id.to_string()).collect()
}

#[tokio::test]
async fn captured_requests_are_stored_alike_in_every_form() {
    let app = App::new().await;
    for (number, path, export, kind) in [(1, TRACES, TRACES_EXPORT, Kind::OtlpSpan), (3, LOGS, LOGS_EXPORT, Kind::OtlpLog)] {
        let message = protobuf(&format!("otel-js-00{number}"));
        let json = send(&app, path, "application/json; charset=utf-8", captured(number)).await;
        assert_eq!((json.status, json.header("content-type"), &json.body[..]), (200, JSON, &b"{}"[..]));
        let binary = send(&app, path, PROTOBUF, message.clone()).await;
        assert_eq!((binary.status, binary.header("content-type"), binary.body.len()), (200, PROTOBUF, 0));
        let grpc = call(&app, export, framed(0, &message)).await;
        assert_eq!((grpc.status, &grpc.body[..], grpc.trailers["grpc-status"].as_bytes()), (200, &[0; 5][..], &b"0"[..]));
        let records = app.records().await;
        assert_eq!(records.iter().map(|record| record.kind).collect::<Vec<_>>(), [kind; 3]);
        assert_eq!(records[0].item_type, kind.as_str());
        // The exception of the log record has no span, so its id is made of all bytes; those agree but for unknown fields.
        let ids = ids(&records);
        assert_eq!(ids[1], ids[2]);
        assert!(number == 3 || ids[0] == ids[1]);
    }
}

#[tokio::test]
async fn every_path_key_and_encoding_is_taken() {
    let app = App::new().await;
    let body = logs(1, 0, 0);
    let plain = |path: &str| post(path).header("content-type", JSON);
    let query = format!("/v1/logs?sentry_key={KEY}");
    for request in [
        plain(LOGS).header("authorization", format!("Bearer {KEY}")),
        plain(LOGS).header("authorization", format!("Basic {}", data_encoding::BASE64.encode(format!("{KEY}:").as_bytes()))),
        plain("/v1/logs/").header("x-sentry-auth", format!("sentry sentry_key={KEY}")),
        plain(&query),
        to("//v1/logs", JSON),
        to("/api/42/integration/otlp/v1/logs", JSON),
        to("/api/42/integration/otlp/v1/logs/", JSON),
    ] {
        let reply = ask(&app, request.body(body.clone().into()).unwrap()).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
    }
    for (encoding, body) in
        [("gzip", gzip(body.as_bytes())), ("zstd", zstd::encode_all(body.as_bytes(), 1).unwrap()), ("", body.clone().into_bytes())]
    {
        let reply = ask(&app, to(LOGS, JSON).header("content-encoding", encoding).body(body.into()).unwrap()).await;
        assert_eq!(reply.status, 200, "{encoding}");
    }
    let mut stored = ids(&app.records().await);
    assert_eq!(stored.len(), 10);
    stored.dedup();
    assert_eq!(stored.len(), 1, "a request sent again has the same ids");
}

#[tokio::test]
async fn an_empty_request_is_a_success_and_stores_nothing() {
    let app = App::new().await;
    assert_eq!(send(&app, LOGS, PROTOBUF, "").await.status, 200);
    assert_eq!(send(&app, TRACES, JSON, "{}").await.status, 200);
    assert_eq!(call(&app, LOGS_EXPORT, framed(0, b"")).await.trailers["grpc-status"], "0");
    assert!(app.records().await.is_empty());
}

#[tokio::test]
async fn records_without_an_error_are_counted_in_one_record() {
    let app = App::new().await;
    send(&app, LOGS, JSON, logs(2, 3, 0)).await;
    let records = app.records().await;
    let of: Vec<_> = records.iter().map(|record| (record.kind, record.item_type.as_str(), record.quantity)).collect();
    assert_eq!(of, [(Kind::OtlpLog, "otlp_log", 1), (Kind::OtlpLog, "otlp_log", 1), (Kind::Unsupported, "otlp_log", 3)]);
    send(&app, TRACES, PROTOBUF, protobuf("trace")).await;
    let records = app.records().await;
    assert_eq!((records.len(), records[0].kind, records[0].item_type.as_str()), (1, Kind::Unsupported, "otlp_span"));
}

#[tokio::test]
async fn a_record_that_can_not_be_taken_is_told_and_costs_no_other() {
    let app = App::new().await;
    let reply = send(&app, LOGS, JSON, logs(1, 0, 2)).await;
    let told = json!({"partialSuccess": {"rejectedLogRecords": "2", "errorMessage": "a record is no JSON object, or longer than 2 MiB"}});
    assert_eq!((reply.status, reply.json()), (200, told));
    assert_eq!(app.records().await.len(), 1);
    // resource_spans { scope_spans { spans { events { name: "exception", and a field of a wrong type } } } }
    let event = [&b"\x12\x09exception"[..], b"\x18\x01"].concat();
    let wrapped = [0x5a, 0x12, 0x12].iter().fold(event, |inner, tag| [&[*tag, u8::try_from(inner.len()).unwrap()][..], &inner].concat());
    let body = [&[0x0a, u8::try_from(wrapped.len()).unwrap()][..], &wrapped].concat();
    let reply = send(&app, TRACES, PROTOBUF, body).await;
    // partial_success { rejected_spans: 1, error_message: ... }
    assert_eq!((reply.status, &reply.body[0..1], &reply.body[2..5]), (200, &[0x0a][..], &[0x08, 1, 0x12][..]));
}

#[tokio::test]
async fn refusals_are_statuses_of_google_rpc_in_the_words_of_the_request() {
    let app = App::new().await;
    let other = format!("Bearer {}", "f".repeat(32));
    let no_key = |content_type: &str| post(LOGS).header("content-type", content_type);
    for (request, body, status, code) in [
        (to(LOGS, JSON), "{oops", 400, 3),
        (to(LOGS, JSON), "", 400, 3),
        (no_key(JSON), "{}", 401, 16),
        (no_key(JSON).header("authorization", other), "{}", 403, 7),
        (to("/api/43/integration/otlp/v1/logs", JSON), "{}", 403, 7),
        (to("/api/x/integration/otlp/v1/logs", JSON), "{}", 400, 3),
        (to(LOGS, "text/plain"), "{}", 415, 3),
        (to(LOGS, JSON).header("content-encoding", "lzma"), "{}", 415, 3),
    ] {
        let reply = ask(&app, request.body(body.into()).unwrap()).await;
        assert_eq!((reply.status, reply.json()["code"].as_i64()), (status, Some(code)), "{:?}", reply.body);
        assert_eq!(reply.header("retry-after"), "", "a {status} is never sent again");
        assert!(!reply.json()["message"].as_str().unwrap().is_empty());
    }
    let reply = send(&app, LOGS, PROTOBUF, b"\x0a\x05".to_vec()).await;
    let message = "invalid Protobuf: the request is cut or not an OTLP export request";
    let expected = [&[0x08, 3, 0x12, u8::try_from(message.len()).unwrap()][..], message.as_bytes()].concat();
    assert_eq!((reply.status, reply.header("content-type"), &reply.body[..]), (400, PROTOBUF, &expected[..]));
    assert!(app.records().await.is_empty());
}

#[tokio::test]
async fn bombs_are_refused_over_http_and_grpc() {
    let app = App::new().await;
    let bomb = gzip_bomb(200);
    let reply = ask(&app, to(LOGS, JSON).header("content-encoding", "gzip").body(bomb.clone().into()).unwrap()).await;
    assert_eq!((reply.status, reply.json()["code"].as_i64()), (413, Some(8)));
    let request = to(TRACES_EXPORT, "application/grpc").header("grpc-encoding", "gzip").body(framed(1, &bomb).into()).unwrap();
    let reply = ask(&app, request).await;
    assert_eq!((reply.status, reply.header("grpc-status")), (200, "8"));
    assert!(app.records().await.is_empty());
}

#[tokio::test]
async fn grpc_takes_compressed_messages_and_says_what_it_does_not_take() {
    let app = App::new().await;
    let message = protobuf("otel-js-003");
    for (encoding, compressed) in [("gzip", gzip(&message)), ("zstd", zstd::encode_all(&message[..], 1).unwrap())] {
        let request = to(LOGS_EXPORT, "application/grpc").header("grpc-encoding", encoding).header("grpc-timeout", "10S");
        let reply = ask(&app, request.body(framed(1, &compressed).into()).unwrap()).await;
        assert_eq!(reply.trailers["grpc-status"], "0", "{encoding}");
    }
    let stored = ids(&app.records().await);
    assert_eq!((stored.len(), &stored[0]), (2, &stored[1]));
    let request = to(LOGS_EXPORT, "application/grpc").header("grpc-encoding", "snappy").body(framed(1, &message).into()).unwrap();
    let reply = ask(&app, request).await;
    assert_eq!((reply.header("grpc-status"), reply.header("grpc-accept-encoding")), ("12", "identity,gzip,zstd,deflate"));
    for (body, code) in [(framed(0, b"\x0a\x05"), "3"), (b"\0\0".to_vec(), "3"), (framed(7, &message), "3")] {
        assert_eq!(call(&app, LOGS_EXPORT, body).await.header("grpc-status"), code);
    }
    for (key, code) in [("", "16"), ("ffffffffffffffffffffffffffffffff", "7")] {
        let mut request = post(LOGS_EXPORT).header("content-type", "application/grpc");
        if !key.is_empty() {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let reply = ask(&app, request.body(framed(0, &message).into()).unwrap()).await;
        assert_eq!((reply.status, reply.header("grpc-status")), (200, code));
        assert!(!reply.header("grpc-message").is_empty());
    }
}

#[tokio::test]
async fn while_the_log_takes_nothing_exporters_are_told_to_come_again() {
    let full = || Error::Full { doing: "appending".into(), cause: "disk".into() };
    let log = TestLog::new(None, vec![full(), full(), full()]);
    let app = App::with(log, Options::default()).await;
    let json = send(&app, LOGS, JSON, logs(1, 0, 0)).await;
    assert_eq!((json.status, json.header("retry-after")), (503, "60"));
    let retry = json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "60s"}]);
    assert_eq!((&json.json()["code"], &json.json()["details"]), (&json!(14), &retry));
    let binary = send(&app, LOGS, PROTOBUF, protobuf("otel-js-003")).await;
    assert_eq!((binary.status, binary.header("retry-after")), (503, "60"));
    let grpc = call(&app, LOGS_EXPORT, framed(0, &protobuf("otel-js-003"))).await;
    assert_eq!((grpc.status, grpc.header("grpc-status")), (200, "14"));
    let details = data_encoding::BASE64_NOPAD.decode(grpc.header("grpc-status-details-bin").as_bytes()).unwrap();
    assert_eq!(details, binary.body, "the same google.rpc.Status");
    // retry_delay { seconds: 60 }
    assert!(details.ends_with(&[0x12, 4, 0x0a, 2, 0x08, 60]));
    assert!(app.records().await.is_empty());
}

#[tokio::test]
async fn an_exporter_over_its_limit_is_told_what_was_left_out_and_when_to_come_again() {
    let app = quotas::app(r#"[{"per":"month","events":2}]"#).await;
    let reply = send(&app, LOGS, JSON, logs(3, 0, 0)).await;
    assert_eq!((reply.status, &reply.json()["partialSuccess"]["rejectedLogRecords"]), (200, &json!("1")));
    let message = reply.json()["partialSuccess"]["errorMessage"].as_str().unwrap().to_owned();
    assert!(message.contains("limit of 2 events a month"), "{message}");
    assert_eq!(app.records().await.len(), 2);
    let reply = send(&app, LOGS, JSON, logs(3, 5, 0)).await;
    assert_eq!((reply.status, &reply.json()["code"]), (429, &json!(8)));
    assert!(reply.header("retry-after").parse::<u32>().unwrap() > 0);
    let grpc = call(&app, TRACES_EXPORT, framed(0, &protobuf("otel-js-001"))).await;
    assert_eq!((grpc.status, grpc.header("grpc-status")), (200, "8"));
    let details = data_encoding::BASE64_NOPAD.decode(grpc.header("grpc-status-details-bin").as_bytes()).unwrap();
    assert!(String::from_utf8_lossy(&details).contains("type.googleapis.com/google.rpc.RetryInfo"), "{details:?}");
    assert!(app.records().await.is_empty());
    // What is only counted is under no limit.
    assert_eq!(send(&app, LOGS, JSON, logs(0, 5, 0)).await.status, 200);
}
