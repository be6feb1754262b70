//! Hostile and broken input: each gets its status, nothing is stored of it, and memory stays flat.

use std::io::Write;

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use http_body::Frame;
use http_body_util::StreamBody;

use crate::app::{Answer, App, ENVELOPE, STORE, auth, payload, post};

const EVENT: &str = "{}\n{\"type\":\"event\"}\n{\"message\":\"it broke\"}";

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// `count` times a mebibyte of zeros.
pub(crate) fn gzip_bomb(count: usize) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..count {
        encoder.write_all(&[0; 1 << 20]).unwrap();
    }
    encoder.finish().unwrap()
}

async fn encoded(app: &App, path: &str, encoding: &str, body: Vec<u8>) -> Answer {
    app.send(post(path).header("x-sentry-auth", auth()).header("content-encoding", encoding).body(body.into()).unwrap()).await
}

#[tokio::test]
async fn every_encoding_is_taken_on_every_route() {
    let app = App::new().await;
    let brotli = |bytes: &[u8]| {
        let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
        encoder.write_all(bytes).unwrap();
        encoder.into_inner()
    };
    let deflate = |bytes: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    for (path, body, stored) in [(ENVELOPE, EVENT, "{\"message\":\"it broke\"}"), (STORE, "{\"a\":1}", "{\"a\":1}")] {
        let bytes = body.as_bytes();
        for (encoding, encoded_body) in [
            ("gzip", gzip(bytes)),
            ("deflate", deflate(bytes)),
            ("br", brotli(bytes)),
            ("zstd", zstd::encode_all(bytes, 1).unwrap()),
            ("identity", bytes.to_vec()),
            ("", bytes.to_vec()),
            ("UTF-8", bytes.to_vec()),
        ] {
            let answer = encoded(&app, path, encoding, encoded_body).await;
            assert_eq!(answer.status, 200, "{path} {encoding}: {}", answer.body);
            assert_eq!(payload(&app.records().await[0]), stored, "{path} {encoding}");
        }
    }
}

#[tokio::test]
async fn encodings_that_are_not_known_are_415_and_say_which_are() {
    let app = App::new().await;
    for encoding in ["compress", "gzip, gzip", "lzma"] {
        let answer = encoded(&app, ENVELOPE, encoding, EVENT.into()).await;
        assert_eq!(answer.status, 415, "{encoding}");
        assert!(answer.headers["accept-encoding"].to_str().unwrap().contains("gzip"));
    }
}

#[tokio::test]
async fn truncated_and_false_encodings_are_400() {
    let app = App::new().await;
    let whole = gzip(EVENT.as_bytes());
    for (encoding, body) in [
        ("gzip", whole[..whole.len() - 1].to_vec()),
        ("gzip", whole[..10].to_vec()),
        ("gzip", EVENT.into()),
        ("zstd", whole.clone()),
        ("br", EVENT.into()),
        ("deflate", EVENT.into()),
    ] {
        let answer = encoded(&app, ENVELOPE, encoding, body).await;
        assert_eq!((answer.status, answer.detail().as_str()), (400, "failed to decode the request body"), "{encoding}");
    }
    assert!(app.records().await.is_empty());
}

#[tokio::test]
async fn empty_bodies_are_400() {
    let app = App::new().await;
    for (path, encoding, body) in [(ENVELOPE, "", vec![]), (STORE, "", vec![]), (ENVELOPE, "gzip", vec![]), (ENVELOPE, "gzip", gzip(b""))] {
        let answer = encoded(&app, path, encoding, body).await;
        assert_eq!((answer.status, answer.detail().as_str()), (400, "empty request body"), "{path} {encoding}");
    }
}

/// Resident memory of this process in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bombs_are_413_and_memory_stays_flat() {
    let app = App::new().await;
    // Ten mebibytes that would be ten gibibytes; made of members, since a bomb is slow to make and quick to copy.
    let member = gzip_bomb(64);
    let bomb = member.repeat((10 << 20) / member.len());
    let zstd_bomb = zstd::encode_all(std::io::repeat(0).take_bytes(1 << 30), 1).unwrap();
    let before = resident();
    for _ in 0..5 {
        for (path, encoding, body) in [(ENVELOPE, "gzip", &bomb), (STORE, "gzip", &bomb), (ENVELOPE, "zstd", &zstd_bomb)] {
            let answer = encoded(&app, path, encoding, body.clone()).await;
            assert_eq!(answer.status, 413, "{path} {encoding}: {}", answer.body);
        }
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 150 << 20, "grew by {} MiB", grown >> 20);
    assert!(app.records().await.is_empty());
}

trait TakeBytes: std::io::Read + Sized {
    fn take_bytes(self, count: u64) -> std::io::Take<Self> {
        self.take(count)
    }
}

impl TakeBytes for std::io::Repeat {}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_large_uploads_at_once_do_not_exhaust_memory() {
    let app = App::new().await;
    let chunk = Bytes::from(vec![b'x'; 1 << 20]);
    let before = resident();
    let uploads = (0..1000).map(|_| {
        let head = Bytes::from_static(b"{}\n{\"type\":\"attachment\"}\n");
        let chunks: Vec<_> = std::iter::once(head)
            .chain(std::iter::repeat_n(chunk.clone(), 19))
            .map(|bytes| Ok::<_, std::io::Error>(Frame::data(bytes)))
            .collect();
        let body = Body::new(StreamBody::new(stream::iter(chunks)));
        let (router, request) = (app.router.clone(), post(ENVELOPE).header("x-sentry-auth", auth()).body(body).unwrap());
        tokio::spawn(crate::app::send(router, request))
    });
    let uploads: Vec<_> = uploads.collect();
    let mut statuses = Vec::new();
    for upload in uploads {
        let answer = upload.await.unwrap();
        if answer.status == 429 {
            assert_eq!(answer.headers["retry-after"], "5");
        }
        statuses.push(answer.status);
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 600 << 20, "grew by {} MiB", grown >> 20);
    assert!(statuses.iter().all(|status| [200, 429].contains(status)));
    let taken = statuses.iter().filter(|status| **status == 200).count();
    assert!(taken > 0);
    assert_eq!(app.records().await.len(), taken);
    assert_eq!(app.post(ENVELOPE, EVENT).await.status, 200);
}

#[tokio::test]
async fn bodies_beyond_the_limits_are_413() {
    let app = App::new().await;
    let announced = post(ENVELOPE).header("x-sentry-auth", auth()).header("content-length", "99999999999");
    assert_eq!(app.send(announced.body("{}".into()).unwrap()).await.status, 413);
    assert_eq!(app.post(ENVELOPE, vec![b'x'; (20 << 20) + 1]).await.status, 413);
    assert_eq!(app.post(STORE, format!("{{\"m\":\"{}\"}}", "x".repeat(1 << 20))).await.status, 413);
    assert_eq!(encoded(&app, STORE, "gzip", gzip(format!("{{\"m\":\"{}\"}}", "x".repeat(1 << 20)).as_bytes())).await.status, 413);
}

#[tokio::test]
async fn deep_nesting_is_no_danger() {
    let app = App::new().await;
    let deep = format!("{{\"extra\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let answer = app.post(STORE, deep.clone()).await;
    assert_eq!((answer.status, answer.detail().as_str()), (400, "invalid JSON data"));
    assert_eq!(app.post(ENVELOPE, format!("{{}}\n{{\"type\":\"event\"}}\n{deep}")).await.status, 200);
    assert_eq!(app.post(ENVELOPE, format!("{deep}\n{{\"type\":\"event\"}}\n{{}}")).await.status, 400);
    let unclosed = format!("{{\"a\":{}", "{\"a\":".repeat(100_000));
    assert_eq!(app.post(STORE, unclosed).await.status, 400);
}

#[tokio::test]
async fn huge_keys_duplicate_keys_and_invalid_utf_8_are_no_danger() {
    let app = App::new().await;
    let key = "k".repeat((1 << 20) - 100);
    assert_eq!(app.post(STORE, format!("{{\"{key}\":1}}")).await.status, 200);
    assert_eq!(app.post(ENVELOPE, format!("{{\"{key}\":1}}\n{{\"type\":\"event\"}}\n{{}}")).await.status, 400);
    assert_eq!(app.post(STORE, r#"{"message":"a","message":"b"}"#).await.status, 200);
    assert_eq!(app.post(ENVELOPE, &b"{}\n{\"type\":\"event\"}\n{\"message\":\"\xff\xfe\"}"[..]).await.status, 200);
    assert_eq!(app.post(ENVELOPE, &b"\xff\xfe\n{\"type\":\"event\"}\n{}"[..]).await.status, 400);
}

#[tokio::test]
async fn bad_requests_leave_others_untouched() {
    let app = App::new().await;
    let app = &app;
    let bad = (0..50).map(|n| async move {
        let status = app.post(ENVELOPE, format!("{{}}\n{{\"type\":\"event\",\"length\":{}}}\nxx", u64::MAX - n)).await.status;
        assert_eq!(status, 400);
    });
    let good = (0..50).map(|_| async { assert_eq!(app.post(ENVELOPE, EVENT).await.status, 200) });
    futures::future::join(futures::future::join_all(bad), futures::future::join_all(good)).await;
    assert_eq!(app.records().await.len(), 50);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_400() {
    let app = App::new().await;
    let frames = vec![Ok(Frame::data(Bytes::from_static(b"{}\n"))), Err(std::io::Error::other("the connection broke"))];
    let body = Body::new(StreamBody::new(stream::iter(frames)));
    let answer = app.send(post(ENVELOPE).header("x-sentry-auth", auth()).body(body).unwrap()).await;
    assert_eq!((answer.status, answer.detail().as_str()), (400, "failed to read the request body"));
}
