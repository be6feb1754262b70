use schemas::{
    catalog::Project,
    ids::{Fingerprint, ProjectId},
};
use serde_json::{Value, json};
use storage::catalog::{Collection, Draft, Expect, Write};

use crate::server::{BILLING, SHOP, Server, ago, event, fingerprint, issue_id};

fn ids(page: &Value) -> Vec<String> {
    page["issues"].as_array().unwrap().iter().map(|issue| issue["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn issues_come_with_their_counts() {
    let server = Server::full().await;
    let page = server.get("/api/v1/issues?to=now").await;
    assert_eq!(ids(&page), [issue_id(SHOP, "a"), issue_id(BILLING, "a"), issue_id(SHOP, "b")]);
    // 24 buckets of an hour, the last one up to now.
    let mut sparkline = vec![0; 24];
    sparkline[23] = 2;
    sparkline[21] = 1;
    let expected = json!({
        "id": issue_id(SHOP, "a"),
        "project": 1,
        "fingerprints": [fingerprint("a")],
        "title": "Error a",
        "error": { "type": "Errora", "message": "message of a" },
        "severity": "error",
        "state": "new",
        "first_seen": ago(3 * 3_600).to_string(),
        "last_seen": ago(10).to_string(),
        "count": 3,
        "users": 2,
        "window": { "first_seen": ago(3 * 3_600).to_string(), "last_seen": ago(10).to_string() },
        "sparkline": sparkline,
    });
    assert_eq!(page["issues"][0], expected);
    assert_eq!((&page["total"], &page["complete"], &page["next"]), (&json!(3), &json!(true), &Value::Null));
    assert_eq!(
        (&page["from"], &page["to"], &page["bucket_ms"]),
        (&json!(ago(24 * 3_600).to_string()), &json!(ago(0).to_string()), &json!(3_600_000))
    );
}

#[tokio::test]
async fn counts_are_of_the_range_and_query_and_times_of_both() {
    let server = Server::full().await;
    let page = server.get("/api/v1/issues?from=-1h&query=user:u2").await;
    assert_eq!(ids(&page), [issue_id(SHOP, "a")]);
    let issue = &page["issues"][0];
    assert_eq!((&issue["count"], &issue["users"]), (&json!(1), &json!(1)));
    assert_eq!(issue["window"], json!({ "first_seen": ago(120).to_string(), "last_seen": ago(120).to_string() }));
    assert_eq!((&issue["first_seen"], &issue["last_seen"]), (&json!(ago(3 * 3_600).to_string()), &json!(ago(10).to_string())));
    assert_eq!(
        ids(&server.get("/api/v1/issues?from=-31h&project=shop&query=level:error").await),
        [issue_id(SHOP, "a"), issue_id(SHOP, "c")]
    );
    assert_eq!(ids(&server.get("/api/v1/issues?query=service:nothing").await), [""; 0]);
}

#[tokio::test]
async fn issues_are_sorted_and_paged_in_each_order() {
    let server = Server::full().await;
    let (a, b, c, other) = (issue_id(SHOP, "a"), issue_id(SHOP, "b"), issue_id(SHOP, "c"), issue_id(BILLING, "a"));
    let mut singles = [b.clone(), c.clone(), other.clone()];
    singles.sort();
    let mut without_users = [b.clone(), c.clone()];
    without_users.sort();
    for (sort, expected) in [
        ("last_seen", vec![&a, &other, &b, &c]),
        ("first_seen", vec![&other, &b, &a, &c]),
        ("count", [&a].into_iter().chain(&singles).collect()),
        ("users", [&a, &other].into_iter().chain(&without_users).collect()),
    ] {
        for limit in [1, 2, 3, 10] {
            let first = format!("/api/v1/issues?from=-31h&sort={sort}&limit={limit}");
            let mut path = first.clone();
            let mut seen = Vec::new();
            loop {
                let page = server.get(&path).await;
                assert_eq!(page["total"], 4);
                seen.extend(ids(&page));
                let Some(next) = page["next"].as_str() else { break };
                path = format!("{first}&cursor={next}");
            }
            assert_eq!(seen.iter().collect::<Vec<_>>(), expected, "{sort}, {limit} a page");
        }
    }
    let page = server.get("/api/v1/issues?limit=1").await;
    let path = format!("/api/v1/issues?sort=count&cursor={}", page["next"].as_str().unwrap());
    assert_eq!(server.problem(&path, 400).await.1, "cursor: it belongs to a list that is sorted by \"last_seen\"");
}

#[tokio::test]
async fn one_issue_comes_with_its_whole_life_and_latest_event() {
    let server = Server::full().await;
    let id = issue_id(SHOP, "c");
    for name in [id.clone(), id.to_lowercase(), id.to_uppercase()] {
        let issue = server.get(&format!("/api/v1/issues/{name}")).await;
        assert_eq!((&issue["id"], &issue["count"], &issue["users"]), (&json!(id), &json!(1), &json!(0)));
        assert_eq!(issue["latest_event"], serde_json::to_value(&crate::server::events()[4]).unwrap());
        assert_eq!(issue["sparkline"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum::<u64>(), 1);
    }
    let issue = server.get(&format!("/api/v1/issues/{id}?from=-1h")).await;
    assert_eq!((&issue["count"], &issue["window"], &issue["latest_event"]), (&json!(0), &Value::Null, &Value::Null));
    let issue = server.get(&format!("/api/v1/issues/{}", issue_id(SHOP, "a"))).await;
    assert_eq!((&issue["count"], &issue["users"]), (&json!(3), &json!(2)));
    assert_eq!(issue["latest_event"]["id"], "00000000000000000000000000000001");
}

/// Makes the issue of the group `into` the issue of the group `other` too, as people will do.
async fn join(server: &Server, into: &str, other: &str) {
    let ids = [issue_id(SHOP, into)];
    let mut kept = server.catalog.get(Collection::Issues, &ids).await.unwrap().remove(0).unwrap();
    let mut issue: Value = serde_json::from_slice(&kept.draft.json).unwrap();
    issue["fingerprints"] = json!([fingerprint(into), fingerprint(other)]);
    kept.draft.json = serde_json::to_vec(&issue).unwrap();
    server.catalog.write(Collection::Issues, vec![Write::Put(kept.draft, Expect::Any)]).await.unwrap();
    let json = serde_json::to_vec(&json!({ "issue": ids[0] })).unwrap();
    let draft = Draft { id: format!("{SHOP}:{}", fingerprint(other)), project: Some(SHOP), order: 0, json };
    server.catalog.write(Collection::Fingerprints, vec![Write::Put(draft, Expect::Any)]).await.unwrap();
}

#[tokio::test]
async fn an_issue_of_two_fingerprints_counts_both_and_each_user_once() {
    let server = Server::full().await;
    let mut third = event(7, SHOP, "d", 200);
    third.user = Some(schemas::event::User { id: Some("u1".into()), ..Default::default() });
    server.store(vec![third]).await;
    join(&server, "a", "d").await;
    let page = server.get("/api/v1/issues?project=shop").await;
    assert_eq!(ids(&page), [issue_id(SHOP, "a"), issue_id(SHOP, "b")]);
    let issue = &page["issues"][0];
    assert_eq!((&issue["count"], &issue["users"]), (&json!(4), &json!(2)));
    assert_eq!(issue["sparkline"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum::<u64>(), 4);
    let one = server.get(&format!("/api/v1/issues/{}", issue_id(SHOP, "a"))).await;
    assert_eq!((&one["count"], &one["users"]), (&json!(4), &json!(2)));
}

#[tokio::test]
async fn more_issues_than_one_answer_of_the_index_holds_are_all_there() {
    let server = Server::empty().await;
    // Each with one event but the oldest, which has two: it would come first by count, and last by time.
    let mut events: Vec<_> = (0..1_500).map(|n| event(n, SHOP, &n.to_string(), i64::from(n) + 1)).collect();
    events.push(event(1_500, SHOP, "1499", 1_600));
    for batch in events.chunks(500) {
        server.store(batch.to_vec()).await;
    }
    let page = server.get("/api/v1/issues?limit=2").await;
    assert_eq!(ids(&page), [issue_id(SHOP, "0"), issue_id(SHOP, "1")]);
    assert_eq!((&page["total"], &page["complete"]), (&json!(1_500), &json!(true)));
    let page = server.get("/api/v1/issues?sort=count&limit=500").await;
    assert_eq!((ids(&page)[0].clone(), ids(&page).len()), (issue_id(SHOP, "1499"), 500));
}

#[tokio::test]
async fn the_same_error_in_many_projects_is_an_issue_of_each() {
    let server = Server::empty().await;
    let _: Project = storage::catalog::projects::list(&*server.catalog).await.unwrap().remove(0);
    for n in 3..=12 {
        let key = schemas::ids::PublicKey::from_bytes([n; 16]);
        storage::catalog::projects::create(&*server.catalog, "billing", key, ago(0)).await.unwrap();
    }
    let events = (1..=12_u32).flat_map(|p| (0..20).map(move |n| event(p * 100 + n, ProjectId(p.into()), &n.to_string(), i64::from(n + p))));
    server.store(events.collect()).await;
    let page = server.get("/api/v1/issues?limit=500").await;
    assert_eq!(page["total"], 240);
    for issue in page["issues"].as_array().unwrap() {
        assert_eq!(issue["count"], 1, "{issue}");
        let _: Fingerprint = serde_json::from_value(issue["fingerprints"][0].clone()).unwrap();
    }
}
