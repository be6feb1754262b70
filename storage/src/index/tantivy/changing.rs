//! Events that are replaced or erased: the only documents that ever go one by one.
//!
//! Nobody reads a segment with deleted documents, so that counting may take columns and dictionaries as they are: a
//! segment that loses documents is written anew, without any trace of them, before the reader is told. A mark in the
//! directory says that this was begun; who opens the day finishes it.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use jiff::Timestamp;
use schemas::{
    event::Event,
    fields::Field,
    ids::{EventId, ProjectId},
    outcome::{Kind, Outcome, Reason},
    record::Position,
};
use tantivy::{
    BitSet, DocAddress, Index, IndexWriter, Score, SegmentReader, TantivyDocument, TantivyError, Term,
    index::SegmentId,
    indexer::{IndexWriterOptions, NoMergePolicy},
    query::{BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight},
    schema::{self, IndexRecordOption, Value},
};

use super::{
    day::{Day, position, sync},
    entry::{Entry, Key},
    ids::{Ranks, with_id},
    layout::{EVENT, column_name, event_key},
    search::json,
    weights::explain,
    writing::each,
};
use crate::index::{Change, Decide, Wanted};

/// The file that says that a change was begun.
const BEGUN: &str = "belfry.changing";
/// Events that are in memory at a time; few have more than 100 KB.
const AT_ONCE: usize = 100;

/// Project and id of an event.
type Name = (ProjectId, EventId);

/// The events of these projects that are wanted, in the order that they are stored: a day is read at the speed at
/// which it can be decompressed.
pub(super) fn scan(day: &Day, projects: &[ProjectId], wanted: &Wanted) -> tantivy::Result<Vec<Name>> {
    let (layout, searcher) = (day.layout(), day.searcher());
    let mut found = Vec::new();
    for segment in searcher.segment_readers() {
        let mut events = BitSet::with_max_value(segment.max_doc());
        let kind = Term::from_field_u64(layout.kind, EVENT);
        let Some(mut postings) = segment.inverted_index(layout.kind)?.read_postings(&kind, IndexRecordOption::Basic)? else { continue };
        each(&mut postings, |doc| {
            events.insert(doc);
        });
        let ranks = Ranks::new(segment)?;
        let store = segment.get_store_reader(1)?;
        for (doc, document) in (0..segment.max_doc()).zip(store.iter::<TantivyDocument>(None)) {
            let document = document?;
            let project = ranks.project(doc);
            if events.contains(doc)
                && projects.contains(&project)
                && document.get_first(layout.json).and_then(|value| value.as_str()).is_some_and(|json| wanted(json.as_bytes()))
            {
                found.push((project, ranks.id(doc)));
            }
        }
    }
    Ok(found)
}

/// Those of these events that are not to stay.
pub(super) fn changed(day: &Day, events: &[Name], decide: &Decide) -> tantivy::Result<Vec<Name>> {
    let mut changed = Vec::new();
    for name in events {
        if let Some((json, _)) = read(day, *name)?
            && decide(&json) != Change::Keep
        {
            changed.push(*name);
        }
    }
    Ok(changed)
}

/// Changes these events in one commit. Answers the records whose events were erased. Their bytes are still there.
pub(super) fn commit(day: &Day, memory: usize, events: &[Name], decide: &Decide) -> tantivy::Result<Vec<Position>> {
    begin(day.path())?;
    let mut writer = open(day.index(), memory)?;
    let mut erased = Vec::new();
    for events in events.chunks(AT_ONCE) {
        writer.delete_query(Box::new(Exactly { field: day.layout().event, events: events.to_vec() }))?;
        for name in events {
            let Some((json, address)) = read(day, *name)? else { continue };
            let (entry, gone) = replacement(day, *name, address, &json, decide)?;
            writer.add_document(entry)?;
            erased.extend(gone);
        }
    }
    writer.commit()?;
    Ok(erased)
}

/// What takes the place of an event, and its record if it was erased.
fn replacement(
    day: &Day,
    (project, event_id): Name,
    address: DocAddress,
    json: &[u8],
    decide: &Decide,
) -> tantivy::Result<(Entry, Option<Position>)> {
    let searcher = day.searcher();
    let segment = searcher.segment_reader(address.segment_ord);
    let position = position(segment, address.doc_id)?;
    let event: Event = match decide(json) {
        Change::Replace(event) => *event,
        Change::Keep => serde_json::from_slice(json).map_err(|_| damaged("an event that can't be read"))?,
        Change::Erase => {
            let received = segment.fast_fields().i64(&column_name(Field::ReceivedAt))?.first(address.doc_id).unwrap_or_default();
            let received_at = Timestamp::from_millisecond(received).map_err(|_| damaged("an event of an impossible time"))?;
            let (kind, reason) = (Kind::Erased, Reason::ErasureRequest);
            let outcome = Outcome { position, project, event_id, received_at, kind, reason, detail: None, quantity: 1 };
            return Ok((Entry::outcome(day.layout(), &outcome), Some(position)));
        }
    };
    if (event.project, event.id) != (project, event_id) {
        return Err(TantivyError::InvalidArgument("an event can only be replaced by one with its project and id".into()));
    }
    let json = serde_json::to_string(&event).map_err(|_| TantivyError::InvalidArgument("an event that is no JSON".into()))?;
    Ok((Entry::replacement(day.layout(), &event, json, position), None))
}

/// The committed event with this name.
fn read(day: &Day, (project, id): Name) -> tantivy::Result<Option<(Vec<u8>, DocAddress)>> {
    let Some(address) = day.locate(Key::Event(&event_key(project, id)))? else { return Ok(None) };
    Ok(Some((json(day.layout(), &day.searcher(), address)?, address)))
}

/// Finishes a change that was begun, whoever began it. `reload` makes readers see it.
pub(super) fn finish(index: &Index, path: &Path, memory: usize, reload: impl FnOnce() -> tantivy::Result<()>) -> tantivy::Result<()> {
    if !path.join(BEGUN).exists() {
        return Ok(());
    }
    let mut writer = open(index, memory)?;
    for segment in with_deleted(index)? {
        writer.merge(&[segment]).wait()?;
    }
    reload()?;
    writer.garbage_collect_files().wait()?;
    drop(writer);
    synced(path)?;
    fs::remove_file(path.join(BEGUN))?;
    synced(path)
}

fn with_deleted(index: &Index) -> tantivy::Result<Vec<SegmentId>> {
    let segments = index.searchable_segment_metas()?;
    Ok(segments.iter().filter(|segment| segment.has_deletes()).map(|segment| segment.id()).collect())
}

fn begin(path: &Path) -> tantivy::Result<()> {
    File::create(path.join(BEGUN))?.sync_all()?;
    synced(path)
}

fn synced(path: &Path) -> tantivy::Result<()> {
    sync(path).map_err(|error| io::Error::other(error).into())
}

/// A writer that merges nothing by itself.
fn open(index: &Index, memory: usize) -> tantivy::Result<IndexWriter<Entry>> {
    let options = IndexWriterOptions::builder().memory_budget_per_thread(memory).num_worker_threads(1).num_merge_threads(1).build();
    let writer = index.writer_with_options(options)?;
    writer.set_merge_policy(Box::new(NoMergePolicy));
    Ok(writer)
}

fn damaged(what: &str) -> TantivyError {
    tantivy::error::DataCorruption::comment_only(what).into()
}

/// Finds these events and no other one.
#[derive(Debug, Clone)]
struct Exactly {
    /// Holds the id terms of events.
    field: schema::Field,
    events: Vec<Name>,
}

impl Query for Exactly {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Exactly {
    fn scorer(&self, segment: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let ranks = Ranks::new(segment)?;
        let mut found = BitSet::with_max_value(segment.max_doc());
        for (project, id) in &self.events {
            for doc in with_id(segment, self.field, &ranks, *id)? {
                if ranks.project(doc) == *project {
                    found.insert(doc);
                }
            }
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(found), 1.0)))
    }

    fn explain(&self, segment: &SegmentReader, doc: u32) -> tantivy::Result<Explanation> {
        explain(self, segment, doc)
    }
}
