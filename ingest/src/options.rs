//! What an operator can choose about ingest.

use serde::Deserialize;

use crate::address::Network;

/// Section `ingest` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Most bytes of request bodies, as sent and decoded, that are held at once. Requests beyond it are told to
    /// come again. The last quarter is kept for bodies of up to 1 MiB, so that uploads never crowd out events.
    pub memory_bytes: usize,
    /// Longest time from a request's headers to the end of its body, in seconds.
    pub body_seconds: u64,
    /// Appends to the log that may be under way at once.
    pub appends_in_flight: usize,
    /// Requests that may wait for their append.
    pub queue_requests: usize,
    /// How long a request waits for a place in that queue, in milliseconds.
    pub queue_milliseconds: u64,
    /// How long an append is tried again while the log's server is away, in milliseconds. No SDK sends a refused
    /// event again, so a short absence is waited out; some SDKs block their program for up to 5 s.
    pub retry_milliseconds: u64,
    /// Addresses or networks (`10.0.0.0/8`) of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            memory_bytes: 256 << 20,
            body_seconds: 30,
            appends_in_flight: 4,
            queue_requests: 4_096,
            queue_milliseconds: 500,
            retry_milliseconds: 2_000,
            trusted_proxies: Vec::new(),
        }
    }
}
