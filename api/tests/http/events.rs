use http::StatusCode;
use schemas::{
    ids::ProjectId,
    outcome::{Kind, Outcome, Reason},
    record::Position,
};
use serde_json::{Value, json};

use crate::server::{BILLING, SHOP, Server, ago, event, id, now};

/// The last numbers of the ids on a page.
fn numbers(page: &Value) -> Vec<u64> {
    let number = |event: &Value| u64::from_str_radix(event["id"].as_str().unwrap(), 16).unwrap();
    page["events"].as_array().unwrap().iter().map(number).collect()
}

#[tokio::test]
async fn events_of_the_last_day_come_newest_first() {
    let server = Server::full().await;
    let page = server.get("/api/v1/events").await;
    assert_eq!((numbers(&page), &page["next"]), (vec![1, 6, 2, 4, 3], &Value::Null));
    assert_eq!(numbers(&server.get("/api/v1/events?from=-31h").await), [1, 6, 2, 4, 3, 5]);
    assert_eq!(numbers(&server.get("/api/v1/events?from=-2h&to=-100s").await), [2, 4]);
    assert_eq!(numbers(&server.get("/api/v1/events?to=2026-11-20T11:59:50Z").await), [6, 2, 4, 3]);
    assert_eq!(
        server.send("GET", "/api/v1/events?from=-1w&to=-6d", Some("viewer"), "").await.text,
        r#"{"events":[],"query":"*","next":null}"#
    );
}

#[tokio::test]
async fn an_event_of_a_client_whose_clock_is_a_little_ahead_is_there() {
    let server = Server::empty().await;
    server.store(vec![event(1, SHOP, "a", -30)]).await;
    assert_eq!(numbers(&server.get("/api/v1/events").await), [1]);
    assert_eq!(server.get("/api/v1/issues").await["issues"][0]["count"], 1);
    assert_eq!(server.get("/api/v1/stats/summary").await["total"], 1);
}

#[tokio::test]
async fn projects_are_chosen_by_number_or_slug() {
    let server = Server::full().await;
    for (projects, expected) in [
        ("project=shop", vec![1, 2, 4, 3]),
        ("project=1", vec![1, 2, 4, 3]),
        ("project=billing", vec![6]),
        ("project=billing&project=1", vec![1, 6, 2, 4, 3]),
        ("project=billing,shop,1", vec![1, 6, 2, 4, 3]),
    ] {
        assert_eq!(numbers(&server.get(&format!("/api/v1/events?{projects}")).await), expected, "{projects}");
    }
}

#[tokio::test]
async fn events_are_found_by_query() {
    let server = Server::full().await;
    for (query, expected) in [
        ("service:checkout", vec![1, 2, 3]),
        ("-service:checkout", vec![6, 4]),
        ("level:fatal", vec![6]),
        ("tags.tenant:ac*", vec![1]),
        ("has:user%20user:u1", vec![1, 6, 3]),
        ("category:timeout%20user.id:u2", vec![2]),
        ("%22message%20of%20b%22", vec![4]),
        ("of%20NOT%20ErrorA%20service:cart", vec![4]),
        ("timestamp:%3E=2026-11-20T11:58:00Z", vec![1, 6, 2]),
        ("project:2", vec![6]),
        ("service:nothing", vec![]),
    ] {
        assert_eq!(numbers(&server.get(&format!("/api/v1/events?query={query}")).await), expected, "{query}");
    }
}

#[tokio::test]
async fn pages_follow_each_other() {
    let server = Server::full().await;
    for limit in 1..=6 {
        let mut seen = Vec::new();
        let mut path = format!("/api/v1/events?limit={limit}");
        loop {
            let page = server.get(&path).await;
            let some = numbers(&page);
            assert!(some.len() <= limit);
            seen.extend(some);
            match page["next"].as_str() {
                Some(next) => path = format!("/api/v1/events?limit={limit}&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, [1, 6, 2, 4, 3], "{limit} a page");
    }
}

#[tokio::test]
async fn a_page_of_hundreds_is_whole_and_in_order() {
    let server = Server::empty().await;
    server.store((0..250).map(|n| event(n, SHOP, "a", i64::from(n) + 1)).collect()).await;
    let page = server.get("/api/v1/events?limit=240").await;
    assert_eq!(numbers(&page), (0..240).collect::<Vec<_>>());
    let rest = server.get(&format!("/api/v1/events?limit=240&cursor={}", page["next"].as_str().unwrap())).await;
    assert_eq!((numbers(&rest), &rest["next"]), ((240..250).collect::<Vec<_>>(), &Value::Null));
}

#[tokio::test]
async fn one_event_is_given_as_it_was_stored() {
    let server = Server::full().await;
    let stored = serde_json::to_string(&crate::server::events()[0]).unwrap();
    let stored = format!("{},\"feedback\":[]}}", stored.strip_suffix('}').unwrap());
    for name in ["00000000000000000000000000000001", "00000000-0000-0000-0000-000000000001"] {
        let reply = server.send("GET", &format!("/api/v1/events/{name}"), Some("viewer"), "").await;
        assert_eq!((reply.status, reply.text.as_str()), (StatusCode::OK, stored.as_str()));
        assert_eq!(reply.headers["content-type"], "application/json");
    }
    let (code, detail) = server.problem("/api/v1/events/00000000000000000000000000000009", 404).await;
    assert!(code == "not_found" && detail.contains("may still be in the log"), "{detail}");
    server.problem("/api/v1/events/00000000000000000000000000000001?project=billing", 404).await;
    assert_eq!(server.get("/api/v1/events/00000000000000000000000000000005").await["project"], 1);
}

#[tokio::test]
async fn an_event_without_its_payload_says_so_and_why() {
    let server = Server::full().await;
    let mut slim = event(7, SHOP, "a", 5);
    slim.slim = true;
    server.store(vec![slim]).await;
    let path = "/api/v1/events/00000000000000000000000000000007";
    let one = server.get(path).await;
    assert_eq!((&one["slim"], &one["payload"]["missing"], &one["feedback"]), (&json!(true), &json!("storm_control"), &json!([])));
    assert!(one["payload"]["why"].as_str().unwrap().contains("came at once"));
    assert_eq!(server.get("/api/v1/events/00000000000000000000000000000001").await["payload"], Value::Null);
    let found = server.get("/api/v1/events?query=slim:true").await;
    assert_eq!((numbers(&found), &found["events"][0]["slim"]), (vec![7], &json!(true)));
    let outcomes = server.get(&format!("{path}/outcome")).await;
    let outcome = &outcomes["outcomes"][0];
    assert_eq!((&outcome["kind"], &outcome["reason"], &outcome["quantity"]), (&json!("counted"), &json!("storm_control"), &json!(1)));
    let ledger = server.get("/api/v1/ledger").await;
    let expected = json!([
        { "kind": "stored", "reason": "accepted", "count": 5 },
        { "kind": "counted", "reason": "storm_control", "count": 1 },
    ]);
    assert_eq!((&ledger["outcomes"], &ledger["total"]), (&expected, &json!(6)));
}

#[tokio::test]
async fn the_outcome_of_an_event_is_told() {
    let server = Server::full().await;
    let outcome = |n: u32, offset, project: ProjectId, kind, reason, detail: Option<&str>| Outcome {
        position: Position { partition: 0, offset },
        project,
        event_id: id(n),
        received_at: ago(5),
        kind,
        reason,
        detail: detail.map(str::to_owned),
        quantity: 1,
    };
    let duplicate = outcome(1, 100, SHOP, Kind::Duplicate, Reason::DuplicateId, Some("of 0-1"));
    let dead = outcome(9, 101, BILLING, Kind::DeadLettered, Reason::InvalidJson, None);
    server.index.record(vec![duplicate, dead]).await.unwrap();
    server.index.flush().await.unwrap();
    let outcomes = server.get("/api/v1/events/00000000000000000000000000000001/outcome").await;
    let expected = json!({ "outcomes": [
        { "kind": "stored", "reason": "accepted", "position": { "partition": 0, "offset": 1 }, "quantity": 1 },
        { "kind": "duplicate", "reason": "duplicate_id", "position": { "partition": 0, "offset": 100 }, "project": 1,
          "received_at": ago(5).to_string(), "detail": "of 0-1", "quantity": 1 },
    ] });
    assert_eq!(outcomes, expected);
    let outcomes = server.get("/api/v1/events/00000000000000000000000000000009/outcome?project=billing").await;
    assert_eq!(outcomes["outcomes"][0]["kind"], "dead_lettered");
    let (_, detail) = server.problem("/api/v1/events/00000000000000000000000000000009/outcome?project=shop", 404).await;
    assert!(detail.contains("may still be in the log"), "{detail}");
    assert_eq!(now(), ago(0));
}
