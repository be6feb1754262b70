//! Ingest on a log in memory and an SQLite catalog with one project, number 42.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo};
use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use ingest::{Ingest, Options};
use jiff::Timestamp;
use schemas::{
    catalog::{Project, ProjectSettings},
    ids::{ProjectId, PublicKey},
    record::{Codec, Record},
};
use serde_json::Value;
use storage::{
    catalog::{Catalog, Collection, Draft, Expect, Write, keys, sqlite::SqliteCatalog},
    log::{EventLog, memory::MemoryLog},
};
use tower::ServiceExt;

pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const ENVELOPE: &str = "/api/42/envelope/";
pub(crate) const STORE: &str = "/api/42/store/";

pub(crate) struct App {
    pub(crate) ingest: Ingest,
    pub(crate) router: Router,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) catalog: Arc<SqliteCatalog>,
    _dir: tempfile::TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub(crate) fn detail(&self) -> String {
        self.json()["detail"].as_str().unwrap_or_default().to_owned()
    }
}

impl App {
    pub(crate) async fn new() -> Self {
        Self::with(Arc::new(MemoryLog::new()), Options::default()).await
    }

    pub(crate) async fn with(log: Arc<dyn EventLog>, options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Arc::new(SqliteCatalog::open(&dir.path().join("catalog.db")).unwrap());
        add_project(catalog.as_ref(), 42, KEY).await;
        let ingest = Ingest::new(Arc::clone(&log), Arc::clone(&catalog) as Arc<dyn Catalog>, options);
        Self { router: ingest.router(), ingest, log, catalog, _dir: dir }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(self.router.clone(), request).await
    }

    /// Posts with the key in `X-Sentry-Auth`.
    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(post(path).header("x-sentry-auth", auth()).body(body.into()).unwrap()).await
    }

    /// Everything in the log that was not given before.
    pub(crate) async fn records(&self) -> Vec<Record> {
        let stored = self.log.read("test", 100_000, 1 << 30, Duration::ZERO).await.unwrap();
        stored.into_iter().map(|stored| Record::decode(stored.bytes).unwrap()).collect()
    }
}

pub(crate) async fn send(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

/// A request as the binary's server hands it over.
pub(crate) fn post(path: &str) -> http::request::Builder {
    let peer: SocketAddr = "203.0.113.7:50000".parse().unwrap();
    Request::builder().method("POST").uri(path).extension(ConnectInfo(peer))
}

pub(crate) fn auth() -> String {
    format!("Sentry sentry_key={KEY}, sentry_version=7, sentry_client=test/1.0")
}

pub(crate) async fn add_project(catalog: &dyn Catalog, number: u64, key: &str) {
    let id = ProjectId(number);
    let now = Timestamp::UNIX_EPOCH;
    let settings = ProjectSettings::default();
    let project = Project { id, slug: format!("p{number}"), name: "test".into(), created_at: now, enabled: true, settings };
    let json = serde_json::to_vec(&project).unwrap();
    let draft = Draft { id: number.to_string(), project: Some(id), order: 0, json };
    catalog.write(Collection::Projects, vec![Write::Put(draft, Expect::Any)]).await.unwrap();
    keys::create(catalog, id, key.parse::<PublicKey>().unwrap(), now).await.unwrap();
}

/// A record's payload as the client sent it.
pub(crate) fn payload(record: &Record) -> Bytes {
    match record.codec {
        Codec::Identity => record.payload.clone(),
        Codec::Zstd => zstd::bulk::decompress(&record.payload, record.payload_bytes as usize).unwrap().into(),
    }
}

pub(crate) fn corpus(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpora")).join(path)
}

pub(crate) fn read(path: &str) -> Vec<u8> {
    let path = corpus(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
