//! Limits of projects and keys, their rotation, and what they took and refused.

use http::StatusCode;
use jiff::civil::{Date, date};
use schemas::{
    category::Category,
    ids::{ProjectId, PublicKey},
    usage::{Count, Counts, Reason, UsageDay},
};
use serde_json::{Value, json};
use storage::catalog::{keys, projects, usage};

use crate::server::{Server, now};

const KEY: &str = "01010101010101010101010101010101";

async fn admin(server: &Server, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
    let reply = server.send(method, &format!("/api/v1/{path}"), Some("admin"), &body.to_string()).await;
    (reply.status, reply.json())
}

#[tokio::test]
async fn limits_are_set_read_and_taken_away() {
    let server = Server::empty().await;
    let limits =
        json!([{ "categories": ["error", "session"], "per": "minute", "events": 100, "burst": 20 }, { "per": "month", "events": 5 }]);
    let (status, changed) = admin(&server, "PATCH", "projects/shop", json!({ "settings": { "limits": limits } })).await;
    assert_eq!((status, &changed["settings"]["limits"]), (StatusCode::OK, &limits));
    let (_, changed) = admin(&server, "PATCH", "projects/shop", json!({ "settings": { "scrub_ip_addresses": true } })).await;
    assert_eq!(changed["settings"]["limits"], limits);
    let kept = projects::get(&*server.catalog, &[ProjectId(1)]).await.unwrap().remove(0).unwrap();
    assert_eq!(kept.settings.limits[0].burst, Some(20));
    let path = format!("projects/shop/keys/{KEY}");
    let (status, key) = admin(&server, "PATCH", &path, json!({ "limits": limits })).await;
    assert_eq!((status, &key["limits"], &key["enabled"]), (StatusCode::OK, &limits, &json!(true)));
    let (_, key) = admin(&server, "PATCH", &path, json!({ "limits": [] })).await;
    assert_eq!(key["limits"], json!([]));
}

#[tokio::test]
async fn a_rotated_key_names_its_successor_which_has_its_limits() {
    let server = Server::empty().await;
    let path = format!("projects/shop/keys/{KEY}");
    let limits = json!([{ "per": "hour", "events": 7 }]);
    admin(&server, "PATCH", &path, json!({ "limits": limits })).await;
    let (status, new) = admin(&server, "POST", &format!("{path}/rotate"), json!({ "overlap_hours": 24 })).await;
    assert_eq!((status, &new["limits"], &new["enabled"]), (StatusCode::CREATED, &limits, &json!(true)));
    assert_ne!(new["key"], KEY);
    let old = keys::get(&*server.catalog, &KEY.parse().unwrap()).await.unwrap().unwrap();
    let rotation = old.rotated.unwrap();
    assert_eq!(
        (rotation.to.to_string(), rotation.until),
        (new["key"].as_str().unwrap().to_owned(), now() + jiff::SignedDuration::from_hours(24))
    );
    let shown = server.send("GET", "/api/v1/projects/shop/keys", Some("member"), "").await.json();
    let of_old = shown["keys"].as_array().unwrap().iter().find(|key| key["key"] == KEY).unwrap();
    assert_eq!(of_old["rotated"]["to"], new["key"]);
    let (status, again) = admin(&server, "POST", &format!("{path}/rotate"), json!({ "overlap_hours": 0 })).await;
    assert_eq!((status, &again["code"]), (StatusCode::CONFLICT, &json!("already_rotated")));
    let elsewhere = format!("projects/billing/keys/{KEY}/rotate");
    assert_eq!(admin(&server, "POST", &elsewhere, json!({ "overlap_hours": 0 })).await.0, StatusCode::NOT_FOUND);
}

/// So many accepted and refused errors in the hour from `hour` on.
fn day(day: Date, instance: &str, hour: u8, accepted: u64, refused: (Reason, u64)) -> UsageDay {
    let mut usage = UsageDay { project: ProjectId(1), day, instance: instance.into(), counts: Counts::new() };
    let key: PublicKey = KEY.parse().unwrap();
    usage.add(Count { key: &key, category: Category::Error, reason: Reason::Accepted, hour, events: accepted });
    usage.add(Count { key: &key, category: Category::Error, reason: refused.0, hour, events: refused.1 });
    usage
}

#[tokio::test]
async fn usage_is_the_sum_of_all_processes_by_what_was_asked() {
    let server = Server::empty().await;
    let quota = (Reason::ProjectQuota, 5);
    let (first, second) = (date(2026, 9, 19), date(2026, 9, 20));
    let days =
        [day(first, "a", 3, 10, quota), day(second, "a", 3, 20, quota), day(second, "b", 3, 30, quota), day(second, "b", 4, 1, quota)];
    usage::put(&*server.catalog, &days[..3]).await.unwrap();
    let query = "from=2026-09-19T12:00:00Z&to=2026-09-21";
    let get = async |path: &str| server.send("GET", &format!("/api/v1/projects/shop/usage?{path}"), Some("member"), "").await.json();
    let answer = get(query).await;
    assert_eq!((&answer["total"], &answer["interval"], &answer["from"]), (&json!(75), &json!("day"), &json!("2026-09-19T00:00:00Z")));
    assert_eq!(answer["rows"], json!([{ "at": "2026-09-19T00:00:00Z", "events": 15 }, { "at": "2026-09-20T00:00:00Z", "events": 60 }]));
    let answer = get("from=2026-09-20T03:30:00Z&to=2026-09-20T04:00:00Z&interval=hour&by=reason,category").await;
    let row = |reason: &str, events: u64| json!({ "at": "2026-09-20T03:00:00Z", "category": "error", "reason": reason, "events": events });
    assert_eq!(answer["rows"], json!([row("accepted", 50), row("project_quota", 10)]));
    let answer = get("from=2026-09-20&to=2026-09-21&by=key").await;
    assert_eq!(answer["rows"], json!([{ "at": "2026-09-20T00:00:00Z", "key": KEY, "events": 60 }]));
    for (bad, parameter) in [("interval=minute", "interval"), ("by=project", "by"), ("unit=x", "unit")] {
        assert_eq!(get(bad).await["errors"][0]["parameter"], parameter);
    }
    let viewer = server.send("GET", "/api/v1/projects/shop/usage", Some("viewer"), "").await;
    assert_eq!(viewer.status, StatusCode::FORBIDDEN);
    let other = server.send("GET", &format!("/api/v1/projects/billing/usage?{query}"), Some("member"), "").await.json();
    assert_eq!(other["total"], 0);
}

#[tokio::test]
async fn usage_says_what_spike_protection_does() {
    let server = Server::empty().await;
    // It is 2026-11-20, 12:00. Every hour of three days had 20,000.
    let mut days = Vec::new();
    for number in 17..20 {
        let mut usage = day(date(2026, 11, number), "a", 0, 0, (Reason::Invalid, 0));
        for hour in 0..24 {
            let count = Count { key: &KEY.parse().unwrap(), category: Category::Error, reason: Reason::Accepted, hour, events: 20_000 };
            usage.add(count);
        }
        days.push(usage);
    }
    days.push(day(date(2026, 11, 20), "a", 12, 200_000, (Reason::SpikeProtection, 77)));
    days.push(day(date(2026, 11, 20), "b", 11, 200_000, (Reason::SpikeProtection, 1)));
    usage::put(&*server.catalog, &days).await.unwrap();
    let answer = server.send("GET", "/api/v1/projects/shop/usage", Some("member"), "").await.json();
    let expected = json!([{ "category": "error", "busy_hour": 20_000, "limit_per_hour": 200_000, "refused_this_hour": 77 }]);
    assert_eq!(answer["spike_protection"], expected);
}
