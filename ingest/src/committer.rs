//! Makes records durable in groups, and tells each request when its own are.
//!
//! Nobody is answered before the log has said yes. Never looks into a record.

use std::{sync::Arc, time::Duration};

use schemas::limits;
use storage::{
    Error,
    log::{Entry, EventLog},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    time::Instant,
};

use crate::{options::Options, refusal::Refusal};

/// When to come again while the log has no room: retention makes room slowly.
const FULL_SECONDS: u32 = 60;
/// When to come again while the log is away or slow.
const AWAY_SECONDS: u32 = 5;
/// First pause before an append is tried again; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Where requests hand over their records. Clones share one queue.
#[derive(Debug, Clone)]
pub(crate) struct Committer {
    queue: mpsc::Sender<Group>,
    patience: Duration,
}

/// Records that become durable together.
#[derive(Debug)]
struct Group {
    entries: Vec<Entry>,
    bytes: usize,
    done: oneshot::Sender<Result<(), Failure>>,
}

/// Why a group is not durable, as far as its sender is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    Full,
    Away,
    Broken,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Full => Self::later("log_full", "the event log has no room", FULL_SECONDS),
            Failure::Away => Self::later("log_unavailable", "the event log is not available", AWAY_SECONDS),
            Failure::Broken => Self::internal(),
        }
    }
}

impl Committer {
    /// Starts the task that appends. It ends when the last clone is dropped.
    pub(crate) fn start(log: Arc<dyn EventLog>, options: &Options) -> Self {
        let (queue, groups) = mpsc::channel(options.queue_requests.max(1));
        let slots = Arc::new(Semaphore::new(options.appends_in_flight.max(1)));
        tokio::spawn(append_groups(log, groups, slots, Duration::from_millis(options.retry_milliseconds)));
        Self { queue, patience: Duration::from_millis(options.queue_milliseconds) }
    }

    /// Returns once all entries survive a power cut. Up to the size of one append they share one.
    pub(crate) async fn commit(&self, entries: Vec<Entry>) -> Result<(), Refusal> {
        self.commit_parts(entries).await.into_iter().try_for_each(|part| part.result)
    }

    /// Returns once it is known of all entries whether they survive a power cut.
    pub(crate) async fn commit_parts(&self, entries: Vec<Entry>) -> Vec<Part> {
        let mut waiting = Vec::with_capacity(1);
        let mut refused = None;
        for entries in groups(entries) {
            let length = entries.len();
            // Who waited in vain for one place does not wait for the next.
            let place = match refused.clone() {
                Some(refusal) => Err(refusal),
                None => self.hand_over(entries).await.inspect_err(|refusal| refused = Some(refusal.clone())),
            };
            waiting.push((length, place));
        }
        let mut parts = Vec::with_capacity(waiting.len());
        for (entries, place) in waiting {
            let result = match place {
                Ok(durable) => durable.await.map_or_else(|_| Err(Refusal::internal()), |result| result.map_err(Refusal::from)),
                Err(refusal) => Err(refusal),
            };
            parts.push(Part { entries, result });
        }
        parts
    }

    /// Gives entries to the task that appends.
    async fn hand_over(&self, entries: Vec<Entry>) -> Result<oneshot::Receiver<Result<(), Failure>>, Refusal> {
        let bytes = entries.iter().map(|entry| entry.bytes.len()).sum();
        let (done, durable) = oneshot::channel();
        match tokio::time::timeout(self.patience, self.queue.reserve()).await {
            Ok(Ok(place)) => place.send(Group { entries, bytes, done }),
            Ok(Err(_)) => return Err(Refusal::internal()),
            Err(_) => return Err(Refusal::later("busy", "too many requests are waiting to be stored", AWAY_SECONDS)),
        }
        metrics::gauge!("belfry_ingest_queue_requests").set((self.queue.max_capacity() - self.queue.capacity()) as f64);
        Ok(durable)
    }
}

/// What became of the entries of one append.
#[derive(Debug)]
pub(crate) struct Part {
    /// How many they are.
    pub(crate) entries: usize,
    pub(crate) result: Result<(), Refusal>,
}

/// Cuts what is too much for one append.
fn groups(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut groups: Vec<Vec<Entry>> = Vec::with_capacity(1);
    let mut bytes = 0;
    for entry in entries {
        let length = entry.bytes.len();
        match groups.last_mut() {
            Some(group) if group.len() < limits::APPEND_RECORDS && bytes + length <= limits::APPEND_BYTES => {
                bytes += length;
                group.push(entry);
            }
            _ => {
                bytes = length;
                groups.push(vec![entry]);
            }
        }
    }
    groups
}

async fn append_groups(log: Arc<dyn EventLog>, mut queue: mpsc::Receiver<Group>, slots: Arc<Semaphore>, patience: Duration) {
    let mut held = None;
    while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
        let first = match held.take() {
            Some(group) => group,
            None => match queue.recv().await {
                Some(group) => group,
                None => return,
            },
        };
        let (batch, next) = gather(first, &mut queue);
        held = next;
        tokio::spawn(append(Arc::clone(&log), batch, slot, patience));
    }
}

/// As many waiting groups as one append takes, and the one that did not fit.
fn gather(first: Group, queue: &mut mpsc::Receiver<Group>) -> (Vec<Group>, Option<Group>) {
    let (mut records, mut bytes) = (first.entries.len(), first.bytes);
    let mut batch = vec![first];
    while let Ok(group) = queue.try_recv() {
        records += group.entries.len();
        bytes += group.bytes;
        if records > limits::APPEND_RECORDS || bytes > limits::APPEND_BYTES {
            return (batch, Some(group));
        }
        batch.push(group);
    }
    (batch, None)
}

async fn append(log: Arc<dyn EventLog>, batch: Vec<Group>, slot: OwnedSemaphorePermit, patience: Duration) {
    let (mut entries, mut waiting) = (Vec::new(), Vec::with_capacity(batch.len()));
    for group in batch {
        entries.extend(group.entries);
        waiting.push(group.done);
    }
    let started = Instant::now();
    let result = append_patiently(log.as_ref(), entries, patience).await;
    metrics::histogram!("belfry_ingest_append_seconds").record(started.elapsed().as_secs_f64());
    drop(slot);
    for done in waiting {
        // Who no longer listens has no socket to be answered on; the records are durable all the same.
        let _ = done.send(result);
    }
}

/// Appends, again and again for a while when the log's server is away. What an earlier attempt stored after all is
/// recognised by its event id later.
async fn append_patiently(log: &dyn EventLog, entries: Vec<Entry>, patience: Duration) -> Result<(), Failure> {
    let give_up = Instant::now() + patience;
    let mut pause = FIRST_PAUSE;
    loop {
        let Err(error) = log.append(entries.clone()).await else { return Ok(()) };
        let failure = match &error {
            Error::Full { .. } => Failure::Full,
            Error::Retryable { .. } => Failure::Away,
            Error::Damaged { .. } | Error::Mismatch { .. } | Error::TooMuch { .. } | Error::Terminal { .. } => Failure::Broken,
        };
        if failure == Failure::Away && Instant::now() + pause < give_up {
            tracing::warn!(%error, "appending failed, trying again");
            tokio::time::sleep(pause).await;
            pause *= 2;
            continue;
        }
        tracing::error!(%error, records = entries.len(), "appending failed, the senders are refused");
        return Err(failure);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
