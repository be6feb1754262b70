//! What was taken and refused, as it gets from memory into the catalog, and what is learned from there: how much of a
//! window other processes and earlier runs have used, and what is usual for a project.
//!
//! A process writes documents of its own only. A crash loses the last seconds of numbers, never events.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
    time::Duration,
};

use data_encoding::HEXLOWER;
use jiff::{Timestamp, ToSpan, civil::Date, tz::Offset};
use schemas::{
    ids::ProjectId,
    limits,
    usage::{Count, Counts, UsageDay},
};
use storage::catalog::{Catalog, usage};
use tokio::sync::Mutex;

use crate::quota::Accounts;

mod learning;

use learning::Learning;

/// How often what was counted is collected.
const COLLECT: Duration = Duration::from_secs(1);
/// Every how many collections it is written, and what others wrote is read.
const WRITE_EVERY: u32 = 3;
/// How long the last writing may take when the process ends.
const PATIENCE: Duration = Duration::from_secs(5);

/// The numbers of this process.
pub(crate) struct Usage {
    accounts: Arc<Accounts>,
    catalog: Arc<dyn Catalog>,
    /// What tells this process's documents from others'.
    instance: String,
    book: Mutex<Book>,
}

/// What stands in this process's documents, and what was learned from all. A project has two days at most.
#[derive(Default)]
struct Book {
    days: BTreeMap<(ProjectId, Date), Page>,
    learning: Learning,
    /// When old documents were last looked for.
    swept: Option<Date>,
}

struct Page {
    usage: UsageDay,
    /// Whether it has numbers that the catalog does not.
    dirty: bool,
}

impl Usage {
    /// Counts until the last handle is gone.
    pub(crate) fn start(accounts: Arc<Accounts>, catalog: Arc<dyn Catalog>) -> Arc<Self> {
        let mut drawn = [0; 8];
        if let Err(error) = getrandom::fill(&mut drawn) {
            // Then the moment must do: processes seldom start in the same nanosecond.
            tracing::warn!(%error, "drawing the name of this process failed");
            drawn = (Timestamp::now().as_nanosecond() as u64).to_be_bytes();
        }
        let usage = Arc::new(Self { accounts, catalog, instance: HEXLOWER.encode(&drawn), book: Mutex::default() });
        tokio::spawn(keep(Arc::downgrade(&usage)));
        usage
    }

    /// Writes what was counted until now, for the last time.
    pub(crate) async fn finish(&self) {
        let writing = async {
            let mut book = self.book.lock().await;
            self.collect(&mut book, Timestamp::now());
            self.write(&mut book).await
        };
        match tokio::time::timeout(PATIENCE, writing).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last numbers of usage are lost"),
            Err(_) => tracing::warn!("the last numbers of usage are lost: the catalog does not answer"),
        }
    }

    /// One round. What fails is tried again in the next.
    async fn round(&self, number: u32) {
        let now = Timestamp::now();
        let mut book = self.book.lock().await;
        self.collect(&mut book, now);
        // Of a project that is new here nothing is known, perhaps its limits are used up: it does not wait.
        if !number.is_multiple_of(WRITE_EVERY) && book.learning.knows_all(&self.accounts, day_of(now)) {
            return;
        }
        if let Err(error) = self.write(&mut book).await {
            tracing::warn!(%error, "usage could not be written; trying again");
            return;
        }
        let Book { learning, swept, .. } = &mut *book;
        if let Err(error) = learning.learn(&self.accounts, self.catalog.as_ref(), &self.instance, day_of(now)).await {
            tracing::warn!(%error, "the usage of other processes could not be read; trying again");
        }
        if let Err(error) = self.sweep(swept, day_of(now)).await {
            tracing::warn!(%error, "old usage could not be dropped; trying again");
        }
    }

    fn collect(&self, book: &mut Book, now: Timestamp) {
        let day = day_of(now);
        let hour = u8::try_from(Offset::UTC.to_datetime(now).hour()).unwrap_or_default();
        self.accounts.collect(|project, key, category, reason, events| {
            let name = ("category", "reason");
            metrics::counter!("belfry_ingest_items_total", name.0 => category.as_str(), name.1 => reason.as_str()).increment(events);
            let page = book.days.entry((project, day)).or_insert_with(|| Page {
                usage: UsageDay { project, day, instance: self.instance.clone(), counts: Counts::new() },
                dirty: false,
            });
            page.usage.add(Count { key, category, reason, hour, events });
            page.dirty = true;
        });
    }

    async fn write(&self, book: &mut Book) -> storage::Result<()> {
        let dirty: Vec<(ProjectId, Date)> = book.days.iter().filter(|(_, page)| page.dirty).map(|(place, _)| *place).collect();
        let days: Vec<UsageDay> = dirty.iter().filter_map(|place| book.days.get(place)).map(|page| page.usage.clone()).collect();
        usage::put(self.catalog.as_ref(), &days).await?;
        for place in dirty {
            if let Some(page) = book.days.get_mut(&place) {
                page.dirty = false;
            }
        }
        // Of a day that is over nothing more is counted. The day before stays, for clocks that are set back a little.
        let yesterday = day_of(Timestamp::now()).checked_sub(1.day()).unwrap_or(Date::MIN);
        book.days.retain(|(_, day), _| *day >= yesterday);
        Ok(())
    }

    /// Drops what is too old, once a day.
    async fn sweep(&self, swept: &mut Option<Date>, today: Date) -> storage::Result<()> {
        if *swept == Some(today) {
            return Ok(());
        }
        let oldest = today.checked_sub(limits::USAGE_DAYS.days()).unwrap_or(Date::MIN);
        usage::forget_before(self.catalog.as_ref(), oldest).await?;
        *swept = Some(today);
        Ok(())
    }
}

async fn keep(usage: Weak<Usage>) {
    let mut every = tokio::time::interval(COLLECT);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for number in (0..u32::MAX).cycle() {
        every.tick().await;
        match usage.upgrade() {
            Some(usage) => usage.round(number).await,
            None => return,
        }
    }
}

fn day_of(now: Timestamp) -> Date {
    Offset::UTC.to_datetime(now).date()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
