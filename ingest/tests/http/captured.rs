//! What real SDKs sent, byte for byte with their headers.

use axum::body::Body;
use schemas::record::{Kind, Record};
use serde_json::Value;

use crate::app::{App, corpus, payload, post, read};

/// The requests of one SDK, in order.
fn requests(sdk: &str) -> Vec<(String, Value)> {
    let mut names: Vec<String> = std::fs::read_dir(corpus(&format!("captured-sdk/{sdk}")))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().unwrap().strip_suffix(".req.json").map(str::to_owned))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "no requests of {sdk}");
    names
        .into_iter()
        .map(|name| {
            let name = format!("captured-sdk/{sdk}/{name}");
            let request = serde_json::from_slice(&read(&format!("{name}.req.json"))).unwrap();
            (name, request)
        })
        .collect()
}

/// The items of an envelope, as types and payloads.
fn items(body: &[u8]) -> Vec<(String, Vec<u8>)> {
    let line = |rest: &[u8]| rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let after = |rest: &[u8], end: usize| rest.get(end + 1..).unwrap_or_default().to_vec();
    let mut rest = after(body, line(body));
    let mut items = Vec::new();
    while !rest.is_empty() {
        let end = line(&rest);
        let headers: Value = serde_json::from_slice(&rest[..end]).unwrap();
        rest = after(&rest, end);
        let length = headers["length"].as_u64().map_or_else(|| line(&rest), |length| length as usize);
        items.push((headers["type"].as_str().unwrap().to_owned(), rest[..length].to_vec()));
        rest = after(&rest, length);
    }
    items
}

fn check(name: &str, body: &[u8], records: &[Record]) {
    let items = items(body);
    assert_eq!(items.len(), records.len(), "{name}");
    for ((item_type, bytes), record) in items.iter().zip(records) {
        assert_eq!(*item_type, record.item_type, "{name}");
        match item_type.as_str() {
            "event" => assert_eq!((record.kind, payload(record).as_ref()), (Kind::SentryEvent, bytes.as_slice()), "{name}"),
            "feedback" => assert_eq!((record.kind, payload(record).as_ref()), (Kind::Feedback, bytes.as_slice()), "{name}"),
            "client_report" => assert_eq!((record.kind, payload(record).as_ref()), (Kind::ClientReport, bytes.as_slice()), "{name}"),
            "attachment" => assert_eq!((record.kind, payload(record).as_ref()), (Kind::Attachment, bytes.as_slice()), "{name}"),
            "session" => assert_eq!((record.kind, payload(record).as_ref()), (Kind::Session, bytes.as_slice()), "{name}"),
            _ => assert_eq!((record.kind, record.payload_bytes), (Kind::Unsupported, bytes.len() as u64), "{name}"),
        }
    }
}

async fn replay(sdk: &str, client: &str) {
    let app = App::new().await;
    for (name, captured) in requests(sdk) {
        let mut request = post(captured["path"].as_str().unwrap());
        for header in captured["headers"].as_array().unwrap() {
            request = request.header(header[0].as_str().unwrap(), header[1].as_str().unwrap());
        }
        let answer = app.send(request.body(Body::from(read(&format!("{name}.wire")))).unwrap()).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
        let body = read(&format!("{name}.body"));
        let records = app.records().await;
        check(&name, &body, &records);
        for record in &records {
            assert_eq!(record.client.as_deref(), Some(client), "{name}");
        }
        let headers: Value = serde_json::from_slice(body.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
        let id = headers["event_id"].as_str().map(|id| id.replace('-', ""));
        assert_eq!(answer.json()["id"].as_str(), id.as_deref(), "{name}");
    }
}

#[tokio::test]
async fn the_python_sdk_is_understood() {
    replay("python", "sentry.python/2.75.0").await;
}

#[tokio::test]
async fn the_node_sdk_is_understood() {
    replay("node", "sentry.javascript.node/11.12.0").await;
}

#[tokio::test]
async fn the_browser_sdk_is_understood() {
    replay("browser", "sentry.javascript.browser/11.12.0").await;
}

#[tokio::test]
async fn the_rust_sdk_is_understood() {
    replay("rust", "sentry.rust/0.49.5").await;
}
