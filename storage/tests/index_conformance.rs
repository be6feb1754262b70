//! The conformance suite of `storage::index::Index` on the embedded engine.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use async_trait::async_trait;
use storage::index::{
    Index,
    tantivy::{Options, TantivyIndex},
};

#[macro_use]
#[path = "index/suite.rs"]
mod suite;
#[path = "index/embedded.rs"]
mod embedded;
#[path = "index/files.rs"]
mod files;

struct Directory(tempfile::TempDir);

#[async_trait]
impl suite::Store for Directory {
    async fn open(&self) -> Arc<dyn Index> {
        Arc::new(TantivyIndex::open(self.0.path(), Options::default()).unwrap())
    }
}

async fn directory() -> Directory {
    Directory(tempfile::tempdir().unwrap())
}

conformance!(directory);
