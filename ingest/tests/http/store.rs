//! The way of SDKs from before 2020: one event a request.

use std::io::Write;

use data_encoding::BASE64;
use serde_json::json;

use crate::app::{App, STORE, auth, payload, post};

const ID: &str = "fc6d8c0c43fc4630ad850ee518f1b9d0";

fn event() -> String {
    json!({"event_id": ID, "message": "it broke"}).to_string()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn an_event_is_taken_plain_and_in_base64_and_in_base64_of_zlib() {
    let app = App::new().await;
    let base64 = BASE64.encode(event().as_bytes());
    let in_lines = base64.as_bytes().chunks(20).map(|line| format!("{}\r\n", std::str::from_utf8(line).unwrap())).collect::<String>();
    let unpadded = base64.trim_end_matches('=').to_owned();
    let bodies = [event(), format!("\u{feff} \n{}", event()), base64, in_lines, unpadded, BASE64.encode(&zlib(event().as_bytes()))];
    for body in bodies {
        let answer = app.post(STORE, body.clone()).await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "id": ID })), "{body}");
        let [record] = app.records().await.try_into().unwrap();
        assert!(payload(&record).ends_with(event().as_bytes()));
        assert_eq!(record.event_id.to_string(), ID);
    }
}

#[tokio::test]
async fn an_event_without_an_id_gets_one() {
    let app = App::new().await;
    let id = app.post(STORE, "{}").await.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(app.records().await[0].event_id.to_string(), id);
}

#[tokio::test]
async fn an_envelope_is_known_by_its_content_type() {
    let app = App::new().await;
    let request = post(STORE).header("x-sentry-auth", auth()).header("content-type", "application/x-sentry-envelope; charset=utf-8");
    let body = format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{{}}\n{{\"type\":\"session\"}}\n{{}}");
    let answer = app.send(request.body(body.into()).unwrap()).await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "id": ID })));
    assert_eq!(app.records().await.len(), 2);
}

#[tokio::test]
async fn what_can_be_repaired_is_taken_and_what_is_no_event_is_not() {
    let app = App::new().await;
    for odd in [
        &br#"{"extra":{"x":NaN,"y":-Infinity}}"#[..],
        br#"{"message":"\ud800 alone"}"#,
        b"{\"message\":\"\xff\xfe\"}",
        b"{\"message\":\"a\tb\"}",
    ] {
        let answer = app.post(STORE, odd.to_vec()).await;
        assert_eq!(answer.status, 200, "{}: {}", String::from_utf8_lossy(odd), answer.body);
        assert_eq!(payload(&app.records().await[0]), odd);
    }
    for bad in [&b"{\"a\":}"[..], b"[]", b"null", b"e30", b"hello world", b"\x00\x01\x02", b"W10="] {
        let answer = app.post(STORE, bad.to_vec()).await;
        if bad == b"e30" {
            assert_eq!(answer.status, 200, "base64 of an empty object");
            assert_eq!(app.records().await.len(), 1);
        } else {
            assert_eq!(answer.status, 400, "{}: {}", String::from_utf8_lossy(bad), answer.body);
        }
    }
    let answer = app.post(STORE, "{nope").await;
    assert_eq!(answer.detail(), "invalid JSON data");
    assert!(app.records().await.is_empty());
}
