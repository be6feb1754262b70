//! Issues with their counts.

use jiff::Timestamp;
use schemas::{
    event::Event,
    ids::{EventId, IssueId},
    issue::{self, merges::Change},
};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::scope::Understood;

/// An issue, and how it went in the range that was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssueInRange)]
pub(crate) struct Issue {
    /// With the times of its oldest and newest event of all.
    #[serde(flatten)]
    pub(crate) issue: issue::Issue,
    /// Events in the range.
    pub(crate) count: u64,
    /// Whether some of the events were left out by sampling, so that the count and the sparkline are estimates.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    /// Events in the range of the same length before it; of a range that has not ended, of as much as has passed.
    pub(crate) before: u64,
    /// Users in the range.
    pub(crate) users: u64,
    /// Its oldest and newest event in the range; `null` if there is none.
    pub(crate) window: Option<Window>,
    /// Events in each bucket of the range.
    pub(crate) sparkline: Vec<u64>,
}

/// The oldest and the newest event in the range.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssueWindow)]
pub(crate) struct Window {
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
}

/// One page of issues.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Issues {
    pub(crate) query: Understood,
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
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneIssue {
    #[serde(flatten)]
    pub(crate) issue: Issue,
    /// If another id was asked for: that of the issue that it was merged into, which this is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) merged_into: Option<IssueId>,
    /// The issues that were merged into this one.
    pub(crate) merged: Vec<IssueId>,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) bucket_ms: i64,
    pub(crate) life: Life,
    pub(crate) releases: Releases,
    pub(crate) activity: Activity,
    /// The newest event in the range, as stored.
    #[schema(value_type = Option<Event>)]
    pub(crate) latest_event: Option<Box<RawValue>>,
    /// The oldest event in the range.
    #[schema(value_type = Option<Event>)]
    pub(crate) first_event: Option<Box<RawValue>>,
    /// Of the newest events in the range the one that tells most: whole rather than slim, then with frames of the
    /// application, frames at all, a user, a request, breadcrumbs; of equal ones the newest.
    #[schema(value_type = Option<Event>)]
    pub(crate) recommended_event: Option<Box<RawValue>>,
}

/// An issue from its first event to its last, as far as one question may reach.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssueLife)]
pub(crate) struct Life {
    pub(crate) count: u64,
    /// Whether some of the events were left out by sampling, so that the count is an estimate.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    pub(crate) users: u64,
}

/// The releases that an issue was seen in during its life.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssueReleases)]
pub(crate) struct Releases {
    /// How many there are.
    pub(crate) total: u64,
    /// The one with the oldest event, of the 1,000 with the most events; `null` if no event has one.
    pub(crate) first: Option<String>,
    /// The one with the newest event.
    pub(crate) last: Option<String>,
    /// Those with the most events.
    pub(crate) most: Vec<OfRelease>,
}

/// An issue's events of one release.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssueRelease)]
pub(crate) struct OfRelease {
    pub(crate) release: String,
    pub(crate) count: u64,
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
}

/// How an issue went lately, whatever range was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssueActivity)]
pub(crate) struct Activity {
    /// The last 24 hours, the one that is passing included.
    pub(crate) hours: Vec<Period>,
    /// The last 30 days, in UTC, today included.
    pub(crate) days: Vec<Period>,
}

/// The events of an hour or a day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssuePeriod)]
pub(crate) struct Period {
    pub(crate) start: Timestamp,
    pub(crate) count: u64,
}

/// The events that stand next to one in time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Neighbours {
    pub(crate) query: Understood,
    pub(crate) issue: IssueId,
    /// The next newer event; `null` if this is the newest.
    pub(crate) next: Option<Neighbour>,
    /// The next older event; `null` if this is the oldest.
    pub(crate) previous: Option<Neighbour>,
}

/// An event that stands next to another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Neighbour {
    pub(crate) id: EventId,
    pub(crate) timestamp: Timestamp,
}

/// What a merge, a split or an undo did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssueChanged)]
pub(crate) struct Changed {
    /// The issue as it is now, under the id that it is shown under.
    pub(crate) issue: issue::Issue,
    /// What was changed, to be named to undo it; `null` when everything was so already.
    pub(crate) change: Option<Change>,
}

/// What people merged, split and undid at an issue.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssueHistory)]
pub(crate) struct History {
    /// Newest first.
    pub(crate) changes: Vec<Change>,
}
