//! OpenTelemetry's exporters against the real binary: each way in, and each error once.

use std::{net::SocketAddr, path::PathBuf};

use axum::body::Body;
use hyper::{Request, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use crate::{
    client::{Client, parts},
    events::corpora,
    server::{Server, eventually},
};

/// A request that a real SDK sent, in Protobuf.
fn protobuf(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/tests/fixtures/otlp/{name}.pb"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The same in JSON.
fn captured(number: u8) -> Vec<u8> {
    std::fs::read(corpora().join(format!("captured-sdk/otel-js/00{number}.body"))).unwrap()
}

async fn post(address: &str, path: &str, key: &str, content_type: &str, body: Vec<u8>) -> (u16, String) {
    let request = reqwest::Client::new().post(format!("http://{address}{path}")).bearer_auth(key).header("Content-Type", content_type);
    let answer = request.body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Calls `Export` as gRPC does, over HTTP/2 without TLS, and answers `grpc-status`.
async fn export(address: &str, service: &str, key: &str, message: &[u8]) -> String {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let frame = [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat();
    let request = Request::post(format!("http://{address}/opentelemetry.proto.collector.{service}/Export"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("x-sentry-auth", format!("sentry sentry_key={key}"))
        .body(Body::from(frame))
        .unwrap();
    let mut answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut status = answer.headers().get("grpc-status").cloned();
    while let Some(frame) = http_body_util::BodyExt::frame(answer.body_mut()).await {
        if let Ok(trailers) = frame.unwrap().into_trailers() {
            status = trailers.get("grpc-status").cloned();
        }
    }
    status.unwrap().to_str().unwrap().to_owned()
}

/// Before any time that is believed: the captured requests are not of today.
fn long_ago() -> jiff::Timestamp {
    jiff::Timestamp::now() - jiff::SignedDuration::from_hours(100 * 24)
}

/// Types of the stored exceptions, once a message that was sent last is there too.
async fn stored(client: &Client, address: &str, key: &str) -> Vec<String> {
    let last = json!({"id": "00000000000000000000000000000fff", "service": "last", "error": {"type": "Last", "message": "sent last"}});
    let (status, _) = post(address, "/api/v1/events", key, "application/json", last.to_string().into_bytes()).await;
    assert_eq!(status, 200);
    let last_is_there = async || client.status_of("/api/v1/events/00000000000000000000000000000fff").await == 200;
    eventually("the last event is there", last_is_there).await;
    let page = client.get(&format!("/api/v1/events?limit=100&from={}", long_ago())).await;
    let kind = |event: &Value| event["error"]["type"].as_str().unwrap_or_default().to_owned();
    let mut kinds: Vec<String> = page["events"].as_array().unwrap().iter().map(kind).filter(|kind| kind != "Last").collect();
    kinds.sort();
    kinds
}

#[tokio::test]
async fn batches_sent_again_and_exceptions_told_twice_are_stored_once_each() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let (client, address) = (server.client(), server.address.clone());
    for _ in 0..5 {
        let json = post(&address, "/v1/traces", &key, "application/json", captured(1)).await;
        assert_eq!(json, (200, "{}".to_owned()));
        let path = format!("/api/{project}/integration/otlp/v1/traces");
        assert_eq!(post(&address, &path, &key, "application/x-protobuf", protobuf("python-traces")).await, (200, String::new()));
        assert_eq!(post(&address, "/v1/logs", &key, "application/x-protobuf", protobuf("python-logs-1")).await.0, 200);
        assert_eq!(export(&address, "logs.v1.LogsService", &key, &protobuf("python-logs-2")).await, "0");
        assert_eq!(export(&address, "trace.v1.TraceService", &key, &protobuf("otel-js-002")).await, "0");
    }
    // Two of JavaScript, and two of Python that are each recorded by a span and logged.
    let kinds = stored(&client, &address, &key).await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "TypeError").count(), 2, "{kinds:?}");
    assert_eq!(kinds.len(), 4, "{kinds:?}");
    let event = client.get(&format!("/api/v1/events?query=service:web&limit=1&from={}", long_ago())).await["events"][0].clone();
    let whole = client.get(&format!("/api/v1/events/{}", event["id"].as_str().unwrap())).await;
    assert_eq!((&whole["release"], &whole["environment"]), (&json!("9.9.9"), &json!("prod")));
    let frames = whole["exceptions"][0]["stacktrace"]["frames"].as_array().cloned().unwrap_or_default();
    assert_eq!(frames.last().map(|frame| frame["function"].clone()), Some(json!("inner")), "{whole}");
}

#[tokio::test]
async fn a_project_may_want_errors_without_exceptions_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let (client, address) = (server.client(), server.address.clone());
    let log = |text: &str| {
        json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"severityNumber": 17, "body": {"stringValue": text}}]}]}]}).to_string()
    };
    assert_eq!(post(&address, "/v1/logs", &key, "application/json", log("not wanted").into_bytes()).await.0, 200);
    let (status, changed) = client.patch(&format!("/api/v1/projects/{project}"), &json!({"settings": {"otlp_errors": true}})).await;
    assert_eq!((status, &changed["settings"]["otlp_errors"]), (200, &json!(true)));
    // The setting is known within two seconds.
    eventually("an error that is only logged is taken", async || {
        post(&address, "/v1/logs", &key, "application/json", log("wanted").into_bytes()).await;
        let page = client.get("/api/v1/events?query=\"wanted\"").await;
        !page["events"].as_array().unwrap().is_empty()
    })
    .await;
    let page = client.get("/api/v1/events?limit=100").await;
    assert!(!page.to_string().contains("not wanted"), "{page}");
}

/// An address that is free now.
async fn free() -> String {
    let address: SocketAddr = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    address.to_string()
}

#[tokio::test]
async fn the_listeners_for_opentelemetry_take_both_protocols_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let (grpc, http) = (free().await, free().await);
    let variables = [("BELFRY_OTLP__GRPC_LISTEN".to_owned(), grpc.clone()), ("BELFRY_OTLP__HTTP_LISTEN".to_owned(), http.clone())];
    let mut server = Server::start("serve", dir.path(), &variables).await;
    let (key, _) = parts(&server.read_dsn());
    for address in [&grpc, &http] {
        assert_eq!(export(address, "logs.v1.LogsService", &key, &protobuf("python-logs-1")).await, "0");
        assert_eq!(export(address, "logs.v1.LogsService", &"f".repeat(32), &protobuf("python-logs-1")).await, "7");
        assert_eq!(post(address, "/v1/traces", &key, "application/json", captured(1)).await.0, 200);
        assert_eq!(Client::new(address).status("/api/v1/issues").await, Some(404));
        assert_eq!(Client::new(address).status("/metrics").await, Some(404));
    }
    assert_eq!(stored(&server.client(), &server.address, &key).await.len(), 2);
    assert!(server.stop().success());
}

#[tokio::test]
async fn a_port_that_was_asked_for_and_is_taken_is_an_error_and_a_usual_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_belfry"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(dir.path())
        .envs([("BELFRY_OTLP__GRPC_LISTEN", address.as_str()), ("BELFRY_OTLP__HTTP_LISTEN", "off")])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains(&address) && error.contains("otlp.grpc_listen") && error.contains("off"), "{error}");

    // When it can't be held here, someone else holds it.
    let held = TcpListener::bind("127.0.0.1:4317").await;
    let server = Server::start("serve", dir.path(), &[("BELFRY_OTLP__GRPC_LISTEN".to_owned(), String::new())]).await;
    assert!(server.stop().success());
    drop(held);
}
