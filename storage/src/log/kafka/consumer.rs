//! One group's consumer. Other processes may have consumers of the same group; Kafka shares the partitions out.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures::FutureExt;
use rdkafka::{
    ClientContext, Message, Offset, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance, StreamConsumer},
    error::{KafkaError, RDKafkaErrorCode},
    message::BorrowedMessage,
};
use schemas::record::Position;
use tokio::{sync::Mutex as AsyncMutex, task::spawn_blocking, time::Instant};
use tracing::{error, info, warn};

use super::{
    Options,
    assignment::Assignment,
    client::{self, failed},
};
use crate::{Error, Result, log::Stored};

/// How often a commit that meets a rebalance is tried.
const COMMIT_TRIES: usize = 100;
/// How long a rebalance is served before the commit is tried again.
const COMMIT_PAUSE: Duration = Duration::from_millis(100);

/// One group's consumer.
pub(super) struct GroupConsumer {
    consumer: Arc<StreamConsumer<GroupContext>>,
    topic: String,
    /// What was taken from librdkafka and not given yet. Who holds it is the one who takes.
    ahead: AsyncMutex<VecDeque<Ahead>>,
}

/// A record with the number of the assignment under which it came.
struct Ahead {
    stored: Stored,
    assignment: u64,
}

/// Follows the assignment of partitions.
pub(super) struct GroupContext {
    group: String,
    assignment: Mutex<Assignment>,
}

impl GroupContext {
    fn assignment(&self) -> MutexGuard<'_, Assignment> {
        self.assignment.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for GroupContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        warn!(group = self.group, %error, reason, "Kafka");
    }
}

impl ConsumerContext for GroupContext {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let partitions = |list: &TopicPartitionList| Vec::from_iter(list.elements().iter().map(|element| element.partition() as u32));
        let mut assignment = self.assignment();
        match rebalance {
            Rebalance::Assign(list) => {
                info!(group = self.group, partitions = ?partitions(list), "partitions of the log come to this process");
                partitions(list).into_iter().for_each(|partition| assignment.assign(partition));
            }
            Rebalance::Revoke(list) => {
                info!(group = self.group, partitions = ?partitions(list), "partitions of the log leave this process");
                partitions(list).into_iter().for_each(|partition| assignment.revoke(partition));
            }
            Rebalance::Error(error) => warn!(group = self.group, %error, "Kafka could not share out the partitions"),
        }
    }
}

impl GroupConsumer {
    /// Joins the group, in the background.
    pub(super) fn join(options: &Options, group: &str) -> Result<Self> {
        let context = GroupContext { group: group.to_owned(), assignment: Mutex::default() };
        let doing = || format!("joining the group {group} of topic {} at {}", options.topic, options.brokers);
        let consumer: StreamConsumer<GroupContext> =
            config(options, group)?.create_with_context(context).map_err(|e| failed(doing(), &e))?;
        consumer.subscribe(&[&options.topic]).map_err(|e| failed(doing(), &e))?;
        Ok(Self { consumer: Arc::new(consumer), topic: options.topic.clone(), ahead: AsyncMutex::default() })
    }

    /// See [`crate::log::EventLog::read`].
    pub(super) async fn read(&self, most: usize, most_bytes: usize, wait: Duration) -> Result<Vec<Stored>> {
        let deadline = Instant::now() + wait;
        let mut ahead = self.ahead.lock().await;
        let mut trouble = None;
        loop {
            let (given, error) = self.take_ready(&mut ahead, most, most_bytes);
            // Nothing is awaited once something is taken, so a call that is dropped loses nothing.
            if !given.is_empty() || most == 0 {
                return Ok(given);
            }
            match error {
                Some(error) if !error.is_retryable() => return Err(error),
                Some(error) => trouble = Some(error),
                None => {}
            }
            match tokio::time::timeout_at(deadline, self.consumer.recv()).await {
                Ok(Ok(message)) => ahead.extend(self.take(&message)),
                // librdkafka goes on by itself when the brokers are back.
                Ok(Err(e)) => trouble = Some(self.reading_failed(&e)),
                Err(_) => return trouble.map_or(Ok(Vec::new()), Err),
            }
        }
    }

    /// What can be given without waiting.
    fn take_ready(&self, ahead: &mut VecDeque<Ahead>, most: usize, most_bytes: usize) -> (Vec<Stored>, Option<Error>) {
        let mut given: Vec<Stored> = Vec::new();
        let mut bytes = 0;
        let mut trouble = None;
        while given.len() < most {
            let next = match ahead.pop_front() {
                Some(next) => next,
                None => match self.consumer.recv().now_or_never() {
                    Some(Ok(message)) => match self.take(&message) {
                        Some(next) => next,
                        None => continue,
                    },
                    Some(Err(e)) => {
                        trouble = Some(self.reading_failed(&e));
                        break;
                    }
                    None => break,
                },
            };
            if !given.is_empty() && bytes + next.stored.bytes.len() > most_bytes {
                ahead.push_front(next);
                break;
            }
            let mut assignment = self.consumer.context().assignment();
            if assignment.number(next.stored.position.partition) != Some(next.assignment) {
                continue;
            }
            let skipped = assignment.give(next.stored.position);
            if skipped > 0 {
                let Position { partition, offset } = next.stored.position;
                error!(partition, before = offset, skipped, "Kafka removed records that were not read: raise keep_seconds of the log");
                metrics::counter!("belfry_log_lost_records_total").increment(skipped);
            }
            bytes += next.stored.bytes.len();
            given.push(next.stored);
        }
        (given, trouble)
    }

    /// The record of a message; `None` if its partition has left.
    fn take(&self, message: &BorrowedMessage<'_>) -> Option<Ahead> {
        let position = Position { partition: message.partition() as u32, offset: message.offset() as u64 };
        let assignment = self.consumer.context().assignment().number(position.partition)?;
        let bytes = Bytes::copy_from_slice(message.payload().unwrap_or_default());
        Some(Ahead { stored: Stored { position, bytes }, assignment })
    }

    /// See [`crate::log::EventLog::commit`].
    pub(super) async fn commit(&self, position: Position) -> Result<()> {
        for _ in 0..COMMIT_TRIES {
            if !self.consumer.context().assignment().wants(position) {
                return Ok(());
            }
            let mut list = TopicPartitionList::new();
            let next = Offset::Offset(position.offset as i64 + 1);
            list.add_partition_offset(&self.topic, position.partition as i32, next).map_err(|e| self.commit_failed(position, &e))?;
            let consumer = Arc::clone(&self.consumer);
            let outcome = spawn_blocking(move || consumer.commit(&list, CommitMode::Sync)).await;
            match outcome.map_err(|e| Error::terminal(format!("committing {position}"), e))? {
                Ok(()) => {
                    self.consumer.context().assignment().committed(position);
                    return Ok(());
                }
                Err(e) if has_moved(&e) => return Ok(()),
                Err(e) if e.rdkafka_error_code() == Some(RDKafkaErrorCode::RebalanceInProgress) => self.serve_rebalance().await,
                Err(e) => return Err(self.commit_failed(position, &e)),
            }
        }
        Err(self.commit_failed(position, &KafkaError::ConsumerCommit(RDKafkaErrorCode::RebalanceInProgress)))
    }

    /// A rebalance goes on only while someone takes messages, and whoever waits for a commit does not.
    async fn serve_rebalance(&self) {
        let Ok(mut ahead) = self.ahead.try_lock() else {
            return tokio::time::sleep(COMMIT_PAUSE).await;
        };
        if let Ok(Ok(message)) = tokio::time::timeout(COMMIT_PAUSE, self.consumer.recv()).await {
            ahead.extend(self.take(&message));
        }
    }

    /// How many records the group has not committed. Blocks on the network.
    pub(super) fn lag(&self, options: &Options) -> Result<u64> {
        lag(&*self.consumer, options)
    }

    /// Leaves the group, so that others take over at once. Blocks on the network.
    pub(super) fn leave(self: Arc<Self>) {
        self.consumer.unsubscribe();
    }

    fn reading_failed(&self, error: &KafkaError) -> Error {
        failed(format!("reading topic {} for the group {}", self.topic, self.consumer.context().group), error)
    }

    fn commit_failed(&self, position: Position, error: &KafkaError) -> Error {
        failed(format!("committing {position} of topic {} for the group {}", self.topic, self.consumer.context().group), error)
    }
}

/// How many records a group has not committed, whether or not this process reads for it. Blocks on the network.
pub(super) fn group_lag(options: &Options, group: &str) -> Result<u64> {
    let doing = format!("asking {} how far the group {group} is", options.brokers);
    let consumer: BaseConsumer<client::Context> =
        config(options, group)?.create_with_context(client::Context).map_err(|e| failed(doing, &e))?;
    lag(&consumer, options)
}

fn lag<C: ConsumerContext>(consumer: &impl Consumer<C>, options: &Options) -> Result<u64> {
    let doing = || format!("asking {} how far topic {} is read", options.brokers, options.topic);
    let mut list = TopicPartitionList::new();
    list.add_partition_range(&options.topic, 0, options.partitions as i32 - 1);
    let committed = consumer.committed_offsets(list, options.timeout()).map_err(|e| failed(doing(), &e))?;
    let mut records = 0;
    for element in committed.elements() {
        let marks = consumer.fetch_watermarks(&options.topic, element.partition(), options.timeout());
        let (low, high) = marks.map_err(|e| failed(doing(), &e))?;
        let next = element.offset().to_raw().unwrap_or(low).max(low);
        records += (high - next).max(0) as u64;
    }
    Ok(records)
}

/// The partition is another process's by now, or will be: its next reader gets the record again.
fn has_moved(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    let moved = [Code::IllegalGeneration, Code::UnknownMemberId, Code::FencedInstanceId, Code::AssignmentLost, Code::NoOffset];
    error.rdkafka_error_code().is_some_and(|code| moved.contains(&code))
}

fn config(options: &Options, group: &str) -> Result<rdkafka::ClientConfig> {
    let mut config = client::config(options)?;
    config
        // Two installations on one cluster have different topics, and so different groups.
        .set("group.id", format!("{}.{group}", options.topic))
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("partition.assignment.strategy", "cooperative-sticky")
        // The shortest that brokers allow by default: for so long nobody reads what a killed process had.
        .set("session.timeout.ms", "6000")
        .set("heartbeat.interval.ms", "500")
        .set("queued.max.messages.kbytes", "16384")
        .set("fetch.queue.backoff.ms", "50")
        // Kafka's checksums are looked at on this side, too.
        .set("check.crcs", "true");
    Ok(config)
}

impl ConsumerContext for client::Context {}
