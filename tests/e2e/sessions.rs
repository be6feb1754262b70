//! Sessions as real SDKs sent them, and what they say they lost, through the whole of it. The sums are worked out by
//! hand from the bodies.

use serde_json::{Value, json};

use crate::{
    client::{Client, parts},
    server::{Server, eventually},
};

/// Seven updates of four sessions:
///
/// - Rust (`rsapp@0.1.0`, staging): one begins with an error (001) and crashes (003), user `u-42`; one begins and ends
///   well in one update (004), no user.
/// - Node (`web@2.0.0`, staging): one begins with an error (002) and crashes (007), user `u-42`.
/// - Browser (`shop@3.1.4`, production): one begins with an error (001) and goes on with it (004), user `7`.
const CAPTURED: [&str; 7] = ["rust/001", "rust/003", "rust/004", "node/002", "node/007", "browser/001", "browser/004"];

/// A client's report beside nothing else, as <https://develop.sentry.dev/sdk/telemetry/client-reports/> shows it.
const REPORT: &str = r#"{"discarded_events":[{"reason":"queue_overflow","category":"error","quantity":23},{"reason":"queue_overflow","category":"transaction","quantity":1321}]}"#;

/// The captured envelope without its DSN, which is another server's.
fn captured(name: &str) -> Vec<u8> {
    let path = format!("{}/../shared/corpora/captured-sdk/{name}.body", env!("CARGO_MANIFEST_DIR"));
    let body = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let end = body.iter().position(|byte| *byte == b'\n').unwrap();
    let mut headers: Value = serde_json::from_slice(&body[..end]).unwrap();
    headers.as_object_mut().unwrap().remove("dsn");
    [headers.to_string().as_bytes(), &body[end..]].concat()
}

async fn send_all(client: &Client, project: u64, key: &str) {
    for name in CAPTURED {
        assert_eq!(client.envelope(project, key, captured(name)).await, Some(200), "{name}");
    }
    // Under an id of its own, so that it is the same report when it comes again.
    let report = format!("{{\"event_id\":\"{}\"}}\n{{\"type\":\"client_report\"}}\n{REPORT}", "0".repeat(31) + "7");
    assert_eq!(client.envelope(project, key, report.into_bytes()).await, Some(200));
}

/// How many records have ended since yesterday.
async fn ended(client: &Client) -> u64 {
    let mut ended = 0;
    for hours in [0, 24] {
        let day = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(hours)).to_string()[..10].to_owned();
        let ledger = client.get(&format!("/api/v1/ledger?day={day}")).await;
        ended += ledger["outcomes"].as_array().unwrap().iter().map(|line| line["count"].as_u64().unwrap()).sum::<u64>();
    }
    ended
}

async fn check(client: &Client) {
    let answer = client.get("/api/v1/sessions?from=-6d&by=release,environment").await;
    let figures = |value: &Value| {
        let numbers = ["sessions", "errored", "crashed", "abnormal", "users", "crashed_users"].map(|name| value[name].as_u64().unwrap());
        (numbers, value["crash_free_sessions"].as_f64(), value["crash_free_users"].as_f64())
    };
    assert_eq!(figures(&answer["total"]), ([4, 3, 2, 0, 2, 1], Some(0.5), Some(0.5)), "{answer}");
    let rows = [
        (json!({ "release": "rsapp@0.1.0", "environment": "staging" }), ([2, 1, 1, 0, 1, 1], Some(0.5), Some(0.0))),
        (json!({ "release": "shop@3.1.4", "environment": "production" }), ([1, 1, 0, 0, 1, 0], Some(1.0), Some(1.0))),
        (json!({ "release": "web@2.0.0", "environment": "staging" }), ([1, 1, 1, 0, 1, 1], Some(0.0), Some(0.0))),
    ];
    let found: Vec<_> = answer["rows"].as_array().unwrap().iter().map(|row| (row["key"].clone(), figures(row))).collect();
    assert_eq!(found, rows, "{answer}");
    let lost = client.get("/api/v1/client-reports?by=reason,category").await;
    assert_eq!(lost["total"], 1_344, "{lost}");
    let loss = |category: &str, quantity: u64| json!({ "key": { "reason": "queue_overflow", "category": category }, "quantity": quantity });
    assert_eq!(lost["rows"], json!([loss("transaction", 1_321), loss("error", 23)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sessions_of_real_sdks_count_once_however_often_they_are_sent() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let client = server.client();
    send_all(&client, project, &key).await;
    // Seven sessions and a report, and the events beside them.
    eventually("the sessions are counted", async || {
        client.get("/api/v1/client-reports").await["total"] == 1_344
            && client.get("/api/v1/sessions?from=-6d").await["total"]["crashed"] == 2
    })
    .await;
    check(&client).await;
    let before = ended(&client).await;
    send_all(&client, project, &key).await;
    eventually("all of it has ended again", async || ended(&client).await >= 2 * before).await;
    check(&client).await;
    assert!(server.stop().success());
    let server = Server::start("serve", dir.path(), &[]).await;
    check(&server.client()).await;
}
