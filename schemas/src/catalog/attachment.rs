//! Files that came with events.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{EventId, ProjectId},
    record::{self, Position},
};

/// The files of one event. The event may come later, or never.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventAttachments {
    /// Whose they are.
    pub project: ProjectId,
    /// The event that they belong to.
    pub event: EventId,
    /// When ingest took the newest of them.
    pub received_at: Timestamp,
    /// In the order in which they came, at most [`crate::limits::EVENT_ATTACHMENTS`].
    pub attachments: Vec<Attachment>,
}

/// One file. Its bytes are kept apart, in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The same however often the file is sent.
    pub id: EventId,
    /// Its name as the client wrote it: any text at all.
    pub filename: String,
    /// Its media type as the client wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// What it is, e.g. `event.attachment`, `event.minidump`.
    pub attachment_type: String,
    /// When ingest took it.
    pub received_at: Timestamp,
    /// The record that it was counted with.
    pub position: Position,
    /// How many parts it has.
    pub parts: u32,
    /// Length in bytes, after scrubbing, of each part that is kept, by its number from 0.
    pub kept: BTreeMap<u32, u64>,
}

impl Attachment {
    /// What the record at `position` says about its file.
    pub fn new(part: &record::Attachment, received_at: Timestamp, position: Position) -> Self {
        Self {
            id: part.id,
            filename: part.filename.clone(),
            content_type: part.content_type.clone(),
            attachment_type: part.attachment_type.clone(),
            received_at,
            position,
            parts: part.parts,
            kept: BTreeMap::new(),
        }
    }

    /// Whether all parts are kept.
    pub fn is_complete(&self) -> bool {
        self.kept.len() == self.parts as usize
    }

    /// Length of what is kept.
    pub fn bytes(&self) -> u64 {
        self.kept.values().sum()
    }
}

/// How much room a project's files of one day take. Each partition of the log counts for itself, up to an offset, so
/// that records that are read again are not counted again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentUsage {
    /// Day of receipt, UTC.
    pub day: Date,
    /// By partition.
    pub partitions: BTreeMap<u32, CountedBytes>,
}

/// What one partition counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CountedBytes {
    /// Bytes of files as they were sent; of a short one [`crate::limits::ATTACHMENT_LEAST_BYTES`].
    pub bytes: u64,
    /// Everything before this offset is counted.
    pub end: u64,
}
