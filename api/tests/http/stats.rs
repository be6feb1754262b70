use serde_json::{Value, json};

use crate::server::{BILLING, SHOP, Server, ago, fingerprint, id, issue_id};

fn group(key: &Value, count: u64, first: i64, last: i64) -> Value {
    json!({ "key": key, "count": count, "first_seen": ago(first).to_string(), "last_seen": ago(last).to_string() })
}

/// The same with what the top tells beyond: its part, users, the window before with the change, and the example.
fn of_top(mut group: Value, share: f64, users: u64, (previous, change): (u64, Value), (example, project): (u32, u64)) -> Value {
    group["share"] = json!(share);
    group["users"] = json!(users);
    group["previous_count"] = json!(previous);
    group["change"] = change;
    group["example"] = json!({ "id": id(example), "project": project });
    group
}

/// An earlier window without events.
fn never() -> Value {
    json!({ "count": 0, "per_minute": 0.0, "change": null })
}

const HOUR: i64 = 3_600;

#[tokio::test]
async fn a_trend_has_a_count_for_each_interval() {
    let server = Server::full().await;
    let trend = server.get("/api/v1/stats/trend?from=-4h&to=now&interval=1h").await;
    let bucket = |hours: i64, count: u64| json!({ "start": ago(hours * HOUR).to_string(), "count": count });
    let expected = json!({
        "query": "*",
        "from": ago(4 * HOUR).to_string(),
        "to": ago(0).to_string(),
        "interval": "1h",
        "timezone": "UTC",
        "total": 5,
        // The event of three hours ago stands at the very start of its hour.
        "buckets": [bucket(4, 0), bucket(3, 1), bucket(2, 0), bucket(1, 4)],
        "groups": [],
        "groups_total": 0,
        "error_bound": 0,
    });
    assert_eq!(trend, expected);
    let trend = server.get("/api/v1/stats/trend?to=now").await;
    assert_eq!((&trend["interval"], trend["buckets"].as_array().unwrap().len()), (&json!("30m"), 48));
}

#[tokio::test]
async fn a_trend_can_be_split() {
    let server = Server::full().await;
    let trend = server.get("/api/v1/stats/trend?from=-4h&to=now&interval=2h&by=service&limit=2").await;
    // Of equal counts the lesser name comes first.
    let expected = json!([
        { "key": { "service": "checkout" }, "count": 3, "counts": [1, 2] },
        { "key": { "service": "cart" }, "count": 1, "counts": [0, 1] },
    ]);
    assert_eq!((&trend["groups"], &trend["groups_total"], &trend["total"]), (&expected, &json!(3), &json!(5)));
    let trend = server.get("/api/v1/stats/trend?from=-4h&to=now&interval=4h&by=tags.tenant&query=service:checkout").await;
    assert_eq!((&trend["groups"], &trend["total"]), (&json!([{ "key": { "tags.tenant": "acme" }, "count": 1, "counts": [1] }]), &json!(3)));
}

#[tokio::test]
async fn the_top_values_of_one_field_or_two() {
    let server = Server::full().await;
    let top = server.get("/api/v1/stats/top?by=service&limit=2").await;
    // The day before that had event 5, of checkout.
    let expected = json!([
        of_top(group(&json!({ "service": "checkout" }), 3, 3 * HOUR, 10), 0.6, 2, (1, json!(2.0)), (1, 1)),
        of_top(group(&json!({ "service": "cart" }), 1, 420, 420), 0.2, 0, (0, Value::Null), (4, 1)),
    ]);
    assert_eq!((&top["groups"], &top["groups_total"], &top["total"], &top["error_bound"]), (&expected, &json!(3), &json!(5), &json!(0)));
    assert_eq!(top["previous_from"], ago(48 * HOUR).to_string());
    let top = server.get("/api/v1/stats/top?by=project,level&project=billing").await;
    let critical = group(&json!({ "project": 2, "level": "critical" }), 1, 60, 60);
    assert_eq!(top["groups"], json!([of_top(critical, 1.0, 1, (0, Value::Null), (6, 2))]));
    let top = server.get("/api/v1/stats/top?by=user&by=severity&project=shop").await;
    let expected = json!([
        of_top(group(&json!({ "user": "u1", "level": "error" }), 2, 3 * HOUR, 10), 0.5, 1, (0, Value::Null), (1, 1)),
        of_top(group(&json!({ "user": "u2", "level": "error" }), 1, 120, 120), 0.25, 1, (0, Value::Null), (2, 1)),
    ]);
    assert_eq!((&top["groups"], &top["total"]), (&expected, &json!(4)));
    for field in ["fingerprint", "error.type", "message", "category", "environment", "release", "host", "status", "handled", "tags.tenant"]
    {
        assert_eq!(server.get(&format!("/api/v1/stats/top?by={field}")).await["total"], 5, "{field}");
    }
}

#[tokio::test]
async fn the_top_groups_name_their_issues() {
    let server = Server::full().await;
    let top = server.get("/api/v1/stats/top?by=fingerprint&project=shop&limit=1").await;
    assert_eq!((&top["groups"][0]["issue"], &top["groups"][0]["title"]), (&json!(issue_id(SHOP, "a")), &json!("Error a")));
    let top = server.get("/api/v1/stats/top?by=project,fingerprint&project=billing").await;
    assert_eq!((&top["groups"][0]["issue"], &top["groups"][0]["count"]), (&json!(issue_id(BILLING, "a")), &json!(1)));
    assert_eq!(server.get("/api/v1/stats/top?by=service").await["groups"][0].get("issue"), None);
}

#[tokio::test]
async fn rates_compare_a_window_with_the_one_before() {
    let server = Server::full().await;
    let rates = server.get("/api/v1/stats/rates?by=service").await;
    // Within five minutes 1, 2 and 6; within the five before 4.
    let rate = |key: &str, count: u64, previous: u64, change: &Value| {
        json!({
            "key": { "service": key }, "count": count, "per_minute": count as f64 / 5.0, "previous_count": previous,
            "previous_per_minute": previous as f64 / 5.0, "change": change, "day_before": never(), "week_before": never(),
        })
    };
    let expected = json!({
        "window": "5m",
        "query": "*",
        "from": ago(300).to_string(),
        "to": ago(0).to_string(),
        "count": 3,
        "per_minute": 0.6,
        "previous_count": 1,
        "previous_per_minute": 0.2,
        "change": 2.0,
        "day_before": never(),
        "week_before": never(),
        "sessions": 0,
        "per_session": null,
        "errored_sessions": null,
        "crashed_sessions": null,
        "groups": [rate("checkout", 2, 0, &Value::Null), rate("invoice", 1, 0, &Value::Null), rate("cart", 0, 1, &json!(-1.0))],
        "groups_total": 3,
        "error_bound": 0,
    });
    assert_eq!(rates, expected);
    let rates = server.get("/api/v1/stats/rates?window=1h&to=-2h&project=shop").await;
    assert_eq!((&rates["count"], &rates["change"], &rates["groups"]), (&json!(1), &Value::Null, &json!([])));
    assert_eq!(rates["to"], ago(2 * HOUR).to_string());
}

#[tokio::test]
async fn rates_compare_with_the_same_window_a_day_and_a_week_before() {
    let server = Server::empty().await;
    let day = 24 * HOUR;
    let times =
        [(1, "a", 60), (2, "a", 120), (3, "b", 180), (4, "a", day + 60), (5, "a", day + 299), (6, "a", day + 301), (7, "b", 7 * day + 1)];
    server.store(times.map(|(n, name, seconds)| crate::server::event(n, SHOP, name, seconds)).into()).await;
    let rates = server.get("/api/v1/stats/rates?by=error.type").await;
    let past = |count: u64, change: &Value| json!({ "count": count, "per_minute": count as f64 / 5.0, "change": change });
    assert_eq!((&rates["count"], &rates["day_before"], &rates["week_before"]), (&json!(3), &past(2, &json!(0.5)), &past(1, &json!(2.0))));
    let [a, b] = [0, 1].map(|n| &rates["groups"][n]);
    assert_eq!((&a["day_before"], &a["week_before"]), (&past(2, &json!(0.0)), &never()));
    assert_eq!((&b["day_before"], &b["week_before"]), (&never(), &past(1, &json!(0.0))));
}

#[tokio::test]
async fn the_summary_tells_the_state_of_things() {
    let server = Server::full().await;
    let summary = server.get("/api/v1/stats/summary?to=now").await;
    let top = |project: u64, id: &str, name: &str, count: u64, first: i64, last: i64| {
        json!({
            "project": project, "fingerprint": fingerprint(name), "issue": id, "title": format!("Error {name}"), "count": count,
            "first_seen": ago(first).to_string(), "last_seen": ago(last).to_string(),
        })
    };
    let mut singles = [
        (fingerprint("a"), 2, top(2, &issue_id(BILLING, "a"), "a", 1, 60, 60)),
        (fingerprint("b"), 1, top(1, &issue_id(SHOP, "b"), "b", 1, 420, 420)),
    ];
    singles.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let [(.., second), (.., third)] = singles;
    let errors = json!([top(1, &issue_id(SHOP, "a"), "a", 3, 3 * HOUR, 10), second, third]);
    let expected = json!({
        "query": "*",
        "from": ago(24 * HOUR).to_string(),
        "to": ago(0).to_string(),
        "total": 5,
        "users": 2,
        "by_category": [
            group(&json!({ "category": "TIMEOUT" }), 3, 3 * HOUR, 10),
            group(&json!({ "category": "SERVER" }), 1, 60, 60),
            group(&json!({ "category": "UNKNOWN" }), 1, 420, 420),
        ],
        "by_severity": [
            group(&json!({ "level": "error" }), 3, 3 * HOUR, 10),
            group(&json!({ "level": "critical" }), 1, 60, 60),
            group(&json!({ "level": "warning" }), 1, 420, 420),
        ],
        "by_environment": [
            group(&json!({ "environment": "production" }), 4, 3 * HOUR, 10),
            group(&json!({ "environment": "staging" }), 1, 420, 420),
        ],
        "recent": {
            "window": "5m", "count": 3, "per_minute": 0.6, "previous_count": 1, "previous_per_minute": 0.2, "change": 2.0,
        },
        "top_errors": errors,
        // All began in these 24 hours.
        "new_errors": errors,
        "rising_errors": [],
    });
    assert_eq!(summary, expected);
}

#[tokio::test]
async fn the_summary_tells_what_rises() {
    let server = Server::empty().await;
    // Yesterday one of a and nine of b, today twelve and nine.
    let yesterday = (0..10).map(|n| crate::server::event(n, SHOP, if n == 0 { "a" } else { "b" }, 30 * HOUR));
    let today = (10..31).map(|n| crate::server::event(n, SHOP, if n < 22 { "a" } else { "b" }, 5 * HOUR));
    server.store(yesterday.chain(today).collect()).await;
    let summary = server.get("/api/v1/stats/summary?to=now").await;
    let rising = summary["rising_errors"].as_array().unwrap();
    assert_eq!((rising.len(), &rising[0]["issue"], &rising[0]["count"]), (1, &json!(issue_id(SHOP, "a")), &json!(12)));
    // Of 13 at least 12 on one side of two: 14 of 2^13, and the same on the other side.
    assert_eq!((&rising[0]["previous_count"], &rising[0]["change"]), (&json!(1), &json!(11.0)));
    assert!((rising[0]["p_value"].as_f64().unwrap() - 28.0 / 8192.0).abs() < 1e-9);
    assert_eq!(summary["new_errors"], json!([]), "both began yesterday");
}

#[tokio::test]
async fn what_stands_for_sampled_events_is_counted_by_its_weight_and_marked() {
    let server = Server::full().await;
    let mut sampled: Vec<_> = crate::server::events().into_iter().filter(|event| event.service.as_deref() == Some("cart")).collect();
    sampled[0].id.0[0] = 0xff;
    sampled[0].weight = 20;
    server.store(sampled).await;
    // Cart has one event that is only itself and one that stands for twenty; nothing else was sampled.
    let top = server.get("/api/v1/stats/top?by=service&limit=2").await;
    assert_eq!((&top["total"], &top["estimated"]), (&json!(5 + 20), &json!(true)));
    let expected = [("cart", json!(21), json!(true)), ("checkout", json!(3), Value::Null)];
    for (group, (name, count, estimated)) in top["groups"].as_array().unwrap().iter().zip(expected) {
        assert_eq!((&group["key"]["service"], &group["count"], &group["estimated"]), (&json!(name), &count, &estimated));
    }
    let trend = server.get("/api/v1/stats/trend?from=-2h&to=now&interval=1h&by=service&query=service:cart").await;
    assert_eq!((&trend["total"], &trend["estimated"], &trend["buckets"][1]["count"]), (&json!(21), &json!(true), &json!(21)));
    assert_eq!((&trend["buckets"][0]["estimated"], &trend["buckets"][1]["estimated"]), (&Value::Null, &json!(true)));
    assert_eq!((&trend["groups"][0]["counts"], &trend["groups"][0]["estimated"]), (&json!([0, 21]), &json!(true)));
    let rates = server.get("/api/v1/stats/rates?by=service").await;
    assert_eq!((&rates["previous_count"], &rates["estimated"], &rates["groups"][0]["estimated"]), (&json!(21), &json!(true), &Value::Null));
    let summary = server.get("/api/v1/stats/summary?to=now").await;
    assert_eq!((&summary["total"], &summary["estimated"], &summary["top_errors"][0]["count"]), (&json!(25), &json!(true), &json!(21)));
    assert_eq!(summary["users"], 2);
    let issues = server.get("/api/v1/issues?sort=count").await;
    let first = &issues["issues"][0];
    assert_eq!((&first["count"], &first["estimated"]), (&json!(21), &json!(true)));
    assert_eq!(first["sparkline"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum::<u64>(), 21);
    assert_eq!(issues["issues"][1]["estimated"], Value::Null);
}

#[tokio::test]
async fn without_events_every_answer_is_empty_and_well_formed() {
    let server = Server::empty().await;
    let summary = server.get("/api/v1/stats/summary").await;
    assert_eq!((&summary["total"], &summary["users"], &summary["top_errors"]), (&json!(0), &json!(0), &json!([])));
    assert_eq!(summary["recent"]["change"], Value::Null);
    let trend = server.get("/api/v1/stats/trend?from=-2h&to=now&interval=1h&by=level").await;
    assert_eq!(
        trend["buckets"],
        json!([{ "start": ago(2 * HOUR).to_string(), "count": 0 }, { "start": ago(HOUR).to_string(), "count": 0 }])
    );
    assert_eq!(server.get("/api/v1/stats/top?by=level").await["groups"], json!([]));
    assert_eq!(server.get("/api/v1/stats/rates").await["per_minute"], 0.0);
    assert_eq!(server.get("/api/v1/issues").await["issues"], json!([]));
}
