//! The index on Elasticsearch: an index of events, one of outcomes and one of facts that are summed a day.
//!
//! Used as the plainest cluster has it: no scripts, life-cycle policies, data streams, by-query deletes or licensed
//! field types. Kibana and Grafana can read the same indices. Never for the format of queries outside this crate.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use elasticsearch::http::Method;
use jiff::civil::Date;
use schemas::{
    ids::{EventId, ProjectId},
    outcome::Outcome,
    tally::Tally,
};
use serde::Deserialize;

pub use crate::elastic::{Options, Secret};
use crate::{
    Result,
    elastic::{Client, Format},
    index::{Arrivals, Balance, Count, Counted, Cursor, Decide, Document, Fate, Hit, Index, Marks, Page, Put, Scope, Sum, Summed, Wanted},
};

mod arrivals;
mod change;
mod count;
mod document;
mod escape;
mod groups;
mod newest;
mod outcomes;
mod put;
mod query;
mod search;
mod sums;
mod tag_keys;
mod template;
mod users;

/// The kinds of daily indices.
const KINDS: [&str; 3] = ["events", "outcomes", "tallies"];

/// The index on one Elasticsearch cluster.
#[derive(Debug)]
pub struct ElasticIndex {
    client: Client,
    options: Options,
    events: Format,
    outcomes: Format,
    tallies: Format,
    /// Indices that are there in the right format.
    ready: Mutex<HashSet<String>>,
    /// Indices written to since the last flush.
    touched: Mutex<HashSet<String>>,
}

impl ElasticIndex {
    /// Connects, makes the templates where there are none, and looks at what is there.
    ///
    /// Fails with [`crate::Error::Mismatch`] when templates or indices of another format are there, and with
    /// [`crate::Error::Retryable`] when the cluster is away.
    pub async fn connect(options: Options) -> Result<Self> {
        let client = Client::new(&options)?;
        let (events, outcomes, tallies) = (template::events(), template::outcomes(), template::tallies());
        let index = Self { client, options, events, outcomes, tallies, ready: Mutex::default(), touched: Mutex::default() };
        for (format, kind) in [&index.events, &index.outcomes, &index.tallies].into_iter().zip(KINDS) {
            let pattern = index.pattern(kind);
            format.ensure_template(&index.client, &format!("{}-{kind}", index.options.prefix), &pattern).await?;
            format.check_indices(&index.client, &pattern).await?;
        }
        Ok(index)
    }

    fn pattern(&self, kind: &str) -> String {
        format!("{}-{kind}-*", self.options.prefix)
    }

    fn name(&self, kind: &str, day: Date) -> String {
        format!("{}-{kind}-{}", self.options.prefix, day.strftime("%Y.%m.%d"))
    }

    /// Makes sure that an index to write to is there, and remembers that it must be flushed.
    async fn prepare(&self, name: &str, format: &Format, shards: u32) -> Result<()> {
        lock(&self.touched).insert(name.to_owned());
        if lock(&self.ready).contains(name) {
            return Ok(());
        }
        format.ensure_index(&self.client, name, shards, self.options.replicas).await?;
        lock(&self.ready).insert(name.to_owned());
        Ok(())
    }

    /// The indices of all kinds that are there, with their days and how many documents they hold.
    async fn indices(&self) -> Result<Vec<(Date, u64)>> {
        #[derive(Deserialize)]
        struct Row {
            index: String,
            #[serde(rename = "docs.count")]
            documents: Option<String>,
        }
        let patterns = KINDS.map(|kind| self.pattern(kind));
        let path = format!("_cat/indices/{}?h=index,docs.count&format=json&expand_wildcards=all", patterns.join(","));
        let rows: Vec<Row> = self.client.json("listing the days of the index", Method::Get, &path, None).await?;
        let day_of = |name: &str| {
            let day = patterns.iter().find_map(|pattern| name.strip_prefix(pattern.trim_end_matches('*')))?;
            Date::strptime("%Y.%m.%d", day).ok()
        };
        // A closed index does not tell its count; it holds something.
        let count = |documents: Option<String>| documents.and_then(|text| text.parse().ok()).unwrap_or(1);
        Ok(rows.into_iter().filter_map(|row| Some((day_of(&row.index)?, count(row.documents)))).collect())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Index for ElasticIndex {
    async fn put(&self, documents: Vec<Document>) -> Result<Vec<Put>> {
        self.put_documents(documents).await
    }

    async fn record(&self, outcomes: Vec<Outcome>) -> Result<()> {
        self.record_outcomes(&outcomes).await
    }

    async fn tally(&self, tallies: Vec<Tally>) -> Result<()> {
        self.store_tallies(&tallies).await
    }

    async fn flush(&self) -> Result<()> {
        // Every bulk request was synced by each shard before it was answered; what is left is to make it visible.
        let names: Vec<String> = lock(&self.touched).iter().cloned().collect();
        self.client.refresh(&names).await?;
        // One task writes and flushes in a process: nothing was added meanwhile.
        lock(&self.touched).clear();
        Ok(())
    }

    async fn search(&self, scope: &Scope, after: Option<Cursor>, limit: usize) -> Result<Page> {
        self.search_page(scope, after, limit).await
    }

    async fn arrivals(&self, scope: &Scope, after: Option<&Marks>, limit: usize) -> Result<Arrivals> {
        self.arrived(scope, after, limit).await
    }

    async fn get(&self, projects: &[ProjectId], id: EventId) -> Result<Vec<Hit>> {
        self.get_all(projects, id).await
    }

    async fn count(&self, count: &Count) -> Result<Counted> {
        self.count_events(count).await
    }

    async fn tag_keys(&self, scope: &Scope, prefix: &str, limit: usize) -> Result<Option<Vec<(String, u64)>>> {
        self.tag_keys_in(scope, prefix, limit).await
    }

    async fn sum(&self, sum: &Sum) -> Result<Summed> {
        self.sum_tallies(sum).await
    }

    async fn fate(&self, projects: &[ProjectId], id: EventId) -> Result<Vec<Fate>> {
        self.fates(projects, id).await
    }

    async fn balance(&self, day: Date) -> Result<Balance> {
        self.balance_of(day).await
    }

    async fn scan(&self, day: Date, projects: &[ProjectId], wanted: Arc<Wanted>) -> Result<Vec<(ProjectId, EventId)>> {
        self.scan_day(day, projects, &*wanted).await
    }

    async fn change(&self, day: Date, events: &[(ProjectId, EventId)], decide: Arc<Decide>) -> Result<()> {
        let mut events = events.to_vec();
        events.sort_unstable();
        events.dedup();
        self.change_day(day, &events, &*decide).await
    }

    async fn days(&self) -> Result<Vec<Date>> {
        let mut days: Vec<Date> = self.indices().await?.into_iter().filter(|(_, documents)| *documents > 0).map(|(day, _)| day).collect();
        days.sort_unstable();
        days.dedup();
        Ok(days)
    }

    async fn drop_day(&self, day: Date) -> Result<()> {
        let names = KINDS.map(|kind| self.name(kind, day));
        for name in &names {
            lock(&self.ready).remove(name);
            lock(&self.touched).remove(name);
        }
        let doing = format!("dropping {}", names.join(", "));
        let path = format!("{}?ignore_unavailable=true", names.join(","));
        self.client.ask(&doing, Method::Delete, &path, None).await?.accept(&doing)?;
        Ok(())
    }

    async fn health(&self) -> Result<()> {
        self.client.health(&KINDS.map(|kind| self.pattern(kind)).join(",")).await
    }

    async fn close(&self) -> Result<()> {
        self.flush().await
    }
}
