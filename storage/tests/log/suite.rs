//! What every event log must do, whatever its engine. Each function is one test, called by [`conformance`].

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use schemas::{ids::EventId, limits, record::Position};
use storage::{
    Error,
    log::{Entry, EventLog, Lag, Stored},
};

/// Longer than any test may take; a reader that would wait for so long fails the test.
pub(crate) const FOREVER: Duration = Duration::from_secs(60);
const MOST: usize = 1_000_000;

/// One engine with one log.
#[async_trait]
pub(crate) trait Engine: Send + Sync {
    /// Opens the log as a process does that starts; earlier ones were closed.
    async fn open(&self) -> Arc<dyn EventLog>;
}

/// Runs the whole suite as tests of a module, against a fresh engine each.
macro_rules! conformance {
    ($name:ident, $engine:expr) => {
        $crate::suite::conformance!($name, $engine,
            what_was_appended_is_read_in_order_per_partition
            equal_keys_go_to_the_same_partition
            a_read_obeys_its_limits_but_gives_one_record
            a_read_waits_and_wakes_for_an_append
            an_empty_log_gives_nothing
            what_was_not_committed_is_given_again_after_a_restart
            offsets_go_on_after_a_restart
            a_commit_never_moves_back
            groups_read_for_themselves
            a_new_group_starts_at_the_oldest_record
            too_much_at_once_is_refused_for_good_and_harms_nothing
            an_empty_batch_is_nothing
            groups_with_impossible_names_are_refused
            a_dropped_read_has_given_nothing
            lag_counts_what_is_not_committed
            appends_from_many_sides_are_all_read_while_they_come
        );
    };
    ($name:ident, $engine:expr, $($test:ident)*) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    $crate::suite::$test(&$engine).await;
                }
            )*
        }
    };
}

/// An entry whose key and bytes both say `number`.
pub(crate) fn entry(number: u64) -> Entry {
    sized(number, 16)
}

/// An entry of `bytes` bytes that starts with its number.
pub(crate) fn sized(number: u64, bytes: usize) -> Entry {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&number.to_be_bytes());
    let mut record = format!("{number:016}").into_bytes();
    record.resize(bytes.max(16), b'.');
    Entry { key: EventId(key), bytes: Bytes::from(record) }
}

pub(crate) fn entries(numbers: std::ops::Range<u64>) -> Vec<Entry> {
    numbers.map(entry).collect()
}

pub(crate) fn number(bytes: &[u8]) -> u64 {
    std::str::from_utf8(&bytes[..16]).unwrap().parse().unwrap()
}

pub(crate) fn numbers<'a>(stored: impl IntoIterator<Item = &'a Stored>) -> Vec<u64> {
    let mut numbers: Vec<u64> = stored.into_iter().map(|record| number(&record.bytes)).collect();
    numbers.sort_unstable();
    numbers
}

/// Reads until `count` records are there.
pub(crate) async fn read(log: &dyn EventLog, group: &str, count: usize) -> Vec<Stored> {
    let mut all = Vec::new();
    let reading = async {
        while all.len() < count {
            all.extend(log.read(group, count - all.len(), MOST, FOREVER).await.unwrap());
        }
    };
    let timely = tokio::time::timeout(FOREVER, reading).await;
    assert!(timely.is_ok(), "only {} of {count} records came", all.len());
    all
}

/// The last position of each partition.
pub(crate) fn ends<'a>(positions: impl IntoIterator<Item = &'a Position>) -> BTreeSet<Position> {
    let mut ends = BTreeMap::new();
    for position in positions {
        let end = ends.entry(position.partition).or_insert(*position);
        *end = (*end).max(*position);
    }
    ends.into_values().collect()
}

pub(crate) async fn commit_all(log: &dyn EventLog, group: &str, read: &[Stored]) {
    for position in ends(read.iter().map(|record| &record.position)) {
        log.commit(group, position).await.unwrap();
    }
}

async fn restart(engine: &dyn Engine, log: Arc<dyn EventLog>) -> Arc<dyn EventLog> {
    log.close().await.unwrap();
    drop(log);
    engine.open().await
}

pub(crate) async fn what_was_appended_is_read_in_order_per_partition(engine: &dyn Engine) {
    let log = engine.open().await;
    let mut appended = Vec::new();
    for start in [0, 100, 200] {
        let batch = entries(start..start + 100);
        let positions = log.append(batch.clone()).await.unwrap();
        assert_eq!(positions.len(), 100);
        appended.extend(batch.into_iter().zip(positions).map(|(entry, position)| Stored { position, bytes: entry.bytes }));
    }
    let by_partition = |stored: &[Stored]| {
        let mut partitions: BTreeMap<u32, Vec<Stored>> = BTreeMap::new();
        for record in stored {
            partitions.entry(record.position.partition).or_default().push(record.clone());
        }
        partitions
    };
    let appended = by_partition(&appended);
    for partition in appended.values() {
        assert!(partition.is_sorted_by(|a, b| a.position.offset < b.position.offset));
    }
    assert_eq!(by_partition(&read(&*log, "processor", 300).await), appended);
    log.close().await.unwrap();
}

pub(crate) async fn equal_keys_go_to_the_same_partition(engine: &dyn Engine) {
    let log = engine.open().await;
    let first = log.append(entries(0..20)).await.unwrap();
    let second = log.append(entries(0..20)).await.unwrap();
    assert!(first.iter().zip(&second).all(|(a, b)| a.partition == b.partition && a.offset < b.offset));
    log.close().await.unwrap();
}

pub(crate) async fn a_read_obeys_its_limits_but_gives_one_record(engine: &dyn Engine) {
    let log = engine.open().await;
    log.append((0..20).map(|i| sized(i, 1_000)).collect()).await.unwrap();
    let mut seen = Vec::new();
    let few = log.read("processor", 3, MOST, FOREVER).await.unwrap();
    assert!((1..=3).contains(&few.len()), "{}", few.len());
    seen.extend(few);
    let small = log.read("processor", 20, 2_500, FOREVER).await.unwrap();
    assert!((1..=2).contains(&small.len()), "{}", small.len());
    seen.extend(small);
    let one = log.read("processor", 20, 10, FOREVER).await.unwrap();
    assert_eq!(one.len(), 1);
    seen.extend(one);
    let rest = 20 - seen.len();
    seen.extend(read(&*log, "processor", rest).await);
    assert_eq!(numbers(&seen), Vec::from_iter(0..20));
    log.close().await.unwrap();
}

pub(crate) async fn a_read_waits_and_wakes_for_an_append(engine: &dyn Engine) {
    let log = engine.open().await;
    log.append(entries(0..1)).await.unwrap();
    read(&*log, "processor", 1).await;
    let waiting = tokio::spawn({
        let log = Arc::clone(&log);
        async move { read(&*log, "processor", 1).await }
    });
    log.append(entries(1..2)).await.unwrap();
    assert_eq!(numbers(&waiting.await.unwrap()), [1]);
    log.close().await.unwrap();
}

pub(crate) async fn an_empty_log_gives_nothing(engine: &dyn Engine) {
    let log = engine.open().await;
    assert_eq!(log.read("processor", 10, MOST, Duration::from_millis(1)).await.unwrap(), []);
    assert_eq!(log.lag("processor").await.unwrap().records, 0);
    log.health().await.unwrap();
    log.close().await.unwrap();
}

pub(crate) async fn what_was_not_committed_is_given_again_after_a_restart(engine: &dyn Engine) {
    let log = engine.open().await;
    log.append(entries(0..30)).await.unwrap();
    let first = read(&*log, "processor", 10).await;
    commit_all(&*log, "processor", &first).await;
    let second = read(&*log, "processor", 10).await;
    let log = restart(engine, log).await;
    let again = read(&*log, "processor", 20).await;
    let mut expected = BTreeSet::from_iter(0..30);
    for number in numbers(&first) {
        expected.remove(&number);
    }
    assert_eq!(numbers(&again), Vec::from_iter(expected));
    assert!(numbers(&second).iter().all(|number| numbers(&again).contains(number)));
    log.close().await.unwrap();
}

pub(crate) async fn offsets_go_on_after_a_restart(engine: &dyn Engine) {
    let log = engine.open().await;
    let before = log.append(entries(0..10)).await.unwrap();
    let log = restart(engine, log).await;
    let after = log.append(entries(0..10)).await.unwrap();
    assert!(before.iter().zip(&after).all(|(a, b)| a < b && a.partition == b.partition));
    assert_eq!(read(&*log, "processor", 20).await.len(), 20);
    log.close().await.unwrap();
}

pub(crate) async fn a_commit_never_moves_back(engine: &dyn Engine) {
    let log = engine.open().await;
    log.append(entries(0..100)).await.unwrap();
    let all = read(&*log, "processor", 100).await;
    commit_all(&*log, "processor", &all).await;
    log.commit("processor", all[0].position).await.unwrap();
    assert_eq!(log.lag("processor").await.unwrap().records, 0);
    let log = restart(engine, log).await;
    log.append(entries(100..101)).await.unwrap();
    assert_eq!(numbers(&read(&*log, "processor", 1).await), [100]);
    log.commit("processor", all[1].position).await.unwrap();
    let log = restart(engine, log).await;
    assert_eq!(numbers(&read(&*log, "processor", 1).await), [100]);
    log.close().await.unwrap();
}

pub(crate) async fn groups_read_for_themselves(engine: &dyn Engine) {
    let log = engine.open().await;
    log.append(entries(0..10)).await.unwrap();
    let first = read(&*log, "first", 10).await;
    commit_all(&*log, "first", &first).await;
    assert_eq!(numbers(&read(&*log, "second", 10).await), Vec::from_iter(0..10));
    let log = restart(engine, log).await;
    assert_eq!(numbers(&read(&*log, "second", 10).await), Vec::from_iter(0..10));
    assert_eq!(log.lag("first").await.unwrap().records, 0);
    assert_eq!(log.lag("second").await.unwrap().records, 10);
    log.close().await.unwrap();
}

pub(crate) async fn a_new_group_starts_at_the_oldest_record(engine: &dyn Engine) {
    let log = engine.open().await;
    log.append(entries(0..10)).await.unwrap();
    assert_eq!(log.lag("late").await.unwrap().records, 10);
    let log = restart(engine, log).await;
    log.append(entries(10..20)).await.unwrap();
    assert_eq!(numbers(&read(&*log, "late", 20).await), Vec::from_iter(0..20));
    log.close().await.unwrap();
}

pub(crate) async fn too_much_at_once_is_refused_for_good_and_harms_nothing(engine: &dyn Engine) {
    let log = engine.open().await;
    let too_long = vec![entry(0), sized(1, limits::RECORD_BYTES + 1)];
    let too_many = entries(0..limits::APPEND_RECORDS as u64 + 1);
    let too_large = (0..9).map(|i| sized(i, 1 << 20)).collect();
    for batch in [too_long, too_many, too_large] {
        let error = log.append(batch).await.unwrap_err();
        assert!(matches!(error, Error::Terminal { .. }), "{error}");
    }
    let largest = (0..7).map(|i| sized(i, limits::RECORD_BYTES)).collect();
    log.append(largest).await.unwrap();
    let read = read(&*log, "processor", 7).await;
    assert_eq!(numbers(&read), Vec::from_iter(0..7));
    assert!(read.iter().all(|record| record.bytes == sized(number(&record.bytes), limits::RECORD_BYTES).bytes));
    log.close().await.unwrap();
}

pub(crate) async fn an_empty_batch_is_nothing(engine: &dyn Engine) {
    let log = engine.open().await;
    assert_eq!(log.append(Vec::new()).await.unwrap(), []);
    assert_eq!(log.lag("processor").await.unwrap().records, 0);
    log.append(entries(0..1)).await.unwrap();
    assert_eq!(numbers(&read(&*log, "processor", 1).await), [0]);
    log.close().await.unwrap();
}

pub(crate) async fn groups_with_impossible_names_are_refused(engine: &dyn Engine) {
    let log = engine.open().await;
    let long = "g".repeat(65);
    for name in ["", "two words", "../processor", long.as_str()] {
        let error = log.read(name, 1, MOST, Duration::ZERO).await.unwrap_err();
        assert!(matches!(error, Error::Terminal { .. }), "{error}");
    }
    log.close().await.unwrap();
}

pub(crate) async fn a_dropped_read_has_given_nothing(engine: &dyn Engine) {
    let log = engine.open().await;
    log.append(entries(0..1)).await.unwrap();
    let mut seen = read(&*log, "processor", 1).await;
    log.append(entries(1..200)).await.unwrap();
    while seen.len() < 200 {
        // The first answer wins; a reading that was started and is not ready is dropped.
        tokio::select! {
            biased;
            read = log.read("processor", 7, MOST, FOREVER) => seen.extend(read.unwrap()),
            () = tokio::task::yield_now() => {}
        }
        if seen.len() < 200 {
            seen.extend(log.read("processor", 7, MOST, FOREVER).await.unwrap());
        }
    }
    assert_eq!(numbers(&seen), Vec::from_iter(0..200));
    log.close().await.unwrap();
}

pub(crate) async fn lag_counts_what_is_not_committed(engine: &dyn Engine) {
    let log = engine.open().await;
    log.append(entries(0..10)).await.unwrap();
    let read = read(&*log, "processor", 10).await;
    assert_eq!(log.lag("processor").await.unwrap().records, 10);
    commit_all(&*log, "processor", &read).await;
    log.append(entries(10..14)).await.unwrap();
    let Lag { records, .. } = log.lag("processor").await.unwrap();
    assert_eq!(records, 4);
    log.close().await.unwrap();
}

pub(crate) async fn appends_from_many_sides_are_all_read_while_they_come(engine: &dyn Engine) {
    const SIDES: u64 = 8;
    const BATCHES: u64 = 20;
    const BATCH: u64 = 10;
    let log = engine.open().await;
    let sides = (0..SIDES).map(|side| {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            for batch in 0..BATCHES {
                let start = side * 1_000_000 + batch * BATCH;
                log.append(entries(start..start + BATCH)).await.unwrap();
            }
        })
    });
    let sides: Vec<_> = sides.collect();
    let all = read(&*log, "processor", (SIDES * BATCHES * BATCH) as usize).await;
    for side in sides {
        side.await.unwrap();
    }
    let mut partitions: BTreeMap<(u32, u64), Vec<(u64, u64)>> = BTreeMap::new();
    for record in &all {
        let number = number(&record.bytes);
        partitions.entry((record.position.partition, number / 1_000_000)).or_default().push((record.position.offset, number));
    }
    for ((partition, side), records) in partitions {
        assert!(records.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1), "partition {partition}, side {side}: {records:?}");
    }
    let expected = (0..SIDES).flat_map(|side| side * 1_000_000..side * 1_000_000 + BATCHES * BATCH);
    assert_eq!(numbers(&all), Vec::from_iter(expected));
    log.close().await.unwrap();
}

pub(crate) use conformance;
