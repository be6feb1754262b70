use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use schemas::{ids::EventId, record::Position};
use storage::{Result, log::Stored};

use super::*;

/// A log that notes its batches, lets them pass one by one, and fails as told.
#[derive(Default)]
struct GateLog {
    batches: Mutex<Vec<usize>>,
    failures: Mutex<Vec<Error>>,
    gate: Option<Semaphore>,
    arrived: AtomicUsize,
}

#[async_trait]
impl EventLog for GateLog {
    async fn append(&self, batch: Vec<Entry>) -> Result<Vec<Position>> {
        self.arrived.fetch_add(1, Ordering::SeqCst);
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        if let Some(failure) = self.failures.lock().unwrap().pop() {
            return Err(failure);
        }
        self.batches.lock().unwrap().push(batch.len());
        Ok(Vec::new())
    }

    async fn read(&self, _: &str, _: usize, _: usize, _: Duration) -> Result<Vec<Stored>> {
        Ok(Vec::new())
    }

    async fn commit(&self, _: &str, _: Position) -> Result<()> {
        Ok(())
    }

    async fn lag(&self, _: &str) -> Result<storage::log::Lag> {
        Ok(Default::default())
    }

    async fn health(&self) -> Result<()> {
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

fn entries(count: usize, length: usize) -> Vec<Entry> {
    let bytes = bytes::Bytes::from(vec![0; length]);
    vec![Entry { key: EventId([0; 16]), bytes }; count]
}

fn full() -> Error {
    Error::Full { doing: "appending".into(), cause: "the disk is full".into() }
}

fn options() -> Options {
    Options { appends_in_flight: 1, ..Options::default() }
}

#[test]
fn what_is_too_much_for_one_append_is_cut_into_several() {
    let sizes = |entries| groups(entries).iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(sizes(entries(0, 1)), Vec::<usize>::new());
    assert_eq!(sizes(entries(1024, 1)), [1024]);
    assert_eq!(sizes(entries(1025, 1)), [1024, 1]);
    assert_eq!(sizes(entries(17, 1 << 20)), [8, 8, 1]);
}

#[tokio::test]
async fn nothing_to_store_is_durable_at_once() {
    let log = Arc::new(GateLog::default());
    Committer::start(log.clone(), &options()).commit(Vec::new()).await.unwrap();
    assert!(log.batches.lock().unwrap().is_empty());
}

#[tokio::test]
async fn requests_that_wait_together_share_an_append_and_nobody_is_told_before_it() {
    let log = Arc::new(GateLog { gate: Some(Semaphore::new(0)), ..GateLog::default() });
    let committer = Committer::start(log.clone(), &options());
    let commit = |count| {
        let committer = committer.clone();
        tokio::spawn(async move { committer.commit(entries(count, 10)).await })
    };
    let first = commit(1);
    while log.arrived.load(Ordering::SeqCst) < 1 {
        tokio::task::yield_now().await;
    }
    let rest: Vec<_> = (0..50).map(|_| commit(2)).collect();
    while committer.queue.capacity() > committer.queue.max_capacity() - 50 {
        tokio::task::yield_now().await;
    }
    assert!(!first.is_finished() && rest.iter().all(|waiting| !waiting.is_finished()));
    let gate = log.gate.as_ref().unwrap();
    gate.add_permits(1);
    first.await.unwrap().unwrap();
    assert!(rest.iter().all(|waiting| !waiting.is_finished()));
    gate.add_permits(1);
    for waiting in rest {
        waiting.await.unwrap().unwrap();
    }
    assert_eq!(*log.batches.lock().unwrap(), [1, 100]);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_away_for_a_moment_is_waited_for() {
    let away = || Error::retryable("appending", "no leader");
    let log = Arc::new(GateLog { failures: Mutex::new(vec![away(), away(), away()]), ..GateLog::default() });
    Committer::start(log.clone(), &options()).commit(entries(1, 1)).await.unwrap();
    assert_eq!(*log.batches.lock().unwrap(), [1]);
}

#[tokio::test(start_paused = true)]
async fn each_failure_has_its_refusal() {
    let away = || (0..100).map(|_| Error::retryable("appending", "no leader")).collect();
    for (failures, code, retry_seconds) in [
        (vec![full()], "log_full", Some(60)),
        (away(), "log_unavailable", Some(5)),
        (vec![Error::terminal("appending", "a fault")], "internal", None),
        (vec![Error::Damaged { place: "segment 1".into(), cause: "checksum".into() }], "internal", None),
    ] {
        let log = Arc::new(GateLog { failures: Mutex::new(failures), ..GateLog::default() });
        let refusal = Committer::start(log, &options()).commit(entries(1, 1)).await.unwrap_err();
        assert_eq!((refusal.code, refusal.retry_seconds), (code, retry_seconds));
    }
}

#[tokio::test]
async fn a_failure_is_told_to_its_own_group_only() {
    let log = Arc::new(GateLog { failures: Mutex::new(vec![full()]), ..GateLog::default() });
    let committer = Committer::start(log, &options());
    assert!(committer.commit(entries(1, 1)).await.is_err());
    committer.commit(entries(1, 1)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_after_a_while() {
    let log = Arc::new(GateLog { gate: Some(Semaphore::new(0)), ..GateLog::default() });
    let committer = Committer::start(log.clone(), &Options { queue_requests: 2, ..options() });
    let commit = || {
        let committer = committer.clone();
        tokio::spawn(async move { committer.commit(entries(1, 1)).await })
    };
    let appending = commit();
    while log.arrived.load(Ordering::SeqCst) < 1 {
        tokio::task::yield_now().await;
    }
    let waiting = [appending, commit(), commit()];
    while committer.queue.capacity() > 0 {
        tokio::task::yield_now().await;
    }
    let refusal = committer.commit(entries(1, 1)).await.unwrap_err();
    assert_eq!((refusal.code, refusal.retry_seconds), ("busy", Some(5)));
    log.gate.as_ref().unwrap().add_permits(10);
    for one in waiting {
        one.await.unwrap().unwrap();
    }
}
