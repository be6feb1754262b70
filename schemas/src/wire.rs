//! What clients send, as bytes in and values out. There is no second parser anywhere.
//!
//! Every parser here is lenient about content and strict about framing, takes time and memory in proportion to
//! its input, and never panics. It is never for trimming, scrubbing or judging: that is the processor's work.

pub mod auth;
pub mod client_report;
pub mod dsn;
pub mod envelope;
pub mod feedback;
pub mod json;
pub mod log_text;
pub mod native;
mod odd;
pub mod otlp;
mod parts;
pub mod peek;
pub mod security;
pub mod sentry_event;
pub mod session;
pub mod stack_text;
mod tree;

use crate::outcome::Reason;

/// Why a payload is not an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ReadError {
    /// The reason of the outcome that it leads to.
    pub reason: Reason,
    /// What is wrong and where; no more of the content than names of fields.
    pub detail: String,
}

impl From<json::JsonError> for ReadError {
    fn from(error: json::JsonError) -> Self {
        Self { reason: Reason::InvalidJson, detail: error.to_string() }
    }
}
