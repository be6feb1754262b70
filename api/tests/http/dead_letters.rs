use schemas::{catalog::DeadLetter, outcome::Reason, record::Position};
use serde_json::{Value, json};
use storage::catalog::dead_letters;

use crate::server::{BILLING, SHOP, Server, ago, id};

fn letter(n: u32) -> DeadLetter {
    DeadLetter {
        position: Position { partition: 1, offset: n.into() },
        project: if n.is_multiple_of(2) { SHOP } else { BILLING },
        event_id: id(n),
        received_at: ago(i64::from(n)),
        reason: Reason::InvalidJson,
        detail: "expected a value at byte 3".into(),
        record: "c2VjcmV0".into(),
    }
}

fn offsets(page: &Value) -> Vec<u64> {
    page["dead_letters"].as_array().unwrap().iter().map(|letter| letter["position"]["offset"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn dead_letters_are_listed_without_their_records() {
    let server = Server::empty().await;
    dead_letters::add(&*server.catalog, (0..50).map(letter).collect()).await.unwrap();
    let page = server.get("/api/v1/dead-letters").await;
    assert_eq!((offsets(&page), &page["next"]), ((0..50).collect::<Vec<_>>(), &Value::Null));
    let expected = json!({
        "position": { "partition": 1, "offset": 3 }, "project": 2, "event_id": id(3).to_string(), "received_at": ago(3).to_string(),
        "reason": "invalid_json", "detail": "expected a value at byte 3",
    });
    assert_eq!(page["dead_letters"][3], expected);
    let admin = server.send("GET", "/api/v1/dead-letters", Some("admin"), "").await;
    assert!(!admin.text.contains("c2VjcmV0"));
}

#[tokio::test]
async fn dead_letters_are_paged_and_kept_to_a_project() {
    let server = Server::empty().await;
    dead_letters::add(&*server.catalog, (0..50).map(letter).collect()).await.unwrap();
    for limit in [7, 20, 25, 40] {
        let first = format!("/api/v1/dead-letters?project=shop&limit={limit}");
        let mut path = first.clone();
        let mut seen = Vec::new();
        loop {
            let page = server.get(&path).await;
            seen.extend(offsets(&page));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("{first}&cursor={next}");
        }
        assert_eq!(seen, (0..50).step_by(2).collect::<Vec<_>>(), "{limit} a page");
    }
}

#[tokio::test]
async fn an_admin_reads_the_record_of_one() {
    let server = Server::empty().await;
    dead_letters::add(&*server.catalog, vec![letter(3)]).await.unwrap();
    let one = server.send("GET", "/api/v1/dead-letters/1-3", Some("admin"), "").await.json();
    assert_eq!((&one["record"], &one["reason"]), (&json!("c2VjcmV0"), &json!("invalid_json")));
    for missing in ["1-4", "x", "1", "-1-3", "1-3-3"] {
        let reply = server.send("GET", &format!("/api/v1/dead-letters/{missing}"), Some("admin"), "").await;
        assert_eq!(reply.status.as_u16(), 404, "{missing}");
    }
}
