//! One suite for the event log, run against the engines in memory and on disk.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use async_trait::async_trait;
use storage::log::{
    EventLog,
    file::{FileLog, Options},
    memory::MemoryLog,
};
use suite::Engine;

#[path = "log/suite.rs"]
mod suite;

struct Memory(MemoryLog);

#[async_trait]
impl Engine for Memory {
    async fn open(&self) -> Arc<dyn EventLog> {
        Arc::new(self.0.reopen())
    }
}

struct File(tempfile::TempDir);

impl File {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

#[async_trait]
impl Engine for File {
    async fn open(&self) -> Arc<dyn EventLog> {
        // So small that every test crosses from segment to segment.
        let options = Options { segment_bytes: 2_000, reserve_bytes: 0, ..Options::default() };
        Arc::new(FileLog::open(self.0.path(), options).unwrap())
    }
}

suite::conformance!(memory, super::Memory(super::MemoryLog::new()));
suite::conformance!(file, super::File::new());
