//! The state of things on one page.

use jiff::Timestamp;
use schemas::ids::{Fingerprint, IssueId, ProjectId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{group::Group, rate::Rate};
use crate::scope::Understood;

/// How many, of what kind, how fast, and what most.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Summary {
    pub(crate) query: Understood,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) total: u64,
    /// Whether some of the events were left out by sampling, so that the total is an estimate. Users are those of the
    /// events that were kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    pub(crate) users: u64,
    /// Whether they are so many that they are estimated, rarely wrong by more than 3 %.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) users_estimated: bool,
    pub(crate) by_category: Vec<Group>,
    pub(crate) by_severity: Vec<Group>,
    pub(crate) by_environment: Vec<Group>,
    pub(crate) recent: Recent,
    pub(crate) top_errors: Vec<TopError>,
    /// Of the 100 groups with the most events those whose issue began in the range, the most frequent first.
    pub(crate) new_errors: Vec<TopError>,
    /// Of the 100 groups with the most events those that come more often than in the window before, by more than chance
    /// (corrected probability below 0.05), the clearest first.
    pub(crate) rising_errors: Vec<Rising>,
}

/// An error that comes more often than before.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RisingError)]
pub(crate) struct Rising {
    #[serde(flatten)]
    pub(crate) error: TopError,
    /// Events in the window before, as long as what has passed of the range.
    pub(crate) previous_count: u64,
    /// By what part the count changed.
    pub(crate) change: Option<f64>,
    pub(crate) p_value: f64,
}

/// The rate at the end of the range.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecentRate)]
pub(crate) struct Recent {
    /// Length of the window, e.g. `5m`.
    pub(crate) window: String,
    #[serde(flatten)]
    pub(crate) rate: Rate,
}

/// One of the errors with the most events.
#[derive(Debug, Clone, Serialize, ToSchema)]
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
