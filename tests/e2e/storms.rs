//! Many events of one error at once, and errors of which one stands for several, through the real binary.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    client::{Client, parts},
    events::{envelope, small},
    server::{Server, eventually},
};

/// Events of one group.
const STORM: usize = 1_000;
/// Distinct users of [`small`].
const USERS: u64 = 17;
const SENDERS: usize = 8;

fn id(number: usize) -> String {
    format!("{:032x}", number as u128 + 1)
}

async fn send(client: &Client, project: u64, key: &str, number: usize, event: &Value) {
    assert_eq!(client.envelope(project, key, envelope(&id(number), event.to_string().as_bytes())).await, Some(200));
}

/// Sends so many events, made from their numbers.
async fn send_all(client: &Client, project: u64, key: &str, count: usize, event: fn(usize) -> Value) {
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let (client, key) = (client.clone(), key.to_owned());
        senders.spawn(async move {
            for number in (sender..count).step_by(SENDERS) {
                send(&client, project, &key, number, &event(number)).await;
            }
        });
    }
    senders.join_all().await;
}

async fn events(client: &Client) -> Vec<Value> {
    let (mut events, mut path) = (Vec::new(), "/api/v1/events?limit=1000".to_owned());
    loop {
        let page = client.get(&path).await;
        events.extend(page["events"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(cursor) => path = format!("/api/v1/events?limit=1000&cursor={cursor}"),
            None => return events,
        }
    }
}

async fn total(client: &Client, query: &str) -> u64 {
    client.get(&format!("/api/v1/stats/trend?query={query}")).await["total"].as_u64().unwrap()
}

/// How many records ended how, on the days of the test.
async fn ledger(client: &Client) -> BTreeMap<String, u64> {
    let mut outcomes = BTreeMap::new();
    let now = jiff::Timestamp::now();
    for hours in [0, 24] {
        let day = (now - jiff::SignedDuration::from_hours(hours)).to_string()[..10].to_owned();
        for line in client.get(&format!("/api/v1/ledger?day={day}")).await["outcomes"].as_array().unwrap() {
            let name = format!("{}/{}", line["kind"].as_str().unwrap(), line["reason"].as_str().unwrap());
            *outcomes.entry(name).or_default() += line["count"].as_u64().unwrap();
        }
    }
    outcomes
}

/// Of so many events of a minute a hundred are whole, and beyond those the first, second, fourth and so on.
fn whole_of(events: usize) -> usize {
    (1..=events).filter(|number| *number <= 100 || (number - 100).is_power_of_two()).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_is_counted_exactly_and_kept_slim() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let client = server.client();
    send_all(&client, project, &key, STORM, |number| small(number, 1)).await;
    eventually("the storm is there", async || total(&client, "").await == STORM as u64).await;
    let all = events(&client).await;
    let mut minutes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for event in &all {
        let minute = minutes.entry(&event["received_at"].as_str().unwrap()[..16]).or_default();
        minute.0 += 1;
        minute.1 += usize::from(event["slim"] != true);
    }
    for (minute, (came, whole)) in &minutes {
        assert_eq!(*whole, whole_of(*came), "whole ones of {came} in the minute {minute}");
    }
    // A storm of a thousand lasts two or three minutes at most, even on a slow machine.
    let whole: usize = minutes.values().map(|(_, whole)| whole).sum();
    assert!(whole < STORM / 2, "{minutes:?}");

    // The first of a new release is whole.
    let mut newer = small(STORM, 1);
    newer["release"] = json!("shop@2.0");
    send(&client, project, &key, STORM, &newer).await;
    send(&client, project, &key, STORM + 1, &small(STORM + 1, 1)).await;
    let sent = STORM as u64 + 2;
    eventually("all of it is there", async || total(&client, "").await == sent).await;
    let first = client.get(&format!("/api/v1/events/{}", id(STORM))).await;
    assert!(first["slim"].is_null() && first["exceptions"][0]["stacktrace"]["frames"][1]["function"] == "step_0", "{first}");

    check_counts(&client, sent).await;
    let slim = all.iter().find(|event| event["slim"] == true).unwrap();
    check_slim(&client, slim).await;
    let counted = ledger(&client).await;
    assert_eq!(counted.values().sum::<u64>(), sent);
    let slim = events(&client).await.iter().filter(|event| event["slim"] == true).count() as u64;
    assert_eq!((counted["stored/accepted"], counted["counted/storm_control"]), (sent - slim, slim));

    assert!(server.stop().success());
    let server = Server::start("serve", dir.path(), &[]).await;
    check_counts(&server.client(), sent).await;
    assert_eq!(ledger(&server.client()).await, counted);
}

/// Counts and users are exact, however few payloads there are.
async fn check_counts(client: &Client, sent: u64) {
    let issues = client.get("/api/v1/issues").await;
    let [issue] = &issues["issues"].as_array().unwrap()[..] else { panic!("one issue: {issues}") };
    assert_eq!((&issue["count"], &issue["users"], &issue["estimated"]), (&json!(sent), &json!(USERS), &Value::Null));
    let top = client.get("/api/v1/stats/top?by=tags.tenant").await;
    let counts = top["groups"].as_array().unwrap().iter().map(|group| group["count"].as_u64().unwrap());
    assert_eq!((counts.len(), counts.sum::<u64>()), (5, sent));
    assert_eq!(total(client, "error.type:Error0%20case").await, sent, "the message is full text of every one");
    assert_eq!(total(client, "step_0").await, sent, "so is the culprit");
    assert_eq!(total(client, "main").await, total(client, "-slim:true").await, "other frames are those of whole ones");
}

async fn check_slim(client: &Client, slim: &Value) {
    let id = slim["id"].as_str().unwrap();
    assert!(slim["title"].as_str().unwrap().starts_with("Error0: case ") && slim["user"]["id"].is_string(), "{slim}");
    assert!(slim["exceptions"][0].get("stacktrace").is_none(), "{slim}");
    let one = client.get(&format!("/api/v1/events/{id}")).await;
    assert_eq!((&one["slim"], &one["payload"]["missing"]), (&json!(true), &json!("storm_control")));
    let outcomes = client.get(&format!("/api/v1/events/{id}/outcome")).await["outcomes"].take();
    let [outcome] = &outcomes.as_array().unwrap()[..] else { panic!("one outcome: {outcomes}") };
    assert_eq!((&outcome["kind"], &outcome["reason"]), (&json!("counted"), &json!("storm_control")));
}

/// Four events a trace, each trace of two errors.
fn traced(number: usize) -> Value {
    let mut event = small(number, 2);
    event["contexts"] = json!({ "trace": { "trace_id": format!("{:032x}", number / 4 + 1), "span_id": format!("{:016x}", number + 1) } });
    event
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whole_traces_stand_for_those_that_sampling_leaves_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let client = server.client();
    let rules = json!({
        "sampling": [{ "name": "ordinary", "condition": "-level:fatal", "keep_one_in": 4 }],
        "storms": { "enabled": false },
    });
    let (status, set) = client.put(&format!("/api/v1/projects/{project}/rules"), &rules).await;
    assert_eq!(status, 200, "{set}");
    let sent = 800;
    send_all(&client, project, &key, sent, traced).await;
    eventually("every record has ended", async || ledger(&client).await.values().sum::<u64>() == sent as u64).await;
    let ended = ledger(&client).await;
    let kept = events(&client).await;
    assert_eq!((ended["stored/accepted"], ended["filtered/sampled"]), (kept.len() as u64, (sent - kept.len()) as u64));
    let weight = |event: &Value| event["weight"].as_u64().unwrap_or(1);
    let (mut traces, mut first): (BTreeMap<&str, usize>, usize) = Default::default();
    for event in &kept {
        if weight(event) == 4 {
            *traces.entry(event["trace"]["trace_id"].as_str().unwrap()).or_default() += 1;
        } else {
            first += 1;
        }
    }
    assert_eq!(first, 2 * 10, "the first ten of both errors");
    // Of a chosen trace all four are kept; those among the first ten stand for themselves.
    let parted = traces.values().filter(|events| **events < 4).count();
    assert!(parted <= first, "{parted} traces are not whole: {traces:?}");
    let summary = client.get("/api/v1/stats/summary").await;
    assert_eq!((&summary["total"], &summary["estimated"]), (&json!(kept.iter().map(weight).sum::<u64>()), &json!(true)));
    // Two hundred traces, one of four kept: an estimate of 800 with a standard deviation of 98.
    let estimate = summary["total"].as_u64().unwrap();
    assert!((400..1_200).contains(&estimate), "{estimate}");
    let left_out = (0..sent).map(id).find(|id| kept.iter().all(|event| event["id"] != id.as_str())).unwrap();
    let outcome = client.get(&format!("/api/v1/events/{left_out}/outcome")).await["outcomes"][0].take();
    assert_eq!((&outcome["kind"], &outcome["reason"]), (&json!("filtered"), &json!("sampled")));
    assert!(outcome["detail"].as_str().unwrap().contains("ordinary"), "{outcome}");
}
