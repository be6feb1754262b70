use schemas::{
    outcome::{Kind, Outcome, Reason},
    record::Position,
};
use serde_json::json;

use crate::server::{SHOP, Server, ago, id};

#[tokio::test]
async fn the_ledger_counts_the_outcomes_of_a_day() {
    let server = Server::full().await;
    let duplicate = Outcome {
        position: Position { partition: 0, offset: 100 },
        project: SHOP,
        event_id: id(1),
        received_at: ago(5),
        kind: Kind::Duplicate,
        reason: Reason::DuplicateId,
        detail: None,
        quantity: 1,
    };
    server.index.record(vec![duplicate]).await.unwrap();
    server.index.flush().await.unwrap();
    let today = server.get("/api/v1/ledger").await;
    assert_eq!((&today["day"], &today["total"]), (&json!("2026-11-20"), &json!(6)));
    let mut outcomes = today["outcomes"].as_array().unwrap().clone();
    outcomes.sort_by_key(|outcome| outcome["kind"].as_str().unwrap().to_owned());
    let expected = json!([
        { "kind": "duplicate", "reason": "duplicate_id", "count": 1 },
        { "kind": "stored", "reason": "accepted", "count": 5 },
    ]);
    assert_eq!(json!(outcomes), expected);
    // Thirty hours ago.
    let yesterday = server.get("/api/v1/ledger?day=2026-11-19").await;
    assert_eq!(yesterday, json!({ "day": "2026-11-19", "outcomes": [{ "kind": "stored", "reason": "accepted", "count": 1 }], "total": 1 }));
    assert_eq!(server.get("/api/v1/ledger?day=2020-01-01").await, json!({ "day": "2020-01-01", "outcomes": [], "total": 0 }));
}
