//! The event log on a real Kafka: the suite of every log, and what only Kafka has.
#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use schemas::record::Position;
use storage::{
    Error,
    log::{
        EventLog,
        kafka::{KafkaLog, Options},
    },
};
use suite::{Engine, FOREVER, commit_all, entries, numbers, read};

#[path = "log/suite.rs"]
mod suite;

/// A topic of its own on the test broker.
struct Kafka(Options);

impl Kafka {
    fn new() -> Self {
        let brokers = std::env::var("BELFRY_TEST_KAFKA").expect("BELFRY_TEST_KAFKA must say where Kafka is; tests/services starts it");
        let topic = format!("test-{:016x}", getrandom::u64().unwrap());
        Self(Options { brokers, topic, partitions: 3, replication: 1, ..Options::default() })
    }

    async fn connect(&self) -> Arc<KafkaLog> {
        Arc::new(KafkaLog::connect(self.0.clone()).await.unwrap())
    }
}

#[async_trait]
impl Engine for Kafka {
    async fn open(&self) -> Arc<dyn EventLog> {
        self.connect().await
    }
}

suite::conformance!(kafka, super::Kafka::new());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_that_is_not_as_configured_is_refused_and_stays_as_it_is() {
    let kafka = Kafka::new();
    kafka.connect().await.close().await.unwrap();
    let differing = [
        (Options { partitions: 4, ..kafka.0.clone() }, "set partitions of the log to 3"),
        (Options { keep_seconds: 60, ..kafka.0.clone() }, "--add-config retention.ms=60000"),
        (Options { replication: 2, ..kafka.0.clone() }, "lower replication of the log"),
    ];
    for (options, remedy) in differing {
        let error = KafkaLog::connect(options).await.err().unwrap();
        assert!(matches!(error, Error::Mismatch { .. }) && error.to_string().contains(remedy), "{error}");
    }
    kafka.connect().await.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_replicas_than_brokers_are_refused_with_a_remedy() {
    let options = Options { replication: 3, ..Kafka::new().0 };
    let error = KafkaLog::connect(options).await.err().unwrap();
    assert!(matches!(error, Error::Mismatch { .. }) && error.to_string().contains("set replication of the log"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_away_at_the_start_is_named() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let brokers = socket.local_addr().unwrap().to_string();
    drop(socket);
    let error = KafkaLog::connect(Options { brokers: brokers.clone(), timeout_seconds: 1, ..Options::default() }).await.err().unwrap();
    assert!(error.is_retryable() && error.to_string().contains(&brokers), "{error}");
}

/// Reads until told to stop, committing as it goes; answers what it read.
fn reading(
    log: &Arc<KafkaLog>,
    mut stop: tokio::sync::oneshot::Receiver<()>,
    seen: &tokio::sync::mpsc::UnboundedSender<u64>,
) -> tokio::task::JoinHandle<()> {
    let (log, seen) = (Arc::clone(log), seen.clone());
    tokio::spawn(async move {
        while stop.try_recv().is_err() {
            let records = log.read("processor", 10, 1 << 20, Duration::from_millis(50)).await.unwrap();
            commit_all(&*log, "processor", &records).await;
            numbers(&records).into_iter().for_each(|number| seen.send(number).unwrap());
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_a_group_and_one_takes_over_when_the_other_leaves() {
    let kafka = Kafka::new();
    let (first, second) = (kafka.connect().await, kafka.connect().await);
    let (seen_by_first, mut from_first) = tokio::sync::mpsc::unbounded_channel();
    let (seen_by_second, mut from_second) = tokio::sync::mpsc::unbounded_channel();
    let (stop_first, stopped_first) = tokio::sync::oneshot::channel();
    let (stop_second, stopped_second) = tokio::sync::oneshot::channel();
    let first_reads = reading(&first, stopped_first, &seen_by_first);
    let second_reads = reading(&second, stopped_second, &seen_by_second);

    let mut seen = Vec::new();
    let mut appended = 0;
    let mut both = (false, false);
    // Until both have had some: then the partitions are shared out.
    let sharing = async {
        while both != (true, true) {
            second.append(entries(appended..appended + 30)).await.unwrap();
            appended += 30;
            while let Ok(number) = from_first.try_recv() {
                both.0 = true;
                seen.push(number);
            }
            while let Ok(number) = from_second.try_recv() {
                both.1 = true;
                seen.push(number);
            }
        }
    };
    tokio::time::timeout(FOREVER, sharing).await.unwrap();

    stop_second.send(()).unwrap();
    second_reads.await.unwrap();
    second.append(entries(appended..appended + 300)).await.unwrap();
    appended += 300;
    second.close().await.unwrap();
    drop(second);

    let taking_over = async {
        while from_first.len() + from_second.len() + seen.len() < appended as usize {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(FOREVER, taking_over).await.unwrap();
    let committing = async { while first.lag("processor").await.unwrap().records > 0 {} };
    tokio::time::timeout(FOREVER, committing).await.unwrap();
    stop_first.send(()).unwrap();
    first_reads.await.unwrap();
    while let Ok(number) = from_first.try_recv() {
        seen.push(number);
    }
    while let Ok(number) = from_second.try_recv() {
        seen.push(number);
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, Vec::from_iter(0..appended));
    first.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_for_a_partition_that_has_moved_does_nothing() {
    let kafka = Kafka::new();
    let first = kafka.connect().await;
    first.append(entries(0..30)).await.unwrap();
    let records = read(&*first, "processor", 30).await;
    let second = kafka.connect().await;
    // It has never read for this group, so the records are not its own to commit.
    for record in &records {
        second.commit("processor", record.position).await.unwrap();
    }
    second.commit("processor", Position { partition: 77, offset: 1 }).await.unwrap();
    assert_eq!(second.lag("processor").await.unwrap().records, 30);
    commit_all(&*first, "processor", &records).await;
    assert_eq!(second.lag("processor").await.unwrap().records, 0);
    first.close().await.unwrap();
    second.close().await.unwrap();
}
