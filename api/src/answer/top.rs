//! The most frequent values.

use jiff::Timestamp;
use serde::Serialize;

use super::group::Group;

/// The groups with the most events.
#[derive(Debug, Serialize)]
pub(crate) struct Top {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// Events in the range, those in no group too.
    pub(crate) total: u64,
    /// Whether some of the events were left out by sampling, so that the total is an estimate.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    pub(crate) groups: Vec<Group>,
    pub(crate) groups_total: u64,
    /// By how much at most a group's count may be too low.
    pub(crate) error_bound: u64,
}
