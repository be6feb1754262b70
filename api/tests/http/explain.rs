use schemas::{
    event::{Change, Event, Exception, Frame, FrameUse, Remark, ScrubMethod, Stacktrace},
    ids::EventId,
};
use serde_json::json;

use crate::server::{BILLING, SHOP, Server, event, fingerprint, issue_id};

/// An event of group `a` with two frames, of which one counts.
fn explained() -> Event {
    let mut event = event(1, SHOP, "a", 10);
    let frame = |function: &str, in_app| Frame { function: Some(function.into()), in_app: Some(in_app), ..Frame::default() };
    let mut library = frame("select", false);
    library.why = Some("stack.module:org.hibernate.** -app".into());
    let stacktrace = Stacktrace { frames: vec![frame("pay", true), library], ..Stacktrace::default() };
    event.exceptions = vec![Exception { kind: Some("Errora".into()), stacktrace: Some(stacktrace), ..Exception::default() }];
    event.changes =
        vec![Change { field: "priority".into(), from: "major".into(), to: "critical".into(), why: "the service is of tier 1".into() }];
    event.scrubbed = vec![Remark { path: "user.email".into(), rule: "@email".into(), method: ScrubMethod::Replace, bytes: 17 }];
    let grouping = event.grouping.as_mut().unwrap();
    grouping.parts = json!(["fp1", "app", "java", [["Errora", [["", "pay"]]]]]).into();
    grouping.frames = vec![[FrameUse::Counted, FrameUse::Library].map(FrameUse::letter).iter().collect()];
    grouping.similar = Some("5f2a".into());
    event
}

fn alike(n: u32, project: schemas::ids::ProjectId, name: &str) -> Event {
    let mut event = event(n, project, name, 60);
    event.grouping.as_mut().unwrap().similar = Some("5f2a".into());
    event
}

#[tokio::test]
async fn an_explanation_says_what_each_frame_did_and_which_groups_look_alike() {
    let server = Server::empty().await;
    server.store(vec![explained(), alike(2, SHOP, "b"), alike(3, SHOP, "b"), alike(4, BILLING, "c")]).await;
    let answer = server.get(&format!("/api/v1/events/{}/explain", explained().id)).await;
    let grouping = &answer["grouping"];
    assert_eq!((&grouping["by"], &grouping["version"]), (&json!("application_frames"), &json!("fp1")));
    assert_eq!(grouping["issue"], issue_id(SHOP, "a"));
    let frames = &grouping["exceptions"][0]["frames"];
    assert_eq!((&frames[0]["function"], &frames[0]["counted"], &frames[0].get("rule")), (&json!("pay"), &json!(true), &None));
    assert_eq!((&frames[1]["counted"], &frames[1]["rule"]), (&json!(false), &json!("stack.module:org.hibernate.** -app")));
    assert_eq!(frames[1]["why"], "it is not the application's own, and others are");
    // The group of another project is not told of.
    let similar = &grouping["similar"];
    assert_eq!(similar.as_array().unwrap().len(), 1);
    assert_eq!((&similar[0]["fingerprint"], &similar[0]["count"]), (&json!(fingerprint("b")), &json!(2)));
    assert_eq!((&similar[0]["issue"], &similar[0]["title"]), (&json!(issue_id(SHOP, "b")), &json!("Error b")));
    assert_eq!(
        answer["summary"],
        json!([
            "It was grouped by the types of its exceptions and 1 of 2 frames, the application's own; one other group looks alike.",
            "It is of category UNKNOWN, severity error and priority major: priority went from major to critical because the service is of tier 1.",
            "1 value was taken out of it, by @email.",
        ])
    );
}

#[tokio::test]
async fn what_decided_is_named_whatever_it_was() {
    let server = Server::empty().await;
    let mut events = Vec::new();
    for (n, kind, rule, expected) in [
        (1, "custom", None, "client"),
        (2, "custom", Some("type:X -> x"), "rule"),
        (3, "message", None, "message"),
        (4, "value", None, "value"),
        (5, "none", None, "place"),
    ] {
        let mut event = event(n, SHOP, &n.to_string(), 10);
        let grouping = event.grouping.as_mut().unwrap();
        grouping.parts = json!(["fp1", kind, []]).into();
        grouping.rule = rule.map(str::to_owned);
        (event.weight, event.slim) = (u64::from(n), n == 5);
        events.push((event, expected));
    }
    server.store(events.iter().map(|(event, _)| event.clone()).collect()).await;
    for (event, expected) in events {
        let answer = server.get(&format!("/api/v1/events/{}/explain", event.id)).await;
        assert_eq!((&answer["grouping"]["by"], &answer["weight"]), (&json!(expected), &json!(event.weight)));
        assert_eq!(answer["summary"].as_array().unwrap().len(), if event.weight > 1 { 4 } else { 3 });
    }
}

#[tokio::test]
async fn an_event_that_is_not_there_is_not_explained() {
    let server = Server::full().await;
    let (code, detail) = server.problem(&format!("/api/v1/events/{}/explain", EventId([9; 16])), 404).await;
    assert_eq!((code.as_str(), detail.contains("outcome")), ("not_found", true));
    server.problem("/api/v1/events/xyz/explain", 400).await;
}
