//! The first start: a project to send to and a token to look with, so that nobody has to read before trying.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use schemas::{catalog::Role, ids::PublicKey, wire::dsn};
use storage::catalog::{Catalog, keys, projects, tokens};

use crate::{
    config::{self, Config},
    trial::{Bench, Known},
};

/// An environment variable that holds an admin token, for those who make their own.
const BOOTSTRAP_TOKEN: &str = "BELFRY_BOOTSTRAP_TOKEN";

/// How clients reach this server.
pub(crate) fn public_url(config: &Config, address: SocketAddr) -> String {
    if !config.public_url.is_empty() {
        return config.public_url.trim_end_matches('/').to_owned();
    }
    let scheme = if config.tls.is_on() { "https" } else { "http" };
    if address.ip().is_unspecified() { format!("{scheme}://localhost:{}", address.port()) } else { format!("{scheme}://{address}") }
}

/// What the query API is told.
pub(crate) fn api_options(config: &Config, public_url: &str, known: Known, catalog: Arc<dyn Catalog>) -> Result<api::Options> {
    let bootstrap_token = std::env::var(BOOTSTRAP_TOKEN).ok().filter(|token| !token.is_empty());
    let bench = Bench { secret: random()?, tables: known.tables, catalog };
    let trial: api::Trial = Arc::new(move |project, rules, event| bench.run(project, rules, event));
    let config::Api { requests_per_minute, query_seconds } = config.api;
    Ok(api::Options {
        public_url: Some(public_url.to_owned()),
        bootstrap_token,
        trial: Some(trial),
        trial_without: known.without,
        requests_per_minute,
        query_seconds,
        also_described: ingest::Ingest::description(),
        ..api::Options::default()
    })
}

/// Makes the project `default` and an admin token if there is no project with a key yet, and prints both. A start that
/// was cut short in between is made up for.
#[allow(clippy::print_stdout, reason = "what a person needs next is the output of a first start")]
pub(crate) async fn first_start(catalog: &dyn Catalog, public_url: &str) -> Result<()> {
    let now = Timestamp::now();
    let unfinished = match projects::list(catalog).await?.as_slice() {
        [] => None,
        [only] if keys::list(catalog, only.id).await?.is_empty() => Some(only.id),
        _ => return Ok(()),
    };
    let token = new_token()?;
    tokens::create(catalog, &token, Role::Admin, None, now).await.context("making the first token")?;
    let key = match unfinished {
        None => projects::create(catalog, "default", new_key()?, now).await.context("making the first project")?.1,
        Some(project) => keys::create(catalog, project, new_key()?, now).await.context("making the first key")?,
    };
    println!("DSN:   {}", dsn::format(public_url, &key.key, key.project));
    println!("Token: {token}");
    // Behind the hash, so that it is neither sent to nor logged by anyone on the way.
    println!("Open:  {public_url}/sign-in#token={token}");
    Ok(())
}

/// A new DSN key.
pub(crate) fn new_key() -> Result<PublicKey> {
    Ok(PublicKey::from_bytes(random()?))
}

/// A new API token: 160 random bits behind a prefix that secret scanners can know.
pub(crate) fn new_token() -> Result<String> {
    Ok(format!("belfry_{}", BASE32_NOPAD.encode(&random::<20>()?).to_ascii_lowercase()))
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("drawing random bytes from the system")?;
    Ok(bytes)
}
