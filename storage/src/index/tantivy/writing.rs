//! The writing side of one day: what is not committed yet, and the way into tantivy.
//!
//! What was added is kept until it is committed. When writing fails, the writer is thrown away and the next commit
//! writes everything again, so that a full disk costs nothing but time.

use std::{
    collections::{HashMap, HashSet},
    thread::JoinHandle,
};

use schemas::{
    fields::Field,
    ids::{EventId, ProjectId},
    record::Position,
};
use tantivy::{
    IndexWriter, TantivyError, Term,
    indexer::{IndexWriterOptions, LogMergePolicy},
    schema::IndexRecordOption,
};

use super::{
    Options, changing,
    day::{Day, is_slim, position},
    entry::{Entry, Key},
    layout::{EVENT, ID_HIGH, ID_LOW, OFFSET, OUTCOME, PARTITION, TALLY, TALLY_PROJECT, column_name, event_key, joined, position_key},
    seen::{Seen, hash},
};
use crate::{Result, index::Decide};

mod resting;

pub(super) use resting::Turn;

/// Bytes of uncommitted entries from which they are committed without being asked.
const PENDING_BYTES: usize = 64 << 20;
/// So many events are written at a time, sorted by group.
const RUN: usize = 1_024;
/// So many segments of about one size become one.
const MERGED_SEGMENTS: usize = 16;
/// Segments of up to so many documents count as of one size.
const SMALL_SEGMENT: u32 = 500;
/// Segments with more documents stay as they are.
const LARGE_SEGMENT: usize = 500_000;
/// Commits without anything to commit after which a writer is let go, and after which that is tried again.
const IDLE_COMMITS: u32 = 1_024;
const RESTS_BETWEEN: u32 = 64;

/// The uncommitted part of a day.
pub(super) struct Writing {
    memory: usize,
    turn: Turn,
    writer: Option<IndexWriter<Entry>>,
    /// Threads that finish merging for a writer that was let go.
    merging: Option<JoinHandle<()>>,
    pending: Vec<Entry>,
    pending_bytes: usize,
    /// How many of `pending` the writer has.
    sent: usize,
    /// Whether what was erased may still be in the files. Nobody reads them until it is not.
    changing: bool,
    /// Whether a writer failed, so that it is not known which of `pending` are committed.
    failed: bool,
    events: HashMap<[u8; 24], Found>,
    outcomes: HashSet<[u8; 12]>,
    tallies: HashSet<[u8; 16]>,
    /// Keys of all events, outcomes and facts; made when first asked for.
    seen: Option<Seen>,
    idle: u32,
}

/// What is known of an event that is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    /// The record it came from.
    pub(super) position: Position,
    /// When it was received, in milliseconds.
    pub(super) received: i64,
    pub(super) slim: bool,
    /// Whether it was erased, or replaced by another one.
    pub(super) erased: bool,
}

impl Writing {
    pub(super) fn new(options: &Options, turn: &Turn) -> Self {
        Self {
            memory: options.writer_memory(),
            turn: turn.clone(),
            writer: None,
            merging: None,
            pending: Vec::new(),
            pending_bytes: 0,
            sent: 0,
            changing: false,
            failed: false,
            events: HashMap::new(),
            outcomes: HashSet::new(),
            tallies: HashSet::new(),
            seen: None,
            idle: 0,
        }
    }

    pub(super) fn is_dirty(&self) -> bool {
        !self.pending.is_empty()
    }

    pub(super) fn find_event(&mut self, day: &Day, key: &[u8; 24]) -> Result<Option<Found>> {
        if let Some(found) = self.events.get(key) {
            return Ok(Some(*found));
        }
        let fault = |error| day.fault("looking up an event in", error);
        if !self.seen(day).map_err(fault)?.may_have(hash(key)) {
            return Ok(None);
        }
        let there = day.locate(Key::Event(key)).map_err(fault)?;
        let Some(address) = there.map_or_else(|| day.locate_erased(key), |there| Ok(Some(there))).map_err(fault)? else {
            return Ok(None);
        };
        let searcher = day.searcher();
        let segment = searcher.segment_reader(address.segment_ord);
        let found = position(segment, address.doc_id).and_then(|position| {
            let received = segment.fast_fields().i64(&column_name(Field::ReceivedAt))?.first(address.doc_id);
            let (slim, erased) = (is_slim(segment, address.doc_id)?, segment.fast_fields().u64(TALLY_PROJECT)?);
            Ok(Found { position, received: received.unwrap_or_default(), slim, erased: erased.first(address.doc_id).is_some() })
        });
        found.map(Some).map_err(fault)
    }

    pub(super) fn has_outcome(&mut self, day: &Day, key: &[u8; 12]) -> Result<bool> {
        let fault = |error| day.fault("looking up an outcome in", error);
        if self.outcomes.contains(key) {
            return Ok(true);
        }
        if !self.seen(day).map_err(fault)?.may_have(hash(key)) {
            return Ok(false);
        }
        Ok(day.locate(Key::Outcome(key)).map_err(fault)?.is_some())
    }

    pub(super) fn add_event(&mut self, day: &Day, entry: Entry, key: [u8; 24], facts: Found) -> Result<()> {
        self.seen(day).map_err(|error| day.fault("reading", error))?.add(hash(&key));
        self.events.insert(key, facts);
        self.add(day, entry)
    }

    pub(super) fn add_outcome(&mut self, day: &Day, entry: Entry, key: [u8; 12]) -> Result<()> {
        self.seen(day).map_err(|error| day.fault("reading", error))?.add(hash(&key));
        self.outcomes.insert(key);
        self.add(day, entry)
    }

    pub(super) fn add_tally(&mut self, day: &Day, entry: Entry, key: &[u8; 16]) -> Result<()> {
        let fault = |error| day.fault("looking up a fact in", error);
        let known = self.tallies.contains(key)
            || (self.seen(day).map_err(fault)?.may_have(hash(key)) && day.locate(Key::Tally(key)).map_err(fault)?.is_some());
        if known {
            return Ok(());
        }
        self.seen(day).map_err(fault)?.add(hash(key));
        self.tallies.insert(*key);
        self.add(day, entry)
    }

    fn add(&mut self, day: &Day, entry: Entry) -> Result<()> {
        self.pending_bytes += entry.bytes();
        self.pending.push(entry);
        self.idle = 0;
        // What can't be written now is kept and written by the next commit, which then tells what is wrong.
        if self.pending.len() - self.sent >= RUN
            && let Err(error) = self.send(day)
        {
            self.give_up();
            tracing::warn!(%error, "an event can't be written to the index yet");
        }
        if self.pending_bytes > PENDING_BYTES { self.commit(day) } else { Ok(()) }
    }

    /// Makes everything added durable and visible.
    pub(super) fn commit(&mut self, day: &Day) -> Result<()> {
        if !self.is_dirty() {
            self.idle = self.idle.saturating_add(1);
            if self.idle >= IDLE_COMMITS && self.idle.is_multiple_of(RESTS_BETWEEN) {
                self.rest(day);
            }
            return Ok(());
        }
        let done = self.send(day).and_then(|()| match &mut self.writer {
            Some(writer) => writer.commit().map(drop),
            None => Ok(()),
        });
        let done = done.and_then(|()| day.reader().reload()).map_err(|error| day.fault("committing to the index", error));
        // tantivy syncs the directory before it renames the list of segments, not after.
        if let Err(error) = done.and_then(|()| day.sync()) {
            self.give_up();
            return Err(error);
        }
        self.pending.clear();
        self.events.clear();
        self.outcomes.clear();
        self.tallies.clear();
        (self.pending_bytes, self.sent) = (0, 0);
        Ok(())
    }

    /// Replaces or erases these events, each once. Meanwhile nobody writes to the day; who reads sees it as it was.
    pub(super) fn change(&mut self, day: &Day, events: &[(ProjectId, EventId)], decide: &Decide) -> Result<()> {
        self.commit(day)?;
        self.change_committed(day, events, decide).map_err(|error| day.fault("changing events in", error))
    }

    fn change_committed(&mut self, day: &Day, events: &[(ProjectId, EventId)], decide: &Decide) -> tantivy::Result<()> {
        self.finish_change(day)?;
        let changed = changing::changed(day, events, decide)?;
        if changed.is_empty() {
            return Ok(());
        }
        self.settle()?;
        self.changing = true;
        for position in changing::commit(day, self.memory, &changed, decide)? {
            if let Some(seen) = &mut self.seen {
                seen.add(hash(&position_key(position)));
            }
        }
        self.finish_change(day)
    }

    /// Takes every trace of what was erased out of the files, if that is still to be done.
    fn finish_change(&mut self, day: &Day) -> tantivy::Result<()> {
        if self.changing {
            self.settle()?;
            changing::finish(day.index(), day.path(), self.memory, || day.reader().reload())?;
            self.changing = false;
        }
        Ok(())
    }

    /// Lets go of the writer, which has nothing uncommitted, once its merges are done.
    fn settle(&mut self) -> tantivy::Result<()> {
        if let Some(writer) = self.writer.take() {
            writer.wait_merging_threads()?;
        }
        joined_thread(self.merging.take())
    }

    /// Gives the writer what it does not have yet.
    fn send(&mut self, day: &Day) -> tantivy::Result<()> {
        self.finish_change(day)?;
        if self.failed {
            self.forget_committed(day)?;
        }
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => none.insert(open(day, self.memory, self.merging.take())?),
        };
        // Events of one group side by side share nearly everything, and what is stored shrinks to half.
        self.pending[self.sent..].sort_by(|a, b| a.group().cmp(b.group()));
        while let Some(entry) = self.pending.get(self.sent) {
            writer.add_document(entry.clone())?;
            self.sent += 1;
        }
        Ok(())
    }

    /// After a failure: a commit may have been done all the same.
    fn forget_committed(&mut self, day: &Day) -> tantivy::Result<()> {
        day.reader().reload()?;
        let mut kept = Vec::with_capacity(self.pending.len());
        for entry in &self.pending {
            if day.locate(entry.key())?.is_none() {
                kept.push(entry.clone());
            }
        }
        (self.pending, self.failed) = (kept, false);
        Ok(())
    }

    fn give_up(&mut self) {
        (self.writer, self.sent, self.failed) = (None, 0, true);
    }

    /// Throws away what is not committed.
    pub(super) fn abandon(&mut self) {
        self.give_up();
        self.pending.clear();
        self.events.clear();
        self.outcomes.clear();
        self.tallies.clear();
        if let Some(merging) = self.merging.take() {
            // It can only have panicked, and what it merged goes with the day.
            let _ = merging.join();
        }
    }

    /// Lets go of the writer, which has nothing uncommitted. Merges that it was doing are done again by the next one.
    pub(super) fn release(&mut self) {
        self.writer = None;
    }

    /// Lets go of the writer and the filter. Small segments are merged in the background: nobody else would, also those
    /// that were left by a process that ended and by a writer that was released.
    fn rest(&mut self, day: &Day) {
        self.seen = None;
        if self.changing || self.merging.as_ref().is_some_and(|merging| !merging.is_finished()) {
            return;
        }
        let Some(taken) = self.turn.take() else { return };
        let done = resting::small(day.index()).and_then(|small| match self.writer.take() {
            None if small.len() < 2 => Ok(None),
            Some(writer) => Ok(Some((writer, small))),
            None => Ok(Some((open(day, self.memory, self.merging.take())?, small))),
        });
        match done {
            Ok(None) => {}
            Ok(Some((writer, small))) => self.merging = Some(resting::merge(day, writer, small, taken)),
            Err(error) => tracing::warn!(%error, "a past day can't be merged; it stays as it is"),
        }
    }

    fn seen(&mut self, day: &Day) -> tantivy::Result<&mut Seen> {
        let seen = match self.seen.take() {
            Some(seen) => seen,
            None => committed(day)?,
        };
        Ok(self.seen.insert(seen))
    }
}

/// Waits for what goes on in the background.
fn joined_thread(merging: Option<JoinHandle<()>>) -> tantivy::Result<()> {
    if merging.is_some_and(|merging| merging.join().is_err()) {
        return Err(TantivyError::ErrorInThread("merging a past day".into()));
    }
    Ok(())
}

/// A writer of `day`, once those before it are done.
fn open(day: &Day, memory: usize, merging: Option<JoinHandle<()>>) -> tantivy::Result<IndexWriter<Entry>> {
    joined_thread(merging)?;
    let options = IndexWriterOptions::builder().memory_budget_per_thread(memory).num_worker_threads(1).num_merge_threads(1).build();
    let writer = day.index().writer_with_options(options)?;
    let mut policy = LogMergePolicy::default();
    policy.set_min_num_segments(MERGED_SEGMENTS);
    policy.set_min_layer_size(SMALL_SEGMENT);
    policy.set_max_docs_before_merge(LARGE_SEGMENT);
    policy.set_level_log_size(3.0);
    writer.set_merge_policy(Box::new(policy));
    Ok(writer)
}

/// The keys of everything that is committed, read from columns.
fn committed(day: &Day) -> tantivy::Result<Seen> {
    let mut seen = Seen::default();
    let searcher = day.searcher();
    for segment in searcher.segment_readers() {
        let columns = segment.fast_fields();
        let (high, low) = (columns.u64(ID_HIGH)?, columns.u64(ID_LOW)?);
        let (partition, offset) = (columns.u64(PARTITION)?, columns.u64(OFFSET)?);
        let project = columns.i64(&column_name(Field::Project))?;
        let erased = columns.u64(TALLY_PROJECT)?;
        let kind = segment.inverted_index(day.layout().kind)?;
        let of = |kind| Term::from_field_u64(day.layout().kind, kind);
        if let Some(mut postings) = kind.read_postings(&of(EVENT), IndexRecordOption::Basic)? {
            each(&mut postings, |doc| {
                let id = joined(high.first(doc).unwrap_or_default(), low.first(doc).unwrap_or_default());
                let project = ProjectId(project.first(doc).unwrap_or_default() as u64);
                seen.add(hash(&event_key(project, id)));
            });
        }
        if let Some(mut postings) = kind.read_postings(&of(TALLY), IndexRecordOption::Basic)? {
            each(&mut postings, |doc| {
                seen.add(hash(&joined(high.first(doc).unwrap_or_default(), low.first(doc).unwrap_or_default()).0));
            });
        }
        if let Some(mut postings) = kind.read_postings(&of(OUTCOME), IndexRecordOption::Basic)? {
            each(&mut postings, |doc| {
                if let Some(project) = erased.first(doc) {
                    let id = joined(high.first(doc).unwrap_or_default(), low.first(doc).unwrap_or_default());
                    seen.add(hash(&event_key(ProjectId(project), id)));
                }
                let partition = partition.first(doc).unwrap_or_default() as u32;
                let position = Position { partition, offset: offset.first(doc).unwrap_or_default() };
                seen.add(hash(&position_key(position)));
            });
        }
    }
    Ok(seen)
}

/// Calls `visit` with every document of `documents`.
pub(super) fn each(documents: &mut impl tantivy::DocSet, mut visit: impl FnMut(u32)) {
    let mut doc = documents.doc();
    while doc != tantivy::TERMINATED {
        visit(doc);
        doc = documents.advance();
    }
}
