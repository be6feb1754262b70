use schemas::{
    event::Event,
    tally::{Counts, Measure, Subject, Tally},
};
use serde_json::{Value, json};

use crate::server::{SHOP, Server, ago, event, event_at, issue_id};

#[tokio::test]
async fn a_heatmap_counts_by_hour_of_the_week_and_tells_how_many_such_hours_there_were() {
    let server = Server::empty().await;
    let times = [
        // Sunday 2026-10-25 has two o'clock twice in Berlin, 2026-11-01 has it once.
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:30:00Z",
        // Monday, a minute past midnight.
        "2026-10-25T23:01:00Z",
        // Sunday 2026-11-01, the last minute of the range.
        "2026-11-01T22:59:00Z",
    ];
    server.store(times.iter().enumerate().map(|(n, time)| event_at(n as u32, "a", time)).collect()).await;
    let heatmap = server.get("/api/v1/stats/heatmap?from=2026-10-19&to=2026-11-02&timezone=Europe/Berlin").await;
    assert_eq!((&heatmap["total"], &heatmap["timezone"]), (&json!(4), &json!("Europe/Berlin")));
    let cell = |day: usize, hour: usize| &heatmap["days"][day][hour];
    assert_eq!(cell(6, 2), &json!({ "count": 2, "hours": 3.0, "per_hour": 2.0 / 3.0 }));
    assert_eq!(cell(0, 0), &json!({ "count": 1, "hours": 2.0, "per_hour": 0.5 }));
    assert_eq!(cell(6, 23), &json!({ "count": 1, "hours": 2.0, "per_hour": 0.5 }));
    assert_eq!(cell(2, 12), &json!({ "count": 0, "hours": 2.0, "per_hour": 0.0 }));
    let days = heatmap["days"].as_array().unwrap();
    let hours: f64 = days.iter().flat_map(|day| day.as_array().unwrap()).map(|cell| cell["hours"].as_f64().unwrap()).sum();
    assert_eq!((days.len(), hours), (7, 14.0 * 24.0 + 1.0));
}

#[tokio::test]
async fn hours_that_have_not_passed_are_no_part_of_an_average() {
    let server = Server::full().await;
    // From half past ten on Friday; it is noon.
    let heatmap = server.get("/api/v1/stats/heatmap?from=2026-11-20T10:30:00Z&to=2026-11-21T00:00:00Z").await;
    let cell = |hour: usize| &heatmap["days"][4][hour];
    assert_eq!((&cell(10)["hours"], &cell(11)["hours"], &cell(12)["hours"]), (&json!(0.5), &json!(1.0), &json!(0.0)));
    assert_eq!((&cell(11)["count"], &cell(11)["per_hour"], &cell(12)["per_hour"]), (&json!(4), &json!(4.0), &Value::Null));
    let year = server.get("/api/v1/stats/heatmap?from=-399d&to=now").await;
    assert_eq!(year["total"], 6, "more hours than one count has buckets");
}

fn part(count: u64, total: u64) -> Value {
    let share = (total > 0).then(|| count as f64 / total as f64);
    json!({ "count": count, "total": total, "share": share })
}

#[tokio::test]
async fn impact_tells_what_part_of_everything_was_touched() {
    let server = Server::full().await;
    let session = Tally {
        key: [1; 16],
        project: SHOP,
        subject: Subject::Session,
        at: ago(60),
        names: [String::new(), String::new()],
        user: None,
        counts: Counts::default().with(Measure::Sessions, 40),
    };
    server.index.tally(vec![session]).await.unwrap();
    server.index.flush().await.unwrap();
    let impact = server.get("/api/v1/stats/impact?query=service:checkout").await;
    // Events 1, 2 and 3 of 1, 2, 3, 4 and 6; u1 and u2 are all users there are.
    assert_eq!((&impact["events"], &impact["users"], &impact["services"]), (&part(3, 5), &part(2, 2), &part(1, 3)));
    assert_eq!((&impact["environments"], &impact["sessions"], &impact["countries"]), (&part(1, 2), &part(0, 0), &part(0, 0)));
    assert_eq!(impact["sessions_begun"], 40);
    // Of an issue, its project is everything.
    let issue = server.get(&format!("/api/v1/stats/impact?issue={}", issue_id(SHOP, "b"))).await;
    assert_eq!((&issue["events"], &issue["users"], &issue["services"]), (&part(1, 4), &part(0, 2), &part(1, 2)));
    for path in ["issue=shop-NONE1", "issue=x", &format!("issue={}&project=billing", issue_id(SHOP, "b"))] {
        let (code, detail) = server.problem(&format!("/api/v1/stats/impact?{path}"), 400).await;
        assert_eq!((code.as_str(), detail.as_str()), ("invalid_parameter", "issue: there is no such issue"), "{path}");
    }
}

/// Twenty events of `x` in release 2, twenty of `y` in release 1, all on one host; half of each with a tag.
fn in_releases() -> Vec<Event> {
    let one = |n: u32| {
        let mut event = event(n, SHOP, if n < 20 { "x" } else { "y" }, 60);
        event.release = Some(if n < 20 { "2" } else { "1" }.into());
        event.host = Some("h".into());
        if n.is_multiple_of(2) {
            event.tags.insert("shard".into(), "even".into());
        }
        event
    };
    (0..40).map(one).collect()
}

#[tokio::test]
async fn tags_tell_what_an_issue_has_more_often_than_others() {
    let server = Server::empty().await;
    server.store(in_releases()).await;
    let tags = server.get(&format!("/api/v1/issues/{}/tags", issue_id(SHOP, "x"))).await;
    assert_eq!((&tags["events"], &tags["rest"], &tags["issue"]), (&json!(20), &json!(20), &json!(issue_id(SHOP, "x"))));
    let first = &tags["fields"][0];
    assert_eq!((&first["field"], &first["values_total"]), (&json!("release"), &json!(1)));
    let value = &first["values"][0];
    assert_eq!((&value["value"], &value["count"], &value["share"]), (&json!("2"), &json!(20), &json!(1.0)));
    assert_eq!((&value["rest_count"], &value["rest_share"], &value["ratio"]), (&json!(0), &json!(0.0), &Value::Null));
    // All of 20 and none of 20: twice 40 times the logarithm of 2.
    assert!((value["score"].as_f64().unwrap() - 80.0 * std::f64::consts::LN_2).abs() < 1e-9);
    assert_eq!(value["over_represented"], true);
    let of = |name: &str| tags["fields"].as_array().unwrap().iter().find(|field| field["field"] == name).unwrap()["values"][0].clone();
    let shard = of("tags.shard");
    assert_eq!((&shard["count"], &shard["rest_count"], &shard["ratio"]), (&json!(10), &json!(10), &json!(1.0)));
    assert_eq!((&shard["over_represented"], &of("host")["over_represented"]), (&json!(false), &json!(false)));
    assert_eq!(tags["fields"].as_array().unwrap().iter().find(|field| field["field"] == "browser"), None);
}

#[tokio::test]
async fn tags_of_what_is_not_there_are_not_found() {
    let server = Server::full().await;
    for id in ["shop-NONE1", "x", "-"] {
        assert_eq!(server.problem(&format!("/api/v1/issues/{id}/tags"), 404).await.0, "not_found");
    }
    let empty = server.get(&format!("/api/v1/issues/{}/tags?from=-2d&to=-36h", issue_id(SHOP, "a"))).await;
    assert_eq!((&empty["events"], &empty["fields"]), (&json!(0), &json!([])));
    let alone = server.get(&format!("/api/v1/issues/{}/tags?query=service:cart", issue_id(SHOP, "b"))).await;
    assert_eq!((&alone["rest"], &alone["fields"][0]["values"][0]["rest_share"]), (&json!(0), &Value::Null));
}
