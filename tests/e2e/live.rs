//! The live tail through the real binary: what is stored is told, whoever stored it, and who comes back misses nothing.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    client::{Client, Tail, parts},
    events::{envelope, small},
    server::Server,
};

async fn send(client: &Client, dsn: &str, numbers: std::ops::Range<usize>) {
    let (key, project) = parts(dsn);
    for number in numbers {
        let mut event = small(number, 3);
        event["environment"] = json!(if number % 10 == 9 { "staging" } else { "production" });
        let body = envelope(&format!("{:032x}", number + 1), event.to_string().as_bytes());
        assert_eq!(client.envelope(project, &key, body).await, Some(200));
    }
}

fn ids(numbers: std::ops::Range<usize>) -> BTreeSet<String> {
    numbers.filter(|number| number % 10 != 9).map(|number| format!("{:032x}", number + 1)).collect()
}

/// So many events, each told once; and the id to come back with.
async fn told(tail: &mut Tail, count: usize) -> (BTreeSet<String>, String) {
    let (mut told, mut last) = (BTreeSet::new(), String::new());
    while told.len() < count {
        let message = tail.next().await.expect("the stream ended");
        assert_eq!(message.kind, "event", "{message:?}");
        let event: Value = serde_json::from_str(&message.data).unwrap();
        assert!(told.insert(event["id"].as_str().unwrap().to_owned()), "told twice: {event}");
        last = message.id;
    }
    (told, last)
}

async fn open(api: &Client, since: Option<&str>) -> Tail {
    let mut tail = api.live("query=environment:production", since).await;
    let opened = tail.next().await.unwrap();
    assert_eq!((opened.kind.as_str(), opened.data.as_str()), ("open", r#"{"query":"environment:production"}"#));
    tail
}

/// One client sees everything, another one comes back after a while.
async fn followed(ingest: &Client, api: &Client, other: &Client, dsn: &str) {
    let mut tail = open(api, None).await;
    send(ingest, dsn, 0..30).await;
    let (first, since) = told(&mut tail, 27).await;
    assert_eq!(first, ids(0..30));
    drop(tail);
    send(ingest, dsn, 30..50).await;
    // Whichever process answers goes on behind it.
    let mut again = open(other, Some(&since)).await;
    send(ingest, dsn, 50..60).await;
    let (rest, _) = told(&mut again, 27).await;
    assert_eq!(rest, ids(30..60));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_is_told_and_who_comes_back_misses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let dsn = server.read_dsn();
    let client = server.client();
    followed(&client, &client, &client, &dsn).await;
    let mut tail = open(&client, None).await;
    assert!(server.stop().success(), "an open stream does not hold up the stop");
    assert!(tail.next().await.is_none());
}

#[cfg(feature = "servers")]
mod cluster {
    use super::*;
    use crate::pairs::Pair;

    /// Two processors store, two processes tell.
    async fn followed_on(variable: &str) {
        let dir = tempfile::tempdir().unwrap();
        let pair = Pair::elasticsearch(variable);
        let api = Server::start("api", dir.path(), &pair.variables).await;
        let (status, project) = api.client().post("/api/v1/projects", &json!({ "name": "default" })).await;
        assert_eq!(status, 201, "{project}");
        let other = Server::start("api", dir.path(), &pair.variables).await;
        let ingest = Server::start("ingest", dir.path(), &pair.variables).await;
        let _processors =
            [Server::start("process", dir.path(), &pair.variables).await, Server::start("process", dir.path(), &pair.variables).await];
        followed(&ingest.client(), &api.client(), &other.client(), project["key"]["dsn"].as_str().unwrap()).await;
        pair.remove().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_two_processors_store_is_told_on_elasticsearch_9() {
        followed_on("BELFRY_TEST_ES9").await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_two_processors_store_is_told_on_elasticsearch_8() {
        followed_on("BELFRY_TEST_ES8").await;
    }
}
