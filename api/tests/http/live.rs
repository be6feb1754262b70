//! The live tail, read as a client does.

use std::time::Duration;

use axum::body::BodyDataStream;
use futures::StreamExt;
use http::StatusCode;
use schemas::{catalog::Role, event::Event};
use storage::catalog::tokens;
use tokio_util::sync::CancellationToken;

use crate::server::{BILLING, SHOP, Server, event, now};

/// Longest wait for what must come. Nothing depends on how long it takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A message of a stream: its kind, id and data.
#[derive(Debug, PartialEq)]
struct Message {
    kind: String,
    id: Option<String>,
    data: String,
}

struct Tail {
    body: BodyDataStream,
    text: String,
}

impl Tail {
    /// The next message; `None` when the stream has ended. Comments are passed over.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(|text| text.trim().to_owned());
                let message = field("event:").map(|kind| Message { kind, id: field("id:"), data: field("data:").unwrap_or_default() });
                self.text = rest.to_owned();
                match message {
                    Some(message) => return Some(message),
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.body.next()).await.expect("nothing came")?;
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }

    /// The id of the next event, which must be one, and of the message.
    async fn event(&mut self) -> (String, String) {
        let message = self.next().await.unwrap();
        assert_eq!(message.kind, "event", "{message:?}");
        let event: Event = serde_json::from_str(&message.data).unwrap();
        (event.id.to_string(), message.id.unwrap())
    }
}

async fn open(server: &Server, query: &str, token: &str, since: Option<&str>) -> Tail {
    let headers: Vec<(&str, &str)> = since.map(|id| ("last-event-id", id)).into_iter().collect();
    let response = server.answer("GET", &format!("/api/v1/live{query}"), Some(token), &headers).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut tail = Tail { body: response.into_body().into_data_stream(), text: String::new() };
    assert_eq!(tail.next().await.unwrap().kind, "open");
    tail
}

fn name(n: u32) -> String {
    crate::server::id(n).to_string()
}

#[tokio::test]
async fn events_are_told_once_as_they_are_stored_whatever_their_time() {
    let server = Server::empty().await;
    server.store(vec![event(1, SHOP, "before", 10)]).await;
    let mut tail = open(&server, "", "viewer", None).await;
    server.store(vec![event(2, SHOP, "a", 30 * 24 * 3_600)]).await;
    assert_eq!(tail.event().await.0, name(2));
    server.store(vec![event(3, BILLING, "a", 5), event(4, SHOP, "a", 9_000)]).await;
    assert_eq!([tail.event().await.0, tail.event().await.0], [name(3), name(4)]);
    server.store(vec![event(5, SHOP, "a", 0)]).await;
    assert_eq!(tail.event().await.0, name(5));
}

#[tokio::test]
async fn a_tail_keeps_to_its_query_and_to_the_projects_of_its_token() {
    let server = Server::empty().await;
    tokens::create(&*server.catalog, "of billing", Role::Viewer, Some(vec![BILLING]), now()).await.unwrap();
    let mut billing = open(&server, "", "of billing", None).await;
    let mut fatal = open(&server, "?query=error.type:Errorb&project=shop", "viewer", None).await;
    server.store(vec![event(1, SHOP, "a", 5), event(2, SHOP, "b", 5), event(3, BILLING, "b", 5)]).await;
    assert_eq!(billing.event().await.0, name(3));
    assert_eq!(fatal.event().await.0, name(2));
    assert_eq!(server.send("GET", "/api/v1/live?project=shop", Some("of billing"), "").await.status, 400);
    assert_eq!(server.send("GET", "/api/v1/live", None, "").await.status, 401);
    assert_eq!(server.problem("/api/v1/live?query=(", 400).await.0, "invalid_query");
    let reply = server.send_with("GET", "/api/v1/live", Some("viewer"), &[("last-event-id", "x")], "").await;
    assert_eq!((reply.status.as_u16(), &reply.json()["code"]), (400, &"invalid_header".into()));
}

#[tokio::test]
async fn who_comes_back_is_told_what_they_missed_and_nothing_twice() {
    let server = Server::empty().await;
    let mut first = open(&server, "", "viewer", None).await;
    server.store(vec![event(1, SHOP, "a", 5), event(2, SHOP, "a", 5)]).await;
    let (one, since) = first.event().await;
    assert_eq!(one, name(1));
    drop(first);
    server.store(vec![event(3, SHOP, "a", 5)]).await;
    let mut again = open(&server, "", "viewer", Some(&since)).await;
    assert_eq!([again.event().await.0, again.event().await.0], [name(2), name(3)]);
    server.store(vec![event(4, SHOP, "a", 5)]).await;
    assert_eq!(again.event().await.0, name(4));
}

#[tokio::test]
async fn what_is_beyond_the_rate_is_left_out_and_counted() {
    let server = Server::empty().await;
    let mut tail = open(&server, "", "viewer", None).await;
    server.store((1..=250).map(|n| event(n, SHOP, "a", 5)).collect()).await;
    let (mut told, mut left_out) = (0, 0);
    while told + left_out < 250 {
        let message = tail.next().await.unwrap();
        match message.kind.as_str() {
            "event" => told += 1,
            other => {
                assert_eq!(other, "left_out");
                left_out += serde_json::from_str::<serde_json::Value>(&message.data).unwrap()["events"].as_u64().unwrap();
            }
        }
    }
    assert_eq!((told, left_out), (100, 150));
    server.store(vec![event(251, SHOP, "a", 5)]).await;
    assert_eq!(tail.event().await.0, name(251));
}

#[tokio::test]
async fn streams_have_a_limit_and_give_their_place_back() {
    let server = Server::empty().await;
    let mut tails = Vec::new();
    for _ in 0..32 {
        tails.push(open(&server, "", "viewer", None).await);
    }
    let (code, detail) = server.problem("/api/v1/live", 429).await;
    assert_eq!(code, "too_many_requests", "{detail}");
    tails.truncate(31);
    let _one_more = open(&server, "", "viewer", None).await;
}

#[tokio::test]
async fn a_stream_ends_when_the_server_stops() {
    let stop = CancellationToken::new();
    let server = Server::empty().await.stopping_with(stop.clone());
    let mut tail = open(&server, "", "viewer", None).await;
    stop.cancel();
    assert_eq!(tail.next().await, None);
}
