//! The stages, each by itself and all together, on the events that the load generator makes (16 KB), and the making
//! of the document.
#![allow(clippy::unwrap_used, missing_docs)]

use std::process::Command;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use processor::{
    classify::classify,
    context::{Context, Stage, run},
    enrich::{Options, Tables, enrich},
    fingerprint::fingerprint,
    normalize::normalize,
    scrub::scrub,
    template::template,
};
use schemas::{
    catalog::ProjectSettings,
    event::Event,
    ids::{EventId, ProjectId},
    record::Position,
    wire::{envelope, sentry_event},
};
use storage::index::Document;

/// Events of `../shared/load/gen.py`, as read.
fn events() -> Vec<Event> {
    let generator = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/load/gen.py");
    let dir = tempfile::tempdir().unwrap();
    let prefix = dir.path().join("events");
    let arguments = ["--count", "200", "--formats", "plain"];
    let made = Command::new("python3").arg(generator).arg(&prefix).args(arguments).output().unwrap();
    assert!(made.status.success(), "the load generator failed");
    let mut rest = Bytes::from(std::fs::read(prefix.with_extension("plain")).unwrap());
    let mut events = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest.split_to(4).as_ref().try_into().unwrap());
        let body = rest.split_to(length as usize);
        let payload = envelope::parse(body).unwrap().items.remove(0).payload;
        let received_at = "2026-11-23T12:00:00Z".parse().unwrap();
        events.push(sentry_event::read(&payload, EventId([1; 16]), ProjectId(1), received_at).unwrap());
    }
    events
}

fn stages(criterion: &mut Criterion) {
    let settings = ProjectSettings::default();
    let geo_file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/city.mmdb").into();
    let tables = Tables::open(&Options { geo_file, ..Options::default() }).unwrap().now();
    let context = Context { client_address: Some("203.0.113.7"), lookups: &tables, ..Context::plain(&settings) };
    let read = events();
    let after =
        |stage: Stage, events: &[Event]| -> Vec<Event> { events.iter().map(|event| stage(&context, event.clone()).unwrap()).collect() };
    let normalized = after(normalize, &read);
    let enriched = after(enrich, &normalized);
    let scrubbed = after(scrub, &enriched);
    let mut group = criterion.benchmark_group("stages");
    let mut each = |name: &str, stage: Stage, events: &[Event]| {
        let mut next = events.iter().cycle();
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| next.next().unwrap().clone(), |event| stage(&context, event).unwrap(), BatchSize::LargeInput);
        });
    };
    each("normalize", normalize, &read);
    each("enrich", enrich, &normalized);
    each("scrub", scrub, &enriched);
    each("classify", classify, &scrubbed);
    each("fingerprint", fingerprint, &scrubbed);
    each("all", run, &read);
    let position = Position { partition: 0, offset: 0 };
    let mut next = scrubbed.iter().cycle();
    group.bench_function("document", |bencher| {
        bencher.iter_batched(|| next.next().unwrap().clone(), |event| Document::new(event, position), BatchSize::LargeInput);
    });
    let message =
        "2026-11-23 12:00:01 user 17 at 203.0.113.7 (jane@shop.example) failed GET https://shop.example/a?b=1 after 120ms: 0x9af8";
    group.bench_function("template", |bencher| bencher.iter(|| template(std::hint::black_box(message))));
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
