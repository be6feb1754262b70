//! Merging a day that nothing is written to any more.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use tantivy::{Index, IndexWriter, SegmentMeta, index::SegmentId};

use super::LARGE_SEGMENT;
use crate::index::tantivy::{day::Day, entry::Entry};

/// Of all days of an index only one is merged at a time while nothing is written to it.
#[derive(Clone, Default)]
pub(in crate::index::tantivy) struct Turn(Arc<AtomicBool>);

/// Somebody's turn, until it is dropped.
pub(super) struct Taken(Turn);

impl Turn {
    pub(super) fn take(&self) -> Option<Taken> {
        (!self.0.swap(true, Ordering::AcqRel)).then(|| Taken(self.clone()))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

/// The segments of a day that are worth merging.
pub(super) fn small(index: &Index) -> tantivy::Result<Vec<SegmentId>> {
    let small = |segment: &SegmentMeta| ((segment.max_doc() as usize) < LARGE_SEGMENT).then(|| segment.id());
    Ok(index.searchable_segment_metas()?.iter().filter_map(small).collect())
}

/// Makes one segment of these in the background, and lets go of the writer then.
pub(super) fn merge(day: &Day, mut writer: IndexWriter<Entry>, small: Vec<SegmentId>, taken: Taken) -> JoinHandle<()> {
    let reader = day.reader().clone();
    std::thread::spawn(move || {
        let mut done = Ok(());
        if small.len() > 1 {
            done = writer.merge(&small).wait().map(drop);
        }
        let done = done.and_then(|()| writer.wait_merging_threads()).and_then(|()| reader.reload());
        if let Err(error) = done {
            tracing::warn!(%error, "merging a past day failed; it stays as it is");
        }
        drop(taken);
    })
}
