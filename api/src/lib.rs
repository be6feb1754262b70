//! HTTP out: questions about events and issues, and administration. It reads the index and the catalog through their
//! traits and writes documents of the catalog. It never touches the log.

use std::sync::Arc;

use axum::{Router, middleware};
use jiff::Timestamp;
use storage::{catalog::Catalog, index::Index};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::compression::{
    CompressionLayer,
    predicate::{DefaultPredicate, NotForContentType, Predicate, SizeAbove},
};

mod access;
mod answer;
mod answering;
mod body;
mod compare;
mod cursor;
mod describe;
mod grid;
mod groups;
mod host;
mod issues;
mod live;
mod over_time;
mod params;
mod problem;
mod rates;
mod recount;
mod routes;
mod scope;
mod session;
mod significance;
mod times;
mod titles;
mod trial;
mod unchanged;
mod web;

use rates::Rates;

pub use trial::{Rules, Trial, Tried};
pub use web::dashboard;

/// Shorter answers are never compressed.
const COMPRESSED_BYTES: u64 = 1_024;

/// What the answers depend on besides index and catalog.
#[derive(Clone)]
pub struct Options {
    /// A token that is an admin's without being in the catalog.
    pub bootstrap_token: Option<String>,
    /// Where SDKs reach this server, e.g. `https://errors.example.com`, for DSNs. `None`: as the client did.
    pub public_url: Option<String>,
    /// Requests a minute and token, in each process; 0 for any number.
    pub requests_per_minute: u32,
    /// Seconds that reading may take; 0 for as long as it takes.
    pub query_seconds: u64,
    /// What time it is.
    pub clock: fn() -> Timestamp,
    /// Cancelled when the server stops: streams end then.
    pub stop: CancellationToken,
    /// What else this server answers: `paths` and `components` of an OpenAPI document, which the description has too.
    /// `null`: nothing.
    pub also_described: serde_json::Value,
    /// What runs the stages on an event to try rules. `None`: rules can't be tried.
    pub trial: Option<Trial>,
    /// What the processors may know and trials here do not, by keys of the configuration.
    pub trial_without: Vec<&'static str>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bootstrap_token: None,
            public_url: None,
            requests_per_minute: 3_000,
            query_seconds: 10,
            clock: Timestamp::now,
            stop: CancellationToken::new(),
            also_described: serde_json::Value::Null,
            trial: None,
            trial_without: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let token = self.bootstrap_token.as_ref().map(|_| "set");
        f.debug_struct("Options").field("bootstrap_token", &token).field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// The API over one index and one catalog. Cheap to clone.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    index: Arc<dyn Index>,
    catalog: Arc<dyn Catalog>,
    options: Options,
    /// For those that are under way.
    exports: Arc<Semaphore>,
    rates: Rates,
    live: Arc<live::Live>,
}

impl Api {
    /// The API that answers from these.
    pub fn new(index: Arc<dyn Index>, catalog: Arc<dyn Catalog>, options: Options) -> Self {
        let exports = Arc::new(Semaphore::new(routes::EXPORTS));
        let rates = Rates::new(options.requests_per_minute);
        let live = Arc::new(live::Live::new(options.stop.clone()));
        Self(Arc::new(Inner { index, catalog, options, exports, rates, live }))
    }

    /// Every route below `/api/v1`, the answer to unknown ones included.
    pub fn router(&self) -> Router {
        let worth_it = DefaultPredicate::new().and(SizeAbove::new(COMPRESSED_BYTES)).and(NotForContentType::new("application/gzip"));
        let compression = CompressionLayer::new().gzip(true).compress_when(worth_it);
        routes::router(&self.options().also_described)
            .0
            .with_state(self.clone())
            .layer(middleware::from_fn(unchanged::tagged))
            .layer(middleware::from_fn_with_state(self.clone(), answering::answer))
            .layer(compression)
    }

    /// The description of the API, OpenAPI 3.1, with what else a server answers ([`Options::also_described`]).
    pub fn description(also: &serde_json::Value) -> serde_json::Value {
        routes::router(also).1
    }

    fn index(&self) -> &dyn Index {
        &*self.0.index
    }

    /// The index for what goes on after a request.
    fn shared_index(&self) -> &Arc<dyn Index> {
        &self.0.index
    }

    fn live(&self) -> &Arc<live::Live> {
        &self.0.live
    }

    fn catalog(&self) -> &dyn Catalog {
        &*self.0.catalog
    }

    fn exports(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.exports)
    }

    fn rates(&self) -> &Rates {
        &self.0.rates
    }

    fn options(&self) -> &Options {
        &self.0.options
    }

    fn now(&self) -> Timestamp {
        (self.0.options.clock)()
    }
}
