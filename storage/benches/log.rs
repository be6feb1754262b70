//! What an append to the log on disk costs beside a bare write and `fdatasync` of the same bytes.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::Path,
    time::{Duration, Instant},
};

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rustix::fs::{FallocateFlags, fallocate};
use schemas::ids::EventId;
use storage::log::{
    Entry, EventLog,
    file::{FileLog, Options},
};
use tokio::runtime::{Builder, Runtime};

/// Length of a segment, and of the file of the bare writes.
const SEGMENT_BYTES: u64 = 128 << 20;

fn batch(records: usize, bytes: usize) -> Vec<Entry> {
    let record = Bytes::from(Vec::from_iter((0..bytes).map(|i| (i * 31) as u8)));
    (0..records).map(|i| Entry { key: EventId([i as u8; 16]), bytes: record.clone() }).collect()
}

/// The time of so many appends, one after the other, to a new log.
fn append(runtime: &Runtime, batch: &[Entry], times: u64) -> Duration {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: SEGMENT_BYTES, max_bytes: u64::MAX, ..Options::default() };
    let log = FileLog::open(dir.path(), options).unwrap();
    runtime.block_on(async {
        log.append(batch.to_vec()).await.unwrap();
        let started = Instant::now();
        for _ in 0..times {
            log.append(batch.to_vec()).await.unwrap();
        }
        started.elapsed()
    })
}

/// The time of so many writes of the same bytes, each with `fdatasync`, to preallocated files as long as segments.
fn write(dir: &Path, bytes: usize, times: u64) -> Duration {
    let buffer = vec![7; bytes];
    let mut file = preallocated(dir);
    let mut at = 0;
    let started = Instant::now();
    for _ in 0..times {
        if at + bytes as u64 > SEGMENT_BYTES {
            file = preallocated(dir);
            at = 0;
        }
        file.write_all_at(&buffer, at).unwrap();
        file.sync_data().unwrap();
        at += bytes as u64;
    }
    started.elapsed()
}

fn preallocated(dir: &Path) -> File {
    let path = dir.join("bare");
    // A file anew, as each segment is one: writing over old blocks is cheaper.
    let _ = fs::remove_file(&path);
    let file = File::create(&path).unwrap();
    fallocate(&file, FallocateFlags::empty(), 0, SEGMENT_BYTES).unwrap();
    file.sync_all().unwrap();
    file
}

fn appends(criterion: &mut Criterion) {
    let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut group = criterion.benchmark_group("log");
    group.sample_size(10).measurement_time(Duration::from_secs(4)).warm_up_time(Duration::from_secs(1));
    for (records, bytes) in [(64, 1_000), (1_024, 1_000), (64, 6_000), (1_024, 6_000)] {
        let batch = batch(records, bytes);
        let size = format!("{records}x{bytes}B");
        group.throughput(Throughput::Elements(records as u64));
        group.bench_function(BenchmarkId::new("append", &size), |b| b.iter_custom(|times| append(&runtime, &batch, times)));
        group.bench_function(BenchmarkId::new("bare_write", &size), |b| b.iter_custom(|times| write(dir.path(), records * bytes, times)));
    }
    group.finish();
}

criterion_group!(benches, appends);
criterion_main!(benches);
