//! The embedded event log: segment files in one directory, one partition, one process.
//!
//! Appends that wait at the same time share one write and one `fdatasync`. Never for several processes at once:
//! the directory is locked.

use std::{
    collections::HashMap,
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use schemas::{limits, record::Position};
use serde::Deserialize;
use tokio::{
    sync::{Semaphore, oneshot, watch},
    task::spawn_blocking,
};
use tracing::warn;

use self::{
    groups::Groups,
    reader::Reader,
    segment::{Segment, Table},
    writer::{Append, Writer},
};
use super::{Entry, EventLog, Lag, Room, Stored, check_batch, check_group};
use crate::{Error, Result};

mod frame;
mod groups;
mod reader;
mod recovery;
mod room;
mod scan;
mod segment;
mod writer;

/// How many bytes of appends may wait for the writer. Further ones wait for room among the waiting.
const WAITING_BYTES: usize = 4 * limits::APPEND_BYTES;
/// What an entry counts among the waiting beside its bytes.
const ENTRY_BYTES: usize = 128;

/// How the embedded log is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Length of a segment file in bytes, taken from the disk at once. Default 128 MiB.
    pub segment_bytes: u64,
    /// The log never takes more bytes than this on disk; then it is full. At least two segments. Default 20 GiB.
    pub max_bytes: u64,
    /// The log is full when starting a segment would leave less than this free on the disk. Default 1 GiB.
    pub reserve_bytes: u64,
    /// How long records stay at least after every group has read them, in seconds, for replay. When `max_bytes` or
    /// `reserve_bytes` is reached, what every group has read goes earlier. Default 86,400 (24 hours).
    pub keep_seconds: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: 128 << 20, max_bytes: 20 << 30, reserve_bytes: 1 << 30, keep_seconds: 24 * 3600 }
    }
}

/// The embedded event log.
#[derive(Debug)]
pub struct FileLog {
    shared: Arc<Shared>,
    /// `None` once closed.
    appends: Mutex<Option<mpsc::Sender<Append>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    waiting: Arc<Semaphore>,
    cursors: Mutex<HashMap<String, Cursor>>,
}

/// Where a group goes on reading. The reader is away while it reads; it stays away if nobody waits for it any more,
/// and what it has read counts as not given.
#[derive(Debug)]
struct Cursor {
    next: u64,
    reader: Option<Reader>,
}

/// What writer, readers and commits know in common.
#[derive(Debug)]
struct Shared {
    dir: PathBuf,
    options: Options,
    table: Mutex<Table>,
    groups: Mutex<Groups>,
    state: Mutex<State>,
    /// The offset after the last durable record, to wait for.
    end: watch::Sender<u64>,
}

/// Whether appending works.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Well,
    Full(String),
    Broken(String),
}

impl FileLog {
    /// Opens the log in a directory, which is made if it is not there. Blocks: it reads the last segment whole.
    ///
    /// A write that was torn by a crash is cut off. Damage before that is [`Error::Damaged`]; a directory in use, a
    /// newer format or options that can't work are [`Error::Mismatch`].
    pub fn open(dir: &Path, options: Options) -> Result<Self> {
        if options.max_bytes / 2 < options.segment_bytes {
            return Err(Error::Mismatch {
                what: format!("max_bytes is {} and segment_bytes {}", options.max_bytes, options.segment_bytes),
                remedy: "max_bytes of the log must have room for two segments".into(),
            });
        }
        let failed = |e: io::Error| Error::terminal(format!("opening the log in {}", dir.display()), e);
        make_dir(dir).map_err(failed)?;
        let groups = Groups::open(dir)?;
        segment::remove_unfinished(dir).map_err(failed)?;
        let (table, active) = recovery::recover(dir, &groups, &options)?;
        let end = table.end;
        let shared = Arc::new(Shared {
            dir: dir.to_owned(),
            options,
            table: Mutex::new(table),
            groups: Mutex::new(groups),
            state: Mutex::new(State::Well),
            end: watch::Sender::new(end),
        });
        let (appends, waiting) = mpsc::channel();
        let writer = Writer::new(Arc::clone(&shared), active, end);
        let writer = thread::Builder::new().name("log-writer".into()).spawn(move || writer.run(&waiting)).map_err(failed)?;
        Ok(Self {
            shared,
            appends: Mutex::new(Some(appends)),
            writer: Mutex::new(Some(writer)),
            waiting: Arc::new(Semaphore::new(WAITING_BYTES)),
            cursors: Mutex::default(),
        })
    }

    fn cursors(&self) -> MutexGuard<'_, HashMap<String, Cursor>> {
        self.cursors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The group's reader, to be given back; a new group or process starts at the first record not committed.
    async fn take_reader(&self, group: &str) -> Result<Reader> {
        if let Some(cursor) = self.cursors().get_mut(group) {
            return Ok(cursor.reader.take().unwrap_or_else(|| Reader::at(cursor.next)));
        }
        let (shared, name) = (Arc::clone(&self.shared), group.to_owned());
        let next = blocking("starting to read the log", move || shared.start_group(&name)).await?;
        Ok(Reader::at(next))
    }

    /// Tells the writer that nothing more comes; the rest is to wait for its end.
    fn stop_writer(&self) -> impl FnOnce() + Send + use<> {
        drop(self.appends.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        move || {
            if writer.is_some_and(|writer| writer.join().is_err()) {
                warn!("the log's writer had ended with a panic");
            }
        }
    }
}

impl Drop for FileLog {
    /// Waits for the write under way, so that the directory can be opened again at once.
    fn drop(&mut self) {
        self.stop_writer()();
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn groups(&self) -> MutexGuard<'_, Groups> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first offset that the group has not committed. A new group is written down with the oldest record kept,
    /// so that nothing of what it is about to read is unlinked.
    fn start_group(&self, group: &str) -> Result<u64> {
        let mut groups = self.groups();
        if let Some(next) = groups.next(group) {
            return Ok(next);
        }
        let oldest = self.table().oldest();
        groups.advance(group, oldest)?;
        Ok(oldest)
    }

    /// Everything before `end`, which stands before `length` in the last segment, is durable from now on.
    fn publish(&self, length: u64, end: u64) {
        let mut table = self.table();
        table.end = end;
        if let Some(last) = table.segments.back_mut() {
            last.length = length;
        }
        drop(table);
        self.end.send_replace(end);
    }

    /// The last segment is written to no more.
    fn sealed(&self, bytes: u64, now: SystemTime) {
        if let Some(last) = self.table().segments.back_mut() {
            *last = Segment { base: last.base, length: bytes, bytes, written: now };
        }
    }

    /// There is a new last segment; one without records at the same offset is replaced.
    fn add(&self, segment: Segment) {
        let mut table = self.table();
        table.segments.pop_back_if(|last| last.base == segment.base);
        table.segments.push_back(segment);
    }
}

#[async_trait]
impl EventLog for FileLog {
    async fn append(&self, batch: Vec<Entry>) -> Result<Vec<Position>> {
        let bytes = check_batch(&batch)? + batch.len() * ENTRY_BYTES;
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let gone = |_| Error::terminal(format!("appending to the log in {}", self.shared.dir.display()), "the log is closed");
        let waiting = Arc::clone(&self.waiting);
        // The largest batch counts less than all that may wait, so that it can't wait for ever.
        let waiting = waiting.acquire_many_owned(bytes as u32).await.expect("the semaphore is never closed");
        let (done, answer) = oneshot::channel();
        let append = Append { entries: batch, waiting, done };
        let appends = self.appends.lock().unwrap_or_else(PoisonError::into_inner).clone();
        appends.and_then(|appends| appends.send(append).ok()).ok_or(()).map_err(gone)?;
        answer.await.map_err(|_| gone(()))?
    }

    async fn read(&self, group: &str, most: usize, most_bytes: usize, wait: Duration) -> Result<Vec<Stored>> {
        check_group(group)?;
        let mut reader = self.take_reader(group).await?;
        let mut end = self.shared.end.subscribe();
        // A time-out, and likewise the end of the log's life, leaves nothing to read.
        let _ = tokio::time::timeout(wait, end.wait_for(|end| *end > reader.cursor)).await;
        let mut stored = Vec::new();
        if *end.borrow() > reader.cursor {
            let shared = Arc::clone(&self.shared);
            let read = move || reader.read(&shared, most, most_bytes).map(|stored| (reader, stored));
            (reader, stored) = blocking("reading the log", read).await?;
        }
        // From here to the return nothing is awaited: the records are given, or the cursor has not moved.
        self.cursors().insert(group.to_owned(), Cursor { next: reader.cursor, reader: Some(reader) });
        Ok(stored)
    }

    async fn commit(&self, group: &str, position: Position) -> Result<()> {
        check_group(group)?;
        if position.partition != 0 || position.offset >= *self.shared.end.borrow() {
            let doing = format!("committing {position} for the group {group}");
            return Err(Error::terminal(doing, "no record stands there"));
        }
        let (shared, group) = (Arc::clone(&self.shared), group.to_owned());
        blocking("committing to the log", move || shared.groups().advance(&group, position.offset + 1)).await
    }

    async fn lag(&self, group: &str) -> Result<Lag> {
        check_group(group)?;
        let (shared, group) = (Arc::clone(&self.shared), group.to_owned());
        blocking("looking how far the log is read", move || {
            let groups = shared.groups();
            let table = shared.table();
            let next = groups.next(&group).unwrap_or_default().max(table.oldest());
            Ok(Lag { records: table.end.saturating_sub(next), bytes: Some(table.bytes()) })
        })
        .await
    }

    async fn room(&self) -> Result<Option<Room>> {
        let shared = Arc::clone(&self.shared);
        blocking("looking for room for the log", move || {
            let failed = |e| Error::terminal(format!("looking for room for the log in {}", shared.dir.display()), e);
            room::left(&shared).map(Some).map_err(failed)
        })
        .await
    }

    async fn health(&self) -> Result<()> {
        let doing = format!("appending to the log in {}", self.shared.dir.display());
        match self.shared.state().clone() {
            State::Well => Ok(()),
            State::Full(cause) => Err(Error::Full { doing, cause }),
            State::Broken(cause) => Err(Error::terminal(doing, cause)),
        }
    }

    async fn close(&self) -> Result<()> {
        let (wait, shared) = (self.stop_writer(), Arc::clone(&self.shared));
        blocking("closing the log", move || {
            wait();
            shared.groups().unlock()
        })
        .await
    }
}

/// Makes the directory if it is not there, for nobody else to look into.
fn make_dir(dir: &Path) -> io::Result<()> {
    if dir.try_exists()? {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let absolute = fs::canonicalize(dir)?;
    absolute.parent().map_or(Ok(()), segment::sync_dir)
}

/// Runs what blocks on the disk where it may.
async fn blocking<T: Send + 'static>(doing: &str, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    spawn_blocking(work).await.unwrap_or_else(|e| Err(Error::terminal(doing, e)))
}
