//! Index and catalog against an Elasticsearch that fails: what is an error, which kind, and what it tells.
#![allow(clippy::unwrap_used)]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use schemas::{
    event::Event,
    ids::{EventId, ProjectId},
    query::Expr,
    record::Position,
};
use serde_json::{Value, json};
use storage::{
    Error,
    catalog::{Catalog, Collection, Draft, Expect, Write, elastic::ElasticCatalog},
    index::{
        Count, Document, Index, Put, Scope,
        elastic::{ElasticIndex, Options},
    },
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

type Told = (&'static str, u16, Value);

/// A server that plays Elasticsearch: an index of the right format is always there, the rest is answered as told.
#[derive(Clone, Default)]
struct Server {
    /// What is answered to the next requests whose path has this text in it: status and body.
    told: Arc<Mutex<VecDeque<Told>>>,
    /// What an index was made with.
    mappings: Arc<Mutex<Value>>,
}

impl Server {
    async fn start(&self) -> Options {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = self.clone();
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let server = server.clone();
                tokio::spawn(async move { server.serve(connection).await });
            }
        });
        Options { urls: vec![format!("http://belfry:hunter2@{address}")], replicas: 0, ..Options::default() }
    }

    fn tell(&self, path: &'static str, status: u16, body: Value) {
        self.told.lock().unwrap().push_back((path, status, body));
    }

    async fn serve(&self, connection: TcpStream) -> Option<()> {
        let mut connection = BufReader::new(connection);
        loop {
            let (mut line, mut length) = (String::new(), 0);
            connection.read_line(&mut line).await.ok().filter(|n| *n > 0)?;
            let request = line.clone();
            while line.trim() != "" {
                line.clear();
                connection.read_line(&mut line).await.ok()?;
                if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = text.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            connection.read_exact(&mut body).await.ok()?;
            let (status, answer) = self.answer(&request, &body);
            let answer = if request.starts_with("HEAD") { String::new() } else { answer.to_string() };
            let head = format!("HTTP/1.1 {status} .\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", answer.len());
            connection.write_all((head + &answer).as_bytes()).await.ok()?;
        }
    }

    fn answer(&self, request: &str, body: &[u8]) -> (u16, Value) {
        let mut told = self.told.lock().unwrap();
        if let Some(at) = told.iter().position(|(path, ..)| request.contains(path)) {
            let (_, status, body) = told.remove(at).unwrap();
            return (status, body);
        }
        let mut mappings = self.mappings.lock().unwrap();
        let name = request.split([' ', '/', '?']).find(|part| part.starts_with("belfry-")).unwrap_or_default();
        if request.starts_with("PUT") {
            let made: Value = serde_json::from_slice(body).unwrap();
            let made = if request.contains("_index_template") { &made["template"] } else { &made };
            mappings[name] = made["mappings"].clone();
            return (200, json!({ "acknowledged": true }));
        }
        match (mappings.get(name), ["events-*", "outcomes-*", "tallies-*"].iter().any(|kind| request.contains(kind))) {
            (_, true) => (200, json!({})),
            (Some(known), _) if request.contains("_index_template") => {
                (200, json!({ "index_templates": [{ "index_template": { "template": { "mappings": known } } }] }))
            }
            (Some(known), _) => (200, json!({ name: { "mappings": known } })),
            (None, _) => (404, json!({ "error": { "type": "index_not_found_exception" } })),
        }
    }
}

fn document(number: u8) -> Document {
    let mut event = Event::new(EventId([number; 16]), ProjectId(7), "2026-11-20T12:00:00Z".parse().unwrap());
    event.service = Some("top secret".into());
    Document::new(event, Position { partition: 0, offset: number.into() })
}

fn scope() -> Scope {
    Scope { projects: vec![ProjectId(7)], millis: 0..i64::MAX, expr: Expr::All }
}

fn item(status: u16, kind: &str, reason: &str) -> Value {
    json!({ "create": { "status": status, "error": { "type": kind, "reason": reason } } })
}

fn created() -> Value {
    json!({ "create": { "status": 201 } })
}

async fn index(server: &Server) -> ElasticIndex {
    ElasticIndex::connect(server.start().await).await.unwrap()
}

#[tokio::test]
async fn a_document_that_is_refused_leaves_the_others_alone_and_nothing_of_it_is_told() {
    let server = Server::default();
    let index = index(&server).await;
    let refused = item(400, "document_parsing_exception", "Preview of field's value: 'top secret'");
    server.tell("_bulk", 200, json!({ "items": [created(), refused, created()] }));
    let puts = index.put(vec![document(1), document(2), document(3)]).await.unwrap();
    assert_eq!((&puts[0], &puts[2]), (&Put::Stored, &Put::Stored));
    let Put::Refused { reason } = &puts[1] else { panic!("{puts:?}") };
    assert!(reason.contains("document_parsing_exception") && !reason.contains("secret"), "{reason}");
}

#[tokio::test]
async fn a_server_that_sheds_load_or_is_full_is_asked_again() {
    let server = Server::default();
    let index = index(&server).await;
    let flood = "index [a] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark];";
    for (answer, full) in [
        (item(429, "es_rejected_execution_exception", "queue full"), false),
        (item(503, "unavailable_shards_exception", "top secret"), false),
        (item(404, "index_not_found_exception", "no such index"), false),
        (item(429, "cluster_block_exception", flood), true),
    ] {
        server.tell("_bulk", 200, json!({ "items": [created(), answer] }));
        let error = index.put(vec![document(1), document(2)]).await.unwrap_err();
        assert!(error.is_retryable() && matches!(error, Error::Full { .. }) == full, "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    for status in [429, 502, 503] {
        server.tell("_bulk", status, json!({ "error": { "type": "busy", "reason": "" } }));
        let error = index.put(vec![document(1)]).await.unwrap_err();
        assert!(error.is_retryable() && error.to_string().contains(&status.to_string()), "{error}");
    }
    server.tell("_bulk", 200, json!({ "items": [created()] }));
    assert_eq!(index.put(vec![document(1)]).await.unwrap(), [Put::Stored]);
}

#[tokio::test]
async fn an_answer_that_is_short_is_an_error() {
    let server = Server::default();
    let index = index(&server).await;
    let hits = json!({ "hits": [], "total": { "value": 0 } });
    let failures = json!([{ "reason": { "type": "node_disconnected_exception", "reason": "gone" } }]);
    for short in [
        json!({ "timed_out": true, "_shards": { "failed": 0 }, "hits": hits }),
        json!({ "timed_out": false, "_shards": { "failed": 1, "failures": failures }, "hits": hits }),
        json!({ "hits": hits }),
        json!([]),
    ] {
        server.tell("_search", 200, short.clone());
        let error = index.search(&scope(), None, 10).await.unwrap_err();
        assert!(error.is_retryable(), "{short}: {error}");
        server.tell("_search", 200, short.clone());
        let count = Count { limit: 1, ..Count::of(scope()) };
        assert!(index.count(&count).await.unwrap_err().is_retryable(), "{short}");
    }
    server.tell("_bulk", 200, json!({ "items": [created()] }));
    assert!(index.put(vec![document(1), document(2)]).await.unwrap_err().is_retryable());
    server.tell("_refresh", 200, json!({ "_shards": { "failed": 1 } }));
    assert!(index.flush().await.unwrap_err().is_retryable());
    server.tell("_refresh", 200, json!({ "_shards": { "failed": 0 } }));
    index.flush().await.unwrap();
}

#[tokio::test]
async fn a_search_waits_for_the_shard_of_a_new_day() {
    let server = Server::default();
    let index = index(&server).await;
    let starting = json!({ "error": { "type": "search_phase_execution_exception", "reason": "all shards failed",
        "root_cause": [{ "type": "no_shard_available_action_exception", "reason": "[belfry-events-2026.11.20][0]" }] } });
    server.tell("_search", 503, starting);
    let hits = json!({ "hits": [], "total": { "value": 0 } });
    server.tell("_search", 200, json!({ "timed_out": false, "_shards": { "failed": 0 }, "hits": hits }));
    assert!(index.search(&scope(), None, 10).await.unwrap().hits.is_empty());
}

#[tokio::test]
async fn wrong_credentials_are_told_without_showing_them() {
    let server = Server::default();
    let options = server.start().await;
    let refused = json!({ "error": { "type": "security_exception", "reason": "unable to authenticate user [belfry]" } });
    server.tell("_index_template", 401, refused);
    let error = ElasticIndex::connect(options).await.unwrap_err();
    assert!(matches!(error, Error::Terminal { .. }), "{error}");
    assert!(error.to_string().contains("check the credentials") && !error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_catalog_whose_writes_are_shed_is_asked_again() {
    let server = Server::default();
    let catalog = ElasticCatalog::connect(server.start().await).await.unwrap();
    let write = || vec![Write::Put(Draft { id: "a".into(), project: None, order: 0, json: b"{}".to_vec() }, Expect::Any)];
    server.tell("_bulk", 200, json!({ "items": [{ "index": { "status": 429, "error": { "type": "busy", "reason": "secret" } } }] }));
    let error = catalog.write(Collection::Keys, write()).await.unwrap_err();
    assert!(error.is_retryable() && !error.to_string().contains("secret"), "{error}");
    server.tell("_search", 200, json!({ "timed_out": false, "_shards": { "failed": 1 }, "hits": { "hits": [] } }));
    server.tell("_refresh", 200, json!({ "_shards": { "failed": 0 } }));
    let list = storage::catalog::List { limit: 1, ..Default::default() };
    assert!(catalog.list(Collection::Keys, &list).await.unwrap_err().is_retryable());
}
