//! Events that were stored since, found by the positions of their records. Segments that hold nothing new are told by
//! their greatest offset, without a look at their events.

use std::collections::BinaryHeap;

use schemas::{fields::Field, record::Position};
use tantivy::{
    DocAddress, Searcher, SegmentReader,
    columnar::Column,
    query::{EnableScoring, Query},
};

use super::{
    layout::{Layout, OFFSET, PARTITION, column_name},
    parts::parts,
    search::read,
};
use crate::index::{Arrivals, Marks, Scope};

/// All of time: an event may be older than its receipt by months.
const EVER: std::ops::Range<i64> = i64::MIN..i64::MAX;

/// The positions of the records of a segment.
struct Positions {
    partitions: Column<u64>,
    offsets: Column<u64>,
}

impl Positions {
    fn new(segment: &SegmentReader) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        Ok(Self { partitions: columns.u64(PARTITION)?, offsets: columns.u64(OFFSET)? })
    }

    fn of(&self, doc: u32) -> Position {
        let number = |column: &Column<u64>| column.first(doc).unwrap_or_default();
        Position { partition: partition(number(&self.partitions)), offset: number(&self.offsets) }
    }

    /// The partition, if there is but one, with its greatest offset.
    fn single(&self) -> Option<Position> {
        let alone = self.partitions.min_value() == self.partitions.max_value();
        alone.then(|| Position { partition: partition(self.partitions.max_value()), offset: self.offsets.max_value() })
    }

    /// Takes in how far this segment knows the log.
    fn mark(&self, segment: &SegmentReader, marks: &mut Marks) {
        let mut note = |at: Position| {
            let mark = marks.entry(at.partition).or_default();
            *mark = at.offset.max(*mark);
        };
        match self.single() {
            Some(last) => note(last),
            None => (0..segment.max_doc()).for_each(|doc| note(self.of(doc))),
        }
    }
}

fn partition(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Whether a record stands behind the marks.
fn is_behind(marks: &Marks, at: Position) -> bool {
    marks.get(&at.partition).is_none_or(|mark| at.offset > *mark)
}

/// The events that `query` finds behind `after`.
pub(super) fn arrivals(
    layout: &Layout,
    searchers: &[Searcher],
    query: &dyn Query,
    scope: &Scope,
    after: Option<&Marks>,
    limit: usize,
) -> tantivy::Result<Arrivals> {
    let weight = query.weight(EnableScoring::disabled_from_schema(&layout.schema))?;
    let mut marks = after.cloned().unwrap_or_default();
    let mut total = 0;
    // The last of the first ones is on top.
    let mut first: BinaryHeap<(i64, Position, usize, u32, u32)> = BinaryHeap::new();
    for part in parts(searchers, &EVER)? {
        let positions = Positions::new(part.segment)?;
        if after.is_some_and(|after| positions.single().is_some_and(|last| !is_behind(after, last))) {
            continue;
        }
        positions.mark(part.segment, &mut marks);
        let Some(after) = after else { continue };
        let received = part.segment.fast_fields().i64(&column_name(Field::ReceivedAt))?;
        part.each(&*weight, &scope.millis, |docs, _| {
            for doc in docs {
                let at = positions.of(*doc);
                if !is_behind(after, at) {
                    continue;
                }
                total += 1;
                first.push((received.first(*doc).unwrap_or_default(), at, part.day, part.ordinal, *doc));
                if first.len() > limit {
                    first.pop();
                }
            }
        })?;
    }
    let places: Vec<_> = first.into_sorted_vec().into_iter().map(|(.., day, ordinal, doc)| (day, DocAddress::new(ordinal, doc))).collect();
    Ok(Arrivals { hits: read(layout, searchers, &places)?, total, marks })
}
