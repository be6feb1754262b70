//! Events over time.

use jiff::Timestamp;
use serde::Serialize;

use super::group::Key;

/// Events in each bucket of the range, in all and per group.
#[derive(Debug, Serialize)]
pub(crate) struct Trend {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// Length of a bucket, e.g. `30m`.
    pub(crate) interval: String,
    pub(crate) total: u64,
    /// Whether some of the events were left out by sampling, so that the total is an estimate.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    pub(crate) buckets: Vec<Bucket>,
    /// Those with the most events; without a field to split by, none.
    pub(crate) groups: Vec<Series>,
    pub(crate) groups_total: u64,
    /// By how much at most a group's count may be too low.
    pub(crate) error_bound: u64,
}

/// Events from here to the next bucket.
#[derive(Debug, Serialize)]
pub(crate) struct Bucket {
    pub(crate) start: Timestamp,
    pub(crate) count: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
}

/// One group over time.
#[derive(Debug, Serialize)]
pub(crate) struct Series {
    pub(crate) key: Key,
    pub(crate) count: u64,
    /// Whether the count and some of the counts are estimates.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    /// One for each bucket of the answer.
    pub(crate) counts: Vec<u64>,
}
