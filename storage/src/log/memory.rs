//! The event log in memory, for tests: everything of the contract but the power cut.
//!
//! Never for production: what it holds ends with the process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use schemas::record::Position;
use tokio::sync::watch;

use super::{Entry, EventLog, Lag, Room, Stored, check_batch, check_group};
use crate::{Error, Result};

/// How many bytes of records are held unless told otherwise.
const DEFAULT_ROOM_BYTES: usize = 1 << 30;

/// One partition in memory.
///
/// Records are let go of only when room is needed and every group has committed them.
#[derive(Debug)]
pub struct MemoryLog {
    shared: Arc<Shared>,
    /// The next offset to read, by group. Belongs to this handle: a reopened log reads from the commits on.
    cursors: Mutex<HashMap<String, u64>>,
}

#[derive(Debug)]
struct Shared {
    room_bytes: usize,
    state: Mutex<State>,
    /// The offset after the last record.
    end: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    /// Offset of the first record held.
    base: u64,
    records: VecDeque<Bytes>,
    bytes: usize,
    /// The next offset that each group has not committed.
    committed: HashMap<String, u64>,
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryLog {
    /// An empty log with room for 1 GiB of records.
    pub fn new() -> Self {
        Self::with_room(DEFAULT_ROOM_BYTES)
    }

    /// An empty log that is full when it holds this many bytes of records that some group has not committed.
    pub fn with_room(room_bytes: usize) -> Self {
        let shared = Shared { room_bytes, state: Mutex::default(), end: watch::Sender::new(0) };
        Self { shared: Arc::new(shared), cursors: Mutex::default() }
    }

    /// What a restarted process would find: the same records and commits, and nothing read yet.
    pub fn reopen(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), cursors: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// What stands at the group's cursor, and moves the cursor behind it.
    fn take(&self, group: &str, most: usize, most_bytes: usize) -> Vec<Stored> {
        let mut cursors = self.cursors.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut state = self.state();
        let base = state.base;
        let committed = *state.committed.entry(group.to_owned()).or_insert(base);
        let cursor = cursors.entry(group.to_owned()).or_insert(committed);
        *cursor = (*cursor).max(base);
        let mut taken = Vec::new();
        let mut bytes = 0;
        for record in state.records.iter().skip((*cursor - base) as usize).take(most) {
            bytes += record.len();
            if !taken.is_empty() && bytes > most_bytes {
                break;
            }
            taken.push(Stored { position: Position { partition: 0, offset: *cursor }, bytes: record.clone() });
            *cursor += 1;
        }
        taken
    }
}

impl State {
    fn end(&self) -> u64 {
        self.base + self.records.len() as u64
    }

    /// Lets go of the oldest records that every group has committed until `bytes` more have room.
    fn make_room(&mut self, bytes: usize, room: usize) -> bool {
        let passed = self.committed.values().copied().min().unwrap_or(self.base);
        while self.bytes + bytes > room && self.base < passed {
            self.bytes -= self.records.pop_front().map_or(0, |record| record.len());
            self.base += 1;
        }
        self.bytes + bytes <= room
    }
}

#[async_trait]
impl EventLog for MemoryLog {
    async fn append(&self, batch: Vec<Entry>) -> Result<Vec<Position>> {
        let bytes = check_batch(&batch)?;
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let mut state = self.state();
        if !state.make_room(bytes, self.shared.room_bytes) {
            return Err(Error::Full {
                doing: "appending to the log in memory".into(),
                cause: format!("it holds {} bytes of at most {}", state.bytes, self.shared.room_bytes),
            });
        }
        let first = state.end();
        state.bytes += bytes;
        state.records.extend(batch.into_iter().map(|entry| entry.bytes));
        self.shared.end.send_replace(state.end());
        Ok((first..state.end()).map(|offset| Position { partition: 0, offset }).collect())
    }

    async fn read(&self, group: &str, most: usize, most_bytes: usize, wait: Duration) -> Result<Vec<Stored>> {
        check_group(group)?;
        let mut end = self.shared.end.subscribe();
        let taken = self.take(group, most, most_bytes);
        if !taken.is_empty() || tokio::time::timeout(wait, end.changed()).await.is_err() {
            return Ok(taken);
        }
        Ok(self.take(group, most, most_bytes))
    }

    async fn commit(&self, group: &str, position: Position) -> Result<()> {
        check_group(group)?;
        let mut state = self.state();
        if position.partition != 0 || position.offset >= state.end() {
            return Err(Error::terminal(format!("committing {position} of the log in memory"), "no record stands there"));
        }
        let base = state.base;
        let committed = state.committed.entry(group.to_owned()).or_insert(base);
        *committed = (*committed).max(position.offset + 1);
        Ok(())
    }

    async fn lag(&self, group: &str) -> Result<Lag> {
        check_group(group)?;
        let state = self.state();
        let committed = state.committed.get(group).copied().unwrap_or(state.base);
        Ok(Lag { records: state.end() - committed, bytes: Some(state.bytes as u64) })
    }

    async fn room(&self) -> Result<Option<Room>> {
        let state = self.state();
        let passed = state.committed.values().copied().min().unwrap_or(state.base).saturating_sub(state.base);
        let gone: usize = state.records.iter().take(passed as usize).map(Bytes::len).sum();
        let free = self.shared.room_bytes.saturating_sub(state.bytes - gone);
        Ok(Some(Room { free_bytes: free as u64, share: free as f64 / self.shared.room_bytes.max(1) as f64 }))
    }

    async fn health(&self) -> Result<()> {
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}
