//! How fast events come.

use jiff::Timestamp;
use serde::Serialize;

use super::group::Key;

/// A window and the one before it.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Rate {
    /// Events in the window.
    pub(crate) count: u64,
    pub(crate) per_minute: f64,
    /// Events in the window before.
    pub(crate) previous_count: u64,
    pub(crate) previous_per_minute: f64,
    /// By what part the rate changed: 0.5 is half as many again, -1 is none any more; `null` if there was none before.
    pub(crate) change: Option<f64>,
    /// Whether some of the events were left out by sampling, so that all this is an estimate.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
}

impl Rate {
    /// Of two windows of `millis` milliseconds.
    pub(crate) fn new(previous_count: u64, count: u64, millis: i64, estimated: bool) -> Self {
        let minutes = millis as f64 / 60_000.0;
        let change = (previous_count > 0).then(|| (count as f64 - previous_count as f64) / previous_count as f64);
        let previous_per_minute = previous_count as f64 / minutes;
        Self { count, per_minute: count as f64 / minutes, previous_count, previous_per_minute, change, estimated }
    }
}

/// The rate of all events and of the groups with the most events in both windows, the fastest first.
#[derive(Debug, Serialize)]
pub(crate) struct Rates {
    /// Length of each window, e.g. `5m`.
    pub(crate) window: String,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    #[serde(flatten)]
    pub(crate) rate: Rate,
    /// Sessions that began in the window, of any release and environment.
    pub(crate) sessions: u64,
    /// Events in the window for each of these sessions; `null` without any.
    pub(crate) per_session: Option<f64>,
    pub(crate) groups: Vec<GroupRate>,
    pub(crate) groups_total: u64,
    /// By how much at most a group's count over both windows may be too low.
    pub(crate) error_bound: u64,
}

/// The rate of one group.
#[derive(Debug, Serialize)]
pub(crate) struct GroupRate {
    pub(crate) key: Key,
    #[serde(flatten)]
    pub(crate) rate: Rate,
}
