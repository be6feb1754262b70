//! What users wrote about errors.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{EventId, ProjectId};

/// A user's words. The message is scrubbed; name and address are kept as the user gave them, to be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Feedback {
    /// Its own id, the same however often it is sent.
    pub id: EventId,
    /// Whose it is.
    pub project: ProjectId,
    /// The event that it is about. It may come later, or never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// When ingest took it.
    pub received_at: Timestamp,
    /// The user's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The user's e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What they wrote, at most [`crate::limits::MESSAGE_CHARS`].
    pub message: String,
    /// Where they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
