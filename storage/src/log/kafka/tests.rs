//! Outages and refusals, on librdkafka's own mock of a cluster.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use rdkafka::{
    mocking::MockCluster,
    producer::DefaultProducerContext,
    types::{RDKafkaApiKey, RDKafkaRespErr},
};
use schemas::ids::EventId;

use super::*;

const WAIT: Duration = Duration::from_secs(30);

fn log_on(cluster: &MockCluster<'_, DefaultProducerContext>) -> KafkaLog {
    let options = Options { brokers: cluster.bootstrap_servers(), partitions: 1, timeout_seconds: 2, ..Options::default() };
    cluster.create_topic(&options.topic, 1, 1).unwrap();
    KafkaLog { producer: Producer::new(&options).unwrap(), options, waiting: Semaphore::new(WAITING_BYTES), groups: Mutex::default() }
}

fn entry(text: &'static str) -> Vec<Entry> {
    vec![Entry { key: EventId([7; 16]), bytes: Bytes::from_static(text.as_bytes()) }]
}

/// Reads until a record has these bytes; whatever is retryable is tried again.
async fn read_until(log: &KafkaLog, text: &str) -> Vec<Stored> {
    let mut all = Vec::new();
    let reading = async {
        while all.last().is_none_or(|last: &Stored| last.bytes != text.as_bytes()) {
            match log.read("processor", 1, 1_000, WAIT).await {
                Ok(records) => all.extend(records),
                Err(error) => assert!(error.is_retryable(), "{error}"),
            }
        }
    };
    let timely = tokio::time::timeout(WAIT, reading).await;
    assert!(timely.is_ok(), "{text} did not come: {all:?}");
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_and_reads_go_on_by_themselves_after_an_outage() {
    let cluster = MockCluster::new(1).unwrap();
    let log = log_on(&cluster);
    log.append(entry("before")).await.unwrap();
    read_until(&log, "before").await;

    cluster.broker_down(1).unwrap();
    let error = log.append(entry("during")).await.unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains(&log.options.brokers), "{error}");
    assert!(log.health().await.unwrap_err().is_retryable());

    cluster.broker_up(1).unwrap();
    let again = async {
        while let Err(error) = log.append(entry("after")).await {
            assert!(error.is_retryable(), "{error}");
        }
    };
    tokio::time::timeout(WAIT, again).await.unwrap();
    log.health().await.unwrap();
    read_until(&log, "after").await;
    log.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_is_not_permitted_is_refused_for_good() {
    let cluster = MockCluster::new(1).unwrap();
    let log = log_on(&cluster);
    log.append(entry("before")).await.unwrap();
    cluster.request_errors(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED]);
    let error = log.append(entry("refused")).await.unwrap_err();
    assert!(matches!(error, Error::Terminal { .. }), "{error}");
    // librdkafka remembers the refusal until it has asked for the topic again.
    let permitted = async { while log.append(entry("after")).await.is_err() {} };
    tokio::time::timeout(WAIT, permitted).await.unwrap();
    read_until(&log, "after").await;
    log.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_waits_for_a_rebalance_and_serves_it() {
    let cluster = MockCluster::new(1).unwrap();
    let log = log_on(&cluster);
    log.append(entry("first")).await.unwrap();
    log.append(entry("second")).await.unwrap();
    let first = log.read("processor", 1, 1_000, WAIT).await.unwrap();
    cluster.request_errors(RDKafkaApiKey::OffsetCommit, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS; 3]);
    log.commit("processor", first[0].position).await.unwrap();
    assert_eq!(log.lag("processor").await.unwrap().records, 1);
    let second = read_until(&log, "second").await;
    assert_eq!(second.len(), 1);
    log.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_of_a_member_that_was_thrown_out_does_nothing() {
    let cluster = MockCluster::new(1).unwrap();
    let log = log_on(&cluster);
    log.append(entry("first")).await.unwrap();
    let first = log.read("processor", 1, 1_000, WAIT).await.unwrap();
    cluster.request_errors(RDKafkaApiKey::OffsetCommit, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION]);
    log.commit("processor", first[0].position).await.unwrap();
    assert_eq!(log.lag("processor").await.unwrap().records, 1);
    log.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_while_the_brokers_are_away_ends() {
    let cluster = MockCluster::new(1).unwrap();
    let log = log_on(&cluster);
    log.append(entry("before")).await.unwrap();
    read_until(&log, "before").await;
    cluster.broker_down(1).unwrap();
    let closed = tokio::time::timeout(WAIT, log.close()).await;
    assert!(closed.is_ok());
}

#[test]
fn passwords_are_not_shown() {
    let options = Options { properties: [("sasl.password".to_owned(), "secret".to_owned())].into(), ..Options::default() };
    let shown = format!("{options:?}");
    assert!(shown.contains("sasl.password") && !shown.contains("secret"), "{shown}");
}
