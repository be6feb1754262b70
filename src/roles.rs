//! Runs the roles of one process from start to orderly stop.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use axum::Router;
use ingest::Ingest;
use processor::{Processor, enrich::Tables};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    bootstrap,
    config::Config,
    engines::Engines,
    health::Health,
    listeners,
    lock::DataLock,
    shutdown, telemetry,
    trial::{self, Known},
};

/// Which roles a process has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Roles {
    pub ingest: bool,
    pub process: bool,
    pub api: bool,
}

impl Roles {
    pub(crate) const ALL: Self = Self { ingest: true, process: true, api: true };
    pub(crate) const INGEST: Self = Self { ingest: true, process: false, api: false };
    pub(crate) const PROCESS: Self = Self { ingest: false, process: true, api: false };
    pub(crate) const API: Self = Self { ingest: false, process: false, api: true };
}

/// Runs until a signal asks for an orderly stop or a role fails.
pub(crate) async fn run(config: Config, roles: Roles) -> Result<()> {
    if roles != Roles::ALL && !config.is_cluster() {
        anyhow::bail!(
            "one role alone needs engines that processes can share: set log.engine = \"kafka\" and index.engine = \"elasticsearch\", or run `belfry serve`"
        );
    }
    // What processors need they must have; an API can say what it does without.
    let known = if roles.process {
        Known { tables: Arc::new(Tables::open(&config.enrich)?), without: Vec::new() }
    } else {
        trial::tables(&config.enrich)
    };
    let metrics = telemetry::start(&config.telemetry)?;
    let _lock = if config.is_cluster() { None } else { Some(DataLock::take(&config.data)?) };
    let stop = shutdown::on_signal()?;
    let health = Health::new(metrics);
    let (address, served) = listeners::open(&config, roles, &health, &stop).await?;

    let result = match Engines::open(&config, roles, &stop).await {
        Ok(Some(engines)) => Work::start(&config, roles, engines, known, &health, address, &stop).await,
        Ok(None) => Ok(None),
        Err(error) => Err(error),
    };
    let result = match result {
        Ok(Some(work)) => work.until_stopped(&stop, served).await,
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    stop.cancel();
    if result.is_ok() {
        tracing::info!("stopped");
    }
    result
}

/// The roles at work.
struct Work {
    engines: Engines,
    ingest: Option<Ingest>,
    processor: Option<JoinHandle<Result<(), storage::Error>>>,
    stop_processor: CancellationToken,
}

impl Work {
    async fn start(
        config: &Config,
        roles: Roles,
        engines: Engines,
        known: Known,
        health: &Health,
        address: SocketAddr,
        stop: &CancellationToken,
    ) -> Result<Option<Self>> {
        if stop.is_cancelled() {
            engines.close().await?;
            return Ok(None);
        }
        let public_url = bootstrap::public_url(config, address);
        if roles == Roles::ALL {
            bootstrap::first_start(engines.catalog.as_ref(), &public_url).await?;
        }
        let (mut router, mut otlp) = (Router::new(), Router::new());
        let ingest = match &engines.log {
            Some(log) if roles.ingest => Some(Ingest::new(log.clone(), engines.catalog.clone(), config.ingest.clone())),
            _ => None,
        };
        if let Some(ingest) = &ingest {
            router = router.merge(ingest.router());
            otlp = ingest.otlp_router();
        }
        let stop_processor = CancellationToken::new();
        let processor = match (&engines.log, &engines.index) {
            (Some(log), Some(index)) if roles.process => {
                let processor = Processor::new(log.clone(), index.clone(), engines.catalog.clone(), config.processor.clone());
                let processor = processor.with_tables(Arc::clone(&known.tables)).with_log_keep(config.log_keep());
                let stop = stop_processor.clone();
                Some(tokio::spawn(async move { processor.run(stop).await }))
            }
            _ => None,
        };
        if let (true, Some(index)) = (roles.api, &engines.index) {
            let options = bootstrap::api_options(config, &public_url, known, engines.catalog.clone())?;
            let options = api::Options { stop: stop.clone(), ..options };
            router =
                router.merge(api::Api::new(index.clone(), engines.catalog.clone(), options).router()).fallback_service(api::dashboard());
        }
        health.open(engines.clone(), router, otlp);
        tracing::info!(?roles, "ready");
        Ok(Some(Self { engines, ingest, processor, stop_processor }))
    }

    /// Stops in the order of the way of an event: connections, ingest, processor, engines.
    async fn until_stopped(mut self, stop: &CancellationToken, served: JoinSet<()>) -> Result<()> {
        let mut failed = None;
        if let Some(processor) = &mut self.processor {
            tokio::select! {
                ended = processor => {
                    failed = Some(ended.context("the processor ended by a fault of its own")?.context("processing"));
                    self.processor = None;
                }
                () = stop.cancelled() => {}
            }
        } else {
            stop.cancelled().await;
        }
        stop.cancel();
        listeners::end(served).await?;
        if let Some(ingest) = &self.ingest {
            ingest.drain().await;
        }
        self.stop_processor.cancel();
        let processed = match self.processor {
            Some(processor) => processor.await.context("the processor ended by a fault of its own")?.context("processing"),
            None => failed.unwrap_or(Ok(())),
        };
        let closed = self.engines.close().await;
        processed?;
        closed
    }
}
