//! HTTP in: reads what clients send, checks who they are, makes it durable, and only then says yes.
//!
//! Never looks into an index and never searches payloads; what an event means is the processor's business.

use std::{sync::Arc, time::Duration};

use axum::Router;
use schemas::category::Category;
use storage::{
    catalog::Catalog,
    log::{Entry, EventLog},
};
use tokio_util::task::TaskTracker;

use crate::{
    admission::Admission,
    budget::Budget,
    committer::{Committer, Part},
    quota::{Accounts, Admitted, Claim},
    refusal::Refusal,
    room::Gauge,
    usage::Usage,
};

mod address;
mod admission;
mod attachments;
mod body;
mod budget;
mod committer;
mod cors;
mod credentials;
mod decode;
mod describe;
mod heavy;
mod options;
mod origin;
mod pack;
mod quota;
mod refusal;
mod room;
mod routes;
mod usage;

pub use address::{Network, NetworkError};
pub use options::Options;

/// The routes that take events, and the tasks behind them. Clones are the same.
#[derive(Clone)]
pub struct Ingest {
    shared: Arc<Shared>,
}

/// What every request needs.
struct Shared {
    options: Options,
    body_patience: Duration,
    budget: Arc<Budget>,
    admission: Admission,
    committer: Committer,
    room: Arc<Gauge>,
    usage: Arc<Usage>,
    /// Requests under way, whether or not their client still listens.
    requests: TaskTracker,
}

impl Ingest {
    /// Starts to append to this log. Must be called within a tokio runtime.
    pub fn new(log: Arc<dyn EventLog>, catalog: Arc<dyn Catalog>, options: Options) -> Self {
        let accounts = Arc::new(Accounts::new());
        Self {
            shared: Arc::new(Shared {
                body_patience: Duration::from_secs(options.body_seconds),
                budget: Budget::new(options.memory_bytes),
                admission: Admission::new(Arc::clone(&catalog), Arc::clone(&accounts)),
                room: room::watch(&log),
                usage: Usage::start(accounts, catalog),
                committer: Committer::start(log, &options),
                requests: TaskTracker::new(),
                options,
            }),
        }
    }

    /// `POST /api/{project}/envelope/`, `/api/{project}/store/` (also `GET`), `/api/{project}/security/`, `/api/store/` and
    /// `/api/v1/events`, with `OPTIONS`; OpenTelemetry's `/v1/logs` and `/v1/traces`; and the answer to whatever else is asked below `/api/{project}/`.
    ///
    /// Serve it with [`axum::extract::ConnectInfo`] of the peer's [`std::net::SocketAddr`], without compression of
    /// answers, without redirects, and with hyper's `half_close`: without it, hyper throws away the request of a
    /// client that closes its socket right after sending, before anyone has seen it.
    pub fn router(&self) -> Router {
        routes::router(Arc::clone(&self.shared))
    }

    /// The routes of OpenTelemetry's exporters alone, HTTP and gRPC, for listeners on the ports that they know. Serve it
    /// like [`Ingest::router`], which has them too.
    pub fn otlp_router(&self) -> Router {
        routes::otlp_router(Arc::clone(&self.shared))
    }

    /// What [`Ingest::router`] takes and answers, as `paths` and `components` of an OpenAPI document.
    pub fn description() -> serde_json::Value {
        describe::document()
    }

    /// Waits until every request that has arrived is durable or refused, also those whose client has gone.
    /// Call it when no connection brings new ones. New ones would still be served.
    pub async fn drain(&self) {
        self.shared.requests.close();
        self.shared.requests.wait().await;
        self.shared.usage.finish().await;
    }
}

impl Shared {
    /// What a request asks of its project's limits.
    fn claim(&self, project: &Arc<Admitted>) -> Claim {
        Claim::new(Arc::clone(project), self.room.pressure())
    }

    /// Makes durable what a claim has taken, and counts it. Refuses when nothing was taken because of limits.
    async fn store(&self, claim: &mut Claim, entries: Vec<Entry>) -> Result<(), Refusal> {
        if let Some(refusal) = claim.refusal() {
            return Err(refusal);
        }
        let result = self.committer.commit(entries).await;
        claim.settle(&result);
        result
    }

    /// As [`Self::store`] for events that are answered one by one: an error only when none is durable.
    async fn store_each(&self, claim: &mut Claim, entries: Vec<Entry>) -> Result<Vec<Part>, Refusal> {
        if let Some(refusal) = claim.refusal() {
            return Err(refusal);
        }
        let mut parts = self.committer.commit_parts(entries).await;
        if parts.iter().any(|part| part.result.is_ok()) {
            for part in &parts {
                if let Err(refusal) = &part.result {
                    claim.fail(Category::Error, part.entries as u64, refusal);
                }
            }
        } else if let Some(first) = parts.pop() {
            claim.settle(&first.result);
            first.result?;
        }
        claim.settle(&Ok(()));
        Ok(parts)
    }
}
