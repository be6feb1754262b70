//! The catalog on Elasticsearch: one index of small documents, with its sequence numbers for compare-and-set.
//!
//! It holds what the SQLite file holds, dead letters with raw records too: who may read the index may read those.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use elasticsearch::http::Method;
use tokio::sync::Mutex;

use super::{Catalog, Collection, Kept, List, Write, Written};
pub use crate::elastic::{Options, Secret};
use crate::{Result, elastic::Client};

mod documents;
mod writes;

/// The catalog on one Elasticsearch cluster.
#[derive(Debug)]
pub struct ElasticCatalog {
    client: Client,
    /// Its index.
    name: String,
    /// How many writes this process did.
    written: AtomicU64,
    /// How many of them lists know.
    visible: Mutex<u64>,
}

impl ElasticCatalog {
    /// Connects, and makes the index if it is not there.
    ///
    /// Fails with [`crate::Error::Mismatch`] when it is there in another format, and with
    /// [`crate::Error::Retryable`] when the cluster is away.
    pub async fn connect(options: Options) -> Result<Self> {
        let client = Client::new(&options)?;
        let name = format!("{}-catalog", options.prefix);
        let format = documents::format();
        // The template is for the day when someone deletes the index under a running process.
        format.ensure_template(&client, &name, &name).await?;
        format.ensure_index(&client, &name, 1, options.replicas).await?;
        Ok(Self { client, name, written: AtomicU64::new(0), visible: Mutex::new(0) })
    }

    /// Makes what this process wrote visible to lists. Others' writes are, within a second.
    async fn see_own_writes(&self) -> Result<()> {
        let mut visible = self.visible.lock().await;
        let written = self.written.load(Ordering::SeqCst);
        if *visible < written {
            self.client.refresh(std::slice::from_ref(&self.name)).await?;
            *visible = written;
        }
        Ok(())
    }
}

#[async_trait]
impl Catalog for ElasticCatalog {
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<Kept>>> {
        self.get_documents(collection, ids).await
    }

    async fn write(&self, collection: Collection, writes: Vec<Write>) -> Result<Vec<Written>> {
        super::check(collection, &writes)?;
        let written = self.write_documents(collection, &writes).await;
        // Counted when it failed too: part of it may be done.
        self.written.fetch_add(1, Ordering::SeqCst);
        written
    }

    async fn list(&self, collection: Collection, list: &List) -> Result<Vec<Kept>> {
        self.list_documents(collection, list).await
    }

    async fn compact(&self) -> Result<()> {
        self.client.refresh(std::slice::from_ref(&self.name)).await?;
        let doing = format!("expunging what was deleted from {}", self.name);
        let path = format!("{}/_forcemerge?only_expunge_deletes=true&wait_for_completion=false", self.name);
        self.client.ask(&doing, Method::Post, &path, None).await?.accept(&doing).map(drop)
    }

    async fn health(&self) -> Result<()> {
        self.client.health(&self.name).await
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}
