//! Events over time.

use jiff::Timestamp;
use schemas::{catalog::Deploy, ids::ProjectId};
use serde::Serialize;
use utoipa::ToSchema;

use super::group::Key;
use crate::scope::Understood;

/// Events in each bucket of the range, in all and per group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Trend {
    pub(crate) query: Understood,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// Length of a bucket, e.g. `30m`. Where clocks are changed a day may have 23 or 25 hours.
    pub(crate) interval: String,
    /// By whose clocks buckets begin.
    pub(crate) timezone: String,
    pub(crate) total: u64,
    /// Whether some of the events were left out by sampling, so that the total is an estimate.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    /// Users in the range, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) users: Option<u64>,
    /// Whether they, or those of a bucket, are so many that they are estimated, rarely wrong by more than 3 %.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) users_estimated: bool,
    pub(crate) buckets: Vec<Bucket>,
    /// Those with the most events; without a field to split by, none.
    pub(crate) groups: Vec<Series>,
    pub(crate) groups_total: u64,
    /// The events with another value of the field that they are split by: all but those of `groups` and `without`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) other: Option<Rest>,
    /// The events without a value of the field that they are split by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) without: Option<Rest>,
    /// Releases with events in the range, by the first of them, when asked for: the 100 with the most events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) releases: Option<Vec<Release>>,
    /// What was deployed in the range, newest first, when asked for: of the projects' newest 1,000 deploys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deploys: Option<Vec<Deploy>>,
    /// By how much at most a group's count may be too low.
    pub(crate) error_bound: u64,
}

/// Events from here to the next bucket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrendBucket)]
pub(crate) struct Bucket {
    pub(crate) start: Timestamp,
    pub(crate) count: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    /// Users, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) users: Option<u64>,
    /// Whether the range cuts it, or it is not over yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) partial: bool,
}

/// One group over time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrendSeries)]
pub(crate) struct Series {
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub(crate) key: Key,
    pub(crate) count: u64,
    /// Whether the count and some of the counts are estimates.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    /// Users in the range, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) users: Option<u64>,
    /// One for each bucket of the answer.
    pub(crate) counts: Vec<u64>,
}

/// What stands in no group, over time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrendRest)]
pub(crate) struct Rest {
    pub(crate) count: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    /// One for each bucket of the answer.
    pub(crate) counts: Vec<u64>,
}

/// A release that has events in the range.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrendRelease)]
pub(crate) struct Release {
    pub(crate) project: ProjectId,
    pub(crate) release: String,
    /// Its first event in the range.
    pub(crate) first_seen: Timestamp,
    pub(crate) count: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
}
