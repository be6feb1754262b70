//! Filters that are set over the API leave events out, say so, and are counted; a restart changes nothing.

use serde_json::{Value, json};

use crate::{
    client::{Client, parts},
    events::envelope,
    server::{Server, eventually},
};

/// Events that a filter leaves out: by which, and why.
fn events() -> [(Value, Option<(&'static str, &'static str)>); 6] {
    let agent = |agent: &str| json!({ "headers": { "User-Agent": agent }, "url": "https://shop.example/" });
    let event =
        |message: &str, request: Value| json!({ "platform": "javascript", "logentry": { "formatted": message }, "request": request });
    [
        (event("kept", agent("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0")), None),
        (
            event("a crawler", agent("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")),
            Some(("project: crawlers", "web_crawlers")),
        ),
        (event("at home", json!({ "url": "http://[::1]:3000/cart" })), Some(("all: own machines", "localhost"))),
        (json!({ "message": "chatty", "level": "debug", "tags": { "tenant": "acme" } }), Some(("project: chatty", "filter_rule"))),
        (json!({ "message": "chatty", "level": "debug", "tags": { "tenant": "other" } }), None),
        (
            json!({ "exception": { "values": [{ "type": "ChunkLoadError", "value": "Loading chunk 3 failed." }] } }),
            Some(("project: noise", "messages")),
        ),
    ]
}

fn id(n: usize) -> String {
    format!("{:032x}", n + 0xf11)
}

async fn set_rules(client: &Client, project: u64) {
    let own = json!({ "filters": [
        { "name": "off", "condition": "level:error", "enabled": false },
        { "name": "crawlers", "web_crawlers": true },
        { "name": "chatty", "condition": "level:debug tags.tenant:ac* \"chatty\"" },
        { "name": "noise", "messages": ["chunkloaderror: *"] },
    ] });
    let all = json!({ "filters": [{ "name": "own machines", "localhost": true }] });
    for (path, rules) in [(format!("/api/v1/projects/{project}/rules"), own), ("/api/v1/rules".to_owned(), all)] {
        let (status, answer) = client.put(&path, &rules).await;
        assert_eq!(status, 200, "{answer}");
    }
}

async fn check(client: &Client, project: u64) {
    for (n, (event, expected)) in events().iter().enumerate() {
        let fate = client.get(&format!("/api/v1/events/{}/outcome", id(n))).await;
        let outcome = &fate["outcomes"][0];
        let kind = if expected.is_some() { "filtered" } else { "stored" };
        assert_eq!(outcome["kind"], kind, "{event}: {fate}");
        if let Some((name, reason)) = expected {
            assert_eq!((&outcome["detail"], &outcome["reason"]), (&json!(name), &json!(reason)), "{event}: {fate}");
        }
        assert_eq!(client.status_of(&format!("/api/v1/events/{}", id(n))).await == 200, expected.is_none(), "{event}");
    }
    let counted = client.get(&format!("/api/v1/projects/{project}/filters")).await;
    let lines: Vec<(&str, u64)> = counted["filters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["name"].as_str().unwrap(), line["events"].as_u64().unwrap()))
        .collect();
    // One of them was sent to see whether the rules are in use.
    assert_eq!(lines, [("off", 0), ("crawlers", 1), ("chatty", 1), ("noise", 1), ("own machines", 2)], "{counted}");
    assert_eq!(counted["total"], 5);
}

/// How many records of today and yesterday ended so.
async fn ended(client: &Client, kind: &str) -> u64 {
    let mut ended = 0;
    for hours in [0, 24] {
        let day = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(hours)).to_string()[..10].to_owned();
        let ledger = client.get(&format!("/api/v1/ledger?day={day}")).await;
        let lines = ledger["outcomes"].as_array().unwrap().iter().filter(|line| line["kind"] == kind);
        ended += lines.map(|line| line["count"].as_u64().unwrap()).sum::<u64>();
    }
    ended
}

#[tokio::test]
async fn filtered_events_end_with_the_name_of_their_filter_and_count_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let client = server.client();
    set_rules(&client, project).await;
    // The processor has the rules within two seconds; until then what they leave out is stored.
    let mut probe = 0;
    eventually("the rules are in use", async || {
        probe += 1;
        let id = format!("{:032x}", 0xabc_0000 + probe);
        let body = json!({ "message": "probe", "request": { "url": "http://localhost/" } });
        assert_eq!(client.envelope(project, &key, envelope(&id, body.to_string().as_bytes())).await, Some(200));
        let path = format!("/api/v1/events/{id}/outcome");
        eventually("its fate is known", async || client.status_of(&path).await == 200).await;
        client.get(&path).await["outcomes"][0]["kind"] == "filtered"
    })
    .await;
    let (stored, filtered) = (ended(&client, "stored").await, ended(&client, "filtered").await);
    assert_eq!((stored, filtered), (probe - 1, 1));
    for (n, (event, _)) in events().iter().enumerate() {
        assert_eq!(client.envelope(project, &key, envelope(&id(n), event.to_string().as_bytes())).await, Some(200));
    }
    eventually("all have ended", async || ended(&client, "stored").await + ended(&client, "filtered").await == stored + filtered + 6).await;
    assert_eq!((ended(&client, "stored").await, ended(&client, "filtered").await), (stored + 2, filtered + 4));
    check(&client, project).await;
    assert!(server.stop().success());
    let server = Server::start("serve", dir.path(), &[]).await;
    check(&server.client(), project).await;
}
