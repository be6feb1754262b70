//! Nobody hears yes before the log has said it, and nobody's event is lost for having hung up.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{Extension, extract::ConnectInfo};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use ingest::Options;
use schemas::record::Position;
use storage::{
    Error, Result,
    log::{Entry, EventLog, Lag, Stored, memory::MemoryLog},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

use crate::app::{App, ENVELOPE, KEY, STORE, payload};

const EVENT: &str = "{}\n{\"type\":\"event\"}\n{\"message\":\"it broke\"}";

/// A log in memory whose appends wait at a gate and fail as told.
pub(crate) struct TestLog {
    inner: MemoryLog,
    gate: Option<Semaphore>,
    failures: Mutex<Vec<Error>>,
    arrived: AtomicUsize,
    /// Appends that pass before any fails.
    passing: AtomicUsize,
}

impl TestLog {
    pub(crate) fn new(gate: Option<Semaphore>, failures: Vec<Error>) -> Arc<Self> {
        Arc::new(Self::bare(gate, failures))
    }

    fn bare(gate: Option<Semaphore>, failures: Vec<Error>) -> Self {
        let (arrived, passing) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { inner: MemoryLog::new(), gate, failures: Mutex::new(failures), arrived, passing }
    }

    /// Fails once, at the append after `passed` others.
    fn failing_at(passed: usize, failure: Error) -> Arc<Self> {
        Arc::new(Self { passing: AtomicUsize::new(passed), ..Self::bare(None, vec![failure]) })
    }

    async fn arrival(&self, count: usize) {
        while self.arrived.load(Ordering::SeqCst) < count {
            tokio::task::yield_now().await;
        }
    }
}

#[async_trait]
impl EventLog for TestLog {
    async fn append(&self, batch: Vec<Entry>) -> Result<Vec<Position>> {
        self.arrived.fetch_add(batch.len(), Ordering::SeqCst);
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        let passes = self.passing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |passing| passing.checked_sub(1)).is_ok();
        let failure = if passes { None } else { self.failures.lock().unwrap().pop() };
        match failure {
            Some(failure) => Err(failure),
            None => self.inner.append(batch).await,
        }
    }

    async fn read(&self, group: &str, most: usize, most_bytes: usize, wait: Duration) -> Result<Vec<Stored>> {
        self.inner.read(group, most, most_bytes, wait).await
    }

    async fn commit(&self, group: &str, position: Position) -> Result<()> {
        self.inner.commit(group, position).await
    }

    async fn lag(&self, group: &str) -> Result<Lag> {
        self.inner.lag(group).await
    }

    async fn health(&self) -> Result<()> {
        self.inner.health().await
    }

    async fn close(&self) -> Result<()> {
        self.inner.close().await
    }
}

/// Serves as the binary does.
async fn serve(app: &App) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = app.router.clone();
    tokio::spawn(async move {
        while let Ok((socket, peer)) = listener.accept().await {
            let service = TowerToHyperService::new(router.clone().layer(Extension(ConnectInfo(peer))));
            let connection = http1::Builder::new().half_close(true).serve_connection(TokioIo::new(socket), service);
            tokio::spawn(connection);
        }
    });
    address
}

fn head(extra: &str) -> String {
    format!("POST {ENVELOPE}?sentry_key={KEY} HTTP/1.1\r\nhost: localhost\r\n{extra}\r\n\r\n")
}

#[tokio::test]
async fn the_answer_comes_after_the_append_and_never_before() {
    let log = TestLog::new(Some(Semaphore::new(0)), Vec::new());
    let app = Arc::new(App::with(log.clone(), Options::default()).await);
    let sender = Arc::clone(&app);
    let request = tokio::spawn(async move { sender.post(ENVELOPE, EVENT).await });
    log.arrival(1).await;
    assert!(!request.is_finished());
    log.gate.as_ref().unwrap().add_permits(1);
    assert_eq!(request.await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_failing_log_is_429_with_limits_or_500_and_never_200() {
    let full = || vec![Error::Full { doing: "appending".into(), cause: "disk".into() }];
    let away = || (0..1000).map(|_| Error::retryable("appending", "secret-host:9092 is away")).collect();
    let broken = || vec![Error::terminal("appending", "secret")];
    for (failures, status, retry) in [(full(), 429, Some("60")), (away(), 429, Some("5")), (broken(), 500, None)] {
        for path in [ENVELOPE, STORE] {
            let failures = failures.iter().map(|error| match error {
                Error::Full { doing, cause } => Error::Full { doing: doing.clone(), cause: cause.clone() },
                Error::Retryable { doing, cause } => Error::retryable(doing.clone(), cause),
                other => Error::terminal("appending", other),
            });
            let app = App::with(TestLog::new(None, failures.collect()), Options::default()).await;
            let answer = app.post(path, if path == STORE { "{}" } else { EVENT }).await;
            assert_eq!(answer.status, status, "{}", answer.body);
            let header = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(header("retry-after").as_deref(), retry);
            assert_eq!(header("x-sentry-rate-limits").is_some(), retry.is_some());
            assert!(!answer.body.contains("secret"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_right_after_sending_is_served_all_the_same() {
    let log = TestLog::new(Some(Semaphore::new(0)), Vec::new());
    let app = App::with(log.clone(), Options::default()).await;
    let address = serve(&app).await;
    for _ in 0..20 {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let request = format!("{}{EVENT}", head(&format!("content-length: {}", EVENT.len())));
        socket.write_all(request.as_bytes()).await.unwrap();
        socket.shutdown().await.unwrap();
        drop(socket);
    }
    log.arrival(1).await;
    log.gate.as_ref().unwrap().add_permits(1_000);
    log.arrival(20).await;
    app.ingest.drain().await;
    let records = app.records().await;
    assert_eq!(records.len(), 20);
    assert!(records.iter().all(|record| payload(record) == "{\"message\":\"it broke\"}"));
    assert!(records.iter().all(|record| record.client_address.as_deref() == Some("127.0.0.1")));
}

#[tokio::test]
async fn a_body_that_is_cut_short_by_a_hang_up_is_not_stored() {
    let app = App::new().await;
    let address = serve(&app).await;
    let length = format!("content-length: {}", EVENT.len() + 1);
    for request in [
        format!("{}{EVENT}", head(&length)),
        format!("{}{:x}\r\n{EVENT}\r\n", head("transfer-encoding: chunked"), EVENT.len()),
        format!("{}{:x}\r\n{EVENT}", head("transfer-encoding: chunked"), EVENT.len() + 10),
    ] {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        socket.shutdown().await.unwrap();
        let mut answer = String::new();
        let _ = socket.read_to_string(&mut answer).await;
        assert!(!answer.contains("200 OK"), "{answer}");
    }
    app.ingest.drain().await;
    assert!(app.records().await.is_empty());
}

#[tokio::test]
async fn chunked_bodies_are_put_together() {
    let app = App::new().await;
    let address = serve(&app).await;
    let mut request = head("transfer-encoding: chunked\r\nconnection: close");
    for chunk in EVENT.as_bytes().chunks(3) {
        request.push_str(&format!("{:x}\r\n{}\r\n", chunk.len(), std::str::from_utf8(chunk).unwrap()));
    }
    request.push_str("0\r\n\r\n");
    let mut socket = TcpStream::connect(address).await.unwrap();
    for piece in request.as_bytes().chunks(7) {
        socket.write_all(piece).await.unwrap();
    }
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(payload(&app.records().await[0]), "{\"message\":\"it broke\"}");
}

#[tokio::test]
async fn draining_waits_for_what_is_under_way() {
    let log = TestLog::new(Some(Semaphore::new(0)), Vec::new());
    let app = Arc::new(App::with(log.clone(), Options::default()).await);
    let sender = Arc::clone(&app);
    let request = tokio::spawn(async move { sender.post(ENVELOPE, EVENT).await });
    log.arrival(1).await;
    let ingest = app.ingest.clone();
    let drain = tokio::spawn(async move { ingest.drain().await });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!drain.is_finished());
    log.gate.as_ref().unwrap().add_permits(1);
    drain.await.unwrap();
    assert_eq!(request.await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_408_and_gives_its_memory_back() {
    let app = App::new().await;
    let body = axum::body::Body::new(http_body_util::StreamBody::new(futures::stream::pending::<
        std::result::Result<http_body::Frame<bytes::Bytes>, std::io::Error>,
    >()));
    let answer = app.send(crate::app::post(ENVELOPE).header("x-sentry-auth", crate::app::auth()).body(body).unwrap()).await;
    assert_eq!(answer.status, 408);
}

#[tokio::test]
async fn a_long_batch_is_told_which_events_are_durable_when_a_later_append_fails() {
    let full = || Error::Full { doing: "appending".into(), cause: "the disk is full".into() };
    let lines = (0..3_000).map(|n| format!("{{\"message\":\"event {n}\"}}\n")).collect::<String>();
    let send = async |log: Arc<TestLog>| {
        let app = App::with(log, Options { appends_in_flight: 1, ..Options::default() }).await;
        let request = crate::app::post("/api/v1/events").header("authorization", format!("Bearer {KEY}"));
        let answer = app.send(request.header("content-type", "application/x-ndjson").body(lines.clone().into()).unwrap()).await;
        (answer, app.records().await)
    };
    // Of the three appends the second fails.
    let log = TestLog::failing_at(1, full());
    let (answer, records) = send(log).await;
    let body = answer.json();
    assert_eq!((answer.status, body["accepted"].as_u64(), body["rejected"].as_u64()), (207, Some(1_976), Some(1_024)));
    let results = body["results"].as_array().unwrap();
    let durable: Vec<&str> = results.iter().filter_map(|result| result["id"].as_str()).collect();
    assert_eq!(durable, records.iter().map(|record| record.event_id.to_string()).collect::<Vec<_>>());
    let error = &results[1_024]["errors"][0];
    assert_eq!((error["pointer"].as_str(), error["code"].as_str()), (Some("/1024"), Some("log_full")));
    assert!(error["message"].as_str().unwrap().contains("again after 60 s"));
    let (answer, records) = send(TestLog::new(None, vec![full(), full(), full()])).await;
    assert_eq!((answer.status, answer.json()["code"].as_str(), records.len()), (503, Some("log_full"), 0));
}
