//! What a storm costs: CPU and disk per event that is kept whole and per slim one, and the judgement itself.
//!
//! Prints CPU and disk over `BELFRY_BENCH_EVENTS` events (20,000 when not set), without the stages, which both go through.
//! Never for assertions on time.

#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use bytes::Bytes;
use criterion::Criterion;
use jiff::{SignedDuration, Timestamp};
use processor::{
    groups::{Groups, Sight, slim},
    rules::Rules,
};
use schemas::{
    event::{Event, Grouping},
    ids::{EventId, Fingerprint, ProjectId},
    record::Position,
    wire::{envelope, sentry_event},
};
use storage::index::{
    Document, Index, Put,
    tantivy::{Options, TantivyIndex},
};
use tokio::runtime::Runtime;

/// Events of one flush: half a second at 4,000 events a second.
const BATCH: usize = 2_000;
/// Events that are made; they come again under other ids.
const MADE: usize = 2_000;

fn start() -> Timestamp {
    "2026-11-23T00:00:00Z".parse().unwrap()
}

/// Events of one group as the load generator makes them.
fn storm() -> Vec<Event> {
    let dir = tempfile::tempdir().unwrap();
    let generator = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/load/gen.py");
    let mut command = Command::new("python3");
    command.arg(generator).arg(dir.path().join("corpus")).args(["--formats", "plain", "--count", &MADE.to_string()]);
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
        event.title = format!("{}: {}", event.error.kind.as_deref().unwrap_or("Error"), event.error.message.as_deref().unwrap_or(""));
        event.culprit.clone_from(&event.transaction);
        event.grouping = Some(Grouping::new(Fingerprint::fp1("storm"), serde_json::Value::Null));
        events.push(event);
        at += 4 + length;
    }
    events
}

/// CPU time of this process so far.
fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

fn disk(dir: &Path) -> u64 {
    let size = |path: &Path| if path.is_dir() { disk(path) } else { path.metadata().unwrap().len() };
    fs::read_dir(dir).unwrap().map(|entry| size(&entry.unwrap().path())).sum()
}

/// Prints what making documents of these events and storing them costs.
fn report(runtime: &Runtime, name: &str, events: &[Event], made: fn(Event) -> Event) {
    let total: usize = std::env::var("BELFRY_BENCH_EVENTS").map_or(20_000, |text| text.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let index = TantivyIndex::open(dir.path(), Options::default()).unwrap();
    let (mut spent, mut json) = (Duration::ZERO, 0);
    for batch in 0..total / BATCH {
        let fresh = |n: usize| {
            let number = (batch * BATCH + n) as u64;
            let mut event = events[number as usize % events.len()].clone();
            event.id = EventId::from_parts(&[&number.to_be_bytes()]);
            event.received_at = start() + SignedDuration::from_millis(number as i64);
            event.timestamp = event.received_at;
            (event, Position { partition: 0, offset: number })
        };
        let batch: Vec<_> = (0..BATCH).map(fresh).collect();
        let before = cpu();
        let documents: Vec<Document> = batch.into_iter().map(|(event, position)| Document::new(made(event), position)).collect();
        json += documents.iter().map(|document| document.json.len()).sum::<usize>();
        let puts = runtime.block_on(async {
            let puts = index.put(documents).await.unwrap();
            index.flush().await.unwrap();
            puts
        });
        assert!(puts.iter().all(|put| *put == Put::Stored));
        spent += cpu() - before;
    }
    let before = cpu();
    runtime.block_on(index.close()).unwrap();
    spent += cpu() - before;
    let each = spent.as_secs_f64() * 1e6 / total as f64;
    eprintln!("{name}: {total} events, {} B of JSON, {each:.1} us CPU, {} B on disk each", json / total, disk(dir.path()) / total as u64);
}

fn judgement(criterion: &mut Criterion, events: &[Event]) {
    let mut groups = Groups::default();
    let mut next = events.iter().cycle();
    criterion.bench_function("judge an event of a storm", |bencher| {
        bencher.iter(|| {
            let event = next.next().unwrap();
            groups.judge(&Sight::of(event, Rules::none()).unwrap(), Some(100))
        });
    });
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let (runtime, events) = (Runtime::new().unwrap(), storm());
    report(&runtime, "whole", &events, |event| event);
    report(&runtime, "slim", &events, slim);
    judgement(&mut criterion, &events);
    criterion.final_summary();
}
