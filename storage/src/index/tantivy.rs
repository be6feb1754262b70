//! The embedded index: one tantivy index per day of receipt, each in a directory of its own.
//!
//! Never for several processes at once: the data directory belongs to one. Questions read what is committed and never
//! wait for writing; work on files is done on threads that may block.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use ::tantivy::Searcher;
use async_trait::async_trait;
use jiff::civil::Date;
use schemas::{
    ids::{EventId, ProjectId},
    limits,
    outcome::Outcome,
    tally::Tally,
};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::{Arrivals, Balance, Count, Counted, Cursor, Decide, Document, Fate, Hit, Index, Marks, Page, Put, Scope, Sum, Summed, Wanted};
use crate::{Error, Result, asked::Asked};

mod arrivals;
mod changing;
mod compile;
mod count;
mod day;
mod entry;
mod fault;
mod ids;
mod layout;
mod parts;
mod pattern;
mod search;
mod seen;
mod sums;
mod tag_keys;
mod weights;
mod writing;

use day::{DROPPED, Day, UNFINISHED};
use entry::Entry;
use fault::{at, fault};
use layout::{Layout, event_key, position_key};
use writing::Found;

/// How the embedded index works.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Memory for events that are not committed, in bytes; divided among up to four days. At least 60 MB.
    pub writer_memory_bytes: usize,
    /// Most questions that are worked on at a time; more wait.
    pub questions: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { writer_memory_bytes: 128 << 20, questions: 4 }
    }
}

impl Options {
    /// Memory of one writer.
    fn writer_memory(&self) -> usize {
        // tantivy refuses less than 15 and more than 4,293 MB.
        (self.writer_memory_bytes / MOST_WRITERS).clamp(15_000_000, 4_000_000_000)
    }
}

/// Most days that have a writer at a time. More than two are written at once only when old records are replayed.
const MOST_WRITERS: usize = 4;
/// Room on the disk that is left for merging and committing.
const RESERVE_BYTES: u64 = 256 << 20;

/// The embedded index.
pub struct TantivyIndex(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    options: Options,
    layout: Arc<Layout>,
    days: RwLock<BTreeMap<Date, Arc<Day>>>,
    /// Days with a writer, the one used last at the end. Used by the one task that writes.
    written: std::sync::Mutex<Vec<Date>>,
    questions: Semaphore,
    settled: count::Settled,
    terms: Arc<count::Terms>,
    turn: writing::Turn,
}

impl TantivyIndex {
    /// Opens the index in `dir`, which is made if it is not there. Blocks; days that were left half made or half
    /// removed are cleared away.
    pub fn open(dir: &Path, options: Options) -> Result<Self> {
        fs::create_dir_all(dir).map_err(at("making the directory", dir))?;
        let layout = Arc::new(Layout::new());
        let turn = writing::Turn::default();
        let mut days = BTreeMap::new();
        for entry in fs::read_dir(dir).map_err(at("reading the directory", dir))? {
            let path = entry.map_err(at("reading the directory", dir))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(UNFINISHED) || name.starts_with(DROPPED) {
                fs::remove_dir_all(&path).map_err(at("removing", &path))?;
            } else if let Ok(date) = name.parse::<Date>() {
                days.insert(date, Arc::new(Day::open(&path, &layout, &options, &turn)?));
            }
        }
        let questions = Semaphore::new(options.questions.max(1));
        let inner = Inner {
            dir: dir.to_owned(),
            options,
            layout,
            days: RwLock::new(days),
            written: Vec::new().into(),
            questions,
            settled: count::Settled::default(),
            terms: Arc::default(),
            turn,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Runs `work` on a thread that may block.
    async fn block<T: Send + 'static>(&self, doing: &'static str, work: impl FnOnce(&Inner) -> Result<T> + Send + 'static) -> Result<T> {
        let inner = self.0.clone();
        let asked = Asked::here();
        let done = tokio::task::spawn_blocking(move || asked.during(|| work(&inner))).await;
        done.map_err(|error| Error::terminal(doing, error))?
    }

    /// Answers a question on a thread that may block, when it is its turn.
    async fn ask<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Layout, &[Searcher]) -> ::tantivy::Result<T> + Send + 'static,
    ) -> Result<T> {
        let _turn = self.0.questions.acquire().await.map_err(|error| Error::terminal(doing, error))?;
        self.block(doing, move |inner| {
            let searchers: Vec<Searcher> = inner.days().values().map(|day| day.searcher()).collect();
            work(&inner.layout, &searchers).map_err(|error| fault(doing, error))
        })
        .await
    }
}

impl Inner {
    fn days(&self) -> BTreeMap<Date, Arc<Day>> {
        self.days.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn day(&self, date: Date) -> Option<Arc<Day>> {
        self.days.read().unwrap_or_else(PoisonError::into_inner).get(&date).cloned()
    }

    /// The day to write to, made if it is not there. Lets go of the writer that was used longest ago when there are too many.
    fn day_to_write(&self, date: Date) -> Result<Arc<Day>> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.last() != Some(&date) {
            written.retain(|other| *other != date);
            if written.len() >= MOST_WRITERS {
                if let Some(day) = self.day(written[0]) {
                    day.commit()?;
                    day.release();
                }
                written.remove(0);
            }
            written.push(date);
        }
        if let Some(day) = self.day(date) {
            return Ok(day);
        }
        let day = Arc::new(Day::create(&self.dir, date, &self.layout, &self.options, &self.turn)?);
        self.days.write().unwrap_or_else(PoisonError::into_inner).insert(date, day.clone());
        Ok(day)
    }

    /// The day of receipt and its neighbours, as far as they are there.
    fn around(&self, date: Date) -> impl Iterator<Item = (bool, Arc<Day>)> + '_ {
        let dates = [Some(date), date.yesterday().ok(), date.tomorrow().ok()];
        dates.into_iter().flatten().filter_map(move |near| Some((near == date, self.day(near)?)))
    }

    fn put(&self, document: Document) -> Result<Put> {
        let Document { event, json, position, may_have_ended } = document;
        let (date, received) = (day::date(event.received_at), event.received_at.as_millisecond());
        let key = event_key(event.project, event.id);
        for (same_day, day) in self.around(date) {
            if let Some(found) = day.find_event(&key)?
                && (same_day || (received - found.received).abs() <= limits::DEDUPLICATION_HOURS * 3_600_000)
            {
                let Found { position: first, slim, erased, .. } = found;
                return Ok(match first == position {
                    true if erased => Put::Ended,
                    true => Put::Unchanged { slim },
                    false => Put::Duplicate { of: first },
                });
            }
            if may_have_ended && day.has_outcome(&position_key(position))? {
                return Ok(Put::Ended);
            }
        }
        let Ok(json) = String::from_utf8(json) else {
            return Ok(Put::Refused { reason: "the document is not UTF-8".into() });
        };
        let entry = Entry::event(&self.layout, &event, json, position);
        self.day_to_write(date)?.add_event(entry, key, Found { position, received, slim: event.slim, erased: false })?;
        Ok(Put::Stored)
    }

    fn record(&self, outcome: &Outcome) -> Result<()> {
        let date = day::date(outcome.received_at);
        let (key, event) = (position_key(outcome.position), event_key(outcome.project, outcome.event_id));
        for (_, day) in self.around(date) {
            if day.has_outcome(&key)? || day.find_event(&event)?.is_some_and(|found| found.position == outcome.position) {
                return Ok(());
            }
        }
        self.tally(Tally::of_filter(outcome).into_iter().collect())?;
        self.day_to_write(date)?.add_outcome(Entry::outcome(&self.layout, outcome), key)
    }

    fn tally(&self, mut tallies: Vec<Tally>) -> Result<()> {
        // Day by day: too many days at a time take turns for their writers.
        tallies.sort_by_key(|tally| day::date(tally.at));
        for tally in &tallies {
            self.day_to_write(day::date(tally.at))?.add_tally(Entry::tally(&self.layout, tally), &tally.key)?;
        }
        Ok(())
    }

    /// Refuses to write when the disk has less room than these bytes and the reserve: what is begun must be finished.
    fn room(&self, bytes: u64) -> Result<()> {
        let doing = || format!("writing to the index in {}", self.dir.display());
        let stat = rustix::fs::statvfs(&self.dir).map_err(|error| fault::of_io(&doing(), &error.into()))?;
        let free = stat.f_bavail.saturating_mul(stat.f_frsize);
        let needed = RESERVE_BYTES.saturating_add(bytes);
        if free < needed {
            let cause =
                format!("{free} bytes are free, {needed} are needed or kept in reserve: make room or let retention drop days earlier");
            return Err(Error::Full { doing: doing(), cause });
        }
        Ok(())
    }

    fn flush(&self) -> Result<()> {
        self.days().values().try_for_each(|day| day.commit())
    }
}

#[async_trait]
impl Index for TantivyIndex {
    async fn put(&self, documents: Vec<Document>) -> Result<Vec<Put>> {
        self.block("storing events", move |inner| {
            inner.room(0)?;
            documents.into_iter().map(|document| inner.put(document)).collect()
        })
        .await
    }

    async fn record(&self, outcomes: Vec<Outcome>) -> Result<()> {
        self.block("storing outcomes", move |inner| {
            inner.room(0)?;
            outcomes.iter().try_for_each(|outcome| inner.record(outcome))
        })
        .await
    }

    async fn tally(&self, tallies: Vec<Tally>) -> Result<()> {
        self.block("storing facts", move |inner| {
            inner.room(0)?;
            inner.tally(tallies)
        })
        .await
    }

    async fn flush(&self) -> Result<()> {
        self.block("committing to the index", Inner::flush).await
    }

    async fn search(&self, scope: &Scope, after: Option<Cursor>, limit: usize) -> Result<Page> {
        let query = compile::compile(&self.0.layout, scope)?;
        let scope = scope.clone();
        self.ask("searching the index", move |layout, days| search::search(layout, days, &*query, &scope, after, limit)).await
    }

    async fn arrivals(&self, scope: &Scope, after: Option<&Marks>, limit: usize) -> Result<Arrivals> {
        let query = compile::compile(&self.0.layout, scope)?;
        let (scope, after) = (scope.clone(), after.cloned());
        let work = move |layout: &Layout, days: &[Searcher]| arrivals::arrivals(layout, days, &*query, &scope, after.as_ref(), limit);
        self.ask("following the index", work).await
    }

    async fn get(&self, projects: &[ProjectId], id: EventId) -> Result<Vec<Hit>> {
        let projects = projects.to_vec();
        self.ask("reading from the index", move |layout, days| search::get(layout, days, &projects, id)).await
    }

    async fn count(&self, count: &Count) -> Result<Counted> {
        let plan = count::Plan::new(&self.0.layout, count, self.0.terms.clone())?;
        let inner = self.0.clone();
        self.ask("counting in the index", move |layout, days| Ok(count::count(layout, days, &plan, &inner.settled))).await?
    }

    async fn tag_keys(&self, scope: &Scope, prefix: &str, limit: usize) -> Result<Option<Vec<(String, u64)>>> {
        let query = compile::compile(&self.0.layout, scope)?;
        let (scope, prefix) = (scope.clone(), prefix.to_owned());
        self.ask("listing the keys of tags", move |layout, days| tag_keys::tag_keys(layout, days, &*query, &scope, &prefix, limit)).await
    }

    async fn sum(&self, sum: &Sum) -> Result<Summed> {
        sum.check()?;
        let sum = sum.clone();
        self.ask(super::sums::DOING, move |layout, days| Ok(sums::sum(layout, days, &sum))).await?
    }

    async fn fate(&self, projects: &[ProjectId], id: EventId) -> Result<Vec<Fate>> {
        let projects = projects.to_vec();
        self.ask("reading from the index", move |layout, days| search::fate(layout, days, &projects, id)).await
    }

    async fn balance(&self, day: Date) -> Result<Balance> {
        self.block("reading from the index", move |inner| match inner.day(day) {
            Some(day) => search::balance(&inner.layout, &day.searcher()).map_err(|error| day.fault("reading the outcomes of", error)),
            None => Ok(Vec::new()),
        })
        .await
    }

    async fn scan(&self, day: Date, projects: &[ProjectId], wanted: Arc<Wanted>) -> Result<Vec<(ProjectId, EventId)>> {
        let projects = projects.to_vec();
        self.block("looking through the index", move |inner| match inner.day(day) {
            Some(day) => changing::scan(&day, &projects, &*wanted).map_err(|error| day.fault("looking through", error)),
            None => Ok(Vec::new()),
        })
        .await
    }

    async fn change(&self, day: Date, events: &[(ProjectId, EventId)], decide: Arc<Decide>) -> Result<()> {
        let mut events = events.to_vec();
        events.sort_unstable();
        events.dedup();
        self.block("changing stored events", move |inner| match inner.day(day) {
            Some(day) if !events.is_empty() => {
                inner.room(day.bytes()?)?;
                day.change(&events, &*decide)
            }
            _ => Ok(()),
        })
        .await
    }

    async fn days(&self) -> Result<Vec<Date>> {
        self.block("listing days", |inner| {
            let days = inner.days().into_iter();
            Ok(days.filter(|(_, day)| day.has_documents()).map(|(date, _)| date).collect())
        })
        .await
    }

    async fn drop_day(&self, day: Date) -> Result<()> {
        self.block("removing a day", move |inner| {
            let removed = inner.days.write().unwrap_or_else(PoisonError::into_inner).remove(&day);
            removed.map_or(Ok(()), |day| day.remove(&inner.dir))
        })
        .await
    }

    async fn health(&self) -> Result<()> {
        fs::metadata(&self.0.dir).map(drop).map_err(at("looking at", &self.0.dir))
    }

    async fn close(&self) -> Result<()> {
        self.block("closing the index", |inner| {
            inner.flush()?;
            inner.days().values().for_each(|day| day.abandon());
            Ok(())
        })
        .await
    }
}
