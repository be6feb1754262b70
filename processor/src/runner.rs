//! The loop around the stages: log -> stages -> index and catalog -> commit.
//!
//! Three things go on at once, each on the batch that the one before has left: reading, the stages on all cores,
//! storing. A short queue between them bounds what is in memory; when storing is slow, reading waits, and the log
//! holds the rest. A log position is committed only when everything up to it is durable in index and catalog, so
//! that a crash at any moment leads to a replay, and a replay changes nothing.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use schemas::record::Position;
use serde::Deserialize;
use storage::{Error, Result, catalog::Catalog, index::Index, log::EventLog};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

mod asides;
mod batch;
mod jobs;
mod measures;
mod projects;
mod retry;
mod store;
mod sweep;
mod workers;

use crate::enrich::Tables;
use batch::Batch;
use projects::Projects;
use retry::Retry;
use store::Store;
use workers::{Staged, Workers};

/// The group of readers of the log that the processor is.
pub const GROUP: &str = "processor";

/// Batches that wait between the stages and storing, beside one in each of them.
const QUEUE: usize = 1;
/// Most bytes of payloads, decompressed, that go through the stages at once.
const STAGED_BYTES: u64 = 8 << 20;
/// How long one look into an empty log waits.
const WAIT: Duration = Duration::from_millis(250);

/// How the processor works.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Most records of a batch.
    pub batch_records: usize,
    /// Most bytes of records of a batch, as they stand in the log.
    pub batch_bytes: usize,
    /// How long stored events wait, at most, until they are made durable and can be found, in milliseconds.
    pub flush_interval_ms: u64,
    /// From how many records they are made durable at once.
    pub flush_records: usize,
    /// Threads for the stages. 0: one for each core.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { batch_records: 512, batch_bytes: 8 << 20, flush_interval_ms: 300, flush_records: 10_000, threads: 0 }
    }
}

/// Takes records from the log to index and catalog.
pub struct Processor {
    log: Arc<dyn EventLog>,
    index: Arc<dyn Index>,
    catalog: Arc<dyn Catalog>,
    options: Options,
    tables: Arc<Tables>,
    log_keep: SignedDuration,
}

impl Processor {
    /// A processor that does nothing until it is run.
    pub fn new(log: Arc<dyn EventLog>, index: Arc<dyn Index>, catalog: Arc<dyn Catalog>, options: Options) -> Self {
        Self { log, index, catalog, options, tables: Arc::default(), log_keep: SignedDuration::ZERO }
    }

    /// With tables of files.
    pub fn with_tables(self, tables: Arc<Tables>) -> Self {
        Self { tables, ..self }
    }

    /// Of a log that keeps records for so long.
    pub fn with_log_keep(self, log_keep: SignedDuration) -> Self {
        Self { log_keep, ..self }
    }

    /// Works until `stop`, then finishes what was read, makes it durable and commits it.
    ///
    /// What may heal is tried again until `stop`, for ever; other errors end the run. Whatever ends it, uncommitted
    /// records are read again by the next run.
    pub async fn run(&self, stop: CancellationToken) -> Result<()> {
        let workers = Arc::new(Workers::start(self.options.threads, Arc::clone(&self.tables))?);
        let (sender, receiver) = mpsc::channel(QUEUE);
        let failed = CancellationToken::new();
        let store = Store::new(self, Arc::clone(&workers), stop.clone());
        let storing = async {
            let result = store.run(receiver).await;
            failed.cancel();
            result
        };
        let reading = self.read(&workers, sender, &stop, &failed);
        let working = async { tokio::join!(reading, storing) };
        let (read, stored) = tokio::select! {
            ended = working => ended,
            never = sweep::run(&*self.catalog) => match never {},
            never = jobs::run(self) => match never {},
            never = Arc::clone(&self.tables).keep(&*self.catalog) => match never {},
        };
        read.and(stored)
    }

    /// Reads and stages until told to stop, or until storing has failed for good.
    async fn read(
        &self,
        workers: &Workers,
        sender: mpsc::Sender<Staged>,
        stop: &CancellationToken,
        failed: &CancellationToken,
    ) -> Result<()> {
        let mut projects = Projects::new(Arc::clone(&self.catalog));
        let mut retry = Retry::new(stop);
        while let Err(error) = self.tables.refresh(&*self.catalog).await {
            if !retry.again("reading the service catalogue", &error).await {
                return give_up(error);
            }
        }
        loop {
            let read = self.log.read(GROUP, self.options.batch_records.max(1), self.options.batch_bytes, WAIT);
            let read = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                () = failed.cancelled() => return Ok(()),
                read = read => read,
            };
            let stored = match read {
                Ok(stored) => stored,
                Err(error) if retry.again("reading the log", &error).await => continue,
                Err(error) => return give_up(error),
            };
            retry.worked();
            for batch in Batch::split(stored, STAGED_BYTES) {
                let Some(projects) = projects.of(&batch, &mut retry).await? else { return Ok(()) };
                let staged = workers.stage(batch, projects).await?;
                if sender.send(staged).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

/// A fault of ours that no retry mends.
fn fault(doing: &str, cause: impl std::fmt::Display) -> Error {
    Error::terminal(doing, cause)
}

/// The end of trying: an error that can't heal is the run's; one that could have healed is left to the next run.
fn give_up(error: Error) -> Result<()> {
    if error.is_retryable() { Ok(()) } else { Err(error) }
}

/// Where a batch ends in each partition.
type Ends = std::collections::BTreeMap<u32, u64>;

fn note(ends: &mut Ends, position: Position) {
    let end = ends.entry(position.partition).or_default();
    *end = (*end).max(position.offset);
}
