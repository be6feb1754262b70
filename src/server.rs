//! The HTTP listener: accepts connections under limits, hands requests to a router, ends in order.
//!
//! A hostile client costs a place among the connections and a few kilobytes, for seconds.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use axum::{
    Router,
    extract::{ConnectInfo, Request},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use serde::Deserialize;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;
use tower::{ServiceExt, util::service_fn};

mod descriptors;
mod table;
pub(crate) mod tls;
mod watched;

use table::{Connection, Place, Table};
use tls::Tls;
use watched::{Turn, Watched};

/// How long a client may take for its part of a TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// How often late connections are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How often a silent HTTP/2 client is asked whether it is there, and how long it may take to say so.
const PING_EVERY: Duration = Duration::from_secs(30);
/// Longest head of a request, and most of what is read ahead of its body.
const HEAD_BYTES: usize = 64 << 10;
/// Most requests at a time on one HTTP/2 connection.
const STREAMS: u32 = 100;
/// Requests that an HTTP/2 client may take back before they are looked at ("rapid reset").
const RESETS: usize = 20;
/// How long requests under way may take to end after a stop was asked for.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);
/// How long to wait when the system has no more file descriptors or memory for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Section `server` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    /// Most connections at a time. For a further one, the client that waits longest is closed.
    pub connections: usize,
    /// Most connections of one address (of IPv6: one network of 64 bits), counted alike. Behind a proxy all clients
    /// have its address.
    pub connections_per_address: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { connections: 8_192, connections_per_address: 4_096 }
    }
}

/// Opens the listener.
pub(crate) async fn bind(address: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| match address.rsplit_once(':') {
        Some((_, port)) => format!("listening on {address}: is another process using port {port}? Choose another address with --listen"),
        None => format!("listening on {address}: write it as HOST:PORT"),
    })
}

/// What all listeners of a process share. Clones are the same.
#[derive(Clone)]
pub(crate) struct Server {
    builder: Arc<auto::Builder<TokioExecutor>>,
    table: Arc<Table>,
    tls: Option<Arc<Tls>>,
}

impl Server {
    /// A server under these limits, encrypted if there is a certificate.
    pub(crate) fn new(options: &Options, tls: Option<Arc<Tls>>) -> Self {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        // Some clients close their side right after the body; what they sent is taken all the same.
        builder.http1().timer(TokioTimer::new()).header_read_timeout(None).half_close(true).max_buf_size(HEAD_BYTES);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_EVERY)
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(HEAD_BYTES as u32)
            .max_pending_accept_reset_streams(RESETS);
        let most = options.connections.min(descriptors::for_connections());
        let table = Table::new(most, options.connections_per_address);
        Self { builder: Arc::new(builder), table, tls }
    }

    /// Serves until `stop`, then lets the requests under way end.
    pub(crate) async fn serve(self, listener: TcpListener, router: Router, stop: CancellationToken) {
        let graceful = GracefulShutdown::new();
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = sweep.tick() => {
                    self.table.sweep();
                    continue;
                }
                () = stop.cancelled() => break,
            };
            match accepted {
                Ok((stream, peer)) => self.start(stream, peer, router.clone(), &graceful),
                Err(error) => {
                    tracing::warn!(%error, "accepting a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener);
        if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown()).await.is_err() {
            tracing::warn!(seconds = DRAIN_TIMEOUT.as_secs(), "some requests did not end in time; leaving them");
        }
    }

    /// Serves one connection in a task of its own.
    fn start(&self, stream: TcpStream, peer: SocketAddr, router: Router, graceful: &GracefulShutdown) {
        let Some(place) = self.table.enter(peer.ip()) else {
            metrics::counter!("belfry_connections_closed_total", "reason" => "no_place").increment(1);
            return;
        };
        // It only makes answers a little faster.
        let _ = stream.set_nodelay(true);
        let (server, watcher) = (self.clone(), graceful.watcher());
        tokio::spawn(async move {
            let closed = Arc::clone(&place.connection);
            let serving = server.run(stream, peer, router, &place, watcher);
            tokio::select! {
                () = serving => {}
                () = closed.closed() => {}
            }
            drop(place);
        });
    }

    async fn run(&self, stream: TcpStream, peer: SocketAddr, router: Router, place: &Place, watcher: Watcher) {
        let Some(tls) = &self.tls else {
            return self.speak(stream, peer, router, &place.connection, watcher).await;
        };
        // A client that does not get through the handshake is its own affair, and so is one below that goes away.
        if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.acceptor().accept(stream)).await {
            self.speak(stream, peer, router, &place.connection, watcher).await;
        } else {
            metrics::counter!("belfry_connections_closed_total", "reason" => "handshake").increment(1);
        }
    }

    async fn speak<S>(&self, stream: S, peer: SocketAddr, router: Router, connection: &Arc<Connection>, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let watched = TokioIo::new(Watched::new(stream, Arc::clone(connection)));
        let service = TowerToHyperService::new(requests(router, peer, Arc::clone(connection)));
        let _ = watcher.watch(self.builder.serve_connection_with_upgrades(watched, service).into_owned()).await;
    }
}

/// What answers the requests of one connection.
fn requests(
    router: Router,
    peer: SocketAddr,
    connection: Arc<Connection>,
) -> impl tower::Service<hyper::Request<hyper::body::Incoming>, Response = axum::response::Response, Error = Infallible, Future: Send + 'static>
+ Clone
+ Send
+ 'static {
    service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let turn = Turn::new(&connection);
        let mut request: Request = request.map(|body| watched::incoming(body, &turn));
        request.extensions_mut().insert(ConnectInfo(peer));
        let router = router.clone();
        async move {
            let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
            Ok::<_, Infallible>(response.map(|body| watched::outgoing(body, turn)))
        }
    })
}
