//! The one place that picks engines.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use storage::{
    catalog::{Catalog, elastic::ElasticCatalog, sqlite::SqliteCatalog},
    index::{Index, elastic::ElasticIndex, tantivy::TantivyIndex},
    log::{EventLog, file::FileLog, kafka::KafkaLog},
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Config, IndexEngine, LogEngine},
    roles::Roles,
};

/// First wait when a server is away, doubled up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// What the roles of this process work with. A seam that no role needs is absent.
#[derive(Clone)]
pub(crate) struct Engines {
    pub log: Option<Arc<dyn EventLog>>,
    pub index: Option<Arc<dyn Index>>,
    pub catalog: Arc<dyn Catalog>,
}

impl Engines {
    /// Opens what `roles` need, waiting for servers that are away. `None` when `stop` came first.
    pub(crate) async fn open(config: &Config, roles: Roles, stop: &CancellationToken) -> Result<Option<Self>> {
        let mut wait = FIRST_WAIT;
        loop {
            let opened = tokio::select! {
                opened = Self::try_open(config, roles) => opened,
                () = stop.cancelled() => return Ok(None),
            };
            match opened {
                Ok(engines) => return Ok(Some(engines)),
                Err(error) if error.is_retryable() => {
                    tracing::warn!(%error, seconds = wait.as_secs_f32(), "waiting for the engines");
                    tokio::select! {
                        () = tokio::time::sleep(wait) => wait = (wait * 2).min(LONGEST_WAIT),
                        () = stop.cancelled() => return Ok(None),
                    }
                }
                Err(error) => return Err(error).context("opening the engines"),
            }
        }
    }

    async fn try_open(config: &Config, roles: Roles) -> storage::Result<Self> {
        let catalog = open_catalog(config).await?;
        let index = if roles.process || roles.api { Some(open_index(config).await?) } else { None };
        let log = if roles.ingest || roles.process { Some(open_log(config).await?) } else { None };
        Ok(Self { log, index, catalog })
    }

    /// What keeps this process from its work, for people.
    pub(crate) async fn troubles(&self) -> Vec<String> {
        let mut troubles = Vec::new();
        if let Some(log) = &self.log
            && let Err(error) = log.health().await
        {
            troubles.push(format!("log: {error}"));
        }
        if let Some(index) = &self.index
            && let Err(error) = index.health().await
        {
            troubles.push(format!("index: {error}"));
        }
        if let Err(error) = self.catalog.health().await {
            troubles.push(format!("catalog: {error}"));
        }
        troubles
    }

    /// Lets go of everything, each seam even when another fails.
    pub(crate) async fn close(self) -> Result<()> {
        let log = match &self.log {
            Some(log) => log.close().await,
            None => Ok(()),
        };
        let index = match &self.index {
            Some(index) => index.close().await,
            None => Ok(()),
        };
        let catalog = self.catalog.close().await;
        log.context("closing the log")?;
        index.context("closing the index")?;
        catalog.context("closing the catalog")
    }
}

/// The catalog alone, for the commands that work beside a server.
pub(crate) async fn open_catalog(config: &Config) -> storage::Result<Arc<dyn Catalog>> {
    Ok(match config.index.engine {
        IndexEngine::Tantivy => {
            let path = config.data.join("catalog.sqlite");
            Arc::new(blocking(move || SqliteCatalog::open(&path)).await?)
        }
        IndexEngine::Elasticsearch => Arc::new(ElasticCatalog::connect(config.elasticsearch.clone()).await?),
    })
}

async fn open_index(config: &Config) -> storage::Result<Arc<dyn Index>> {
    Ok(match config.index.engine {
        IndexEngine::Tantivy => {
            let (dir, options) = (config.data.join("index"), config.index.tantivy.clone());
            Arc::new(blocking(move || TantivyIndex::open(&dir, options)).await?)
        }
        IndexEngine::Elasticsearch => Arc::new(ElasticIndex::connect(config.elasticsearch.clone()).await?),
    })
}

async fn open_log(config: &Config) -> storage::Result<Arc<dyn EventLog>> {
    Ok(match config.log.engine {
        LogEngine::File => {
            let (dir, options) = (config.data.join("log"), config.log.file.clone());
            Arc::new(blocking(move || FileLog::open(&dir, options)).await?)
        }
        LogEngine::Kafka => Arc::new(KafkaLog::connect(config.log.kafka.clone()).await?),
    })
}

/// Runs what reads whole files where it may block.
async fn blocking<T: Send + 'static>(open: impl FnOnce() -> storage::Result<T> + Send + 'static) -> storage::Result<T> {
    tokio::task::spawn_blocking(open).await.unwrap_or_else(|error| Err(storage::Error::terminal("opening an engine", error)))
}
