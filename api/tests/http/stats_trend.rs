use schemas::event::{Event, User};
use serde_json::{Value, json};

use crate::server::{Server, event_at};

/// An event of a service and a user; empty ones are none.
fn event(n: u32, time: &str, service: &str, user: &str) -> Event {
    let mut event = event_at(n, "a", time);
    event.service = Some(service.to_owned()).filter(|service| !service.is_empty());
    event.user = Some(user).filter(|user| !user.is_empty()).map(|user| User { id: Some(user.into()), ..User::default() });
    event
}

async fn server(events: Vec<Event>) -> Server {
    let server = Server::empty().await;
    server.store(events).await;
    server
}

/// One part of each bucket.
fn of_buckets(trend: &Value, name: &str) -> Value {
    trend["buckets"].as_array().unwrap().iter().map(|bucket| bucket[name].clone()).collect()
}

#[tokio::test]
async fn days_of_a_zone_are_as_long_as_its_clocks_make_them() {
    // In Berlin 2026-10-25 goes from 22:00Z of the day before to 23:00Z.
    let server = server(vec![
        event(1, "2026-10-24T21:59:59Z", "b", ""),
        event(2, "2026-10-24T22:00:00Z", "a", "u1"),
        event(3, "2026-10-25T22:59:59Z", "a", "u1"),
        event(4, "2026-10-25T23:00:00Z", "", "u2"),
        event(5, "2026-10-26T23:00:00Z", "a", "u3"),
    ])
    .await;
    let range = "from=2026-10-24&to=2026-10-27&timezone=Europe/Berlin&interval=1d";
    let trend = server.get(&format!("/api/v1/stats/trend?{range}&by=service&limit=1&with=users")).await;
    assert_eq!((&trend["timezone"], &trend["interval"], &trend["total"]), (&json!("Europe/Berlin"), &json!("1d"), &json!(4)));
    assert_eq!((&trend["from"], &trend["to"]), (&json!("2026-10-23T22:00:00Z"), &json!("2026-10-26T23:00:00Z")));
    assert_eq!(of_buckets(&trend, "start"), json!(["2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"]));
    assert_eq!((of_buckets(&trend, "count"), of_buckets(&trend, "partial")), (json!([1, 2, 1]), json!([null, null, null])));
    // The user of both events of the long day counts once there and once in all.
    assert_eq!((of_buckets(&trend, "users"), &trend["users"]), (json!([0, 1, 1]), &json!(2)));
    assert_eq!(trend["groups"], json!([{ "key": { "service": "a" }, "count": 2, "users": 1, "counts": [0, 2, 0] }]));
    assert_eq!(trend["other"], json!({ "count": 1, "counts": [1, 0, 0] }));
    assert_eq!(trend["without"], json!({ "count": 1, "counts": [0, 0, 1] }));
}

#[tokio::test]
async fn clocks_may_be_changed_by_half_an_hour() {
    // On Lord Howe Island 2026-10-04 goes from 13:30Z of the day before to 13:00Z.
    let server = server(vec![
        event(1, "2026-10-03T13:29:59Z", "", ""),
        event(2, "2026-10-03T13:30:00Z", "", ""),
        event(3, "2026-10-04T12:59:59Z", "", ""),
        event(4, "2026-10-04T13:00:00Z", "", ""),
    ])
    .await;
    let range = "from=2026-10-03&to=2026-10-06&timezone=Australia/Lord_Howe&interval=1d";
    let trend = server.get(&format!("/api/v1/stats/trend?{range}")).await;
    assert_eq!(of_buckets(&trend, "start"), json!(["2026-10-02T13:30:00Z", "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z"]));
    assert_eq!(of_buckets(&trend, "count"), json!([1, 2, 1]));
}

#[tokio::test]
async fn a_bucket_that_is_cut_or_running_is_partial() {
    let server = server(vec![event(1, "2026-11-20T11:59:00Z", "", "")]).await;
    // It is noon.
    let trend = server.get("/api/v1/stats/trend?from=2026-11-20T09:30:00Z&interval=1h").await;
    let starts = ["09:30", "10:00", "11:00", "12:00"].map(|time| json!(format!("2026-11-20T{time}:00Z")));
    assert_eq!(of_buckets(&trend, "start"), json!(starts));
    assert_eq!(of_buckets(&trend, "partial"), json!([true, null, null, true]));
    assert_eq!((of_buckets(&trend, "count"), of_buckets(&trend, "users")), (json!([0, 0, 1, 0]), json!([null, null, null, null])));
    let auto = server.get("/api/v1/stats/trend?from=-30d&to=now").await;
    assert_eq!(auto["interval"], "12h");
    assert_eq!(server.get("/api/v1/stats/trend?from=-5m&to=now").await["interval"], "10s");
    assert_eq!(server.get("/api/v1/stats/trend?from=-400d&to=now").await["interval"], "7d");
}

#[tokio::test]
async fn what_the_groups_leave_is_told_with_those_without_a_value_apart() {
    let time = "2026-11-20T11:30:00Z";
    let names = ["a", "a", "a", "b", "b", "c", "", ""];
    let mut events: Vec<Event> = names.iter().enumerate().map(|(n, name)| event(n as u32, time, name, "")).collect();
    events[5].weight = 10;
    events[7].weight = 4;
    let server = server(events).await;
    let trend = server.get("/api/v1/stats/trend?from=-1h&to=now&interval=1h&by=service&limit=2").await;
    let keys: Vec<_> = trend["groups"].as_array().unwrap().iter().map(|group| (&group["key"]["service"], &group["count"])).collect();
    assert_eq!(keys, [(&json!("c"), &json!(10)), (&json!("a"), &json!(3))]);
    assert_eq!((&trend["total"], &trend["groups_total"]), (&json!(20), &json!(3)));
    assert_eq!(trend["other"], json!({ "count": 2, "counts": [2] }));
    assert_eq!(trend["without"], json!({ "count": 5, "counts": [5], "estimated": true }));
    let level = server.get("/api/v1/stats/trend?from=-1h&to=now&interval=1h&by=level").await;
    assert_eq!((&level["other"]["count"], &level["without"]["count"]), (&json!(0), &json!(0)));
    assert_eq!(server.get("/api/v1/stats/trend").await.get("other"), None, "nothing is split");
}

#[tokio::test]
async fn releases_and_deploys_mark_the_range() {
    let of = |n, time: &str, release: &str| {
        let mut event = event(n, time, "", "");
        event.release = Some(release.to_owned());
        event
    };
    let server = server(vec![
        of(1, "2026-11-20T10:00:00Z", "shop@2"),
        of(2, "2026-11-20T09:00:00Z", "shop@1"),
        of(3, "2026-11-20T11:00:00Z", "shop@2"),
        of(4, "2026-11-18T11:00:00Z", "shop@0"),
    ])
    .await;
    for (release, at) in [("shop@1", "2026-11-17T00:00:00Z"), ("shop@2", "2026-11-20T09:59:00Z")] {
        let deploy = json!({ "release": release, "at": at }).to_string();
        assert_eq!(server.send("POST", "/api/v1/projects/shop/deploys", Some("member"), &deploy).await.status, 201);
    }
    let trend = server.get("/api/v1/stats/trend?with=releases").await;
    let release = |name: &str, first: &str, count: u64| json!({ "project": 1, "release": name, "first_seen": first, "count": count });
    assert_eq!(trend["releases"], json!([release("shop@1", "2026-11-20T09:00:00Z", 1), release("shop@2", "2026-11-20T10:00:00Z", 2)]));
    let deploys = trend["deploys"].as_array().unwrap();
    assert_eq!((deploys.len(), &deploys[0]["release"]), (1, &json!("shop@2")));
    let billing = server.get("/api/v1/stats/trend?with=releases&project=billing").await;
    assert_eq!((&billing["releases"], &billing["deploys"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn what_can_not_be_cut_or_split_is_refused_with_a_remedy() {
    let server = Server::empty().await;
    for (query, parameter, part) in [
        ("interval=10s&from=-7d", "interval", "take a longer one"),
        ("interval=500d", "interval", "a duration"),
        ("interval=0s", "interval", "a duration"),
        ("timezone=Europe/Bonn", "timezone", "IANA name"),
        ("timezone=../../etc/passwd", "timezone", "IANA name"),
        ("by=servise", "by", "did you mean"),
        ("by=service,level", "by", "1 field"),
        ("by=service&limit=1000&interval=1h&from=-7d", "limit", "a smaller limit"),
        ("with=everything", "with", "users and releases"),
        ("from=-401d", "from", "400 days"),
        ("from=2026-13-01&timezone=Europe/Berlin", "from", "a time"),
    ] {
        let path = format!("/api/v1/stats/trend?{query}");
        let reply = server.send("GET", &path, Some("viewer"), "").await;
        let problem = reply.json();
        assert_eq!((reply.status.as_u16(), &problem["code"]), (400, &json!("invalid_parameter")), "{query}");
        assert_eq!(problem["errors"][0]["parameter"], parameter, "{query}");
        assert!(problem["detail"].as_str().unwrap().contains(part), "{query}: {problem}");
    }
}
