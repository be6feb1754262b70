//! What producer, consumers and administration have in common: settings, librdkafka's own messages, errors.

use rdkafka::{
    ClientConfig, ClientContext,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
};
use schemas::limits;
use tracing::{debug, info, warn};

use super::Options;
use crate::{Error, Result};

/// Longest batch that producer, topic and consumer take: one record of the longest with its key and headers.
pub(super) const MESSAGE_BYTES: usize = limits::RECORD_BYTES + (64 << 10);

/// Settings of librdkafka that users may give: how to get to the brokers, never what the log promises.
const FREE_SETTINGS: [&str; 5] = ["security.", "sasl.", "ssl.", "socket.", "broker.address."];

/// Passes librdkafka's messages on to the log of this process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context;

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        warn!(%error, reason, "Kafka");
    }
}

pub(super) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Info | RDKafkaLogLevel::Notice => info!(facility, message, "librdkafka"),
        RDKafkaLogLevel::Debug => debug!(facility, message, "librdkafka"),
        _ => warn!(facility, message, "librdkafka"),
    }
}

/// The settings that every client has.
pub(super) fn config(options: &Options) -> Result<ClientConfig> {
    let mut config = ClientConfig::new();
    for (name, value) in &options.properties {
        if !FREE_SETTINGS.iter().any(|free| name.starts_with(free)) {
            return Err(Error::Mismatch {
                what: format!("the Kafka property {name} can't be set"),
                remedy: format!("properties may start with {}", FREE_SETTINGS.join(", ")),
            });
        }
        config.set(name, value);
    }
    config
        .set("bootstrap.servers", &options.brokers)
        .set("client.id", "belfry")
        .set("reconnect.backoff.max.ms", "2000")
        .set("socket.keepalive.enable", "true")
        .set("message.max.bytes", MESSAGE_BYTES.to_string());
    Ok(config)
}

/// The error of a seam for one of librdkafka's.
pub(super) fn failed(doing: String, error: &KafkaError) -> Error {
    let terminal = match error {
        KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_) | KafkaError::Nul(_) => true,
        other => other.rdkafka_error_code().is_some_and(is_terminal),
    };
    if terminal { Error::terminal(doing, error) } else { Error::retryable(doing, error) }
}

/// Whether trying again can't help before someone changes a setting or a permission.
fn is_terminal(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::UnsupportedSASLMechanism
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::MessageSizeTooLarge
            | Code::InvalidConfig
            | Code::InvalidRequest
            | Code::InvalidTopic
            | Code::InvalidGroupId
            | Code::InvalidSessionTimeout
            | Code::InconsistentGroupProtocol
            | Code::PolicyViolation
            | Code::UnsupportedVersion
            | Code::UnsupportedFeature
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_would_break_a_promise_are_refused() {
        for name in ["acks", "enable.idempotence", "enable.auto.commit", "group.id", "bootstrap.servers"] {
            let options = Options { properties: [(name.to_owned(), "x".to_owned())].into(), ..Options::default() };
            let error = config(&options).unwrap_err();
            assert!(matches!(error, Error::Mismatch { .. }), "{error}");
        }
        let options = Options { properties: [("security.protocol".to_owned(), "ssl".to_owned())].into(), ..Options::default() };
        assert_eq!(config(&options).unwrap().get("security.protocol"), Some("ssl"));
    }

    #[test]
    fn an_outage_is_retryable_and_a_missing_permission_is_not() {
        for code in [RDKafkaErrorCode::MessageTimedOut, RDKafkaErrorCode::QueueFull, RDKafkaErrorCode::NotEnoughReplicas] {
            assert!(failed(String::new(), &KafkaError::MessageProduction(code)).is_retryable(), "{code}");
        }
        assert!(!failed(String::new(), &KafkaError::MessageProduction(RDKafkaErrorCode::TopicAuthorizationFailed)).is_retryable());
    }
}
