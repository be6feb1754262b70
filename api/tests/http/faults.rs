//! Storage that fails: what clients are told, and what not.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::civil::Date;
use schemas::ids::{EventId, ProjectId};
use schemas::outcome::Outcome;
use schemas::tally::Tally;
use storage::{
    Error, Result,
    catalog::Catalog,
    index::{Arrivals, Balance, Count, Counted, Cursor, Decide, Document, Fate, Hit, Index, Marks, Page, Put, Scope, Sum, Summed, Wanted},
};

use crate::server::{SHOP, Server};

/// What an index is doing that never answers.
pub(crate) const NEVER: &str = "waiting for ever";

/// An index that fails in one way, perhaps after a page.
pub(crate) struct Failing(fn() -> Error, Mutex<Option<Page>>);

impl Failing {
    /// At once.
    pub(crate) fn new(error: fn() -> Error) -> Self {
        Self(error, Mutex::default())
    }

    /// Waits for ever, or fails.
    async fn fail<T>(&self) -> Result<T> {
        let error = self.0();
        if error.to_string().starts_with(NEVER) {
            std::future::pending::<()>().await;
        }
        Err(error)
    }
}

#[async_trait]
impl Index for Failing {
    async fn put(&self, _: Vec<Document>) -> Result<Vec<Put>> {
        Err(self.0())
    }

    async fn record(&self, _: Vec<Outcome>) -> Result<()> {
        Err(self.0())
    }

    async fn tally(&self, _: Vec<Tally>) -> Result<()> {
        Err(self.0())
    }

    async fn flush(&self) -> Result<()> {
        Err(self.0())
    }

    async fn search(&self, _: &Scope, _: Option<Cursor>, _: usize) -> Result<Page> {
        let page = self.1.lock().unwrap().take();
        match page {
            Some(page) => Ok(page),
            None => self.fail().await,
        }
    }

    async fn arrivals(&self, _: &Scope, _: Option<&Marks>, _: usize) -> Result<Arrivals> {
        Err(self.0())
    }

    async fn get(&self, _: &[ProjectId], _: EventId) -> Result<Vec<Hit>> {
        Err(self.0())
    }

    async fn count(&self, _: &Count) -> Result<Counted> {
        self.fail().await
    }

    async fn tag_keys(&self, _: &Scope, _: &str, _: usize) -> Result<Option<Vec<(String, u64)>>> {
        Err(self.0())
    }

    async fn sum(&self, _: &Sum) -> Result<Summed> {
        Err(self.0())
    }

    async fn fate(&self, _: &[ProjectId], _: EventId) -> Result<Vec<Fate>> {
        Err(self.0())
    }

    async fn balance(&self, _: Date) -> Result<Balance> {
        Err(self.0())
    }

    async fn scan(&self, _: Date, _: &[ProjectId], _: Arc<Wanted>) -> Result<Vec<(ProjectId, EventId)>> {
        Err(self.0())
    }

    async fn change(&self, _: Date, _: &[(ProjectId, EventId)], _: Arc<Decide>) -> Result<()> {
        Err(self.0())
    }

    async fn days(&self) -> Result<Vec<Date>> {
        Err(self.0())
    }

    async fn drop_day(&self, _: Date) -> Result<()> {
        Err(self.0())
    }

    async fn health(&self) -> Result<()> {
        Err(self.0())
    }

    async fn close(&self) -> Result<()> {
        Err(self.0())
    }
}

const PATHS: [&str; 12] = [
    "events",
    "events/00000000000000000000000000000001",
    "events/00000000000000000000000000000001/outcome",
    "issues",
    "stats/trend",
    "stats/top?by=level",
    "stats/rates",
    "stats/summary",
    "stats/heatmap",
    "stats/compare",
    "stats/impact",
    "ledger",
];

#[tokio::test]
async fn an_index_that_fails_is_told_without_what_is_inside() {
    let server = Server::empty().await;
    for (error, status, code) in [
        ((|| Error::retryable("searching index secret-1", "10.0.0.1 refused")) as fn() -> Error, 503, "unavailable"),
        (|| Error::terminal("searching index secret-1", "a fault"), 500, "internal"),
        (|| Error::Damaged { place: "secret-1".into(), cause: "a checksum".into() }, 500, "internal"),
        (|| Error::too_much("secret-1", "there are more than 7 groups: ask for a shorter time"), 400, "too_much"),
        (|| Error::Full { doing: "secret-1".into(), cause: "disk".into() }, 507, "no_room"),
    ] {
        let index: Arc<dyn Index> = Arc::new(Failing::new(error));
        let router = Server::router_over(&index, &server.catalog, None);
        for path in PATHS {
            let reply = server.send_to(router.clone(), "GET", &format!("/api/v1/{path}"), Some("viewer"), "").await;
            assert_eq!(reply.status.as_u16(), status, "{path}: {}", reply.text);
            assert_eq!(reply.json()["code"], code);
            assert_eq!(reply.headers.contains_key("retry-after"), status == 503);
            assert!(!reply.text.contains("secret") && !reply.text.contains("10.0.0.1"), "{}", reply.text);
        }
    }
}

#[tokio::test]
async fn an_export_that_an_index_breaks_off_says_so_in_its_last_line() {
    let server = Server::full().await;
    let scope = Scope { projects: vec![SHOP], millis: 0..i64::MAX, expr: schemas::query::Expr::All };
    let first = server.index.search(&scope, None, 2).await.unwrap();
    assert!(first.more);
    let away = || Error::retryable("searching index secret-1", "10.0.0.1 refused");
    let index: Arc<dyn Index> = Arc::new(Failing(away, Mutex::new(Some(first))));
    let router = Server::router_over(&index, &server.catalog, None);
    let reply = server.send_to(router, "GET", "/api/v1/export", Some("viewer"), "").await;
    assert_eq!(reply.status.as_u16(), 200);
    let lines: Vec<serde_json::Value> = reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [_, second, last] = &lines[..] else { panic!("{}", reply.text) };
    assert_eq!((&last["complete"], &last["events"], &last["error"]["code"]), (&false.into(), &2.into(), &"unavailable".into()));
    assert_eq!(last["cursor"], second["cursor"], "from there it goes on");
    assert!(!reply.text.contains("secret"), "{}", reply.text);
}

#[tokio::test]
async fn a_catalog_that_is_gone_lets_nobody_in() {
    let server = Server::empty().await;
    let catalog: &dyn Catalog = &*server.catalog;
    catalog.close().await.unwrap();
    for path in PATHS {
        assert_eq!(server.problem(&format!("/api/v1/{path}"), 500).await.0, "internal");
    }
}
