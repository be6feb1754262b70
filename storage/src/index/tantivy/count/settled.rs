//! What was counted of segments that stay as they are, kept for the next question.
//!
//! A segment never changes: an event that comes late is in another one, merging makes new ones, and one that lost events
//! to an erasure has another stamp. What is kept is found by the very segments that it was counted of, so it can't be
//! out of date. Kept are sums over all segments of past days and the large ones of the newest: a question of the last
//! weeks that is asked again looks at the newest events only.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use lru::LruCache;
use tantivy::query::Weight;

use super::{
    Counting, DOING, First, Plan, axes, first_pass,
    groups::{Groups, Winner},
    second::second_pass,
    total::{Again, Total},
};
use crate::{
    Result,
    index::tantivy::{
        fault::fault,
        parts::{Part, Stamp},
    },
};

/// Memory for all that is kept, in bytes.
const BYTES: usize = 96 << 20;
/// What one question may take of it, in bytes.
const QUESTION_BYTES: usize = BYTES / 4;
/// Segments of the newest day count as settled from so many documents: smaller ones are merged soon.
const LARGE: u32 = 30_000;

/// All that is kept.
pub(in crate::index::tantivy) struct Settled(Mutex<LruCache<Key, Arc<Known>>>);

impl Default for Settled {
    fn default() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }
}

/// The settled segments of one question, and what is known of them.
pub(super) struct Old<'p, 'a> {
    parts: Vec<&'p Part<'a>>,
    key: Key,
    pub(super) known: Arc<Known>,
    /// After a first pass just now.
    countings: Option<Vec<Counting<'p>>>,
}

impl<'p> Old<'p, 'p> {
    /// Counts what is not known yet.
    pub(super) fn new(settled: &Settled, plan: &Plan, weight: &dyn Weight, parts: Vec<&'p Part<'p>>) -> Result<Self> {
        let key = Key::new(plan, &parts);
        if let Some(known) = settled.get(&key) {
            return Ok(Self { parts, key, known, countings: None });
        }
        let First { total, groups, countings } = first_pass(plan, weight, &parts)?;
        Ok(Self { parts, key, known: Arc::new(Known::new(total, groups)), countings: Some(countings) })
    }

    /// Adds what the second pass finds about `winners`, or found before.
    pub(super) fn again(&mut self, plan: &Plan, weight: &dyn Weight, winners: &[Winner], found: &mut [Again]) -> Result<()> {
        let before = self.known.again(winners);
        let unknown: Vec<&Winner> = winners.iter().zip(&before).filter(|(_, before)| before.is_none()).map(|(winner, _)| winner).collect();
        let mut now = vec![Again::new(plan); unknown.len()];
        if !unknown.is_empty() {
            let countings = match &mut self.countings {
                Some(countings) => countings,
                none => {
                    let axes = |part: &&'p Part<'p>| Ok(Counting { part, axes: axes(plan, part)? });
                    let made: tantivy::Result<Vec<_>> = self.parts.iter().map(axes).collect();
                    none.insert(made.map_err(|error| fault(DOING, error))?)
                }
            };
            second_pass(plan, weight, countings, &unknown, &mut now)?;
        }
        unknown.iter().zip(&now).for_each(|(winner, again)| self.known.keep(winner, again));
        let mut now = now.into_iter();
        for (all, before) in found.iter_mut().zip(before) {
            before.or_else(|| now.next()).into_iter().for_each(|again| all.merge(again));
        }
        Ok(())
    }

    /// Keeps what is known for the next question.
    pub(super) fn keep(self, settled: &Settled) {
        if !self.parts.is_empty() {
            settled.keep(self.key, self.known);
        }
    }
}

/// Which question, of which segments.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    question: String,
    segments: Vec<Stamp>,
}

impl Key {
    /// What `plan` asks of these segments, which lie in its time wholly.
    fn new(plan: &Plan, parts: &[&Part<'_>]) -> Self {
        let count = &plan.count;
        let (scope, phase) = (&count.scope, plan.buckets.phase());
        let asked = (count.users, count.users_over_time, count.newest, &count.distinct);
        let question = format!("{:?}", (&scope.projects, &scope.expr, &count.by, count.interval, phase, asked));
        let mut segments: Vec<Stamp> = parts.iter().map(|part| part.stamp()).collect();
        segments.sort_unstable();
        Self { question, segments }
    }
}

/// The segments that stay as they are, and the others. `days` is how many days there are.
pub(super) fn split<'p, 'a>(parts: &'p [Part<'a>], days: usize) -> (Vec<&'p Part<'a>>, Vec<&'p Part<'a>>) {
    let settled = |part: &&Part<'_>| part.inside && (part.day + 1 < days || part.segment.max_doc() >= LARGE);
    parts.iter().partition(settled)
}

/// What is known of some segments.
pub(super) struct Known {
    pub(super) total: Total,
    pub(super) groups: Groups,
    again: Mutex<HashMap<Box<[u8]>, Again>>,
    bytes: AtomicUsize,
}

impl Known {
    fn new(total: Total, groups: Groups) -> Self {
        let bytes = AtomicUsize::new(total.bytes() + groups.bytes());
        Self { total, groups, again: Mutex::default(), bytes }
    }

    /// What the second pass found of these groups before, in their order.
    fn again(&self, winners: &[Winner]) -> Vec<Option<Again>> {
        let again = self.again.lock().unwrap_or_else(PoisonError::into_inner);
        winners.iter().map(|winner| again.get(&winner.key).cloned()).collect()
    }

    /// Keeps what it found now.
    fn keep(&self, winner: &Winner, found: &Again) {
        let mut again = self.again.lock().unwrap_or_else(PoisonError::into_inner);
        if again.insert(winner.key.clone(), found.clone()).is_none() {
            self.bytes.fetch_add(winner.key.len() + found.bytes(), Ordering::Relaxed);
        }
    }

    fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Settled {
    fn get(&self, key: &Key) -> Option<Arc<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps `known`, as long as there is room, and lets go of what was not asked for the longest.
    fn keep(&self, key: Key, known: Arc<Known>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.bytes() > QUESTION_BYTES {
            all.pop(&key);
        } else {
            all.put(key, known);
        }
        let size = |(key, known): (&Key, &Arc<Known>)| key.question.len() + size_of_val(&*key.segments) + known.bytes();
        let mut bytes: usize = all.iter().map(size).sum();
        while bytes > BYTES {
            let Some((key, known)) = all.pop_lru() else { return };
            bytes -= size((&key, &known));
        }
    }
}
