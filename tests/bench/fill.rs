//! Fills an index and its catalog with events of 30 days, for `tests/bench/run` to ask questions of.
//!
//! The events are those of the load generator, through every stage; each is then made one of its own: id, time, project,
//! group, user, service, release, host, session and trace. They go straight into the index, in the order of their
//! receipt. The same number gives the same events, but for the day that they end on.
//!
//! ```text
//! fill EVENTS --data DIR              the embedded engines
//! fill EVENTS --elasticsearch URL     indices of an empty Elasticsearch
//! ```

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::{collections::HashMap, path::Path, process::Command, sync::Arc};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use processor::context::{Context, run};
use schemas::{
    catalog::ProjectSettings,
    event::{Event, Grouping, User},
    ids::{EventId, Fingerprint, IssueId, ProjectId, PublicKey},
    issue::Issue,
    record::Position,
    wire::{envelope, sentry_event},
};
use storage::{
    catalog::{
        Catalog,
        elastic::ElasticCatalog,
        issues::{self, Sighting},
        projects,
        sqlite::SqliteCatalog,
    },
    index::{
        Document, Index, Put,
        elastic::{self, ElasticIndex},
        tantivy::{Options, TantivyIndex},
    },
};

/// Days that the events are spread over.
const DAYS: u64 = 30;
/// Events of one flush.
const BATCH: u64 = 2_000;
/// Different events of the load generator.
const TEMPLATES: usize = 4_000;
const PROJECTS: [&str; 3] = ["shop", "warehouse", "app"];
const GROUPS: u64 = 6_000;
const USERS: u64 = 300_000;
const DAY_MILLIS: u64 = 86_400_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [events, engine, place] = &arguments[..] else { panic!("fill EVENTS --data DIR | --elasticsearch URL") };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(fill(events.parse().unwrap(), engine, place));
}

async fn fill(events: u64, engine: &str, place: &str) {
    let (index, catalog): (Arc<dyn Index>, Arc<dyn Catalog>) = match engine {
        "--data" => {
            let dir = Path::new(place);
            std::fs::create_dir_all(dir).unwrap();
            let index = TantivyIndex::open(&dir.join("index"), Options::default()).unwrap();
            (Arc::new(index), Arc::new(SqliteCatalog::open(&dir.join("catalog.sqlite")).unwrap()))
        }
        "--elasticsearch" => {
            let options = elastic::Options { urls: vec![place.to_owned()], ..elastic::Options::default() };
            let index = ElasticIndex::connect(options.clone()).await.unwrap();
            (Arc::new(index), Arc::new(ElasticCatalog::connect(options).await.unwrap()))
        }
        other => panic!("{other}: there are --data and --elasticsearch"),
    };
    let now = Timestamp::now();
    for (number, name) in PROJECTS.iter().enumerate() {
        let made = projects::create(&*catalog, name, PublicKey::from_bytes([number as u8; 16]), now).await.unwrap().0;
        assert_eq!(made.id, ProjectId(number as u64 + 1), "the catalog was empty");
    }
    let end = Timestamp::from_millisecond(now.as_millisecond() / 3_600_000 * 3_600_000).unwrap();
    let source = Arc::new(Source { templates: templates(), end, events });
    let mut known: HashMap<Fingerprint, Issue> = HashMap::new();
    let mut next = make(&source, 0);
    for batch in 0..events.div_ceil(BATCH) {
        let documents = next.await.unwrap();
        next = make(&source, batch + 1);
        documents.iter().for_each(|document| sight(&mut known, &document.event));
        assert!(index.put(documents).await.unwrap().iter().all(|put| *put == Put::Stored));
        index.flush().await.unwrap();
        if batch % 100 == 99 {
            merge(&*catalog, &known).await;
            eprintln!("{} of {events}", (batch + 1) * BATCH);
        }
    }
    merge(&*catalog, &known).await;
    index.close().await.unwrap();
    catalog.close().await.unwrap();
    println!("{}", serde_json::json!({ "events": events, "end": end.to_string() }));
}

async fn merge(catalog: &dyn Catalog, known: &HashMap<Fingerprint, Issue>) {
    let sightings = known.values().map(|issue| {
        let slug = PROJECTS[issue.project.0 as usize - 1].to_owned();
        Sighting { slug, issue: issue.clone(), previous: Vec::new() }
    });
    issues::merge(catalog, sightings.collect()).await.unwrap();
}

fn sight(known: &mut HashMap<Fingerprint, Issue>, event: &Event) {
    let issue = Issue::of(event, IssueId("none-00000".into())).unwrap();
    match known.get_mut(event.fingerprint().unwrap()) {
        Some(known) => drop(known.merge(&issue)),
        None => drop(known.insert(issue.fingerprints[0].clone(), issue)),
    }
}

struct Source {
    templates: Vec<Event>,
    end: Timestamp,
    events: u64,
}

/// The documents of one batch, made beside the storing of the one before.
fn make(source: &Arc<Source>, batch: u64) -> tokio::task::JoinHandle<Vec<Document>> {
    let source = source.clone();
    tokio::task::spawn_blocking(move || {
        let numbers = batch * BATCH..((batch + 1) * BATCH).min(source.events);
        numbers.map(|number| Document::new(source.event(number), Position { partition: 0, offset: number })).collect()
    })
}

impl Source {
    fn event(&self, number: u64) -> Event {
        let draw = |of: u64| mix(number.wrapping_mul(31).wrapping_add(of));
        let below = |of: u64, end: u64| draw(of) % end;
        // Few groups have most events: the square of an even draw leans to the low ones.
        let lean = |of: u64, end: u64| ((below(of, 1 << 20).pow(2) >> 20) * end) >> 20;
        let group = lean(2, GROUPS);
        let mut event = self.templates[group as usize % self.templates.len()].clone();
        event.id = EventId::from_parts(&[b"bench", &number.to_be_bytes()]);
        event.received_at = self.received(number);
        event.timestamp = event.received_at - SignedDuration::from_millis(below(1, 900) as i64);
        event.project = ProjectId(1 + group % PROJECTS.len() as u64);
        let fingerprint = Fingerprint::fp1(&format!("[\"bench\",{group}]"));
        event.grouping = Some(Grouping::new(fingerprint, serde_json::json!(["fp1", group])));
        let user = lean(3, USERS);
        event.user = Some(User { id: Some(format!("user-{user}")), ..User::default() });
        event.service = Some(format!("service-{}", group % 20));
        event.environment = Some(["production", "production", "production", "staging", "development"][below(4, 5) as usize].into());
        event.release = Some(format!("shop@3.{}.{}", number * 20 / self.events, below(5, 3)));
        event.host = Some(format!("host-{}", below(6, 100)));
        event.session_id = Some(format!("{:016x}", mix(user)));
        event.trace.trace_id = Some(format!("{:016x}{:016x}", draw(7), draw(8)));
        event
    }

    /// Twice as many by day as by night, evenly over the days.
    fn received(&self, number: u64) -> Timestamp {
        let span = DAYS * DAY_MILLIS;
        let place = (u128::from(number) * u128::from(span) / u128::from(self.events)) as u64;
        let (day, of_day) = (place / DAY_MILLIS, place % DAY_MILLIS);
        let share = of_day as f64 / DAY_MILLIS as f64;
        let bent = share - (share * std::f64::consts::TAU).sin() / std::f64::consts::TAU / 3.0;
        let millis = day * DAY_MILLIS + (bent * DAY_MILLIS as f64) as u64;
        self.end - SignedDuration::from_millis((span - millis) as i64)
    }
}

/// The events of `../shared/load/gen.py`, as the stages leave them.
fn templates() -> Vec<Event> {
    let generator = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/load/gen.py");
    let dir = tempfile::tempdir().unwrap();
    let prefix = dir.path().join("events");
    let count = TEMPLATES.to_string();
    let arguments = ["--count", &count, "--formats", "plain"];
    let made = Command::new("python3").arg(generator).arg(&prefix).args(arguments).output().unwrap();
    assert!(made.status.success(), "the load generator failed");
    let settings = ProjectSettings::default();
    let context = Context::plain(&settings);
    let mut rest = Bytes::from(std::fs::read(prefix.with_extension("plain")).unwrap());
    let mut events = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest.split_to(4).as_ref().try_into().unwrap());
        let body = rest.split_to(length as usize);
        let payload = envelope::parse(body).unwrap().items.remove(0).payload;
        let event = sentry_event::read(&payload, EventId([1; 16]), ProjectId(1), Timestamp::now()).unwrap();
        events.push(run(&context, event).unwrap());
    }
    events
}

/// SplitMix64's last step, <https://prng.di.unimi.it/splitmix64.c>.
fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
