//! The event log: where an event is durable before anyone says yes to its sender.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use schemas::{ids::EventId, limits, record::Position};

use crate::{Error, Result};

pub mod file;
pub mod kafka;
pub mod memory;

/// One record to append: its stored bytes ([`schemas::record::Record::encode`]) and the id that places it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Decides the partition: equal ids always go to the same one.
    pub key: EventId,
    /// At most [`schemas::limits::RECORD_BYTES`].
    pub bytes: Bytes,
}

/// One record as read: where it stands and its stored bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Where it stands.
    pub position: Position,
    /// What [`Entry::bytes`] was.
    pub bytes: Bytes,
}

/// How far a group is behind, and how much the log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lag {
    /// Records appended and not yet committed by the group.
    pub records: u64,
    /// Bytes on disk of the whole log, where the engine knows.
    pub bytes: Option<u64>,
}

/// How much more a log takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room {
    /// Bytes until it is full: by its own limit or by the disk, whichever is nearer.
    pub free_bytes: u64,
    /// The same as a share of its own limit, 0 to 1.
    pub share: f64,
}

/// An append-only log in partitions, read by named groups.
///
/// # Contract
///
/// 1. `append` returns `Ok` only when every entry of the batch survives a power cut. On `Err` any of the batch may
///    or may not be there: the caller tells its client to send again, and readers recognise what they have seen by
///    its event id.
/// 2. Entries of one batch stand in the log in their order within each partition, and so do batches of which one
///    was appended after the other had returned.
/// 3. Within a partition offsets rise. They never repeat, across restarts neither.
/// 4. `read` gives each appended record to each group at least once, in order per partition. A record that was
///    read and not committed is given again after a restart of the reader or when the partition moves to another
///    process. It waits at most `wait` and then answers what there is, perhaps nothing. A call that is dropped before
///    it has answered has given nothing.
/// 5. `commit(group, position)` is durable when it returns, covers everything up to and with `position` in its
///    partition, and never moves back: an older position is no error and does nothing. Commits for a partition
///    that has moved to another process are no error and do nothing.
/// 6. A record is kept until every group has committed it and the configured keeping time is over. When an engine has
///    no room for new records, what every group has committed may go earlier. Kafka knows only the keeping time.
/// 7. No room is [`crate::Error::Full`]; a server that is away is [`crate::Error::Retryable`]; damage before the
///    tail is [`crate::Error::Damaged`] with file and offset. A torn tail of a write that never returned is cut off.
/// 8. At most one task calls `read` for a group at a time; everything else may be called at any time by any task.
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// Makes the batch durable. Answers the position of each entry, in order.
    /// A batch has at most [`limits::APPEND_RECORDS`] entries and [`limits::APPEND_BYTES`] bytes.
    async fn append(&self, batch: Vec<Entry>) -> Result<Vec<Position>>;

    /// The next records of the group: at most `most` records, and no more bytes than `most_bytes` but for the first.
    async fn read(&self, group: &str, most: usize, most_bytes: usize, wait: Duration) -> Result<Vec<Stored>>;

    /// The group is done with everything up to and with this position in its partition.
    async fn commit(&self, group: &str, position: Position) -> Result<()>;

    /// How far the group is behind.
    async fn lag(&self, group: &str) -> Result<Lag>;

    /// How much more it takes. Cheap. `None` when the engine doesn't know, as Kafka.
    async fn room(&self) -> Result<Option<Room>> {
        Ok(None)
    }

    /// Whether appending can be expected to work now. Cheap; for readiness.
    async fn health(&self) -> Result<()>;

    /// Waits for what is under way and lets go of files, threads and connections. Nothing is called afterwards.
    async fn close(&self) -> Result<()>;
}

/// Refuses a batch that is over a limit; answers its bytes.
fn check_batch(batch: &[Entry]) -> Result<usize> {
    let refused = |cause: String| Err(Error::terminal("appending to the log", cause));
    if batch.len() > limits::APPEND_RECORDS {
        return refused(format!("a batch of {} records is over the limit of {}", batch.len(), limits::APPEND_RECORDS));
    }
    if let Some(long) = batch.iter().find(|entry| entry.bytes.len() > limits::RECORD_BYTES) {
        return refused(format!("the record of event {} has {} bytes, the limit is {}", long.key, long.bytes.len(), limits::RECORD_BYTES));
    }
    let bytes = batch.iter().map(|entry| entry.bytes.len()).sum();
    if bytes > limits::APPEND_BYTES {
        return refused(format!("a batch of {bytes} bytes is over the limit of {}", limits::APPEND_BYTES));
    }
    Ok(bytes)
}

/// Longest name of a group, in bytes.
const GROUP_BYTES: usize = 64;

/// Refuses a group name that not every engine can keep.
fn check_group(group: &str) -> Result<()> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if group.is_empty() || group.len() > GROUP_BYTES || !group.bytes().all(fits) {
        let form = format!("a group's name has 1 to {GROUP_BYTES} letters, digits, '-', '_' or '.'");
        return Err(Error::terminal(format!("using the group {group:?}"), form));
    }
    Ok(())
}
