use schemas::{
    ids::ProjectId,
    tally::{Counts, Measure, Subject, Tally},
};
use serde_json::{Value, json};

use crate::server::{BILLING, SHOP, Server, ago};

const HOUR: i64 = 3_600;

/// Fact `n`, so many seconds ago.
fn fact(n: u8, project: ProjectId, seconds: i64, names: [&str; 2], counts: &[(Measure, u64)]) -> Tally {
    Tally {
        key: [n; 16],
        project,
        subject: Subject::Session,
        at: ago(seconds),
        names: names.map(str::to_owned),
        user: None,
        counts: counts.iter().fold(Counts::default(), |counts, (measure, number)| counts.with(*measure, *number)),
    }
}

/// Sessions of two releases of the shop and one of billing, and losses.
async fn server() -> Server {
    use Measure::{Abnormal, Crashed, Errored, Lost, Sessions, Unhandled};
    let server = Server::empty().await;
    let of = |user: u64, tally: Tally| Tally { user: Some(user), ..tally };
    let loss = |n, reason, category, lost| Tally { subject: Subject::Loss, ..fact(n, SHOP, 60, [reason, category], &[(Lost, lost)]) };
    let facts = vec![
        of(1, fact(1, SHOP, 60, ["shop@2", "production"], &[(Sessions, 6), (Errored, 3), (Abnormal, 1)])),
        of(2, fact(2, SHOP, 120, ["shop@2", "production"], &[(Crashed, 2), (Errored, 2)])),
        of(1, fact(3, SHOP, 3 * HOUR, ["shop@1", "production"], &[(Sessions, 1), (Unhandled, 1), (Errored, 1)])),
        fact(4, SHOP, 3 * HOUR, ["shop@2", ""], &[(Sessions, 1)]),
        fact(5, BILLING, 60, ["billing@1", "production"], &[(Sessions, 2)]),
        loss(6, "queue_overflow", "error", 5),
        loss(7, "queue_overflow", "transaction", 7),
        loss(8, "before_send", "error", 2),
    ];
    server.index.tally(facts).await.unwrap();
    server.index.flush().await.unwrap();
    server
}

fn health(counts: [u64; 7], free: [Value; 2]) -> Value {
    let [sessions, errored, crashed, abnormal, unhandled, users, crashed_users] = counts;
    let [crash_free_sessions, crash_free_users] = free;
    json!({
        "sessions": sessions, "errored": errored, "crashed": crashed, "abnormal": abnormal, "unhandled": unhandled, "users": users,
        "crashed_users": crashed_users, "crash_free_sessions": crash_free_sessions, "crash_free_users": crash_free_users,
    })
}

fn row(start: Value, key: Value, mut health: Value) -> Value {
    health["start"] = start;
    health["key"] = key;
    health
}

#[tokio::test]
async fn sessions_are_told_by_release_and_environment_with_the_share_that_did_not_crash() {
    let server = server().await;
    let answer = server.get("/api/v1/sessions?project=shop&from=-6h&to=now&by=release,environment").await;
    let total = health([8, 6, 2, 1, 1, 2, 1], [json!(0.75), json!(0.5)]);
    let rows = [
        row(
            Value::Null,
            json!({ "release": "shop@2", "environment": "production" }),
            health([6, 5, 2, 1, 0, 2, 1], [json!(4.0 / 6.0), json!(0.5)]),
        ),
        // Of equal ones the lesser name comes first.
        row(
            Value::Null,
            json!({ "release": "shop@1", "environment": "production" }),
            health([1, 1, 0, 0, 1, 1, 0], [json!(1.0), json!(1.0)]),
        ),
        row(Value::Null, json!({ "release": "shop@2", "environment": null }), health([1, 0, 0, 0, 0, 0, 0], [json!(1.0), Value::Null])),
    ];
    assert_eq!((&answer["total"], &answer["rows"], &answer["groups_total"]), (&total, &json!(rows), &json!(3)));
    assert_eq!(answer["interval"], Value::Null);
}

#[tokio::test]
async fn sessions_are_told_by_hour_and_day_from_a_whole_one_on() {
    let server = server().await;
    // It is noon: three and a half hours ago was half past eight.
    let answer = server.get("/api/v1/sessions?from=-210m&to=now&interval=hour&by=project&limit=1").await;
    let row = |row: &Value| (row["start"].clone(), row["key"]["project"].clone(), row["sessions"].clone());
    let rows: Vec<_> = answer["rows"].as_array().unwrap().iter().map(row).collect();
    let hour = |time: &str| json!(format!("2026-11-20T{time}:00Z"));
    assert_eq!(rows, [(hour("09:00"), json!(1), json!(2)), (hour("11:00"), json!(1), json!(6))]);
    assert_eq!((&answer["groups_total"], &answer["total"]["sessions"], &answer["interval"]), (&json!(2), &json!(10), &json!("hour")));
    assert_eq!((&answer["from"], &answer["to"]), (&hour("08:00"), &hour("12:00")));
    let daily = server.get("/api/v1/sessions?from=-2d&to=now&interval=day").await;
    assert_eq!((&daily["from"], daily["rows"].as_array().unwrap().len()), (&json!("2026-11-18T00:00:00Z"), 1));
    assert_eq!((&daily["rows"][0]["start"], &daily["rows"][0]["sessions"]), (&json!("2026-11-20T00:00:00Z"), &json!(10)));
}

#[tokio::test]
async fn without_sessions_there_are_no_shares() {
    let server = Server::empty().await;
    let answer = server.get("/api/v1/sessions?by=release&interval=day").await;
    assert_eq!((&answer["rows"], &answer["groups_total"]), (&json!([]), &json!(0)));
    assert_eq!(answer["total"], health([0; 7], [Value::Null, Value::Null]));
    let answer = server.get("/api/v1/client-reports?by=reason").await;
    assert_eq!((&answer["rows"], &answer["total"]), (&json!([]), &json!(0)));
}

#[tokio::test]
async fn what_clients_threw_away_is_told_by_reason_and_category() {
    let server = server().await;
    let answer = server.get("/api/v1/client-reports?by=reason,category&limit=2").await;
    let loss =
        |reason: &str, category: &str, quantity: u64| json!({ "key": { "reason": reason, "category": category }, "quantity": quantity });
    let rows = json!([loss("queue_overflow", "transaction", 7), loss("queue_overflow", "error", 5)]);
    assert_eq!((&answer["total"], &answer["rows"], &answer["groups_total"]), (&json!(14), &rows, &json!(3)));
    let reasons = server.get("/api/v1/client-reports?by=reason&project=shop").await;
    assert_eq!(reasons["rows"][0], json!({ "key": { "reason": "queue_overflow" }, "quantity": 12 }));
    assert_eq!(server.get("/api/v1/client-reports?project=billing").await["total"], 0);
}

#[tokio::test]
async fn rates_are_a_share_of_sessions_too() {
    let server = server().await;
    server.store(crate::server::events()).await;
    // Within five minutes the events 1 and 2 of the shop, and six sessions.
    let rates = server.get("/api/v1/stats/rates?project=shop").await;
    assert_eq!((&rates["count"], &rates["sessions"], &rates["per_session"]), (&json!(2), &json!(6), &json!(2.0 / 6.0)));
    // Of the six five had errors and two crashed.
    assert_eq!((&rates["errored_sessions"], &rates["crashed_sessions"]), (&json!(5.0 / 6.0), &json!(2.0 / 6.0)));
}
