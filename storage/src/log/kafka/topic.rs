//! The topic: made at the first start, afterwards only compared. Never changed.

use std::{collections::HashMap, sync::Arc, time::Duration};

use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication},
    error::{KafkaError, RDKafkaErrorCode},
};
use tokio::{task::spawn_blocking, time::Instant};
use tracing::info;

use super::{
    Options,
    client::{self, Context, MESSAGE_BYTES, failed},
};
use crate::{Error, Result};

/// How long the next look at a topic that is just being made waits.
const PAUSE: Duration = Duration::from_millis(100);

/// How a setting of the topic must be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Exactly(String),
    AtLeast(u64),
}

/// Sees to it that the topic is there and as configured.
pub(super) async fn ensure(options: &Options) -> Result<()> {
    let doing = || format!("looking at topic {} at {}", options.topic, options.brokers);
    let config = client::config(options)?;
    let admin: AdminClient<Context> = config.create_with_context(Context).map_err(|e| failed(doing(), &e))?;
    let admin = Arc::new(admin);
    let deadline = Instant::now() + options.timeout();
    loop {
        let found = match describe(&admin, options).await? {
            Some(settings) => {
                check_settings(&settings, options)?;
                replicas(&admin, options).await?
            }
            None => {
                create(&admin, options).await?;
                None
            }
        };
        match found {
            Some(replicas) => return check_partitions(&replicas, options),
            // A topic that was just made is not known to every broker at once.
            None if Instant::now() < deadline => tokio::time::sleep(PAUSE).await,
            None => {
                return Err(Error::retryable(doing(), "the brokers do not show it or its settings; is DescribeConfigs permitted for it?"));
            }
        }
    }
}

/// The settings that the log's promises rest on.
fn wanted(options: &Options) -> Vec<(&'static str, Wanted)> {
    vec![
        ("cleanup.policy", Wanted::Exactly("delete".into())),
        ("retention.ms", Wanted::Exactly((options.keep_seconds * 1_000).to_string())),
        // Records must not go because there are many of them.
        ("retention.bytes", Wanted::Exactly("-1".into())),
        // A process with a wrong clock must not make its records old.
        ("message.timestamp.type", Wanted::Exactly("LogAppendTime".into())),
        ("max.message.bytes", Wanted::AtLeast(MESSAGE_BYTES as u64)),
        ("min.insync.replicas", Wanted::AtLeast(u64::from(options.replication.saturating_sub(1).max(1)))),
    ]
}

async fn create(admin: &AdminClient<Context>, options: &Options) -> Result<()> {
    let doing = || format!("making topic {} at {}", options.topic, options.brokers);
    let mut settings = Vec::from_iter(wanted(options).into_iter().map(|(name, wanted)| match wanted {
        Wanted::Exactly(value) => (name, value),
        Wanted::AtLeast(value) => (name, value.to_string()),
    }));
    // Retention takes whole segments only, and raw events must not outlive it by much.
    settings.push(("segment.ms", (options.keep_seconds * 1_000).min(24 * 3_600_000).to_string()));
    let replication = TopicReplication::Fixed(i32::from(options.replication));
    let mut topic = NewTopic::new(&options.topic, options.partitions as i32, replication);
    topic.config = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let made = admin.create_topics([&topic], &admin_options(options)).await.map_err(|e| failed(doing(), &e))?;
    match made.into_iter().next() {
        Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => Ok(()),
        Some(Err((_, RDKafkaErrorCode::InvalidReplicationFactor))) => Err(Error::Mismatch {
            what: format!(
                "topic {} needs {} brokers for its replication, {} has fewer",
                options.topic, options.replication, options.brokers
            ),
            remedy: "start more brokers, or set replication of the log to their number".into(),
        }),
        Some(Err((_, code))) => Err(failed(doing(), &KafkaError::AdminOp(code))),
        Some(Ok(_)) | None => {
            info!(topic = options.topic, partitions = options.partitions, replication = options.replication, "made the topic of the log");
            Ok(())
        }
    }
}

/// The topic's settings by name; `None` if it is not there, or if asking is not permitted: rdkafka 0.39 answers a
/// resource without settings where Kafka gave an error for it.
async fn describe(admin: &AdminClient<Context>, options: &Options) -> Result<Option<HashMap<String, String>>> {
    let doing = || format!("connecting to Kafka at {}", options.brokers);
    let specifier = ResourceSpecifier::Topic(&options.topic);
    let described = admin.describe_configs([&specifier], &admin_options(options)).await.map_err(|e| failed(doing(), &e))?;
    match described.into_iter().next() {
        Some(Ok(resource)) if resource.entries.is_empty() => Ok(None),
        Some(Ok(resource)) => {
            Ok(Some(resource.entries.into_iter().filter_map(|entry| entry.value.map(|value| (entry.name, value))).collect()))
        }
        Some(Err(RDKafkaErrorCode::UnknownTopicOrPartition)) => Ok(None),
        Some(Err(code)) => Err(failed(doing(), &KafkaError::AdminOp(code))),
        None => Err(Error::retryable(doing(), "no answer about the topic's settings")),
    }
}

/// The number of replicas of each partition; `None` while the brokers do not know the topic yet.
async fn replicas(admin: &Arc<AdminClient<Context>>, options: &Options) -> Result<Option<Vec<usize>>> {
    let doing = format!("asking {} for the partitions of topic {}", options.brokers, options.topic);
    let (admin, topic, timeout) = (Arc::clone(admin), options.topic.clone(), options.timeout());
    let fetched = spawn_blocking(move || admin.inner().fetch_metadata(Some(&topic), timeout)).await;
    let metadata = fetched.map_err(|e| Error::terminal(&doing, e))?.map_err(|e| failed(doing, &e))?;
    let partitions = metadata.topics().iter().filter(|topic| topic.error().is_none()).flat_map(|topic| topic.partitions());
    let replicas = Vec::from_iter(partitions.map(|partition| partition.replicas().len()));
    Ok((!replicas.is_empty()).then_some(replicas))
}

fn check_settings(found: &HashMap<String, String>, options: &Options) -> Result<()> {
    for (name, wanted) in wanted(options) {
        let value = found.get(name).map_or("", String::as_str);
        let (fits, wanted) = match wanted {
            Wanted::Exactly(wanted) => (value == wanted, wanted),
            Wanted::AtLeast(least) => (value.parse().is_ok_and(|value: u64| value >= least), least.to_string()),
        };
        if !fits {
            let Options { topic, brokers, .. } = options;
            return Err(Error::Mismatch {
                what: format!("topic {topic} has {name}={value}, wanted is {wanted}"),
                remedy: format!(
                    "change the configuration of the log, or run kafka-configs.sh --bootstrap-server {brokers} \
                     --alter --entity-type topics --entity-name {topic} --add-config {name}={wanted}"
                ),
            });
        }
    }
    Ok(())
}

fn check_partitions(replicas: &[usize], options: &Options) -> Result<()> {
    let Options { topic, partitions, replication, .. } = options;
    if replicas.len() != *partitions as usize {
        return Err(Error::Mismatch {
            what: format!("topic {topic} has {} partitions, {partitions} are configured", replicas.len()),
            remedy: format!(
                "set partitions of the log to {}; a topic with another number needs another name, because events would \
                 change their partition",
                replicas.len()
            ),
        });
    }
    match replicas.iter().min() {
        Some(least) if *least < usize::from(*replication) => Err(Error::Mismatch {
            what: format!("a partition of topic {topic} has {least} replicas, {replication} are configured"),
            remedy: "add replicas with kafka-reassign-partitions.sh, or lower replication of the log".into(),
        }),
        _ => Ok(()),
    }
}

fn admin_options(options: &Options) -> AdminOptions {
    AdminOptions::new().request_timeout(Some(options.timeout())).operation_timeout(Some(options.timeout()))
}
