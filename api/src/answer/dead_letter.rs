//! Records that could not be processed.

use jiff::Timestamp;
use schemas::{
    catalog,
    ids::{EventId, ProjectId},
    outcome::Reason,
    record::Position,
};
use serde::Serialize;
use utoipa::ToSchema;

/// One page of them, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetters {
    pub(crate) dead_letters: Vec<DeadLetter>,
    pub(crate) next: Option<String>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetter {
    pub(crate) position: Position,
    pub(crate) project: ProjectId,
    pub(crate) event_id: EventId,
    pub(crate) received_at: Timestamp,
    pub(crate) reason: Reason,
    pub(crate) detail: String,
    /// The record as it stands in the log, base64; unscrubbed, so for admins only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) record: Option<String>,
}

impl DeadLetter {
    /// What everyone may see.
    pub(crate) fn scrubbed(letter: catalog::DeadLetter) -> Self {
        Self { record: None, ..Self::raw(letter) }
    }

    /// With what only admins may see.
    pub(crate) fn raw(letter: catalog::DeadLetter) -> Self {
        let catalog::DeadLetter { position, project, event_id, received_at, reason, detail, record } = letter;
        Self { position, project, event_id, received_at, reason, detail, record: Some(record) }
    }
}
