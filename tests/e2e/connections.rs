//! Clients that are slow, many or mean, against the real binary.

use std::{fs, io::Write, time::Duration};

use data_encoding::BASE64;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{
    client::parts,
    events::{envelope, small},
    server::{Server, eventually},
};

/// How many clients send a byte a second.
const SLOW: usize = 1_000;
/// By how much a bomb may raise the server's memory.
const BOMB_BYTES: u64 = 20_000_000;

/// The heads of requests that never end, and of bodies that never do.
const HEAD: &[u8] =
    b"POST /api/1/envelope/ HTTP/1.1\r\nHost: a\r\nX-Padding: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

async fn connect(address: &str) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// Everything until the server closes.
async fn answer(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends a byte a second until the server closes. Every second client gets to its body first.
async fn dawdle(address: String, key: String, number: usize) {
    let mut stream = connect(&address).await;
    if number.is_multiple_of(2) {
        let head = format!("POST /api/1/envelope/?sentry_key={key} HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
    }
    let mut every = tokio::time::interval(Duration::from_secs(1));
    let (mut reading, mut writing) = stream.split();
    let mut byte = [0];
    for sent in HEAD.iter().cycle() {
        tokio::select! {
            _ = every.tick() => if writing.write_all(&[*sent]).await.is_err() { return },
            read = reading.read(&mut byte) => if !matches!(read, Ok(1)) { return },
        }
    }
}

/// Both this process and the server need a file for each connection.
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_clients_that_send_a_byte_a_second_do_not_stop_others() {
    raise_open_files();
    let dir = tempfile::tempdir().unwrap();
    // Fewer places than slow clients: they must make room.
    let variables = [("BELFRY_SERVER__CONNECTIONS".to_owned(), "600".to_owned())];
    let mut server = Server::start("serve", dir.path(), &variables).await;
    let (key, project) = parts(&server.read_dsn());
    let mut slow = JoinSet::new();
    for number in 0..SLOW {
        slow.spawn(dawdle(server.address.clone(), key.clone(), number));
    }
    for number in 0..100 {
        let body = envelope(&format!("{number:032x}"), small(number, 20).to_string().as_bytes());
        // A client of its own each time: it needs a new connection.
        assert_eq!(server.client().envelope(project, &key, body).await, Some(200), "event {number}");
    }
    // Each was closed in the end, as one of too many, by its head's time or by its body's.
    while let Some(ended) = slow.join_next().await {
        ended.unwrap();
    }
    let client = server.client();
    eventually("all events are stored", async || client.get("/api/v1/stats/summary").await["total"] == 100).await;
    assert!(server.stop().success());
}

#[tokio::test]
async fn heads_that_are_too_long_or_have_too_many_lines_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start("serve", dir.path(), &[]).await;
    let long = format!("GET /healthz HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "a".repeat(100_000));
    let many = format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: a\r\n".repeat(200));
    let path = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(100_000));
    for head in [long, many, path] {
        let mut stream = connect(&server.address).await;
        // The server may close before everything is sent.
        let _ = stream.write_all(head.as_bytes()).await;
        let said = answer(stream).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 431") || said.starts_with("HTTP/1.1 414"), "{said}");
    }
    assert_eq!(server.client().status("/healthz").await, Some(200));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 5, lgwin: 24, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut encoded, &parameters).unwrap();
    encoded
}

/// The most memory that a process had since [`forget_peak`].
pub fn peak_bytes(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<u64>().unwrap() * 1_024
}

/// Lets [`peak_bytes`] begin anew.
pub fn forget_peak(process: u32) {
    fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
}

#[tokio::test]
async fn a_bomb_of_each_encoding_is_413_and_takes_little_memory() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let zeros = vec![b' '; 200 << 20];
    let nested = gzip(BASE64.encode(&zlib(&zeros)).as_bytes());
    let (envelopes, store) = (format!("/api/{project}/envelope/"), format!("/api/{project}/store/"));
    let (gzipped, zstandard) = (gzip(&zeros), zstd::bulk::compress(&zeros, 19).unwrap());
    let bombs = [
        (envelopes.as_str(), "gzip", gzipped.clone()),
        (&envelopes, "deflate", zlib(&zeros)),
        (&envelopes, "br", brotli(&zeros)),
        (&envelopes, "zstd", zstandard.clone()),
        (&store, "gzip", nested),
        ("/v1/logs", "gzip", gzipped.clone()),
        ("/v1/traces", "zstd", zstandard.clone()),
        ("/api/v1/events", "gzip", gzipped.clone()),
        ("/api/v1/logs/text", "gzip", gzipped.clone()),
    ];
    drop(zeros);
    let client = server.client();
    // What the first of anything takes is not the bomb's.
    let usual = envelope(&"1".repeat(32), small(1, 20).to_string().as_bytes());
    for encoded in [usual.clone(), gzip(&usual)] {
        let encoding = (encoded != usual).then_some("gzip");
        assert_eq!(client.encoded(project, &key, encoded, encoding).await, Some(200));
    }
    let stored = async || client.get("/api/v1/stats/summary").await["total"].as_u64() == Some(1);
    eventually("the usual event is stored", stored).await;
    for (route, encoding, bomb) in bombs {
        forget_peak(server.id());
        let before = peak_bytes(server.id());
        let started = std::time::Instant::now();
        let status = client.post_encoded(route, &key, bomb.clone(), encoding).await;
        let more = peak_bytes(server.id()).saturating_sub(before);
        eprintln!("{route} {encoding}: {} bytes, {status:?} in {:?}, {more} bytes of memory more", bomb.len(), started.elapsed());
        assert_eq!(status, Some(413), "{route} {encoding}");
        assert!(more < BOMB_BYTES, "{route} {encoding}: {more} bytes more");
    }
    // Twice encoded by its own words is not spoken by any client.
    let twice = gzip(&gzip(&vec![b' '; 10 << 20]));
    assert_eq!(client.encoded(project, &key, twice, Some("gzip, gzip")).await, Some(415));
}
