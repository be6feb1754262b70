//! Work that the API orders and a processor does: a document with a lease.
//!
//! A processor takes a job by compare-and-set, keeps its lease fresh while it works, and writes how far it is. When it
//! dies, the lease ends and another one begins the job anew: every task can be repeated.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{EventId, Fingerprint, ProjectId},
    rules::RuleSet,
};

mod erase;

pub use erase::{Erase, Receipt, Subject, VALUE_BYTES, What};

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// Its id.
    pub id: EventId,
    /// Whose it is; only who may see the project may see it.
    pub project: ProjectId,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// What is to be done.
    pub task: Task,
    /// Where it stands.
    pub state: State,
    /// How much of it is done, in the task's own units.
    #[serde(default)]
    pub progress: Progress,
    /// Who works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// How often it was begun.
    #[serde(default)]
    pub attempts: u32,
    /// What came of it, once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = JobTask)]
pub enum Task {
    /// Group the stored events of a time again under other rules, and tell which groups would split and merge.
    PreviewGrouping {
        /// Instead of the project's own rules.
        rules: Box<RuleSet>,
        /// From then,
        from: Timestamp,
        /// until then, not included.
        to: Timestamp,
    },
    /// Forget a user.
    Erase(Erase),
}

impl Task {
    /// Takes out of it what nobody needs any more once it has ended, and nobody may see before.
    pub fn forget(&mut self) {
        if let Self::Erase(erase) = self {
            erase.user = None;
        }
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = JobState)]
pub enum State {
    /// Nobody has begun it.
    Waiting,
    /// A processor is at it.
    Running,
    /// It is done.
    Done,
    /// It can't be done.
    Failed,
    /// It was called off.
    Cancelled,
}

impl State {
    /// Whether nothing more will happen.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// How much of a job is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = JobProgress)]
pub struct Progress {
    /// So many are done
    pub done: u64,
    /// of so many.
    pub total: u64,
}

/// Who works on a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = JobLease)]
pub struct Lease {
    /// A name that no other process has.
    pub holder: String,
    /// From then on another one may take it.
    pub until: Timestamp,
}

/// What came of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = JobOutcome)]
pub enum Outcome {
    /// Of [`Task::PreviewGrouping`].
    PreviewGrouping(Preview),
    /// Of [`Task::Erase`].
    Erase(Receipt),
}

/// How groups would change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = GroupingPreview)]
pub struct Preview {
    /// Events that were grouped again, the newest of the time.
    pub events: u64,
    /// Whether these are all; if not, the older ones were left out.
    pub complete: bool,
    /// Events that could not be: their payload was left out by storm control, or the rules would leave them out.
    pub left_out: u64,
    /// Groups under the present rules,
    pub groups_before: u64,
    /// and under the others.
    pub groups_after: u64,
    /// Events that would be in another group.
    pub moved: u64,
    /// Present groups that would fall apart.
    pub splits: u64,
    /// Other groups that would join several present ones.
    pub merges: u64,
    /// Those of them with the most events, [`crate::limits::PREVIEW_EXAMPLES`] of each.
    pub examples: Vec<Example>,
}

/// A group that falls apart, or comes together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PreviewExample)]
pub struct Example {
    /// `split` or `merge`.
    pub kind: Kind,
    /// The group that falls apart, or that comes to be.
    pub group: Part,
    /// What it falls apart into, or what comes together, most events first.
    pub parts: Vec<Part>,
}

/// What happens to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PreviewKind)]
pub enum Kind {
    /// It falls apart.
    Split,
    /// It comes to be out of several.
    Merge,
}

/// A group, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PreviewPart)]
pub struct Part {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Its events.
    pub events: u64,
    /// The newest of them,
    pub example: EventId,
    /// and its title.
    pub title: String,
}
