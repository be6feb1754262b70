//! Framing and reading of the events that the load generator makes (16 KB), one after the other.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{hint::black_box, process::Command};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use schemas::{
    ids::{EventId, ProjectId},
    wire::{envelope, json, native, otlp, sentry_event},
};

/// Envelopes of `../shared/load/gen.py`.
fn envelopes() -> Vec<Bytes> {
    let generator = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/load/gen.py");
    let prefix = std::env::temp_dir().join(format!("belfry-wire-bench-{}", std::process::id()));
    let status = Command::new("python3").arg(generator).arg(&prefix).args(["--count", "200", "--formats", "plain"]).status().unwrap();
    assert!(status.success(), "the load generator failed");
    let mut rest = Bytes::from(std::fs::read(prefix.with_extension("plain")).unwrap());
    for extension in ["plain", "meta.json"] {
        std::fs::remove_file(prefix.with_extension(extension)).unwrap();
    }
    let mut envelopes = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest.split_to(4).as_ref().try_into().unwrap());
        envelopes.push(rest.split_to(length as usize));
    }
    envelopes
}

fn wire(criterion: &mut Criterion) {
    let envelopes = envelopes();
    let payloads: Vec<Bytes> = envelopes.iter().map(|body| envelope::parse(body.clone()).unwrap().items.remove(0).payload).collect();
    let bytes = payloads.iter().map(Bytes::len).sum::<usize>() / payloads.len();
    let mut group = criterion.benchmark_group("wire");
    group.throughput(Throughput::Bytes(bytes as u64));
    let mut each = |name: &str, bodies: &[Bytes], work: fn(&Bytes)| {
        let mut next = bodies.iter().cycle();
        group.bench_function(name, |bencher| bencher.iter(|| work(black_box(next.next().unwrap()))));
    };
    each("envelope", &envelopes, |body| drop(black_box(envelope::parse(body.clone()).unwrap())));
    each("event_id", &payloads, |payload| {
        black_box(sentry_event::event_id(payload).unwrap());
    });
    each("json_check", &payloads, |payload| json::check(payload).unwrap());
    each("json_parse", &payloads, |payload| drop(black_box(json::parse(payload).unwrap())));
    each("sentry_event", &payloads, |payload| {
        drop(black_box(sentry_event::read(payload, EventId([7; 16]), ProjectId(1), jiff::Timestamp::UNIX_EPOCH).unwrap()));
    });
    let native: Vec<Bytes> = payloads.iter().map(|payload| as_native(payload)).collect();
    each("native_split", &native, |body| {
        assert!(native::split(black_box(body), None).unwrap()[0].is_ok());
    });
    group.finish();
}

/// A log record with an exception, as Python's OpenTelemetry SDK sends it, in a request of 512.
fn otlp(criterion: &mut Criterion) {
    const RECORDS: usize = 512;
    let request = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/otlp/python-logs-1.pb")).unwrap();
    let body = Bytes::from(request.repeat(RECORDS));
    let options = otlp::Options { project: ProjectId(1), errors: false };
    let mut group = criterion.benchmark_group("otlp");
    group.throughput(Throughput::Elements(RECORDS as u64));
    let split = || otlp::split(otlp::Signal::Logs, otlp::Format::Protobuf, black_box(&body), &options).unwrap();
    group.bench_function("split_protobuf", |bencher| bencher.iter(|| assert_eq!(split().items.len(), RECORDS)));
    let item = split().items.remove(0);
    group.throughput(Throughput::Elements(1));
    group.bench_function("read_log", |bencher| {
        bencher.iter(|| otlp::read_log(black_box(&item.payload), item.id, ProjectId(1), jiff::Timestamp::UNIX_EPOCH).unwrap());
    });
    group.finish();
}

/// The same event in the native form.
fn as_native(payload: &[u8]) -> Bytes {
    let event = sentry_event::read(payload, EventId([7; 16]), ProjectId(1), jiff::Timestamp::UNIX_EPOCH).unwrap();
    serde_json::to_vec(&event).unwrap().into()
}

criterion_group!(benches, wire, otlp);
criterion_main!(benches);
