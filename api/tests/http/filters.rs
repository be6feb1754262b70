use http::StatusCode;
use schemas::{
    ids::ProjectId,
    outcome::{Kind, Outcome, Reason},
    record::Position,
    tally::Tally,
};
use serde_json::json;

use crate::server::{BILLING, SHOP, Server, ago, id};

const PATH: &str = "/api/v1/projects/shop/filters";

fn left_out(offset: u64, project: ProjectId, seconds: i64, filter: &str) -> Tally {
    let outcome = Outcome {
        position: Position { partition: 0, offset },
        project,
        event_id: id(offset as u32),
        received_at: ago(seconds),
        kind: Kind::Filtered,
        reason: Reason::FilterRule,
        detail: Some(filter.into()),
        quantity: 1,
    };
    Tally::of_filter(&outcome).unwrap()
}

#[tokio::test]
async fn each_filter_is_listed_with_what_it_left_out_of_the_project() {
    let server = Server::empty().await;
    let own = json!({ "filters": [
        { "name": "quiet", "condition": "level:debug" },
        { "name": "crawlers", "web_crawlers": true, "enabled": false },
    ] });
    let all = json!({ "filters": [{ "name": "quiet", "localhost": true }] });
    for (path, rules) in [("/api/v1/projects/shop/rules", own), ("/api/v1/rules", all)] {
        assert_eq!(server.send("PUT", path, Some("admin"), &rules.to_string()).await.status, StatusCode::OK);
    }
    let mut facts = vec![
        left_out(1, SHOP, 60, "project: quiet"),
        left_out(2, SHOP, 120, "project: quiet"),
        left_out(3, SHOP, 60, "all: quiet"),
        left_out(4, BILLING, 60, "all: quiet"),
        left_out(5, SHOP, 60, "project: old one"),
        left_out(6, SHOP, 7_200, "project: quiet"),
    ];
    // Stored again, as after a crash.
    facts.extend_from_within(..);
    server.index.tally(facts).await.unwrap();
    server.index.flush().await.unwrap();
    let answer = server.get(&format!("{PATH}?from=-1h&to=now")).await;
    let line = |scope: &str, name: &str, kind: Option<&str>, enabled: bool, events: u64| json!({ "scope": scope, "name": name, "kind": kind, "enabled": enabled, "events": events });
    assert_eq!(answer["total"], 4, "{answer}");
    assert_eq!(
        answer["filters"],
        json!([
            line("project", "quiet", Some("condition"), true, 2),
            line("project", "crawlers", Some("web_crawlers"), false, 0),
            line("all", "quiet", Some("localhost"), true, 1),
            line("project", "old one", None, false, 1),
        ])
    );
    let longer = server.get(PATH).await;
    assert_eq!((&longer["total"], &longer["filters"][0]["events"]), (&json!(5), &json!(3)));
    let other = server.get("/api/v1/projects/billing/filters").await;
    assert_eq!((&other["total"], &other["filters"]), (&json!(1), &json!([line("all", "quiet", Some("localhost"), true, 1)])));
}

#[tokio::test]
async fn filters_that_can_not_be_used_are_refused_with_their_place() {
    let server = Server::empty().await;
    let rules = json!({ "filters": [{ "name": "a", "localhost": true }, { "name": "b", "condition": "levle:debug" }] });
    let refused = server.send("PUT", "/api/v1/projects/shop/rules", Some("admin"), &rules.to_string()).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
    let error = &refused.json()["errors"][0];
    assert_eq!((&error["pointer"], &error["column"], &error["suggestion"]), (&json!("/filters/1/condition"), &json!(1), &json!("level")));
    let odd =
        server.send("PUT", "/api/v1/projects/shop/rules", Some("admin"), r#"{"filters":[{"name":"a","http_statuses":[true]}]}"#).await;
    assert!(odd.text.contains("/filters/0/http_statuses/0") && odd.text.contains("405-410"), "{}", odd.text);
}
