//! Which of the events that the index answers are new. The index may show a later record a moment before an earlier one
//! (indices of two days, shards): so it is asked again from a little further back, and what was told is told only once.

use std::collections::{BTreeSet, VecDeque};

use schemas::record::Position;
use storage::index::{Arrivals, Hit, Marks};

use super::marks;

/// Most events that are told at a time.
pub(super) const EVENTS: usize = 100;
/// From this many bytes on no further event is told at a time.
const BYTES: usize = 1 << 20;
/// How many answers back the index is asked again from.
const BACK: usize = 4;

/// An event to be told.
#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    pub(super) position: Position,
    /// How far the log was told with it.
    pub(super) id: String,
    /// As stored.
    pub(super) json: Vec<u8>,
}

/// What one answer of the index adds.
#[derive(Debug, PartialEq)]
pub(crate) struct Batch {
    /// How many events there were before, told or left out.
    pub(super) before: u64,
    /// By position.
    pub(crate) events: Vec<Told>,
    /// Events beyond the rate.
    pub(super) left_out: u64,
}

/// What was told.
pub(super) struct Follow {
    /// How far the log was known at the last answers, oldest first; never empty.
    known: VecDeque<Marks>,
    /// What was told of records behind the first of them.
    told: BTreeSet<Position>,
    count: u64,
}

impl Follow {
    pub(super) fn new(start: Marks) -> Self {
        Self { known: VecDeque::from([start]), told: BTreeSet::new(), count: 0 }
    }

    /// From where the index is to be asked, and for how many events at most.
    pub(super) fn question(&self) -> (&Marks, usize) {
        (&self.known[0], EVENTS + self.told.len())
    }

    /// What is new in the answer.
    pub(super) fn take(&mut self, Arrivals { hits, total, marks: now }: Arrivals) -> Option<Batch> {
        let fresh = total.saturating_sub(self.told.len() as u64);
        let mut new: Vec<Hit> = hits.into_iter().filter(|hit| !self.told.contains(&hit.position)).collect();
        new.truncate(fit(&new));
        let left_out = fresh.saturating_sub(new.len() as u64);
        new.sort_by_key(|hit| hit.position);
        let events = self.tell(new);
        if left_out > 0 {
            // What is left out is passed for good.
            self.known.clear();
            self.told.clear();
        }
        self.known.push_back(now);
        if self.known.len() > BACK {
            self.known.pop_front();
            let first = &self.known[0];
            self.told.retain(|position| marks::is_behind(first, *position));
        }
        let before = self.count;
        self.count += events.len() as u64 + left_out;
        (self.count > before).then_some(Batch { before, events, left_out })
    }

    fn tell(&mut self, new: Vec<Hit>) -> Vec<Told> {
        let mut reached = self.known.back().cloned().unwrap_or_default();
        let mut events = Vec::with_capacity(new.len());
        for Hit { position, json, .. } in new {
            let mark = reached.entry(position.partition).or_default();
            *mark = position.offset.max(*mark);
            self.told.insert(position);
            events.push(Told { position, id: marks::write(&reached), json });
        }
        events
    }
}

/// How many of these are told at a time, at least one.
fn fit(hits: &[Hit]) -> usize {
    let mut bytes = 0;
    let room = |hit: &&Hit| {
        let fits = bytes < BYTES;
        bytes += hit.json.len();
        fits
    };
    hits.iter().take(EVENTS).take_while(room).count()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use schemas::ids::{EventId, ProjectId};
    use storage::index::Cursor;

    use super::*;

    fn hit(position: Position, bytes: usize) -> Hit {
        Hit { json: vec![b'x'; bytes], position, cursor: Cursor { millis: 0, id: EventId([0; 16]), project: ProjectId(1) } }
    }

    fn at(partition: u32, offset: u64) -> Position {
        Position { partition, offset }
    }

    /// What an index that shows these records answers.
    fn answer(shown: &[Position], follow: &Follow) -> Arrivals {
        let (after, limit) = follow.question();
        let found: Vec<_> = shown.iter().filter(|position| marks::is_behind(after, **position)).collect();
        let mut known = after.clone();
        for position in &found {
            let mark = known.entry(position.partition).or_default();
            *mark = position.offset.max(*mark);
        }
        Arrivals { total: found.len() as u64, hits: found.into_iter().take(limit).map(|p| hit(*p, 1)).collect(), marks: known }
    }

    #[test]
    fn what_is_beyond_the_rate_is_counted_and_passed() {
        let mut follow = Follow::new(Marks::from([(0, 0)]));
        let shown: Vec<_> = (1..=EVENTS as u64 + 50).map(|n| at(0, n)).collect();
        let batch = follow.take(answer(&shown, &follow)).unwrap();
        assert_eq!((batch.before, batch.events.len(), batch.left_out), (0, EVENTS, 50));
        assert_eq!(follow.take(answer(&shown, &follow)), None);
        let more: Vec<_> = shown.into_iter().chain([at(0, 1_000)]).collect();
        let batch = follow.take(answer(&more, &follow)).unwrap();
        assert_eq!((batch.before, batch.events.len(), batch.left_out), (EVENTS as u64 + 50, 1, 0));
        assert_eq!(batch.events[0].id, "0-1000");
    }

    #[test]
    fn large_events_are_told_one_by_one() {
        let mut follow = Follow::new(Marks::new());
        let hits = (0..3).map(|n| hit(at(0, n), BYTES)).collect();
        let batch = follow.take(Arrivals { hits, total: 3, marks: Marks::from([(0, 2)]) }).unwrap();
        assert_eq!((batch.events.len(), batch.left_out), (1, 2));
    }

    proptest! {
        /// However late a record is shown, within the answers that are looked back, it is told exactly once.
        #[test]
        fn every_record_is_told_once(late in proptest::collection::vec((0_u32..3, 0_usize..BACK), 1..60)) {
            // Record n is written at step n / 5 and shown so many steps later.
            let records: Vec<(usize, Position)> =
                late.iter().enumerate().map(|(n, (partition, late))| (n / 5 + late, at(*partition, n as u64 + 1))).collect();
            let mut follow = Follow::new(Marks::from([(0, 0), (1, 0), (2, 0)]));
            let mut told = Vec::new();
            for step in 0..records.len() / 5 + 2 * BACK {
                let shown: Vec<Position> = records.iter().filter(|(at, _)| *at <= step).map(|(_, position)| *position).collect();
                if let Some(batch) = follow.take(answer(&shown, &follow)) {
                    prop_assert_eq!(batch.left_out, 0);
                    prop_assert_eq!(batch.before, told.len() as u64);
                    told.extend(batch.events.into_iter().map(|event| event.position));
                }
            }
            told.sort_unstable();
            let mut expected: Vec<Position> = records.into_iter().map(|(_, position)| position).collect();
            expected.sort_unstable();
            prop_assert_eq!(told, expected);
        }
    }
}
