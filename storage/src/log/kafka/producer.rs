//! Appends: acknowledged by all replicas, in order per partition, not doubled by librdkafka's own retries.

use std::sync::{Arc, PoisonError, RwLock};

use rdkafka::{
    error::KafkaError,
    producer::{FutureProducer, FutureRecord, Producer as _, future_producer::DeliveryFuture},
};
use schemas::record::Position;
use tokio::task::spawn_blocking;
use tracing::warn;

use super::{
    Options,
    client::{self, Context, failed},
};
use crate::{Error, Result, log::Entry};

/// The producer of one topic.
pub(super) struct Producer {
    options: Options,
    current: RwLock<Arc<FutureProducer<Context>>>,
}

impl Producer {
    pub(super) fn new(options: &Options) -> Result<Self> {
        Ok(Self { current: RwLock::new(Arc::new(create(options)?)), options: options.clone() })
    }

    pub(super) fn current(&self) -> Arc<FutureProducer<Context>> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// See [`crate::log::EventLog::append`].
    pub(super) async fn append(&self, batch: &[Entry]) -> Result<Vec<Position>> {
        let producer = self.current();
        let mut outcome = Ok(());
        let mut deliveries: Vec<DeliveryFuture> = Vec::with_capacity(batch.len());
        for entry in batch {
            let key = entry.key.to_string();
            let record = FutureRecord::to(&self.options.topic).key(&key).payload(&entry.bytes[..]);
            match producer.send_result(record) {
                Ok(delivery) => deliveries.push(delivery),
                Err((e, _)) => {
                    outcome = Err(self.failed(&e));
                    break;
                }
            }
        }
        let mut positions = Vec::with_capacity(deliveries.len());
        // All are waited for, also after an error: what is under way stays within what may wait.
        for delivery in deliveries {
            match delivery.await {
                Ok(Ok(delivery)) => positions.push(Position { partition: delivery.partition as u32, offset: delivery.offset as u64 }),
                Ok(Err((e, _))) if outcome.is_ok() => outcome = Err(self.failed(&e)),
                Err(_) if outcome.is_ok() => outcome = Err(Error::retryable(self.doing(), "the producer was closed")),
                _ => {}
            }
        }
        if outcome.is_err() {
            self.renew_after_fatal(&producer)?;
        }
        outcome.map(|()| positions)
    }

    /// An idempotent producer that has lost its place among the broker's sequence numbers never works again.
    fn renew_after_fatal(&self, producer: &Arc<FutureProducer<Context>>) -> Result<()> {
        let Some((code, reason)) = producer.client().fatal_error() else { return Ok(()) };
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, producer) {
            warn!(%code, reason, "Kafka's producer has failed and is made anew");
            let old = std::mem::replace(&mut *current, Arc::new(create(&self.options)?));
            // Its end waits for its thread.
            drop(spawn_blocking(move || drop(old)));
        }
        Ok(())
    }

    fn failed(&self, error: &KafkaError) -> Error {
        failed(self.doing(), error)
    }

    fn doing(&self) -> String {
        format!("appending to topic {} at {}", self.options.topic, self.options.brokers)
    }
}

fn create(options: &Options) -> Result<FutureProducer<Context>> {
    let mut config = client::config(options)?;
    config
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("linger.ms", "5")
        // Payloads are compressed already.
        .set("compression.type", "none")
        .set("partitioner", "murmur2_random")
        .set("delivery.timeout.ms", options.timeout().as_millis().to_string())
        // More than may wait in `KafkaLog`, so that this queue is never what is full.
        .set("queue.buffering.max.messages", "1000000")
        .set("queue.buffering.max.kbytes", "65536");
    let doing = format!("making a producer for {}", options.brokers);
    config.create_with_context(Context).map_err(|e| failed(doing, &e))
}
