//! The newest event of a group.

use schemas::ids::{EventId, ProjectId};
use tantivy::DocId;

pub(super) use crate::index::tantivy::ids::Ranks;

/// Time, id and project of the newest event that was met, as pages of events are ordered.
#[derive(Clone, Copy, Default)]
pub(super) struct Newest(Option<(i64, EventId, ProjectId)>);

impl Newest {
    /// Meets an event.
    pub(super) fn see(&mut self, millis: i64, doc: DocId, ranks: &Ranks) {
        // Nearly all are told by their time alone.
        if self.0.is_none_or(|(newest, ..)| millis >= newest) {
            self.0 = self.0.max(Some((millis, ranks.id(doc), ranks.project(doc))));
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.0 = self.0.max(other.0);
    }

    pub(super) fn event(self) -> Option<(EventId, ProjectId)> {
        self.0.map(|(_, id, project)| (id, project))
    }
}
