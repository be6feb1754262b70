//! What only the log on disk has: crashes, damage, a full disk, and what is kept.
#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::{FileExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use proptest::{prelude::*, sample::Index};
use storage::{
    Error, Result,
    log::{
        EventLog, Stored,
        file::{FileLog, Options},
    },
};
use suite::{commit_all, entries, entry, number, numbers, read, sized};

#[allow(dead_code, unused_macros, unused_imports)]
#[path = "log/suite.rs"]
mod suite;

/// Bytes before the first record of a segment, and before each record. Stored logs rest on them.
const SEGMENT_HEADER: u64 = 64;
const FRAME_HEADER: u64 = 20;

fn options() -> Options {
    Options { segment_bytes: 2_000, max_bytes: 1 << 20, reserve_bytes: 0, ..Options::default() }
}

/// The segment files, oldest first.
fn segments(dir: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut segments = Vec::from_iter(files.filter(|path| path.extension().is_some_and(|extension| extension == "log")));
    segments.sort();
    segments
}

fn base(segment: &Path) -> u64 {
    segment.file_stem().unwrap().to_str().unwrap().parse().unwrap()
}

/// Everything that a new group gets, and the error that ended it.
async fn read_all(log: &FileLog) -> (Vec<Stored>, Option<Error>) {
    let mut all = Vec::new();
    loop {
        match log.read("reader", 7, 1 << 20, Duration::ZERO).await {
            Ok(records) if records.is_empty() => return (all, None),
            Ok(records) => all.extend(records),
            Err(error) => return (all, Some(error)),
        }
    }
}

#[tokio::test]
async fn files_are_for_nobody_else() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("data/log");
    let log = FileLog::open(&dir, options()).unwrap();
    log.append(entries(0..1)).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for file in fs::read_dir(&dir).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[tokio::test]
async fn a_directory_in_use_is_refused_and_free_again_after_close() {
    let dir = tempfile::tempdir().unwrap();
    let log = FileLog::open(dir.path(), options()).unwrap();
    let error = FileLog::open(dir.path(), options()).unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }) && error.to_string().contains("in use"), "{error}");
    log.close().await.unwrap();
    FileLog::open(dir.path(), options()).unwrap();
    let error = log.append(entries(0..1)).await.unwrap_err();
    assert!(matches!(error, Error::Terminal { .. }), "{error}");
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = FileLog::open(&file.path().join("log"), options()).unwrap_err().to_string();
    assert!(error.contains(file.path().to_str().unwrap()), "{error}");
}

#[test]
fn sizes_that_cannot_work_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let error = FileLog::open(dir.path(), Options { segment_bytes: 100, max_bytes: 150, ..options() }).unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }), "{error}");
}

#[tokio::test]
async fn a_segment_of_a_newer_format_is_refused_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let log = FileLog::open(dir.path(), options()).unwrap();
    log.append(entries(0..1)).await.unwrap();
    log.close().await.unwrap();
    let segment = &segments(dir.path())[0];
    let mut bytes = fs::read(segment).unwrap();
    bytes[8] = 2;
    let crc = crc32c::crc32c(&bytes[..28]);
    bytes[28..32].copy_from_slice(&crc.to_le_bytes());
    fs::write(segment, &bytes).unwrap();
    let error = FileLog::open(dir.path(), options()).unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }) && error.to_string().contains("format 2"), "{error}");
    assert_eq!(fs::read(segment).unwrap(), bytes);
}

#[tokio::test]
async fn segments_go_when_every_group_has_passed_them_and_offsets_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { keep_seconds: 0, ..options() };
    let log = FileLog::open(dir.path(), options.clone()).unwrap();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for start in (0..200).step_by(10) {
        log.append(entries(start..start + 10)).await.unwrap();
        first.extend(read(&log, "first", 10).await);
        commit_all(&log, "first", &first).await;
        if start == 0 {
            second.extend(read(&log, "second", 10).await);
        }
    }
    assert_eq!(base(&segments(dir.path())[0]), 0, "the second group has not committed");
    second.extend(read(&log, "second", 190).await);
    commit_all(&log, "second", &second).await;
    log.close().await.unwrap();
    let log = FileLog::open(dir.path(), options).unwrap();
    log.close().await.unwrap();
    let left = segments(dir.path());
    assert_eq!(left.len(), 1);
    assert!(base(&left[0]) > 100);

    let log = FileLog::open(dir.path(), self::options()).unwrap();
    let positions = log.append(entries(200..201)).await.unwrap();
    assert_eq!(positions[0].offset, 200);
    assert_eq!(numbers(&read(&log, "first", 1).await), [200]);
    let (late, error) = read_all(&log).await;
    assert!(error.is_none());
    assert_eq!(late[0].position.offset, base(&left[0]), "a new group starts at the oldest record kept");
}

#[tokio::test]
async fn what_every_group_has_read_is_kept_for_the_keeping_time() {
    let dir = tempfile::tempdir().unwrap();
    let log = FileLog::open(dir.path(), options()).unwrap();
    for start in (0..200).step_by(10) {
        log.append(entries(start..start + 10)).await.unwrap();
    }
    let all = read(&log, "processor", 200).await;
    commit_all(&log, "processor", &all).await;
    log.close().await.unwrap();
    let log = FileLog::open(dir.path(), options()).unwrap();
    assert_eq!(numbers(&read(&log, "replay", 200).await), Vec::from_iter(0..200));
}

#[tokio::test]
async fn a_full_log_refuses_keeps_what_it_has_and_goes_on_when_groups_have_read() {
    let dir = tempfile::tempdir().unwrap();
    let log = FileLog::open(dir.path(), Options { max_bytes: 8_000, ..options() }).unwrap();
    read_all(&log).await;
    let mut appended = 0;
    let error = loop {
        match log.append(vec![sized(appended, 500)]).await {
            Ok(_) => appended += 1,
            Err(error) => break error,
        }
        assert!(appended < 16, "16 records of 500 bytes can't fit into 8,000");
    };
    assert!(matches!(error, Error::Full { .. }) && error.to_string().contains("max_bytes"), "{error}");
    assert!(matches!(log.health().await, Err(Error::Full { .. })));
    let (all, error) = read_all(&log).await;
    assert!(error.is_none());
    assert_eq!(numbers(&all), Vec::from_iter(0..appended));

    commit_all(&log, "reader", &all).await;
    log.append(vec![sized(appended, 500)]).await.unwrap();
    log.health().await.unwrap();
    assert_eq!(numbers(&read_all(&log).await.0), [appended]);
}

#[tokio::test]
async fn the_disk_reserve_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let log = FileLog::open(dir.path(), Options { reserve_bytes: u64::MAX, ..options() }).unwrap();
    let error = log.append(entries(0..1)).await.unwrap_err();
    assert!(matches!(error, Error::Full { .. }) && error.to_string().contains("reserve_bytes"), "{error}");
}

#[tokio::test]
async fn a_disk_that_is_too_small_is_full_and_nothing_is_harmed() {
    let dir = tempfile::tempdir().unwrap();
    let log = FileLog::open(dir.path(), options()).unwrap();
    log.append(entries(0..10)).await.unwrap();
    log.close().await.unwrap();
    // More than any disk has: the kernel refuses to preallocate it.
    let huge = Options { segment_bytes: 1 << 60, max_bytes: 1 << 61, ..options() };
    let log = FileLog::open(dir.path(), huge).unwrap();
    let error = log.append(entries(10..11)).await.unwrap_err();
    assert!(matches!(error, Error::Full { .. }), "{error}");
    assert_eq!(numbers(&read(&log, "reader", 10).await), Vec::from_iter(0..10));
    log.close().await.unwrap();
    let log = FileLog::open(dir.path(), options()).unwrap();
    log.append(entries(10..11)).await.unwrap();
    assert_eq!(numbers(&read(&log, "other", 11).await), Vec::from_iter(0..11));
}

#[tokio::test]
async fn records_that_a_group_has_read_and_that_are_gone_are_damage() {
    let dir = tempfile::tempdir().unwrap();
    let log = FileLog::open(dir.path(), options()).unwrap();
    log.append(entries(0..10)).await.unwrap();
    let all = read(&log, "processor", 10).await;
    commit_all(&log, "processor", &all).await;
    log.close().await.unwrap();
    let segment = &segments(dir.path())[0];
    let file = fs::OpenOptions::new().write(true).open(segment).unwrap();
    file.set_len(SEGMENT_HEADER + 5 * (FRAME_HEADER + 16)).unwrap();
    let error = FileLog::open(dir.path(), options()).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }) && error.to_string().contains("records 5 to 9 are gone"), "{error}");
}

#[tokio::test]
async fn a_torn_write_of_many_records_is_cut_even_when_later_ones_of_it_are_whole() {
    let dir = tempfile::tempdir().unwrap();
    let log = FileLog::open(dir.path(), options()).unwrap();
    log.append(entries(0..3)).await.unwrap();
    log.append(entries(3..10)).await.unwrap();
    log.close().await.unwrap();
    // The second write was never acknowledged, and the disk kept only its later part.
    let segment = &segments(dir.path())[0];
    let file = fs::OpenOptions::new().write(true).open(segment).unwrap();
    file.write_all_at(&[0; 30], SEGMENT_HEADER + 4 * (FRAME_HEADER + 16)).unwrap();
    let log = FileLog::open(dir.path(), options()).unwrap();
    let (all, error) = read_all(&log).await;
    assert!(error.is_none());
    assert_eq!(numbers(&all), Vec::from_iter(0..4));
    let positions = log.append(vec![entry(77)]).await.unwrap();
    assert_eq!(positions[0].offset, 4);
    log.close().await.unwrap();
    let log = FileLog::open(dir.path(), options()).unwrap();
    assert_eq!(numbers(&read_all(&log).await.0), [0, 1, 2, 3, 77]);
}

#[tokio::test]
async fn damage_before_an_acknowledged_write_is_an_error_with_file_and_place() {
    let dir = tempfile::tempdir().unwrap();
    let log = FileLog::open(dir.path(), options()).unwrap();
    log.append(entries(0..3)).await.unwrap();
    log.append(entries(3..10)).await.unwrap();
    log.close().await.unwrap();
    let segment = &segments(dir.path())[0];
    let file = fs::OpenOptions::new().write(true).open(segment).unwrap();
    let place = SEGMENT_HEADER + FRAME_HEADER + 16;
    file.write_all_at(&[0xff; 8], place + FRAME_HEADER).unwrap();
    let before = fs::read(segment).unwrap();
    let error = FileLog::open(dir.path(), options()).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(error.to_string().contains(&format!("{} at byte {place}", segment.display())), "{error}");
    assert_eq!(fs::read(segment).unwrap(), before, "what is damaged is left as it is");
}

/// What happens to a file.
#[derive(Debug, Clone)]
enum Harm {
    Cut,
    Flip(u8),
    Zero(usize),
    Noise(Vec<u8>),
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        Just(Harm::Cut),
        (0..8_u8).prop_map(Harm::Flip),
        (1..600_usize).prop_map(Harm::Zero),
        proptest::collection::vec(any::<u8>(), 1..600).prop_map(Harm::Noise),
    ]
}

/// Does harm to a file from `at` on; answers whether a byte has changed.
fn do_harm(path: &Path, at: u64, harm: &Harm) -> bool {
    let before = fs::read(path).unwrap();
    let mut bytes = before.clone();
    let at = at as usize;
    match harm {
        Harm::Cut => bytes.truncate(at),
        Harm::Flip(bit) => bytes[at] ^= 1 << bit,
        Harm::Zero(length) => bytes[at..].iter_mut().take(*length).for_each(|byte| *byte = 0),
        Harm::Noise(noise) => bytes[at..].iter_mut().zip(noise).for_each(|(byte, noise)| *byte = *noise),
    }
    fs::OpenOptions::new().write(true).truncate(true).open(path).unwrap().write_all(&bytes).unwrap();
    bytes != before
}

/// How many of the records, whose lengths are given, stand whole before byte `at` of the segment.
fn untouched(segment: &Path, at: u64, lengths: &BTreeMap<u64, usize>) -> u64 {
    let mut end = SEGMENT_HEADER;
    let mut next = base(segment);
    while let Some(length) = lengths.get(&next) {
        end += FRAME_HEADER + *length as u64;
        if end > at {
            break;
        }
        next += 1;
    }
    next
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// The model is the list of what was acknowledged. Whatever happens to one file: what stands before the harm is
    /// read or the log refuses to open, nothing is invented, and what is lost after it is not lost in silence, but
    /// for the end of the last segment, where nobody can tell it from a write that was never acknowledged.
    #[test]
    fn after_any_harm_no_record_before_it_is_missing_and_none_is_invented(
        batches in proptest::collection::vec(proptest::collection::vec(16..400_usize, 1..6), 1..15),
        segment_bytes in 300..3_000_u64, which: Index, at: Index, harm in harm(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let options = Options { segment_bytes, ..options() };
            let log = FileLog::open(dir.path(), options.clone()).unwrap();
            let mut model = BTreeMap::new();
            for batch in &batches {
                let start = model.len() as u64;
                let batch = Vec::from_iter(batch.iter().zip(start..).map(|(length, number)| sized(number, *length)));
                model.extend(batch.iter().zip(start..).map(|(entry, offset)| (offset, entry.bytes.clone())));
                let positions = log.append(batch).await.unwrap();
                assert_eq!(positions[0].offset, start);
            }
            log.close().await.unwrap();
            drop(log);

            let files = segments(dir.path());
            let file = which.index(files.len());
            let at = at.index(fs::metadata(&files[file]).unwrap().len() as usize) as u64;
            let harmed = do_harm(&files[file], at, &harm);
            let lengths = model.iter().map(|(offset, bytes)| (*offset, bytes.len())).collect();
            let before = untouched(&files[file], at, &lengths);
            let log = match FileLog::open(dir.path(), options) {
                Ok(log) => log,
                Err(error) => {
                    assert!(harmed && matches!(error, Error::Damaged { .. } | Error::Mismatch { .. }), "{error}");
                    return;
                }
            };
            let (all, error) = read_all(&log).await;
            assert!(all.len() as u64 >= before, "{} of {before} records before the harm are there", all.len());
            for (record, (offset, bytes)) in all.iter().zip(&model) {
                assert_eq!((record.position.offset, &record.bytes), (*offset, bytes));
            }
            assert!(all.len() <= model.len());
            if all.len() < model.len() && error.is_none() {
                assert_eq!(file, files.len() - 1, "records were lost in silence");
            }
            if error.is_none() {
                let positions = log.append(vec![entry(999)]).await.unwrap();
                assert_eq!(positions[0].offset, all.len() as u64);
                assert_eq!(numbers(&read_all(&log).await.0), [999]);
            }
        });
    }
}

/// What the process does that the test below kills: it says each number once it is durable.
fn append_until_killed(dir: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let log = std::sync::Arc::new(FileLog::open(dir, Options { segment_bytes: 300_000, ..options() }).unwrap());
        let sides = (0..4).map(|side| {
            let log = log.clone();
            tokio::spawn(async move {
                for i in 0.. {
                    let number = side * 1_000_000_000 + i;
                    let position = log.append(vec![sized(number, 1_000)]).await.unwrap()[0];
                    let line = format!("durable {number} {}\n", position.offset);
                    std::io::stdout().write_all(line.as_bytes()).unwrap();
                }
            })
        });
        for side in sides.collect::<Vec<_>>() {
            side.await.unwrap();
        }
    });
}

#[test]
fn acknowledged_records_outlive_a_kill() {
    if let Some(dir) = std::env::var_os("BELFRY_TEST_LOG_DIR") {
        return append_until_killed(dir.as_ref());
    }
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeMap::new();
    for round in 1..=5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "acknowledged_records_outlive_a_kill", "--nocapture"])
            .env("BELFRY_TEST_LOG_DIR", dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = 0;
        // Some appends are under way whenever one has just been acknowledged.
        while let Some(Ok(line)) = lines.next() {
            let mut words = line.split_once("durable ").map_or("", |(_, words)| words).split(' ').map(str::parse::<u64>);
            let (Some(Ok(number)), Some(Ok(offset))) = (words.next(), words.next()) else { continue };
            assert_eq!(acknowledged.insert(offset, number), None, "offset {offset} was given twice");
            said += 1;
            if said == 37 * round {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(said >= 37 * round, "the process ended by itself");

        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let stored: Result<_> = runtime.block_on(async {
            let log = FileLog::open(dir.path(), options())?;
            let (all, error) = read_all(&log).await;
            assert!(error.is_none(), "{error:?}");
            Ok(BTreeMap::from_iter(all.iter().map(|record| (record.position.offset, number(&record.bytes)))))
        });
        let stored = stored.unwrap();
        for (offset, number) in &acknowledged {
            assert_eq!(stored.get(offset), Some(number), "offset {offset} in round {round}");
        }
    }
}
