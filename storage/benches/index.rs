//! What the embedded index costs: CPU and disk per event of 16 KB, and the time of the common questions.
//!
//! Prints CPU and disk once, over `BELFRY_BENCH_EVENTS` events (20,000 when not set); criterion measures the rest.
//! Questions are asked of `BELFRY_BENCH_SLIM` small events (200,000 when not set). Never for assertions on time.

#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use criterion::{Criterion, Throughput};
use jiff::Timestamp;
use schemas::{
    event::{Event, Grouping, User},
    fields::Field,
    ids::{EventId, Fingerprint, ProjectId},
    query::{Expr, FieldRef, Test, Value},
    record::Position,
    wire::{envelope, sentry_event},
};
use storage::index::{
    Count, Document, Index, Put, Scope,
    tantivy::{Options, TantivyIndex},
};
use tokio::runtime::Runtime;

/// Events of one flush: half a second at 4,000 events a second.
const BATCH: usize = 2_000;

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn start() -> Timestamp {
    "2026-11-23T00:00:00Z".parse().unwrap()
}

/// Events as the load generator makes them, with the parts that the processor would add.
fn realistic(count: usize) -> Vec<Event> {
    let dir = tempfile::tempdir().unwrap();
    let generator = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/load/gen.py");
    let mut command = Command::new("python3");
    command.arg(generator).arg(dir.path().join("corpus")).args(["--formats", "plain", "--count", &count.to_string()]);
    assert!(command.stdout(Stdio::null()).status().unwrap().success());
    let corpus = Bytes::from(fs::read(dir.path().join("corpus.plain")).unwrap());
    let (mut at, mut events) = (0, Vec::new());
    while at < corpus.len() {
        let length = u32::from_le_bytes(corpus[at..at + 4].try_into().unwrap()) as usize;
        let envelope = envelope::parse(corpus.slice(at + 4..at + 4 + length)).unwrap();
        let id = envelope.headers.event_id.unwrap();
        let mut event = sentry_event::read(&envelope.items[0].payload, id, ProjectId(1), start()).unwrap();
        let raised = event.exceptions.last();
        event.error.kind = raised.and_then(|raised| raised.kind.clone());
        event.error.message = raised.and_then(|raised| raised.value.clone());
        event.culprit.clone_from(&event.transaction);
        let fingerprint = Fingerprint::fp1(&format!("{:?}", event.error));
        event.grouping = Some(Grouping::new(fingerprint, serde_json::json!(["fp1", event.error.kind])));
        events.push(event);
        at += 4 + length;
    }
    events
}

/// Small events: what counting is about.
fn slim(number: u64) -> Event {
    let spread = |n: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(n as u32 * 13) >> 32;
    let received = start() + jiff::SignedDuration::from_millis((number % 86_400_000) as i64);
    let mut event = Event::new(id(number), ProjectId(1 + spread(1) % 3), received);
    event.service = Some(format!("service-{}", spread(2) % 20));
    event.error.kind = Some(format!("Error{}", spread(3) % 50));
    event.error.message = Some(format!("could not do {}", spread(4) % 5_000));
    event.grouping = Some(Grouping::new(Fingerprint::fp1(&(spread(5) % 2_000).to_string()), serde_json::Value::Null));
    event.user = Some(User { id: Some((spread(6) % 30_000).to_string()), ..User::default() });
    event.environment = Some(["production", "staging"][(spread(7) % 2) as usize].into());
    event
}

fn id(number: u64) -> EventId {
    EventId::from_parts(&[&number.to_be_bytes()])
}

/// CPU time of this process so far.
fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

/// Bytes of the files in `dir` by their extension.
fn disk(dir: &Path, into: &mut BTreeMap<String, u64>) {
    for path in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            disk(&path, into);
        } else {
            let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            *into.entry(extension).or_default() += path.metadata().unwrap().len();
        }
    }
}

async fn store(index: &TantivyIndex, documents: Vec<Document>) {
    assert!(index.put(documents).await.unwrap().iter().all(|put| *put == Put::Stored));
    index.flush().await.unwrap();
}

/// Prints what storing costs.
fn report(runtime: &Runtime) {
    let (dir, total) = (tempfile::tempdir().unwrap(), number("BELFRY_BENCH_EVENTS", 20_000));
    let index = TantivyIndex::open(dir.path(), Options::default()).unwrap();
    let events = realistic(total.min(10_000));
    let (mut spent, mut wall, mut json_bytes) = (Duration::ZERO, Duration::ZERO, 0);
    for batch in 0..total / BATCH {
        let documents = (0..BATCH).map(|n| {
            let number = batch * BATCH + n;
            let mut event = events[number % events.len()].clone();
            event.id = id(number as u64);
            event.received_at = start() + jiff::SignedDuration::from_millis(number as i64);
            event.timestamp = event.received_at;
            Document::new(event, Position { partition: 0, offset: number as u64 })
        });
        let documents: Vec<Document> = documents.collect();
        json_bytes += documents.iter().map(|document| document.json.len()).sum::<usize>();
        let (before, clock) = (cpu(), Instant::now());
        runtime.block_on(store(&index, documents));
        spent += cpu() - before;
        wall += clock.elapsed();
    }
    let before = cpu();
    runtime.block_on(index.close()).unwrap();
    spent += cpu() - before;
    let each = |duration: Duration| duration.as_secs_f64() * 1e6 / total as f64;
    let mut files = BTreeMap::new();
    disk(dir.path(), &mut files);
    files.values_mut().for_each(|bytes| *bytes /= total as u64);
    let (json, all) = (json_bytes / total, files.values().sum::<u64>());
    eprintln!(
        "{total} events, {json} B of JSON each: {:.1} us CPU, {:.1} us, {all} B on disk an event, {files:?}",
        each(spent),
        each(wall)
    );
}

fn put(criterion: &mut Criterion, runtime: &Runtime) {
    let events = realistic(BATCH);
    let mut group = criterion.benchmark_group("index");
    group.throughput(Throughput::Elements(BATCH as u64)).sample_size(10);
    group.bench_function("put and flush", |bencher| {
        let dir = tempfile::tempdir().unwrap();
        let index = TantivyIndex::open(dir.path(), Options::default()).unwrap();
        let mut next = 0;
        let mut batch = || {
            let fresh = |event: &Event| {
                next += 1;
                let mut event = event.clone();
                event.id = id(next);
                Document::new(event, Position { partition: 0, offset: next })
            };
            events.iter().map(fresh).collect::<Vec<_>>()
        };
        bencher.iter_batched(&mut batch, |documents| runtime.block_on(store(&index, documents)), criterion::BatchSize::PerIteration);
    });
    group.finish();
}

fn questions(criterion: &mut Criterion, runtime: &Runtime) {
    let (dir, total) = (tempfile::tempdir().unwrap(), number("BELFRY_BENCH_SLIM", 200_000) as u64);
    let index: Arc<dyn Index> = {
        let index = TantivyIndex::open(dir.path(), Options::default()).unwrap();
        for first in (0..total).step_by(20_000) {
            let documents = (first..total.min(first + 20_000)).map(|n| Document::new(slim(n), Position { partition: 0, offset: n }));
            runtime.block_on(store(&index, documents.collect()));
        }
        Arc::new(index)
    };
    let from = start().as_millisecond();
    let all = Scope { projects: (1..=3).map(ProjectId).collect(), millis: from..from + 86_400_000, expr: Expr::All };
    let one = Scope { projects: vec![ProjectId(2)], ..all.clone() };
    let service = Test::Equals(Value::Keyword("service-7".into()));
    let filtered = Scope { expr: Expr::Field(FieldRef::new(Field::Service), service), ..all.clone() };
    let count =
        |scope: &Scope, by: Option<Field>| Count { by: by.into_iter().map(FieldRef::new).collect(), limit: 10, ..Count::of(scope.clone()) };
    let trend = (total / 100).max(1) as i64;
    let counts = [
        ("trend", Count { interval: Some(trend), ..count(&all, None) }),
        ("trend by service", Count { interval: Some(trend), ..count(&all, Some(Field::Service)) }),
        ("top fingerprints", count(&all, Some(Field::Fingerprint))),
        ("top messages of one project", count(&one, Some(Field::Message))),
        ("issues with users", Count { users: true, limit: 50, ..count(&one, Some(Field::Fingerprint)) }),
        ("top types of one service", count(&filtered, Some(Field::ErrorType))),
    ];
    let mut group = criterion.benchmark_group(format!("index of {total}"));
    group.sample_size(10);
    for (name, count) in counts {
        group.bench_function(name, |bencher| bencher.iter(|| runtime.block_on(index.count(&count)).unwrap()));
    }
    for (name, scope) in [("newest 50", &all), ("newest 50 of one service", &filtered)] {
        group.bench_function(name, |bencher| bencher.iter(|| runtime.block_on(index.search(scope, None, 50)).unwrap()));
    }
    group.finish();
}

fn main() {
    let runtime = Runtime::new().unwrap();
    let mut criterion = Criterion::default().configure_from_args();
    if number("BELFRY_BENCH_EVENTS", 1) > 0 {
        report(&runtime);
        put(&mut criterion, &runtime);
    }
    questions(&mut criterion, &runtime);
    criterion.final_summary();
}
