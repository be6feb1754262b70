//! The segments that can hold events of a time range, and the events in them.

use std::ops::Range;

use schemas::fields::Field;
use tantivy::{
    Searcher, SegmentReader, TantivyError,
    columnar::{Cardinality, Column},
    error::DataCorruption,
    index::SegmentId,
    query::Weight,
};

use super::layout::column_name;
use crate::asked::Asked;

/// Documents at the end of a segment that a page is looked for first.
const TAIL: u32 = 16_384;
/// Why a question ends before its answer.
const NOBODY: &str = "nobody waits for the answer any more";

/// A segment with its times.
pub(super) struct Part<'a> {
    /// Which of the searchers it is of.
    pub(super) day: usize,
    /// Its number there.
    pub(super) ordinal: u32,
    pub(super) segment: &'a SegmentReader,
    millis: Column<i64>,
    /// Whether all its events lie in the range.
    pub(super) inside: bool,
    asked: Asked,
}

/// What tells a segment, as it is, from every other: its id and the number of the erasure that it lost events to last.
pub(super) type Stamp = (SegmentId, Option<u64>);

/// The segments that may hold events with a time in `range`, those with the newest first. Days say nothing about
/// that: an event may be older than its day by months.
pub(super) fn parts<'a>(searchers: &'a [Searcher], range: &Range<i64>) -> tantivy::Result<Vec<Part<'a>>> {
    let mut parts = Vec::new();
    let asked = Asked::here();
    for (day, searcher) in searchers.iter().enumerate() {
        for (ordinal, segment) in searcher.segment_readers().iter().enumerate() {
            let millis = segment.fast_fields().i64(&column_name(Field::Timestamp))?;
            if millis.get_cardinality() != Cardinality::Full {
                return Err(DataCorruption::comment_only(format!("segment {} has documents without a time", segment.segment_id())).into());
            }
            let (least, greatest) = (millis.min_value(), millis.max_value());
            if least < range.end && greatest >= range.start {
                let inside = range.contains(&least) && range.contains(&greatest);
                parts.push(Part { day, ordinal: ordinal as u32, segment, millis, inside, asked: asked.clone() });
            }
        }
    }
    parts.sort_by_key(|part| std::cmp::Reverse(part.millis.max_value()));
    Ok(parts)
}

impl Part<'_> {
    pub(super) fn stamp(&self) -> Stamp {
        (self.segment.segment_id(), self.segment.delete_opstamp())
    }

    /// The time of its newest event, or a later one.
    pub(super) fn newest(&self) -> i64 {
        self.millis.max_value()
    }

    /// Where the last documents begin, which nearly always are the newest, and the newest time of those before them; a
    /// segment of few has no others.
    pub(super) fn tail(&self) -> Option<(u32, i64)> {
        let start = self.segment.max_doc().checked_sub(TAIL).filter(|start| *start >= TAIL)?;
        let (mut newest, mut times) = (i64::MIN, [0; 1_024]);
        for first in (0..start).step_by(times.len()) {
            let length = times.len().min((start - first) as usize);
            let times = &mut times[..length];
            self.millis.values.get_range(first.into(), times);
            newest = times.iter().fold(newest, |newest, time| newest.max(*time));
        }
        Some((start, newest))
    }

    /// As [`Self::each`], of some documents only.
    pub(super) fn each_of(
        &self,
        docs: Range<u32>,
        weight: &dyn Weight,
        range: &Range<i64>,
        mut visit: impl FnMut(&[u32], &[i64]),
    ) -> tantivy::Result<()> {
        let mut found = weight.scorer(self.segment, 1.0)?;
        if found.doc() < docs.start {
            found.seek(docs.start);
        }
        let mut blocks = Blocks::new(self, range);
        let mut block = [0; tantivy::COLLECT_BLOCK_BUFFER_LEN];
        loop {
            if !self.asked.still() {
                return Err(TantivyError::InternalError(NOBODY.into()));
            }
            let full = found.fill_buffer(&mut block);
            let within = block[..full].partition_point(|doc| *doc < docs.end);
            blocks.visit(&block[..within], &mut visit);
            if within < block.len() {
                return Ok(());
            }
        }
    }

    /// Calls `visit` with the documents that `weight` finds and their times, block by block, as long as anyone waits for
    /// the answer.
    pub(super) fn each(&self, weight: &dyn Weight, range: &Range<i64>, mut visit: impl FnMut(&[u32], &[i64])) -> tantivy::Result<()> {
        let mut blocks = Blocks::new(self, range);
        if !self.asked.still() {
            return Err(TantivyError::InternalError(NOBODY.into()));
        }
        weight.for_each_no_score(self.segment, &mut |docs| {
            if !self.asked.still() {
                return;
            }
            blocks.visit(docs, &mut visit);
        })?;
        if self.asked.still() { Ok(()) } else { Err(TantivyError::InternalError(NOBODY.into())) }
    }
}

/// Documents with their times, those in range only.
struct Blocks<'a> {
    part: &'a Part<'a>,
    range: &'a Range<i64>,
    times: [i64; tantivy::COLLECT_BLOCK_BUFFER_LEN],
    kept: [u32; tantivy::COLLECT_BLOCK_BUFFER_LEN],
}

impl<'a> Blocks<'a> {
    fn new(part: &'a Part<'a>, range: &'a Range<i64>) -> Self {
        Self { part, range, times: [0; tantivy::COLLECT_BLOCK_BUFFER_LEN], kept: [0; tantivy::COLLECT_BLOCK_BUFFER_LEN] }
    }

    fn visit(&mut self, docs: &[u32], visit: &mut impl FnMut(&[u32], &[i64])) {
        let times = &mut self.times[..docs.len()];
        self.part.millis.values.get_vals(docs, times);
        if self.part.inside {
            return visit(docs, times);
        }
        let mut count = 0;
        for n in 0..docs.len() {
            if self.range.contains(&times[n]) {
                (self.kept[count], times[count]) = (docs[n], times[n]);
                count += 1;
            }
        }
        visit(&self.kept[..count], &times[..count]);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::Timestamp;
    use schemas::{
        event::Event,
        ids::{EventId, ProjectId},
        record::Position,
    };
    use tantivy::query::{AllQuery, EnableScoring, Query};

    use super::*;
    use crate::index::{
        Document, Index,
        tantivy::{Options, TantivyIndex},
    };

    #[tokio::test]
    async fn a_count_under_way_stops_when_nobody_waits_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let index = TantivyIndex::open(folder.path(), Options::default()).unwrap();
        let at: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let event = |n: u64| Event::new(EventId(u128::from(n).to_be_bytes()), ProjectId(1), at);
        let documents = (1..=1_000).map(|n| Document::new(event(n), Position { partition: 0, offset: n }));
        index.put(documents.collect()).await.unwrap();
        index.flush().await.unwrap();
        let searchers: Vec<Searcher> = index.0.days().values().map(|day| day.searcher()).collect();
        let range = 0..i64::MAX;
        let part = parts(&searchers, &range).unwrap().remove(0);
        let weight = AllQuery.weight(EnableScoring::disabled_from_searcher(&searchers[0])).unwrap();
        let mut blocks = 0;
        part.each(&*weight, &range, |_, _| blocks += 1).unwrap();
        assert!(blocks > 1);
        let mut blocks = 0;
        let ended = part.each(&*weight, &range, |_, _| {
            blocks += 1;
            part.asked.give_up();
        });
        assert!(ended.unwrap_err().to_string().contains(NOBODY));
        assert_eq!(blocks, 1, "nothing more is looked at");
        let ended = part.each_of(0..1_000, &*weight, &range, |_, _| blocks += 1);
        assert!(ended.unwrap_err().to_string().contains(NOBODY));
        assert_eq!(blocks, 1, "nor is it in a part of the documents");
    }
}
