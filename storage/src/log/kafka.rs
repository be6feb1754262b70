//! The event log as a Kafka topic, shared by any number of processes.
//!
//! Kafka removes records by age alone, read or not: `keep_seconds` must be longer than the longest time for which
//! nobody processes. Never for other topics: this one is made, checked and read by Belfry only.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use rdkafka::producer::Producer as _;
use schemas::{limits, record::Position};
use serde::Deserialize;
use tokio::{
    sync::{Semaphore, oneshot},
    task::spawn_blocking,
};

use self::{client::failed, consumer::GroupConsumer, producer::Producer};
use super::{Entry, EventLog, Lag, Stored, check_batch, check_group};
use crate::{Error, Result};

mod assignment;
mod client;
mod consumer;
mod producer;
#[cfg(test)]
mod tests;
mod topic;

/// How many bytes of appends may be under way. Further ones wait.
const WAITING_BYTES: usize = 4 * limits::APPEND_BYTES;
/// What an entry counts among the waiting beside its bytes.
const ENTRY_BYTES: usize = 256;
/// Most groups that one process reads for.
const MOST_GROUPS: usize = 16;

/// Which topic of which cluster.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Some brokers of the cluster as `host:port`, separated by commas. Default `127.0.0.1:9092`.
    pub brokers: String,
    /// The topic, made at the first start. Default `belfry-events`.
    pub topic: String,
    /// Partitions of the topic: at most as many processes process at the same time. Default 8.
    pub partitions: u16,
    /// Replicas of each partition. From 2 on an append waits for all but one of them at least. Default 3.
    pub replication: u16,
    /// How long records stay, read or not, in seconds: longer than any time without a processor. Default 604,800 (7 days).
    pub keep_seconds: u64,
    /// How long an append or a question may take, in seconds, before it is an error. Default 20.
    pub timeout_seconds: u64,
    /// Settings of librdkafka for the way to the brokers: names that start with `security.`, `sasl.`, `ssl.`, `socket.`
    /// or `broker.address.`. Default none.
    pub properties: BTreeMap<String, String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            brokers: "127.0.0.1:9092".into(),
            topic: "belfry-events".into(),
            partitions: 8,
            replication: 3,
            keep_seconds: 7 * 24 * 3600,
            timeout_seconds: 20,
            properties: BTreeMap::new(),
        }
    }
}

impl fmt::Debug for Options {
    /// Without the values of `properties`, which may be passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("brokers", &self.brokers)
            .field("topic", &self.topic)
            .field("partitions", &self.partitions)
            .field("replication", &self.replication)
            .field("keep_seconds", &self.keep_seconds)
            .field("timeout_seconds", &self.timeout_seconds)
            .field("properties", &self.properties.keys())
            .finish()
    }
}

impl Options {
    fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.max(1))
    }
}

/// The event log on Kafka.
pub struct KafkaLog {
    options: Options,
    producer: Producer,
    waiting: Semaphore,
    /// The groups that this process reads for.
    groups: Mutex<HashMap<String, Arc<GroupConsumer>>>,
}

impl KafkaLog {
    /// Connects, makes the topic if it is not there and compares it if it is.
    ///
    /// Brokers that are away are [`Error::Retryable`]; a topic that is not as configured is [`Error::Mismatch`].
    pub async fn connect(options: Options) -> Result<Self> {
        topic::ensure(&options).await?;
        let producer = Producer::new(&options)?;
        Ok(Self { options, producer, waiting: Semaphore::new(WAITING_BYTES), groups: Mutex::default() })
    }

    fn groups(&self) -> MutexGuard<'_, HashMap<String, Arc<GroupConsumer>>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The consumer of a group, which joins it at the first call.
    fn group(&self, group: &str) -> Result<Arc<GroupConsumer>> {
        check_group(group)?;
        let mut groups = self.groups();
        if let Some(consumer) = groups.get(group) {
            return Ok(Arc::clone(consumer));
        }
        if groups.len() == MOST_GROUPS {
            let cause = format!("this process reads for {MOST_GROUPS} groups already, which is the limit");
            return Err(Error::terminal(format!("joining the group {group}"), cause));
        }
        let consumer = Arc::new(GroupConsumer::join(&self.options, group)?);
        groups.insert(group.to_owned(), Arc::clone(&consumer));
        Ok(consumer)
    }
}

#[async_trait]
impl EventLog for KafkaLog {
    async fn append(&self, batch: Vec<Entry>) -> Result<Vec<Position>> {
        let bytes = check_batch(&batch)? + batch.len() * ENTRY_BYTES;
        // The largest batch counts less than all that may wait, so that it can't wait for ever.
        let _waiting = self.waiting.acquire_many(bytes as u32).await.expect("the semaphore is never closed");
        self.producer.append(&batch).await
    }

    async fn read(&self, group: &str, most: usize, most_bytes: usize, wait: Duration) -> Result<Vec<Stored>> {
        self.group(group)?.read(most, most_bytes, wait).await
    }

    async fn commit(&self, group: &str, position: Position) -> Result<()> {
        check_group(group)?;
        // Without a consumer here the partition is another process's.
        let consumer = self.groups().get(group).cloned();
        match consumer {
            Some(consumer) => consumer.commit(position).await,
            None => Ok(()),
        }
    }

    async fn lag(&self, group: &str) -> Result<Lag> {
        check_group(group)?;
        let consumer = self.groups().get(group).cloned();
        let (options, group) = (self.options.clone(), group.to_owned());
        let asked = spawn_blocking(move || match consumer {
            Some(consumer) => consumer.lag(&options),
            None => consumer::group_lag(&options, &group),
        });
        let records = asked.await.map_err(|e| Error::terminal("asking Kafka how far the log is read", e))??;
        Ok(Lag { records, bytes: None })
    }

    async fn health(&self) -> Result<()> {
        let doing = format!("asking Kafka at {} for topic {}", self.options.brokers, self.options.topic);
        let (producer, topic) = (self.producer.current(), self.options.topic.clone());
        // Readiness is asked for every few seconds and must answer soon.
        let timeout = self.options.timeout().min(Duration::from_secs(2));
        let fetched = spawn_blocking(move || producer.client().fetch_metadata(Some(&topic), timeout)).await;
        let metadata = fetched.map_err(|e| Error::terminal(&doing, e))?.map_err(|e| failed(doing.clone(), &e))?;
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
        match partitions.filter(|partition| partition.leader() < 0).count() {
            0 => Ok(()),
            without => Err(Error::retryable(doing, format!("{without} partitions have no leader"))),
        }
    }

    async fn close(&self) -> Result<()> {
        let timeout = self.options.timeout();
        let groups: Vec<Arc<GroupConsumer>> = self.groups().drain().map(|(_, consumer)| consumer).collect();
        let (left, all_left) = oneshot::channel();
        let leave = move || {
            // Dropping a consumer leaves its group, which can take for ever when the brokers are away.
            groups.into_iter().for_each(GroupConsumer::leave);
            let _ = left.send(());
        };
        let doing = format!("leaving topic {} at {}", self.options.topic, self.options.brokers);
        std::thread::Builder::new().name("log-close".into()).spawn(leave).map_err(|e| Error::terminal(&doing, e))?;
        let left = tokio::time::timeout(timeout, all_left).await;
        let producer = self.producer.current();
        let flushed = spawn_blocking(move || producer.flush(timeout)).await.map_err(|e| Error::terminal(&doing, e))?;
        flushed.map_err(|e| failed(doing.clone(), &e))?;
        left.map_err(|_| Error::retryable(doing, "the groups could not be left in time; they forget this process by themselves"))?
            .map_err(|_| Error::terminal("leaving Kafka's groups", "the thread for it ended"))
    }
}
