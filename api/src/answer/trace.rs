//! The events of one trace.

use jiff::Timestamp;
use schemas::{
    event::{Grouping, Severity},
    ids::{EventId, Fingerprint, IssueId, ProjectId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Events that share a trace or correlation id, oldest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TraceEvents)]
pub(crate) struct Trace {
    /// The id, as it was looked for.
    pub(crate) id: String,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) events: Vec<TraceEvent>,
    /// Whether there are more, older than these.
    pub(crate) more: bool,
}

/// So much of an event as tells it from its siblings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TraceEvent {
    pub(crate) id: EventId,
    pub(crate) project: ProjectId,
    pub(crate) timestamp: Timestamp,
    pub(crate) title: String,
    pub(crate) level: Severity,
    pub(crate) service: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) release: Option<String>,
    pub(crate) transaction: Option<String>,
    pub(crate) span_id: Option<String>,
    pub(crate) parent_span_id: Option<String>,
    pub(crate) fingerprint: Option<Fingerprint>,
    /// The issue that its fingerprint belongs to now.
    pub(crate) issue: Option<IssueId>,
}

/// The same as it stands in a stored event.
#[derive(Debug, Deserialize)]
pub(crate) struct Stored {
    id: EventId,
    project: ProjectId,
    pub(crate) timestamp: Timestamp,
    #[serde(default)]
    title: String,
    #[serde(default)]
    severity: Severity,
    service: Option<String>,
    environment: Option<String>,
    release: Option<String>,
    transaction: Option<String>,
    #[serde(default)]
    pub(crate) trace: schemas::event::Trace,
    grouping: Option<Grouping>,
}

impl Stored {
    /// What its issue is found by.
    pub(crate) fn group(&self) -> Option<(ProjectId, Fingerprint)> {
        self.grouping.as_ref().map(|grouping| (self.project, grouping.fingerprint.clone()))
    }

    pub(crate) fn answer(self, issue: Option<IssueId>) -> TraceEvent {
        TraceEvent {
            id: self.id,
            project: self.project,
            timestamp: self.timestamp,
            title: self.title,
            level: self.severity,
            service: self.service,
            environment: self.environment,
            release: self.release,
            transaction: self.transaction,
            span_id: self.trace.span_id,
            parent_span_id: self.trace.parent_span_id,
            fingerprint: self.grouping.map(|grouping| grouping.fingerprint),
            issue,
        }
    }
}
