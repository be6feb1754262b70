//! The state of things on one page.

use jiff::Timestamp;
use schemas::ids::{Fingerprint, IssueId, ProjectId};
use serde::Serialize;

use super::{group::Group, rate::Rate};

/// How many, of what kind, how fast, and what most.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) total: u64,
    /// Whether some of the events were left out by sampling, so that the total is an estimate. Users are those of the
    /// events that were kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    pub(crate) users: u64,
    pub(crate) by_category: Vec<Group>,
    pub(crate) by_severity: Vec<Group>,
    pub(crate) by_environment: Vec<Group>,
    pub(crate) recent: Recent,
    pub(crate) top_errors: Vec<TopError>,
}

/// The rate at the end of the range.
#[derive(Debug, Serialize)]
pub(crate) struct Recent {
    /// Length of the window, e.g. `5m`.
    pub(crate) window: String,
    #[serde(flatten)]
    pub(crate) rate: Rate,
}

/// One of the errors with the most events.
#[derive(Debug, Serialize)]
pub(crate) struct TopError {
    pub(crate) project: ProjectId,
    pub(crate) fingerprint: Fingerprint,
    /// `null` while the processor is about to make it.
    pub(crate) issue: Option<IssueId>,
    pub(crate) title: Option<String>,
    pub(crate) count: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
}
