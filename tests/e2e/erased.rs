//! A user is forgotten: nothing of their id and address is left in any file but the log's, in any answer of
//! Elasticsearch or of the API, and nothing comes back after the process was killed.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    client::{Client, parts},
    events::envelope,
    scrubbed::{files, unpacked},
    server::{Server, eventually},
};

const ID: &str = "customer-77310042";
const EMAIL: &str = "jane.roe@shop.example";

fn event_id(n: u32) -> String {
    format!("e7a5ed{n:026x}")
}

/// Of the user, of another one who tells of the user, or of neither.
fn event(n: u32) -> Value {
    let (user, said) = match n % 4 {
        0 => (json!({ "id": ID, "email": EMAIL }), format!("no seat left for {ID}")),
        1 => (json!({ "id": "bob" }), format!("order {n} of {ID} is late")),
        _ => (json!({ "id": "bob" }), format!("order {n} is late")),
    };
    json!({
        "platform": "python", "logentry": { "formatted": said }, "user": user,
        "tags": { "contact": if n % 4 < 2 { EMAIL } else { "nobody" } },
        "extra": { "contact": { "mail": if n % 4 < 2 { EMAIL } else { "" } } },
        "breadcrumbs": { "values": [{ "category": "log", "message": if n % 4 == 1 { ID } else { "quiet" } }] },
    })
}

/// Sends 40 events, 10 of the user, with a report by the user and a record that can't be read; waits for all of them.
async fn fill(ingest: &Client, api: &Client, dsn: &str) {
    let (key, project) = parts(dsn);
    let safe = json!({ "scrubbing": { "safe_fields": ["contact"] } });
    let (status, answer) = api.put("/api/v1/rules", &safe).await;
    assert_eq!(status, 200, "{answer}");
    // Rules are looked up every second.
    eventually("addresses of contacts are kept", async || {
        let probe = "00000000000000000000000000000001".to_owned();
        let id = format!("{}{:04x}", &probe[..28], jiff::Timestamp::now().as_millisecond() % 0xffff);
        let about = json!({ "message": "probe", "tags": { "contact": "probe@shop.example" } });
        assert_eq!(ingest.envelope(project, &key, envelope(&id, about.to_string().as_bytes())).await, Some(200));
        let mut kept = None;
        eventually("the probe is there", async || {
            let (status, event) = api.try_get(&format!("/api/v1/events/{id}")).await.unwrap();
            kept = (status == 200).then(|| event["tags"]["contact"] == "probe@shop.example");
            kept.is_some()
        })
        .await;
        kept == Some(true)
    })
    .await;
    for n in 0..40 {
        let body = envelope(&event_id(n), event(n).to_string().as_bytes());
        assert_eq!(ingest.envelope(project, &key, body).await, Some(200));
    }
    let report = json!({ "event_id": event_id(2), "name": "Jane", "email": EMAIL, "comments": format!("I am {ID}") }).to_string();
    let report = format!("{{\"event_id\":\"{}\"}}\n{{\"type\":\"user_report\",\"length\":{}}}\n{report}\n", event_id(2), report.len());
    assert_eq!(ingest.envelope(project, &key, report.into_bytes()).await, Some(200));
    let broken = format!("{{\"user\":{{\"id\":\"{ID}\"}},\"message\":");
    assert_eq!(ingest.envelope(project, &key, envelope(&event_id(99), broken.as_bytes())).await, Some(200));
    eventually("everything is there", async || {
        let letters = api.get("/api/v1/dead-letters").await["dead_letters"].as_array().map_or(0, Vec::len);
        let words = api.get("/api/v1/feedback").await["feedback"].as_array().map_or(0, Vec::len);
        api.status_of(&format!("/api/v1/events/{}", event_id(39))).await == 200 && letters == 1 && words == 1
    })
    .await;
    assert_eq!(found(api).await, 10);
}

/// How many events of the user there are.
async fn found(api: &Client) -> u64 {
    api.get(&format!("/api/v1/stats/summary?query=user.id:{ID}")).await["total"].as_u64().unwrap()
}

/// Everything that the API tells.
async fn told(api: &Client) -> String {
    let mut told = String::new();
    for path in ["export?from=-2h", "issues?limit=500", "feedback", "dead-letters", "jobs", "ledger", "events?limit=1000"] {
        told += &api.try_get(&format!("/api/v1/{path}")).await.unwrap().1.to_string();
    }
    let letters = api.get("/api/v1/dead-letters").await;
    let position = &letters["dead_letters"][0]["position"];
    let raw = api.get(&format!("/api/v1/dead-letters/{}-{}", position["partition"], position["offset"])).await;
    told + &raw.to_string()
}

/// Orders that the user be forgotten and waits for the receipt.
async fn forget(api: &Client) -> Value {
    let order = json!({ "user": { "id": ID, "email": EMAIL.to_uppercase() }, "what": "events" });
    let (status, job) = api.post("/api/v1/erase", &order).await;
    assert_eq!(status, 202, "{job}");
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    eventually("the user is forgotten", async || {
        let job = api.get(&path).await;
        assert_ne!(job["state"], "failed", "{job}");
        job["state"] == "done"
    })
    .await;
    api.get(&path).await["outcome"].clone()
}

fn check_receipt(receipt: &Value) {
    assert_eq!(receipt["type"], "erase", "{receipt}");
    let counts = ["events", "rewritten", "feedback", "dead_letters"].map(|name| receipt[name].as_u64().unwrap());
    assert_eq!(counts, [10, 10, 1, 1], "{receipt}");
    assert!(receipt["log_until"].is_string() && receipt["done_at"].is_string(), "{receipt}");
    assert!(!receipt.to_string().contains(ID) && !receipt.to_string().to_lowercase().contains(EMAIL), "{receipt}");
}

async fn check_answers(api: &Client) {
    assert_eq!(found(api).await, 0);
    let told = told(api).await.to_lowercase();
    assert!(told.contains("[erased]") && told.contains("order 2 is late"), "{told}");
    for word in [ID, EMAIL] {
        let at = told.find(word).map(|at| told[at.saturating_sub(200)..].chars().take(400).collect::<String>());
        assert_eq!(at, None);
    }
    let fate = api.get(&format!("/api/v1/events/{}/outcome", event_id(0))).await;
    assert_eq!((&fate["outcomes"][0]["kind"], &fate["outcomes"][0]["reason"]), (&json!("erased"), &json!("erasure_request")), "{fate}");
    let other = api.get(&format!("/api/v1/events/{}/outcome", event_id(1))).await;
    assert_eq!(other["outcomes"][0]["kind"], "stored", "{other}");
}

fn check_files(dir: &Path) {
    let mut all = Vec::new();
    files(dir, &mut all);
    let mut events = 0;
    for (name, bytes) in &all {
        let whole = unpacked(bytes);
        for bytes in [bytes, &whole] {
            let text = String::from_utf8_lossy(bytes).to_lowercase();
            events += text.matches("order 2 is late").count();
            for word in [ID, EMAIL] {
                let around = text.find(word).map(|at| text[..at + word.len()].chars().rev().take(200).collect::<String>());
                assert_eq!(around, None, "{word} in {name}, backwards");
            }
        }
    }
    assert!(events > 0, "what is there is not found");
}

#[tokio::test]
async fn no_byte_of_a_forgotten_user_is_left_in_any_file_and_nothing_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let dsn = server.read_dsn();
    fill(&server.client(), &server.client(), &dsn).await;
    check_receipt(&forget(&server.client()).await);
    check_answers(&server.client()).await;
    check_files(dir.path());
    server.end();
    check_files(dir.path());
    let server = Server::start("serve", dir.path(), &[]).await;
    check_answers(&server.client()).await;
    let (key, project) = parts(&dsn);
    let again = envelope(&event_id(0), event(0).to_string().as_bytes());
    assert_eq!(server.client().envelope(project, &key, again).await, Some(200));
    eventually("it is a duplicate", async || {
        let fate = server.client().get(&format!("/api/v1/events/{}/outcome", event_id(0))).await;
        fate["outcomes"][1]["kind"] == "duplicate"
    })
    .await;
    assert_eq!(found(&server.client()).await, 0);
    let log = server.log();
    assert!(server.stop().success());
    assert!(!log.lock().unwrap().contains(ID));
    check_files(dir.path());
}

#[cfg(feature = "servers")]
mod cluster {
    use super::*;
    use crate::pairs::Pair;

    async fn forgotten(variable: &str) {
        let dir = tempfile::tempdir().unwrap();
        let pair = Pair::elasticsearch(variable);
        let api = Server::start("api", dir.path(), &pair.variables).await;
        let (status, project) = api.client().post("/api/v1/projects", &json!({ "name": "default" })).await;
        assert_eq!(status, 201, "{project}");
        let ingest = Server::start("ingest", dir.path(), &pair.variables).await;
        let mut processor = Server::start("process", dir.path(), &pair.variables).await;
        fill(&ingest.client(), &api.client(), project["key"]["dsn"].as_str().unwrap()).await;
        check_receipt(&forget(&api.client()).await);
        check_answers(&api.client()).await;
        processor.end();
        let _processor = Server::start("process", dir.path(), &pair.variables).await;
        check_answers(&api.client()).await;
        let answer = pair.everything().await.to_lowercase();
        assert!(answer.contains("order 2 is late") && answer.contains("erasure_request"));
        for word in [ID, EMAIL] {
            let at = answer.find(word).map(|at| answer[at.saturating_sub(200)..].chars().take(400).collect::<String>());
            assert_eq!(at, None);
        }
        pair.remove().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn elasticsearch_9_tells_nothing_of_a_forgotten_user() {
        forgotten("BELFRY_TEST_ES9").await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn elasticsearch_8_tells_nothing_of_a_forgotten_user() {
        forgotten("BELFRY_TEST_ES8").await;
    }
}
