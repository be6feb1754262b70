//! Why an event is what it is.

use jiff::Timestamp;
use schemas::{
    event::{Category, Change, EventError, Priority, Remark, Severity, Strategy},
    ids::{EventId, Fingerprint, IssueId, ProjectId},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What the processor concluded about an event, and from what.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explanation {
    pub(crate) event: EventId,
    pub(crate) project: ProjectId,
    pub(crate) title: String,
    /// The conclusions in sentences.
    pub(crate) summary: Vec<String>,
    pub(crate) grouping: Option<Grouping>,
    pub(crate) judgement: Judgement,
    /// What was taken out: where, by which rule and how, never what.
    pub(crate) scrubbed: Vec<Remark>,
    /// What was odd about the input.
    pub(crate) errors: Vec<EventError>,
    /// How many events it stands for, when others like it were left out by sampling.
    pub(crate) weight: u64,
    /// Whether its payload was left out because too many of its group came at once.
    pub(crate) slim: bool,
}

/// Why it belongs to its group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedGrouping)]
pub(crate) struct Grouping {
    pub(crate) fingerprint: Fingerprint,
    /// `null` for a moment after the first event of a group.
    pub(crate) issue: Option<IssueId>,
    /// Version of the algorithm.
    pub(crate) version: String,
    pub(crate) by: &'static str,
    /// The rule that decided, as written.
    pub(crate) rule: Option<String>,
    /// What was hashed.
    pub(crate) parts: Value,
    /// The exceptions in the order of the event, and what each of their frames did.
    pub(crate) exceptions: Vec<Exception>,
    /// Other groups that may be the same error, those with the most events of the last 30 days.
    pub(crate) similar: Vec<Similar>,
}

/// An exception of a chain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedException)]
pub(crate) struct Exception {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// Callers first.
    pub(crate) frames: Vec<Frame>,
}

/// A frame, and what it did for the group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedFrame)]
pub(crate) struct Frame {
    pub(crate) function: Option<String>,
    pub(crate) module: Option<String>,
    pub(crate) filename: Option<String>,
    pub(crate) lineno: Option<u64>,
    pub(crate) in_app: Option<bool>,
    pub(crate) counted: bool,
    /// Why it counts or not.
    pub(crate) why: &'static str,
    /// The rule or table that decided about it, where it is not what the client said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
}

/// A group that may be the same error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Similar {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) issue: Option<IssueId>,
    pub(crate) title: Option<String>,
    pub(crate) count: u64,
    pub(crate) last_seen: Timestamp,
}

/// What kind of failure it is and how soon someone should look.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Judgement {
    pub(crate) category: Category,
    pub(crate) severity: Severity,
    pub(crate) priority: Priority,
    pub(crate) strategies: Vec<Strategy>,
    /// Each step with its reason.
    pub(crate) changes: Vec<Change>,
}
