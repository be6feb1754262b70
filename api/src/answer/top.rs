//! The most frequent values.

use jiff::Timestamp;
use schemas::ids::{EventId, IssueId, ProjectId};
use serde::Serialize;
use utoipa::ToSchema;

use super::group::Group;
use crate::scope::Understood;

/// The groups with the most events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Top {
    pub(crate) query: Understood,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// The window before, as long as what has passed of the range.
    pub(crate) previous_from: Timestamp,
    /// Events in the range, those in no group too.
    pub(crate) total: u64,
    /// Whether some of the events were left out by sampling, so that the total is an estimate.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    pub(crate) groups: Vec<TopGroup>,
    pub(crate) groups_total: u64,
    /// By how much at most a group's count may be too low.
    pub(crate) error_bound: u64,
}

/// One of the groups with the most events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TopGroup {
    #[serde(flatten)]
    pub(crate) group: Group,
    /// Its part of all events of the range, from 0 to 1.
    pub(crate) share: f64,
    /// Users in the range.
    pub(crate) users: u64,
    /// Whether they are so many that they are estimated, rarely wrong by more than 3 %.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) users_estimated: bool,
    /// Events in the window before.
    pub(crate) previous_count: u64,
    /// By what part that changed: 0.5 is half as many again; `null` if there was none before.
    pub(crate) change: Option<f64>,
    /// Its newest event in the range.
    pub(crate) example: Option<Example>,
    /// Of groups by fingerprint the issue; none while the processor is about to make it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) issue: Option<IssueId>,
    /// The issue's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<String>,
}

/// An event to look at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExampleEvent)]
pub(crate) struct Example {
    pub(crate) id: EventId,
    pub(crate) project: ProjectId,
}
