//! Issues with their counts.

use jiff::Timestamp;
use schemas::issue;
use serde::Serialize;
use serde_json::value::RawValue;

/// An issue, and how it went in the range that was asked for.
#[derive(Debug, Serialize)]
pub(crate) struct Issue {
    /// With the times of its oldest and newest event of all.
    #[serde(flatten)]
    pub(crate) issue: issue::Issue,
    /// Events in the range.
    pub(crate) count: u64,
    /// Whether some of the events were left out by sampling, so that the count and the sparkline are estimates.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    /// Users in the range.
    pub(crate) users: u64,
    /// Its oldest and newest event in the range; `null` if there is none.
    pub(crate) window: Option<Window>,
    /// Events in each bucket of the range.
    pub(crate) sparkline: Vec<u64>,
}

/// The oldest and the newest event in the range.
#[derive(Debug, Serialize)]
pub(crate) struct Window {
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
}

/// One page of issues.
#[derive(Debug, Serialize)]
pub(crate) struct Issues {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// Milliseconds of a bucket of the sparklines.
    pub(crate) bucket_ms: i64,
    pub(crate) issues: Vec<Issue>,
    /// Issues in the range, on every page.
    pub(crate) total: u64,
    /// Whether every group of events was looked at. If not, those with the most events were.
    pub(crate) complete: bool,
    pub(crate) next: Option<String>,
}

/// One issue whole.
#[derive(Debug, Serialize)]
pub(crate) struct OneIssue {
    #[serde(flatten)]
    pub(crate) issue: Issue,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) bucket_ms: i64,
    /// The newest event in the range, as stored.
    pub(crate) latest_event: Option<Box<RawValue>>,
}
