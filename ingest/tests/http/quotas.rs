//! Limits of projects and keys, as clients of each protocol see them.

use std::sync::Arc;

use http::Request;
use ingest::Options;
use schemas::{ids::ProjectId, quota::Limit};
use storage::{
    catalog::projects,
    log::{EventLog, memory::MemoryLog},
};

use crate::app::{App, ENVELOPE, KEY, STORE, auth, post};

pub(crate) async fn app(limits: &str) -> App {
    let app = App::new().await;
    let limits: Vec<Limit> = serde_json::from_str(limits).unwrap();
    projects::update(app.catalog.as_ref(), ProjectId(42), |project| project.settings.limits.clone_from(&limits)).await.unwrap().unwrap();
    app
}

const EVENT: &str = "{}\n{\"type\":\"event\"}\n{\"message\":\"x\",\"event_id\":\"0123456789abcdef0123456789abcdef\"}\n";
const SESSION: &str = "{\"type\":\"session\"}\n{\"sid\":\"1\"}\n";
const FILE: &str = "{\"type\":\"attachment\",\"length\":2}\nab\n";

fn native(body: &str) -> Request<axum::body::Body> {
    let request = post("/api/v1/events").header("authorization", format!("Bearer {KEY}")).header("content-type", "application/json");
    request.body(body.to_owned().into()).unwrap()
}

#[tokio::test]
async fn a_sentry_sdk_over_its_limit_gets_429_with_the_category_and_nothing_is_stored() {
    let app = app(r#"[{"per":"month","events":2,"categories":["error"]}]"#).await;
    for _ in 0..2 {
        assert_eq!(app.post(ENVELOPE, EVENT).await.status, 200);
    }
    for path in [ENVELOPE, STORE] {
        let body = if path == STORE { "{\"message\":\"x\"}" } else { EVENT };
        let answer = app.post(path, body).await;
        assert_eq!(answer.status, 429, "{path}");
        let limits = answer.headers["x-sentry-rate-limits"].to_str().unwrap();
        let seconds = limits.strip_suffix(":error:project:project_quota").unwrap();
        assert_eq!(answer.headers["retry-after"], seconds);
        assert!((1..=600).contains(&seconds.parse::<u32>().unwrap()));
        assert!(answer.detail().contains("limit of 2 events a month"), "{answer:?}");
    }
    assert_eq!(app.records().await.len(), 2);
}

#[tokio::test]
async fn of_an_envelope_what_is_over_is_left_out_and_the_rest_is_stored_with_200() {
    let app = app(r#"[{"per":"month","events":0,"categories":["session"]}]"#).await;
    let answer = app.post(ENVELOPE, format!("{EVENT}{SESSION}")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["x-sentry-rate-limits"], "600:session:project:project_quota");
    assert!(answer.headers.get("retry-after").is_none());
    let kinds: Vec<String> = app.records().await.into_iter().map(|record| record.item_type).collect();
    assert_eq!(kinds, ["event"]);
}

#[tokio::test]
async fn a_file_is_left_out_with_its_event() {
    let app = app(r#"[{"per":"month","events":0,"categories":["error"]}]"#).await;
    let (head, event) = EVENT.split_once('\n').unwrap();
    assert_eq!(app.post(ENVELOPE, format!("{head}\n{FILE}{event}")).await.status, 429);
    // A file by itself is a late part of an event that was taken.
    assert_eq!(app.post(ENVELOPE, format!("{head}\n{FILE}")).await.status, 200);
    assert_eq!(app.records().await.len(), 1);
}

#[tokio::test]
async fn what_a_client_lost_can_always_be_told() {
    let app = app(r#"[{"per":"month","events":0}]"#).await;
    let report = "{\"type\":\"client_report\"}\n{\"discarded_events\":[]}\n";
    let answer = app.post(ENVELOPE, format!("{EVENT}{report}")).await;
    assert_eq!(answer.status, 200);
    let limits = answer.headers["x-sentry-rate-limits"].to_str().unwrap();
    assert!(limits.starts_with("600:default;error;security;") && !limits.contains("internal"), "{limits}");
    assert_eq!(app.records().await.len(), 1);
}

#[tokio::test]
async fn a_batch_is_told_for_each_event_and_a_refused_one_when_to_come_again() {
    let app = app(r#"[{"per":"month","events":2}]"#).await;
    let answer = app.send(native(r#"[{"message":"a"},{"message":"b"},{"message":"c"},{"severity":5}]"#)).await;
    assert_eq!(answer.status, 207, "{answer:?}");
    let body = answer.json();
    assert_eq!((body["accepted"].as_u64(), body["rejected"].as_u64()), (Some(2), Some(2)));
    assert_eq!(body["results"][2]["errors"][0]["code"], "project_quota");
    assert_eq!(body["results"][2]["errors"][0]["pointer"], "/2");
    for batch in [r#"{"message":"d"}"#, r#"[{"message":"e"},{"severity":5}]"#] {
        let answer = app.send(native(batch)).await;
        assert_eq!(answer.status, 429, "{answer:?}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert!(answer.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0);
        assert_eq!(answer.json()["code"], "project_quota");
    }
    assert_eq!(app.records().await.len(), 2);
}

#[tokio::test]
async fn another_project_is_not_refused() {
    let app = app(r#"[{"per":"minute","events":1}]"#).await;
    let other = "fedcba9876543210fedcba9876543210";
    crate::app::add_project(app.catalog.as_ref(), 43, other).await;
    let (mut refused, mut taken) = (0, 0);
    for _ in 0..20 {
        refused += usize::from(app.post(ENVELOPE, EVENT).await.status == 429);
        let request = post("/api/43/envelope/").header("x-sentry-auth", auth().replace(KEY, other));
        taken += usize::from(app.send(request.body(EVENT.into()).unwrap()).await.status == 200);
    }
    assert_eq!((refused, taken), (19, 20));
}

#[tokio::test]
async fn a_log_short_of_room_spares_errors_and_a_full_one_refuses_before_storing() {
    // What the log holds stays, since nobody commits it: first 5 %, then less than 1 % is left.
    let log = Arc::new(MemoryLog::with_room(2_000_000));
    log.read("reader", 1, 1, std::time::Duration::ZERO).await.unwrap();
    let fill = async |bytes: usize| {
        let entry = storage::log::Entry { key: schemas::ids::EventId([1; 16]), bytes: vec![0; bytes].into() };
        log.append(vec![entry]).await.unwrap();
    };
    fill(950_000).await;
    fill(950_000).await;
    let app = App::with(Arc::clone(&log) as Arc<dyn EventLog>, Options::default()).await;
    let warning = EVENT.replace("{\"message\"", "{\"level\":\"warning\",\"message\"");
    let answer = until(&app, &warning, 429).await;
    assert_eq!(answer.headers["x-sentry-rate-limits"], "60:session;attachment:organization:log_short");
    assert!(answer.headers.get("retry-after").is_none());
    assert_eq!(app.send(native(r#"{"message":"a","severity":"info"}"#)).await.status, 503);
    let answer = app.post(ENVELOPE, format!("{EVENT}{SESSION}")).await;
    assert_eq!((answer.status, answer.headers.contains_key("x-sentry-rate-limits")), (200, true));
    fill(85_000).await;
    let answer = until(&app, EVENT, 429).await;
    assert!(answer.headers["x-sentry-rate-limits"].to_str().unwrap().ends_with(":organization:log_full"));
    assert_eq!(answer.headers["retry-after"], "60");
}

/// Sends until the answer has this status: the room is looked at once a second.
async fn until(app: &App, body: &str, status: u16) -> crate::app::Answer {
    for _ in 0..500 {
        let answer = app.post(ENVELOPE, body.to_owned()).await;
        if answer.status == status {
            return answer;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("no answer has status {status}");
}
