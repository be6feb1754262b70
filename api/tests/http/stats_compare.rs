use schemas::{
    event::Event,
    tally::{Counts, Measure, Subject, Tally},
};
use serde_json::{Value, json};

use crate::server::{SHOP, Server, ago, event, issue_id};

const HOUR: i64 = 3_600;

/// So many events of a group, so many seconds ago, numbered from `first`.
fn events(first: u32, count: u32, name: &str, seconds: i64) -> Vec<Event> {
    (first..first + count).map(|n| event(n, SHOP, name, seconds)).collect()
}

fn near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
}

/// Name and kind of each group.
fn kinds(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    answer["groups"].as_array().unwrap().iter().map(|group| (text(&group["title"]), text(&group["kind"]))).collect()
}

#[tokio::test]
async fn two_windows_are_compared_group_by_group() {
    let server = Server::empty().await;
    let (before, after) = (90 * 60, 30 * 60);
    let all = [
        events(0, 1, "grown", before),
        events(100, 12, "grown", after),
        events(200, 6, "new", after),
        events(300, 5, "gone", before),
        events(400, 3, "steady", before),
        events(500, 3, "steady", after),
    ];
    server.store(all.concat()).await;
    let answer = server.get("/api/v1/stats/compare?a=-2h/-1h&b=-1h/now").await;
    let expected = [("Error grown", "grown"), ("Error new", "new"), ("Error gone", "gone"), ("Error steady", "steady")];
    assert_eq!(kinds(&answer), expected.map(|(title, kind)| (title.to_owned(), kind.to_owned())));
    assert_eq!(answer["kinds"], json!({ "new": 1, "gone": 1, "grown": 1, "shrunk": 0, "steady": 1 }));
    assert_eq!((&answer["exposure"], &answer["complete"]), (&json!("seconds"), &json!(true)));
    let side = |from: i64, to: i64, count: u64| json!({ "from": ago(from).to_string(), "to": ago(to).to_string(), "count": count, "exposure": 3600.0 });
    assert_eq!((&answer["a"], &answer["b"]), (&side(2 * HOUR, HOUR, 9), &side(HOUR, 0, 21)));
    // The probabilities of 13, 6, 5 and 6 tosses of a coin, and those four corrected for each other.
    let groups = answer["groups"].as_array().unwrap();
    for (group, (chance, corrected)) in groups.iter().zip([
        (28.0 / 8192.0, 4.0 * 28.0 / 8192.0),
        (2.0 / 64.0, 2.0 * 2.0 / 64.0),
        (2.0 / 32.0, 4.0 / 3.0 * 2.0 / 32.0),
        (1.0, 1.0),
    ]) {
        near(&group["p_value"], chance);
        near(&group["p_corrected"], corrected);
    }
    assert_eq!((&groups[0]["a_count"], &groups[0]["b_count"], &groups[0]["ratio"]), (&json!(1), &json!(12), &json!(12.0)));
    assert_eq!(
        (&groups[0]["issue"], &groups[1]["ratio"], &groups[2]["ratio"]),
        (&json!(issue_id(SHOP, "grown")), &Value::Null, &json!(0.0))
    );
    // Without sides it is the window asked for and the one before.
    let same = server.get("/api/v1/stats/compare?from=-1h&to=now&limit=2").await;
    assert_eq!((&same["a"], kinds(&same).len(), &same["kinds"]), (&answer["a"], 2, &answer["kinds"]));
}

#[tokio::test]
async fn two_releases_are_compared_by_their_sessions() {
    let server = Server::empty().await;
    let of = |release: &str, events: Vec<Event>| -> Vec<Event> {
        events
            .into_iter()
            .map(|mut event| {
                event.release = Some(release.into());
                event
            })
            .collect()
    };
    server.store([of("1", events(0, 10, "x", HOUR)), of("2", events(50, 10, "x", 60)), of("2", events(90, 8, "y", 60))].concat()).await;
    let compare = "/api/v1/stats/compare?a=release:1&b=release:2";
    // Ten of ten events, then ten of eighteen: without sessions the share of the release's events counts.
    let answer = server.get(compare).await;
    assert_eq!((&answer["exposure"], &answer["a"]["exposure"], &answer["b"]["exposure"]), (&json!("events"), &json!(10.0), &json!(18.0)));
    assert_eq!((&answer["a"]["release"], &answer["b"]["release"]), (&json!("1"), &json!("2")));
    let fact = |n: u8, release: &str, sessions| Tally {
        key: [n; 16],
        project: SHOP,
        subject: Subject::Session,
        at: ago(HOUR),
        names: [release.to_owned(), String::new()],
        user: None,
        counts: Counts::default().with(Measure::Sessions, sessions),
    };
    server.index.tally(vec![fact(1, "1", 100), fact(2, "2", 1_000)]).await.unwrap();
    server.index.flush().await.unwrap();
    let answer = server.get(compare).await;
    assert_eq!((&answer["exposure"], &answer["b"]["exposure"]), (&json!("sessions"), &json!(1000.0)));
    // As many events of ten times the sessions.
    let x = answer["groups"].as_array().unwrap().iter().find(|group| group["title"] == "Error x").unwrap();
    assert_eq!(x["kind"], "shrunk");
    near(&x["ratio"], 0.1);
}

#[tokio::test]
async fn sides_that_can_not_be_compared_are_refused() {
    let server = Server::empty().await;
    for (query, parameter) in [
        ("a=release:1", "b"),
        ("b=release:1", "a"),
        ("a=release:1&b=-1h/now", "b"),
        ("a=yesterday", "a"),
        ("b=now/-1h", "b"),
        ("a=-900d/now", "a"),
        ("a=-1h/now/now", "a"),
        ("limit=0", "limit"),
    ] {
        let reply = server.send("GET", &format!("/api/v1/stats/compare?{query}"), Some("viewer"), "").await;
        assert_eq!((reply.status.as_u16(), &reply.json()["errors"][0]["parameter"]), (400, &json!(parameter)), "{query}");
    }
    let nothing = server.get("/api/v1/stats/compare").await;
    assert_eq!((&nothing["groups"], &nothing["a"]["count"]), (&json!([]), &json!(0)));
}
