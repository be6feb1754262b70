//! How fast events come.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::group::Key;
use crate::scope::Understood;

/// By what part a count changed: 0.5 is half as many again, -1 is none any more; `None` if there was none before.
pub(crate) fn change(previous: u64, count: u64) -> Option<f64> {
    (previous > 0).then(|| (count as f64 - previous as f64) / previous as f64)
}

/// A window and the one before it.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
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
        let change = change(previous_count, count);
        let previous_per_minute = previous_count as f64 / minutes;
        Self { count, per_minute: count as f64 / minutes, previous_count, previous_per_minute, change, estimated }
    }
}

/// The rate of all events and of the groups with the most events in both windows, the fastest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rates {
    pub(crate) query: Understood,
    /// Length of each window, e.g. `5m`.
    pub(crate) window: String,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    #[serde(flatten)]
    pub(crate) rate: Rate,
    /// The same window a day before.
    pub(crate) day_before: Past,
    /// The same window a week before.
    pub(crate) week_before: Past,
    /// Sessions that began in the window, of any release and environment.
    pub(crate) sessions: u64,
    /// Events in the window for each of these sessions; `null` without any.
    pub(crate) per_session: Option<f64>,
    /// Which part of these sessions had an error; `null` without any.
    pub(crate) errored_sessions: Option<f64>,
    /// Which part of these sessions crashed; `null` without any.
    pub(crate) crashed_sessions: Option<f64>,
    pub(crate) groups: Vec<GroupRate>,
    pub(crate) groups_total: u64,
    /// By how much at most a group's count over both windows may be too low.
    pub(crate) error_bound: u64,
}

/// The rate of one group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupRate {
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub(crate) key: Key,
    #[serde(flatten)]
    pub(crate) rate: Rate,
    /// The same window a day before.
    pub(crate) day_before: Past,
    /// The same window a week before.
    pub(crate) week_before: Past,
}

/// An earlier window of the same length.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = PastRate)]
pub(crate) struct Past {
    pub(crate) count: u64,
    pub(crate) per_minute: f64,
    /// By what part the rate changed since; `null` if there was none then.
    pub(crate) change: Option<f64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
}

impl Past {
    /// Of `events` with the weight `past`, when there are `count` now.
    pub(crate) fn new(events: u64, past: u64, count: u64, millis: i64) -> Self {
        let minutes = millis as f64 / 60_000.0;
        Self { count: past, per_minute: past as f64 / minutes, change: change(past, count), estimated: events != past }
    }
}
