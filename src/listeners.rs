//! The listeners of a process: the main one, and those on the ports that OpenTelemetry's exporters know.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Config, Door},
    health::Health,
    roles::Roles,
    server::{self, Server, tls::Tls},
};

/// Opens all listeners, serves them until `stop`, and answers the address of the main one and the servers' tasks.
pub(crate) async fn open(config: &Config, roles: Roles, health: &Health, stop: &CancellationToken) -> Result<(SocketAddr, JoinSet<()>)> {
    let tls = if config.tls.is_on() { Some(Tls::new(&config.tls)?) } else { None };
    let server = Server::new(&config.server, tls.clone());
    let listener = server::bind(&config.listen).await?;
    let address = listener.local_addr().context("reading the listener's address")?;
    let doors = if roles.ingest { config.otlp.doors(&config.listen) } else { Vec::new() };
    let mut served = JoinSet::new();
    served.spawn(server.clone().serve(listener, health.router(), stop.clone()));
    if let Some(tls) = tls {
        served.spawn(tls.keep(stop.clone()));
    }
    tracing::info!(%address, "listening");
    for door in doors {
        if let Some(listener) = bind(&door).await? {
            let at = listener.local_addr().context("reading a listener's address")?;
            tracing::info!(key = door.key, listener = %at, "listening to OpenTelemetry");
            served.spawn(server.clone().serve(listener, health.otlp_router(), stop.clone()));
        }
    }
    Ok((address, served))
}

/// `None` when nobody asked for the address and it can't be had.
async fn bind(door: &Door) -> Result<Option<TcpListener>> {
    match TcpListener::bind(&door.address).await {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if door.asked_for => {
            Err(error).with_context(|| format!("listening on {} = {:?}: choose another address, or \"off\"", door.key, door.address))
        }
        Err(error) => {
            tracing::warn!(
                key = door.key, at = %door.address, %error,
                "not listening there to OpenTelemetry; if another collector does, set the key to \"off\" or to another HOST:PORT. \
                 The main listener takes the same requests"
            );
            Ok(None)
        }
    }
}

/// Waits until every server has ended.
pub(crate) async fn end(mut served: JoinSet<()>) -> Result<()> {
    while let Some(ended) = served.join_next().await {
        ended.context("a listener ended by a fault of its own")?;
    }
    Ok(())
}
