use schemas::{
    catalog::Project,
    event::Priority,
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
        "priority": "major",
        "state": "new",
        "first_seen": ago(3 * 3_600).to_string(),
        "last_seen": ago(10).to_string(),
        "count": 3,
        "before": 0,
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
    let refused =
        |about: &str| ("cursor_of_another_query".to_owned(), format!("cursor: it belongs to a list {about}; begin again without it"));
    assert_eq!(server.problem(&path, 400).await, refused("that is sorted by \"last_seen\""));
    for other in ["query=level:error", "project=shop"] {
        let path = format!("/api/v1/issues?{other}&cursor={}", page["next"].as_str().unwrap());
        assert_eq!(server.problem(&path, 400).await, refused("of other projects or of another query"));
    }
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

#[tokio::test]
async fn issues_are_sorted_by_growth_and_by_urgency() {
    let server = Server::empty().await;
    let day = 24 * 3_600;
    let priorities = [("a", Priority::Minor), ("b", Priority::Critical), ("c", Priority::Minor)];
    // In the day before: a once, b three times, c never. In the last day: a twice, b twice, c once.
    let times = [("a", vec![day + 600, 500, 400]), ("b", vec![day + 600, day + 700, day + 800, 900, 800]), ("c", vec![300])];
    let mut events = Vec::new();
    for ((name, priority), (_, times)) in priorities.into_iter().zip(times) {
        for seconds in times {
            let mut event = event(events.len() as u32 + 1, SHOP, name, seconds);
            event.priority = priority;
            events.push(event);
        }
    }
    server.store(events).await;
    let (a, b, c) = (issue_id(SHOP, "a"), issue_id(SHOP, "b"), issue_id(SHOP, "c"));
    let page = server.get("/api/v1/issues?sort=trend&to=now").await;
    let mut growing = [a.clone(), c.clone()];
    growing.sort();
    assert_eq!(ids(&page), [growing[0].clone(), growing[1].clone(), b.clone()]);
    let of = |id: &str| page["issues"].as_array().unwrap().iter().find(|issue| issue["id"] == id).unwrap();
    assert_eq!((&of(&a)["count"], &of(&a)["before"]), (&json!(2), &json!(1)));
    assert_eq!((&of(&b)["count"], &of(&b)["before"]), (&json!(2), &json!(3)));
    assert_eq!(ids(&server.get("/api/v1/issues?sort=priority").await), [b.clone(), c.clone(), a.clone()]);
    assert_eq!(ids(&server.get("/api/v1/issues?sort=first_seen").await), [c, a, b]);
}

#[tokio::test]
async fn every_issue_is_new_and_other_states_are_refused_by_name() {
    let server = Server::full().await;
    assert_eq!(ids(&server.get("/api/v1/issues?state=new").await).len(), 3);
    let (code, detail) = server.problem("/api/v1/issues?state=new,resolved", 400).await;
    assert_eq!((code.as_str(), detail.as_str()), ("invalid_parameter", "state: there is no state \"resolved\"; there is new"));
}

#[tokio::test]
async fn a_page_follows_the_one_before_while_events_come() {
    let server = Server::full().await;
    let first = server.get("/api/v1/issues?from=-31h&limit=2&project=shop").await;
    assert_eq!(ids(&first), [issue_id(SHOP, "a"), issue_id(SHOP, "b")]);
    server.store(vec![event(50, SHOP, "newest", 1)]).await;
    let path = format!("/api/v1/issues?from=-31h&limit=2&project=shop&cursor={}", first["next"].as_str().unwrap());
    assert_eq!(ids(&server.get(&path).await), [issue_id(SHOP, "c")]);
}

#[tokio::test]
async fn one_issue_tells_its_life_releases_and_activity() {
    let server = Server::empty().await;
    let releases = [(1, Some("2.0"), 60), (2, Some("1.0"), 3_600), (3, Some("1.0"), 2 * 24 * 3_600), (4, None, 3 * 24 * 3_600)];
    let mut events: Vec<_> = releases
        .into_iter()
        .map(|(n, release, seconds)| {
            let mut event = event(n, SHOP, "a", seconds);
            event.release = release.map(str::to_owned);
            event
        })
        .collect();
    // Only the second one says what happened to whom.
    events[1].user = Some(schemas::event::User { id: Some("u1".into()), ..Default::default() });
    events[0].slim = true;
    server.store(events.clone()).await;
    let issue = server.get(&format!("/api/v1/issues/{}?from=-2h", issue_id(SHOP, "a"))).await;
    assert_eq!((&issue["count"], &issue["life"]), (&json!(2), &json!({ "count": 4, "users": 1 })));
    let releases = &issue["releases"];
    assert_eq!((&releases["total"], &releases["first"], &releases["last"]), (&json!(2), &json!("1.0"), &json!("2.0")));
    let (first, last) = (ago(2 * 24 * 3_600).to_string(), ago(3_600).to_string());
    assert_eq!(releases["most"][0], json!({ "release": "1.0", "count": 2, "first_seen": first, "last_seen": last }));
    for (member, expected) in [("latest_event", 0), ("first_event", 1), ("recommended_event", 1)] {
        assert_eq!(issue[member], serde_json::to_value(&events[expected]).unwrap(), "{member}");
    }
    let counts =
        |of: &str| -> Vec<u64> { issue["activity"][of].as_array().unwrap().iter().map(|it| it["count"].as_u64().unwrap()).collect() };
    // It is noon: the event of a minute ago and that of an hour ago are of the hour before this one.
    let mut hours = vec![0; 24];
    hours[22] = 2;
    assert_eq!(counts("hours"), hours);
    let mut days = vec![0; 30];
    (days[29], days[27], days[26]) = (2, 1, 1);
    assert_eq!(counts("days"), days);
    assert_eq!(issue["activity"]["hours"][23]["start"], ago(0).to_string());
    assert_eq!(issue["activity"]["days"][29]["start"], ago(12 * 3_600).to_string());
}

#[tokio::test]
async fn the_events_of_an_issue_are_paged_and_know_their_neighbours() {
    let server = Server::full().await;
    // At the very millisecond of event 2, which stands between them.
    server.store(vec![event(1_001, SHOP, "a", 120), event(0, SHOP, "a", 120)]).await;
    let id = issue_id(SHOP, "a");
    let name = |n: u32| crate::server::id(n).to_string();
    let order = [1, 1_001, 2, 0, 3].map(name);
    for limit in [1, 2, 5] {
        let first = format!("/api/v1/issues/{}/events?limit={limit}", id.to_lowercase());
        let (mut path, mut seen) = (first.clone(), Vec::new());
        loop {
            let page = server.get(&path).await;
            seen.extend(page["events"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("{first}&cursor={next}");
        }
        assert_eq!(seen, order);
    }
    for n in 0..order.len() {
        let found = server.get(&format!("/api/v1/issues/{id}/events/{}/neighbours", order[n])).await;
        let beside = |at: Option<usize>| at.and_then(|at| order.get(at)).map_or(Value::Null, |id| json!(id));
        assert_eq!((&found["next"]["id"], &found["previous"]["id"]), (&beside(n.checked_sub(1)), &beside(Some(n + 1))), "{n}");
    }
    let page = server.get(&format!("/api/v1/issues/{id}/events?query=user:u2")).await;
    assert_eq!(page["events"].as_array().unwrap().len(), 1);
    let page = server.get(&format!("/api/v1/issues/{id}/events?limit=1")).await;
    let path = format!("/api/v1/issues/{}/events?cursor={}", issue_id(SHOP, "b"), page["next"].as_str().unwrap());
    assert_eq!(server.problem(&path, 400).await.0, "cursor_of_another_query");
    server.problem(&format!("/api/v1/issues/{id}/events/{}/neighbours", name(4)), 404).await;
    server.problem(&format!("/api/v1/issues/{id}/events/nothing/neighbours"), 400).await;
}
