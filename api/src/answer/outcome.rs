//! What became of an event.

use jiff::Timestamp;
use schemas::{
    ids::ProjectId,
    outcome::{Kind, Reason},
    record::Position,
};
use serde::Serialize;
use storage::index::Fate;
use utoipa::ToSchema;

/// What became of each record with one event id.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Outcomes {
    pub(crate) outcomes: Vec<Outcome>,
}

/// What became of one record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventOutcome)]
pub(crate) struct Outcome {
    pub(crate) kind: Kind,
    pub(crate) reason: Reason,
    /// Where the record stands in the log.
    pub(crate) position: Position,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) project: Option<ProjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) received_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    pub(crate) quantity: u64,
}

/// Why the payload of an event is missing, for people.
pub(crate) const SLIM: &str = "too many of its group came at once: counted and searchable, its payload left out";

impl From<Fate> for Outcome {
    fn from(fate: Fate) -> Self {
        match fate {
            Fate::Stored(position) => {
                Self { kind: Kind::Stored, reason: Reason::Accepted, position, project: None, received_at: None, detail: None, quantity: 1 }
            }
            Fate::Counted(position) => Self {
                kind: Kind::Counted,
                reason: Reason::StormControl,
                position,
                project: None,
                received_at: None,
                detail: Some(SLIM.into()),
                quantity: 1,
            },
            Fate::Ended(outcome) => Self {
                kind: outcome.kind,
                reason: outcome.reason,
                position: outcome.position,
                project: Some(outcome.project),
                received_at: Some(outcome.received_at),
                detail: outcome.detail,
                quantity: outcome.quantity,
            },
        }
    }
}
