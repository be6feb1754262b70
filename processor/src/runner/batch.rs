//! Records as read, taken apart.

use bytes::Bytes;
use jiff::Timestamp;
use schemas::{
    catalog::DeadLetter,
    ids::{EventId, ProjectId},
    limits,
    outcome::{Kind, Outcome, Reason},
    record::{Position, Record},
};
use storage::log::Stored;

use crate::{context::Ended, decode, groups::Judgement};

/// One record of a batch.
pub(super) struct Entry {
    pub(super) position: Position,
    /// As it stands in the log.
    pub(super) bytes: Bytes,
    /// What it says, or why it can't be read.
    pub(super) record: Result<Record, String>,
    /// When it was read; stands for the time of receipt of what can't be read.
    read_at: Timestamp,
    /// What was decided about its event, once it was.
    pub(super) judgement: Option<Judgement>,
}

/// Records that go through the stages together, in the order of the log.
pub(super) struct Batch(pub(super) Vec<Entry>);

impl Batch {
    /// Batches of at most `bytes` bytes of decompressed payload each, but for one with a single record.
    pub(super) fn split(stored: Vec<Stored>, bytes: u64) -> Vec<Self> {
        let read_at = Timestamp::now();
        let mut batches: Vec<Self> = Vec::new();
        let mut left = 0_u64;
        for Stored { position, bytes: raw } in stored {
            let record = Record::decode(raw.clone()).map_err(|error| error.to_string());
            let size = record.as_ref().map_or(0, |record| record.payload_bytes.max(record.payload.len() as u64));
            let entry = Entry { position, bytes: raw, record, read_at, judgement: None };
            match batches.last_mut() {
                Some(batch) if size <= left => batch.0.push(entry),
                _ => {
                    left = bytes;
                    batches.push(Self(vec![entry]));
                }
            }
            left = left.saturating_sub(size);
        }
        batches
    }

    /// The projects of the records.
    pub(super) fn projects(&self) -> impl Iterator<Item = ProjectId> {
        self.0.iter().filter_map(|entry| Some(entry.record.as_ref().ok()?.project))
    }
}

impl Entry {
    /// How it ended, when it left no event.
    pub(super) fn outcome(&self, ended: &Ended) -> Outcome {
        let Ended { kind, reason, detail } = ended.clone();
        let (project, event_id, received_at) = self.facts();
        let quantity = self.record.as_ref().map_or(1, decode::quantity);
        Outcome {
            position: self.position,
            project,
            event_id,
            received_at,
            kind,
            reason,
            detail: Some(detail).filter(|d| !d.is_empty()),
            quantity,
        }
    }

    /// What is kept of it for people, if it ended as a dead letter.
    pub(super) fn dead_letter(&self, ended: &Ended) -> Option<DeadLetter> {
        if ended.kind != Kind::DeadLettered {
            return None;
        }
        let (project, event_id, received_at) = self.facts();
        let record = data_encoding::BASE64.encode(&self.bytes[..self.bytes.len().min(limits::RECORD_BYTES)]);
        Some(DeadLetter {
            position: self.position,
            project,
            event_id,
            received_at,
            reason: ended.reason,
            detail: ended.detail.clone(),
            record,
        })
    }

    /// Of a record that can't be read nothing is known but its bytes, and roughly when it came.
    fn facts(&self) -> (ProjectId, EventId, Timestamp) {
        match &self.record {
            Ok(record) => (record.project, record.event_id, record.received_at),
            Err(_) => (ProjectId(0), EventId::from_parts(&[&self.bytes]), self.read_at),
        }
    }

    /// Why a record that can't be read ends.
    pub(super) fn unreadable(cause: &str) -> Ended {
        Ended::dead(Reason::InvalidRecord, cause)
    }
}
