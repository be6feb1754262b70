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
}

/// One group over time.
#[derive(Debug, Serialize)]
pub(crate) struct Series {
    pub(crate) key: Key,
    pub(crate) count: u64,
    /// One for each bucket of the answer.
    pub(crate) counts: Vec<u64>,
}
