//! The whole way of records through the processor, on the embedded engines and on engines that fail.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use processor::{GROUP, Options, Processor};
use schemas::{
    event::Event,
    ids::{EventId, ProjectId, PublicKey},
    limits,
    outcome::{Kind as Ending, Outcome, Reason},
    query::Expr,
    record::{self, Codec, Kind, Position, Record},
    tally::{Measure, Subject, Tally},
};
use storage::{
    Error, Result,
    catalog::{Catalog, attachments, dead_letters, feedback, issues, projects, sqlite::SqliteCatalog},
    index::{
        Arrivals, Balance, Count, Counted, Cursor, Decide, Document, Fate, Hit, Index, Marks, Page, Put, Scope, Sum, Summed, Wanted,
        tantivy::{self, TantivyIndex},
    },
    log::{Entry, EventLog, memory::MemoryLog},
};
use tokio_util::sync::CancellationToken;

#[path = "runner/erasing.rs"]
mod erasing;
#[path = "runner/storms.rs"]
mod storms;

const PROJECT: ProjectId = ProjectId(1);

/// The embedded engines in a directory that lasts as long as the test.
struct House {
    log: Arc<MemoryLog>,
    index: Arc<dyn Index>,
    catalog: Arc<dyn Catalog>,
    received_at: Timestamp,
    _dir: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let catalog = SqliteCatalog::open(&dir.path().join("catalog.sqlite")).unwrap();
        projects::create(&catalog, "Checkout", PublicKey::from_bytes([1; 16]), Timestamp::UNIX_EPOCH).await.unwrap();
        Self {
            log: Arc::new(MemoryLog::new()),
            index: Arc::new(TantivyIndex::open(&dir.path().join("index"), tantivy::Options::default()).unwrap()),
            catalog: Arc::new(catalog),
            received_at: "2026-11-23T12:00:00Z".parse().unwrap(),
            _dir: dir,
        }
    }

    fn record(&self, id: u8, kind: Kind, payload: &str) -> Record {
        Record {
            project: PROJECT,
            event_id: EventId([id; 16]),
            received_at: self.received_at,
            kind,
            item_type: "event".into(),
            payload: zstd::bulk::compress(payload.as_bytes(), 1).unwrap().into(),
            codec: Codec::Zstd,
            payload_bytes: payload.len() as u64,
            sent_at: None,
            client_address: None,
            client: None,
            quantity: 1,
            attachment: None,
        }
    }

    fn event(&self, id: u8, payload: &str) -> Record {
        self.record(id, Kind::SentryEvent, payload)
    }

    async fn append(&self, records: &[Record]) -> Vec<Position> {
        self.log.append(records.iter().map(|record| Entry { key: record.event_id, bytes: record.encode().into() }).collect()).await.unwrap()
    }

    /// Runs the processor on `index` until everything in the log is committed, then stops it.
    async fn drain(&self, index: Arc<dyn Index>) -> Result<()> {
        let stop = CancellationToken::new();
        let log: Arc<dyn EventLog> = Arc::<MemoryLog>::clone(&self.log);
        let options = Options { flush_interval_ms: 20, batch_records: 3, ..Options::default() };
        let processor = Processor::new(Arc::clone(&log), index, Arc::clone(&self.catalog), options);
        let run = tokio::spawn({
            let stop = stop.clone();
            async move { processor.run(stop).await }
        });
        while log.lag(GROUP).await.unwrap().records > 0 && !run.is_finished() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
        run.await.unwrap()
    }

    async fn events(&self) -> Vec<Event> {
        let all = Scope { projects: vec![PROJECT, ProjectId(9)], millis: 0..i64::MAX, expr: Expr::All };
        let page = self.index.search(&all, None, limits::PAGE_EVENTS).await.unwrap();
        page.hits.iter().map(|hit| serde_json::from_slice(&hit.json).unwrap()).collect()
    }

    async fn ended(&self, id: u8) -> Vec<(Ending, Reason)> {
        let fates = self.index.fate(&[PROJECT], EventId([id; 16])).await.unwrap();
        let ending = |fate: Fate| match fate {
            Fate::Stored(_) => (Ending::Stored, Reason::Accepted),
            Fate::Counted(_) => (Ending::Counted, Reason::StormControl),
            Fate::Ended(outcome) => (outcome.kind, outcome.reason),
        };
        fates.into_iter().map(ending).collect()
    }
}

const RAISED: &str = r#"{"platform":"python","user":{"email":"jane@shop.example"},
    "exception":{"values":[{"type":"KeyError","value":"no user 17","stacktrace":{"frames":[{"function":"load","module":"shop"}]}}]}}"#;

#[tokio::test]
async fn an_event_is_stored_scrubbed_and_grouped_under_one_issue() {
    let house = House::new().await;
    house.append(&[house.event(1, RAISED), house.event(2, RAISED)]).await;
    house.drain(Arc::clone(&house.index)).await.unwrap();
    let events = house.events().await;
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].title, "KeyError: no user 17");
    assert!(events[0].user.as_ref().unwrap().email.as_deref().unwrap().starts_with("[email:"));
    let issues = issues::list(&*house.catalog, None, None, 10).await.unwrap();
    assert_eq!(issues.len(), 1);
    assert!(issues[0].id.as_str().starts_with("checkout-"));
    assert_eq!(issues[0].fingerprints, [events[0].fingerprint().unwrap().clone()]);
    assert_eq!(house.log.lag(GROUP).await.unwrap().records, 0);
}

#[tokio::test]
async fn users_without_an_id_are_counted_alike_by_every_process() {
    let house = House::new().await;
    let by = |email: &str| format!(r#"{{"message":"it broke","user":{{"email":"{email}"}}}}"#);
    for (id, email) in [(1, "jane@shop.example"), (2, "bob@shop.example"), (3, "JANE@shop.example")] {
        house.append(&[house.event(id, &by(email))]).await;
        // Each run is a process of its own, but for the catalog.
        house.drain(Arc::clone(&house.index)).await.unwrap();
    }
    let mut users: Vec<String> =
        house.events().await.iter().map(|event| event.user.as_ref().unwrap().identity().unwrap().to_owned()).collect();
    users.sort();
    users.dedup();
    assert_eq!(users.len(), 2, "{users:?}");
    assert!(users.iter().all(|user| !user.contains("shop")));
}

#[tokio::test]
async fn feedback_is_kept_scrubbed_beside_its_event_and_a_replay_changes_nothing() {
    let house = House::new().await;
    let event = EventId([1; 16]);
    let words = format!(r#"{{"event_id":"{event}","email":"jane@shop.example","comments":"I am bob@shop.example and it broke"}}"#);
    let later = r#"{"contexts":{"feedback":{"message":"Slow"}}}"#;
    let records = [
        house.record(9, Kind::UserReport, &words),
        house.event(1, RAISED),
        house.record(3, Kind::Feedback, later),
        house.record(4, Kind::Feedback, r#"{"contexts":{}}"#),
    ];
    for _ in 0..2 {
        house.append(&records).await;
        house.drain(Arc::clone(&house.index)).await.unwrap();
    }
    let about = feedback::of_event(&*house.catalog, PROJECT, event).await.unwrap();
    assert_eq!(about.len(), 1);
    assert_eq!((about[0].email.as_deref(), about[0].message.as_str()), (Some("jane@shop.example"), "I am [email] and it broke"));
    let all = feedback::list(&*house.catalog, None, None, 10).await.unwrap();
    assert_eq!(all.iter().map(|one| one.id).filter(|id| *id != about[0].id).collect::<Vec<_>>(), [EventId([3; 16])]);
    assert_eq!(house.ended(3).await, [(Ending::Stored, Reason::Accepted); 2]);
    assert_eq!(house.ended(4).await, [(Ending::DeadLettered, Reason::InvalidEvent); 2]);
    assert_eq!(house.events().await.len(), 1);
}

/// Part `part` of two of a file of event `id`.
fn file(house: &House, id: u8, file: u8, part: u32, bytes: &[u8]) -> Record {
    let of = record::Attachment {
        id: EventId([file; 16]),
        filename: "app.log".into(),
        content_type: None,
        attachment_type: "event.attachment".into(),
        part,
        parts: 2,
        file_bytes: 10_000,
    };
    let payload = zstd::bulk::compress(bytes, 1).unwrap().into();
    Record { payload, payload_bytes: bytes.len() as u64, attachment: Some(of), ..house.record(id, Kind::Attachment, "") }
}

#[tokio::test]
async fn files_are_kept_scrubbed_as_long_as_there_is_room_and_a_replay_changes_nothing() {
    let house = House::new().await;
    projects::update(&*house.catalog, PROJECT, |project| project.settings.attachment_bytes = Some(15_000)).await.unwrap();
    let event = EventId([1; 16]);
    let records = [
        file(&house, 1, 7, 0, b"mail to jane@shop.example\n"),
        house.event(1, RAISED),
        file(&house, 1, 7, 1, b"\0\xffjane@shop.example"),
        file(&house, 2, 8, 0, b"no room"),
        Record { attachment: None, ..file(&house, 3, 9, 0, b"of nothing") },
    ];
    for _ in 0..2 {
        house.append(&records).await;
        house.drain(Arc::clone(&house.index)).await.unwrap();
    }
    let [kept] = attachments::of_event(&*house.catalog, &[PROJECT], event).await.unwrap().try_into().unwrap();
    assert!(kept.attachments.len() == 1 && kept.attachments[0].is_complete());
    let part = async |number| attachments::part(&*house.catalog, PROJECT, event, EventId([7; 16]), number).await.unwrap().unwrap();
    assert_eq!((part(0).await, part(1).await), (b"mail to [email]\n".to_vec(), b"\0\xffjane@shop.example".to_vec()));
    assert_eq!(attachments::of_event(&*house.catalog, &[PROJECT], EventId([2; 16])).await.unwrap(), []);
    let mut fates = house.ended(1).await;
    assert_eq!(fates.remove(4), (Ending::Duplicate, Reason::DuplicateId));
    assert_eq!(fates, [(Ending::Stored, Reason::Accepted); 5]);
    assert_eq!(house.ended(2).await, [(Ending::Dropped, Reason::AttachmentLimit); 2]);
    assert_eq!(house.ended(3).await, [(Ending::DeadLettered, Reason::InvalidRecord); 2]);
}

/// Sessions, those errored, those crashed, and things lost, of all time.
async fn sums(house: &House) -> [u64; 4] {
    let sum = |subject| Sum {
        projects: vec![PROJECT],
        millis: 0..4_102_444_800_000,
        subject,
        by: Vec::new(),
        interval: None,
        limit: 1,
        users: false,
    };
    let sessions = house.index.sum(&sum(Subject::Session)).await.unwrap();
    let losses = house.index.sum(&sum(Subject::Loss)).await.unwrap();
    let number = |summed: &Summed, measure| summed.rows.first().map_or(0, |row| row.counts.get(measure));
    let of_sessions = [Measure::Sessions, Measure::Errored, Measure::Crashed].map(|measure| number(&sessions, measure));
    [of_sessions[0], of_sessions[1], of_sessions[2], number(&losses, Measure::Lost)]
}

#[tokio::test]
async fn sessions_and_losses_are_counted_once_whatever_fails_and_however_often_they_come() {
    let house = House::new().await;
    let update = |sid: &str, init: bool, status: &str| {
        let rest = r#""started":"2026-11-23T11:58:00Z","did":"ada","attrs":{"release":"shop@1"}"#;
        format!(r#"{{"sid":"{sid}","init":{init},"status":"{status}","errors":0,{rest}}}"#)
    };
    let records = [
        house.record(1, Kind::Session, &update("one", true, "ok")),
        house.record(2, Kind::Session, &update("one", false, "crashed")),
        house.record(3, Kind::Session, &update("two", true, "exited")),
        house.record(4, Kind::Session, r#"{"aggregates":[{"started":"2026-11-23T11:00:00Z","exited":5,"errored":2}]}"#),
        house.record(5, Kind::ClientReport, r#"{"discarded_events":[{"reason":"queue_overflow","category":"error","quantity":3}]}"#),
        house.record(6, Kind::Session, r#"{"aggregates":7}"#),
        // The crash once more, under another id.
        house.record(7, Kind::Session, &update("one", false, "crashed")),
    ];
    for calls in [4, 0] {
        house.append(&records).await;
        let index = failing(&house, calls, || Error::retryable("asking the index", "it is away"));
        house.drain(index).await.unwrap();
        assert_eq!(sums(&house).await, [2 + 7, 1 + 2, 1, 3]);
    }
    assert_eq!(house.ended(2).await, [(Ending::Stored, Reason::Accepted); 2]);
    assert_eq!(house.ended(5).await, [(Ending::Dropped, Reason::ClientReport); 2]);
    assert_eq!(house.ended(6).await, [(Ending::DeadLettered, Reason::InvalidEvent); 2]);
}

#[tokio::test]
async fn every_record_ends_in_exactly_one_outcome() {
    let house = House::new().await;
    let mut broken = house.event(4, "{}");
    broken.payload = Bytes::from_static(b"not zstd");
    let records = [
        house.event(1, RAISED),
        house.event(1, RAISED),
        house.event(2, r#"{"a":"b"#),
        house.event(3, "[]"),
        broken,
        house.record(5, Kind::Unsupported, ""),
        house.record(6, Kind::ClientReport, r#"{"discarded_events":[{"reason":"queue_overflow","category":"error","quantity":3}]}"#),
        house.record(7, Kind::NativeEvent, r#"{"error":{"type":"IOError","message":"disk"},"timestamp":"2026-11-23T11:59:00Z"}"#),
    ];
    let positions = house.append(&records).await;
    house.drain(Arc::clone(&house.index)).await.unwrap();
    let mut first = house.ended(1).await;
    first.sort();
    assert_eq!(first, [(Ending::Stored, Reason::Accepted), (Ending::Duplicate, Reason::DuplicateId)]);
    for (id, expected) in [
        (2, (Ending::DeadLettered, Reason::InvalidJson)),
        (3, (Ending::DeadLettered, Reason::InvalidEvent)),
        (4, (Ending::DeadLettered, Reason::InvalidEncoding)),
        (5, (Ending::Dropped, Reason::UnsupportedItem)),
        (6, (Ending::Dropped, Reason::ClientReport)),
        (7, (Ending::Stored, Reason::Accepted)),
    ] {
        assert_eq!(house.ended(id).await, [expected], "{id}");
    }
    let letter = dead_letters::get(&*house.catalog, positions[2]).await.unwrap().unwrap();
    assert_eq!(data_encoding::BASE64.decode(letter.record.as_bytes()).unwrap(), records[2].encode());
    let day = date(2026, 11, 23);
    let ended: u64 = house.index.balance(day).await.unwrap().iter().map(|(_, _, records)| records).sum();
    assert_eq!(ended, records.len() as u64);
}

#[tokio::test]
async fn bytes_that_are_no_record_are_dead_lettered_and_the_others_are_stored() {
    let house = House::new().await;
    let garbage = Entry { key: EventId([8; 16]), bytes: Bytes::from_static(b"\xff\xff\xff") };
    let position = house.log.append(vec![garbage]).await.unwrap()[0];
    house.append(&[house.event(1, RAISED)]).await;
    house.drain(Arc::clone(&house.index)).await.unwrap();
    assert_eq!(house.events().await.len(), 1);
    let letter = dead_letters::get(&*house.catalog, position).await.unwrap().unwrap();
    assert_eq!((letter.reason, letter.record.as_str()), (Reason::InvalidRecord, "////"));
}

#[tokio::test]
async fn an_event_of_a_project_that_is_gone_is_stored_all_the_same() {
    let house = House::new().await;
    let mut record = house.event(1, RAISED);
    record.project = ProjectId(9);
    house.append(&[record]).await;
    house.drain(Arc::clone(&house.index)).await.unwrap();
    assert_eq!(house.events().await.len(), 1);
    let issues = issues::list(&*house.catalog, Some(vec![ProjectId(9)]), None, 10).await.unwrap();
    assert!(issues[0].id.as_str().starts_with("project-9-"));
}

#[tokio::test]
async fn a_replay_changes_nothing() {
    let mut house = House::new().await;
    let records = [house.event(1, RAISED), house.event(1, RAISED), house.event(2, r#"{"a":"b"#), house.event(3, RAISED)];
    house.append(&records).await;
    house.drain(Arc::clone(&house.index)).await.unwrap();
    let issues_before = issues::list(&*house.catalog, None, None, 10).await.unwrap();
    let day = date(2026, 11, 23);
    let balance_before = house.index.balance(day).await.unwrap();
    // The same records at the same positions in a log whose commits are lost.
    house.log = Arc::new(MemoryLog::new());
    house.append(&records).await;
    house.drain(Arc::clone(&house.index)).await.unwrap();
    assert_eq!(house.events().await.len(), 2);
    assert_eq!(house.index.balance(day).await.unwrap(), balance_before);
    assert_eq!(issues::list(&*house.catalog, None, None, 10).await.unwrap(), issues_before);
}

/// An index of which the first calls fail.
struct Failing {
    inner: Arc<dyn Index>,
    left: AtomicUsize,
    error: fn() -> Error,
}

impl Failing {
    fn next(&self) -> Result<()> {
        let left = self.left.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left.is_ok() { Err((self.error)()) } else { Ok(()) }
    }
}

#[async_trait]
impl Index for Failing {
    async fn put(&self, documents: Vec<Document>) -> Result<Vec<Put>> {
        self.next()?;
        self.inner.put(documents).await
    }
    async fn record(&self, outcomes: Vec<Outcome>) -> Result<()> {
        self.next()?;
        self.inner.record(outcomes).await
    }
    async fn tally(&self, tallies: Vec<Tally>) -> Result<()> {
        self.next()?;
        self.inner.tally(tallies).await
    }
    async fn flush(&self) -> Result<()> {
        self.next()?;
        self.inner.flush().await
    }
    async fn search(&self, scope: &Scope, after: Option<Cursor>, limit: usize) -> Result<Page> {
        self.inner.search(scope, after, limit).await
    }
    async fn arrivals(&self, scope: &Scope, after: Option<&Marks>, limit: usize) -> Result<Arrivals> {
        self.inner.arrivals(scope, after, limit).await
    }
    async fn get(&self, projects: &[ProjectId], id: EventId) -> Result<Vec<Hit>> {
        self.inner.get(projects, id).await
    }
    async fn count(&self, count: &Count) -> Result<Counted> {
        self.inner.count(count).await
    }
    async fn tag_keys(&self, scope: &Scope, prefix: &str, limit: usize) -> Result<Option<Vec<(String, u64)>>> {
        self.inner.tag_keys(scope, prefix, limit).await
    }
    async fn sum(&self, sum: &Sum) -> Result<Summed> {
        self.inner.sum(sum).await
    }
    async fn fate(&self, projects: &[ProjectId], id: EventId) -> Result<Vec<Fate>> {
        self.inner.fate(projects, id).await
    }
    async fn balance(&self, day: Date) -> Result<Balance> {
        self.inner.balance(day).await
    }
    async fn scan(&self, day: Date, projects: &[ProjectId], wanted: Arc<Wanted>) -> Result<Vec<(ProjectId, EventId)>> {
        self.inner.scan(day, projects, wanted).await
    }
    async fn change(&self, day: Date, events: &[(ProjectId, EventId)], decide: Arc<Decide>) -> Result<()> {
        self.inner.change(day, events, decide).await
    }
    async fn days(&self) -> Result<Vec<Date>> {
        self.inner.days().await
    }
    async fn drop_day(&self, day: Date) -> Result<()> {
        self.inner.drop_day(day).await
    }
    async fn health(&self) -> Result<()> {
        self.inner.health().await
    }
    async fn close(&self) -> Result<()> {
        self.inner.close().await
    }
}

fn failing(house: &House, calls: usize, error: fn() -> Error) -> Arc<dyn Index> {
    Arc::new(Failing { inner: Arc::clone(&house.index), left: AtomicUsize::new(calls), error })
}

fn ids(range: Range<u8>) -> Vec<u8> {
    range.collect()
}

#[tokio::test]
async fn an_index_that_is_away_for_a_while_loses_and_doubles_nothing() {
    let house = House::new().await;
    let mut records: Vec<Record> = ids(1..9).into_iter().map(|id| house.event(id, RAISED)).collect();
    records.push(house.event(9, r#"{"a":"b"#));
    house.append(&records).await;
    let index = failing(&house, 4, || Error::retryable("asking the index", "it is away"));
    house.drain(index).await.unwrap();
    assert_eq!(house.events().await.len(), 8);
    for id in 1..9 {
        assert_eq!(house.ended(id).await, [(Ending::Stored, Reason::Accepted)]);
    }
    assert_eq!(house.ended(9).await, [(Ending::DeadLettered, Reason::InvalidJson)]);
}

#[tokio::test]
async fn an_index_that_is_broken_ends_the_run_and_nothing_is_committed() {
    let house = House::new().await;
    house.append(&[house.event(1, RAISED)]).await;
    let index = failing(&house, usize::MAX, || Error::terminal("asking the index", "it refuses"));
    let error = house.drain(index).await.unwrap_err();
    assert!(error.to_string().contains("it refuses"), "{error}");
    assert_eq!(house.log.lag(GROUP).await.unwrap().records, 1);
}

#[tokio::test]
async fn a_run_stops_while_the_index_is_away() {
    let house = House::new().await;
    house.append(&[house.event(1, RAISED)]).await;
    let stop = CancellationToken::new();
    let index = failing(&house, usize::MAX, || Error::retryable("asking the index", "it is away"));
    let log: Arc<dyn EventLog> = Arc::<MemoryLog>::clone(&house.log);
    let processor = Processor::new(log, index, Arc::clone(&house.catalog), Options::default());
    let run = tokio::spawn({
        let stop = stop.clone();
        async move { processor.run(stop).await }
    });
    stop.cancel();
    run.await.unwrap().unwrap();
    assert_eq!(house.log.lag(GROUP).await.unwrap().records, 1);
}
