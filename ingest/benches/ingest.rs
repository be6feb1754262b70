//! What ingest costs for one event of 16 KB, gzipped to some 5 KB: the parts, and the whole through the router.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{hint::black_box, io::Write, sync::Arc};

use axum::body::Body;
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http::Request;
use ingest::{Ingest, Options};
use jiff::Timestamp;
use schemas::wire::envelope;
use serde_json::json;
use storage::{
    Result,
    catalog::{Catalog, projects, sqlite::SqliteCatalog},
    log::{Entry, EventLog, Lag, Stored},
};
use tower::ServiceExt;

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A log that takes everything and keeps nothing.
struct NoLog;

#[async_trait::async_trait]
impl EventLog for NoLog {
    async fn append(&self, batch: Vec<Entry>) -> Result<Vec<schemas::record::Position>> {
        black_box(&batch);
        Ok(Vec::new())
    }

    async fn read(&self, _: &str, _: usize, _: usize, _: std::time::Duration) -> Result<Vec<Stored>> {
        Ok(Vec::new())
    }

    async fn commit(&self, _: &str, _: schemas::record::Position) -> Result<()> {
        Ok(())
    }

    async fn lag(&self, _: &str) -> Result<Lag> {
        Ok(Lag::default())
    }

    async fn health(&self) -> Result<()> {
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

/// An envelope of about 16 KB that shrinks about as real ones do: frames with source lines and variables that differ.
fn envelope() -> Bytes {
    let mut seed = 1_u64;
    let mut half = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed >> 16
    };
    let mut noise = || format!("{:012x}{:012x}", half(), half());
    let frame = |n: u64, noise: &mut dyn FnMut() -> String| {
        json!({
            "filename": format!("app/services/orders/handler_{n}.py"), "function": format!("handle_{}", noise()), "lineno": n * 7,
            "module": "app.services.orders", "in_app": n.is_multiple_of(3), "context_line": format!("    result = self.client.fetch({})", noise()),
            "pre_context": [format!("def handle_{}(self, order):", noise()), "    with self.lock:"],
            "vars": {"order": noise(), "user_id": noise(), "retries": n},
        })
    };
    let frames: Vec<_> = (0..36).map(|n| frame(n, &mut noise)).collect();
    let event = json!({
        "event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0", "platform": "python", "level": "error",
        "exception": {"values": [{"type": "TimeoutError", "value": noise(), "stacktrace": {"frames": frames}}]},
        "breadcrumbs": (0..20).map(|_| json!({"category": "http", "message": noise(), "level": "info"})).collect::<Vec<_>>(),
    });
    format!("{{\"event_id\":\"fc6d8c0c43fc4630ad850ee518f1b9d0\",\"sent_at\":\"2026-11-22T01:31:52Z\"}}\n{{\"type\":\"event\"}}\n{event}\n")
        .into()
}

fn gzip(bytes: &[u8]) -> Bytes {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap().into()
}

fn parts(criterion: &mut Criterion) {
    let plain = envelope();
    let packed = gzip(&plain);
    let mut group = criterion.benchmark_group("parts");
    group.throughput(Throughput::Bytes(plain.len() as u64));
    group.bench_function(format!("gunzip {} bytes to {}", packed.len(), plain.len()), |bencher| {
        bencher.iter(|| {
            let mut output = Vec::with_capacity(packed.len() * 4);
            let mut inflate = flate2::Decompress::new_gzip(15);
            inflate.decompress_vec(&packed, &mut output, flate2::FlushDecompress::None).unwrap();
            output
        });
    });
    group.bench_function("parse envelope", |bencher| bencher.iter(|| envelope::parse(plain.clone()).unwrap()));
    for level in [-3, -1, 1, 2] {
        let mut compressor = zstd::bulk::Compressor::new(level).unwrap();
        let mut space = Vec::with_capacity(zstd::zstd_safe::compress_bound(plain.len()));
        let length = compressor.compress_to_buffer(&plain, &mut space).unwrap();
        group.bench_function(format!("zstd {level} to {length} bytes"), |bencher| {
            bencher.iter(|| {
                space.clear();
                compressor.compress_to_buffer(&plain, &mut space).unwrap()
            });
        });
    }
    group.finish();
}

fn whole(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let router = runtime.block_on(async {
        let catalog = SqliteCatalog::open(&dir.path().join("catalog.db")).unwrap();
        projects::create(&catalog, "bench", KEY.parse().unwrap(), Timestamp::UNIX_EPOCH).await.unwrap();
        Ingest::new(Arc::new(NoLog), Arc::new(catalog) as Arc<dyn Catalog>, Options::default()).router()
    });
    let plain = envelope();
    let packed = gzip(&plain);
    let mut group = criterion.benchmark_group("request");
    for (name, body, encoding) in [("gzip", &packed, "gzip"), ("plain", &plain, "identity")] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let request = Request::post("/api/1/envelope/")
                    .header("x-sentry-auth", format!("Sentry sentry_key={KEY}, sentry_version=7, sentry_client=bench/1"))
                    .header("content-encoding", encoding)
                    .body(Body::from(body.clone()))
                    .unwrap();
                let response = runtime.block_on(router.clone().oneshot(request)).unwrap();
                assert_eq!(response.status(), 200);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, parts, whole);
criterion_main!(benches);
