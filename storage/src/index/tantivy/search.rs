//! Pages of events, and single events and outcomes by id.

use std::{cmp::Reverse, collections::BinaryHeap};

use schemas::{
    fields::Field,
    ids::{EventId, ProjectId},
    outcome::{Kind, Outcome, Reason},
};
use tantivy::{
    DocAddress, Searcher, SegmentReader, TantivyDocument, TantivyError,
    columnar::Column,
    error::DataCorruption,
    query::{EnableScoring, Query},
    schema::{self, IndexRecordOption, Value},
};

use super::{
    day::position,
    layout::{ID_HIGH, ID_LOW, Layout, OUTCOME_KIND, OUTCOME_REASON, column_name, event_key, joined},
    parts::parts,
    writing::each,
};
use crate::index::{Balance, Cursor, Fate, Hit, Page, Scope};

/// A place in the order of pages, newest greatest.
type Rank = (i64, EventId, ProjectId);

fn rank(cursor: &Cursor) -> Rank {
    (cursor.millis, cursor.id, cursor.project)
}

/// The columns that a [`Rank`] is made of.
struct Ranks {
    high: Column<u64>,
    low: Column<u64>,
    project: Column<i64>,
}

impl Ranks {
    fn new(segment: &SegmentReader) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        Ok(Self { high: columns.u64(ID_HIGH)?, low: columns.u64(ID_LOW)?, project: columns.i64(&column_name(Field::Project))? })
    }

    fn of(&self, doc: u32, millis: i64) -> Rank {
        let id = joined(self.high.first(doc).unwrap_or_default(), self.low.first(doc).unwrap_or_default());
        (millis, id, ProjectId(self.project.first(doc).unwrap_or_default() as u64))
    }
}

/// One page of what `query` finds.
pub(super) fn search(
    layout: &Layout,
    searchers: &[Searcher],
    query: &dyn Query,
    scope: &Scope,
    after: Option<Cursor>,
    limit: usize,
) -> tantivy::Result<Page> {
    let weight = query.weight(EnableScoring::disabled_from_schema(&layout.schema))?;
    let below = after.as_ref().map(rank);
    let mut range = scope.millis.clone();
    if let Some((millis, ..)) = below {
        range.end = range.end.min(millis.saturating_add(1));
    }
    // One more than asked for, to know whether there are more. The least rank is on top.
    let wanted = limit.saturating_add(1);
    let mut best: BinaryHeap<Reverse<(Rank, usize, u32, u32)>> = BinaryHeap::new();
    for part in parts(searchers, &range)? {
        if best.len() == wanted && best.peek().is_some_and(|Reverse(((least, ..), ..))| part.newest() < *least) {
            break;
        }
        let ranks = Ranks::new(part.segment)?;
        part.each(&*weight, &range, |docs, times| {
            for (doc, millis) in docs.iter().zip(times) {
                let full = best.len() == wanted;
                if full && best.peek().is_some_and(|Reverse(((least, ..), ..))| millis < least) {
                    continue;
                }
                let rank = ranks.of(*doc, *millis);
                if below.is_none_or(|below| rank < below) {
                    if full && best.peek().is_some_and(|Reverse((least, ..))| rank > *least) {
                        best.pop();
                    }
                    if best.len() < wanted {
                        best.push(Reverse((rank, part.day, part.ordinal, *doc)));
                    }
                }
            }
        })?;
    }
    let mut found: Vec<_> = best.into_iter().map(|Reverse(found)| found).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    let more = found.len() > limit;
    found.truncate(limit);
    let places: Vec<_> = found.into_iter().map(|(_, day, ordinal, doc)| (day, DocAddress::new(ordinal, doc))).collect();
    Ok(Page { hits: read(layout, searchers, &places)?, more })
}

/// The events at `places`, in that order.
fn read(layout: &Layout, searchers: &[Searcher], places: &[(usize, DocAddress)]) -> tantivy::Result<Vec<Hit>> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_unstable_by_key(|n| places[*n]);
    let mut hits: Vec<Option<Hit>> = vec![None; places.len()];
    for n in order {
        let (day, address) = places[n];
        let segment = searchers[day].segment_reader(address.segment_ord);
        let millis = segment.fast_fields().i64(&column_name(Field::Timestamp))?.first(address.doc_id).unwrap_or_default();
        let (millis, id, project) = Ranks::new(segment)?.of(address.doc_id, millis);
        hits[n] = Some(Hit {
            json: json(layout, &searchers[day], address)?,
            position: position(segment, address.doc_id)?,
            cursor: Cursor { millis, id, project },
        });
    }
    Ok(hits.into_iter().flatten().collect())
}

/// The stored JSON of a document.
fn json(layout: &Layout, searcher: &Searcher, address: DocAddress) -> tantivy::Result<Vec<u8>> {
    let document: TantivyDocument = searcher.doc(address)?;
    let json = document.get_first(layout.json).and_then(|value| value.as_bytes());
    json.map(<[u8]>::to_vec).ok_or_else(|| damaged("a document without its JSON"))
}

fn damaged(what: &str) -> TantivyError {
    DataCorruption::comment_only(what).into()
}

/// The documents with this event id of these projects; `field` holds their event keys.
fn with_id(searchers: &[Searcher], field: schema::Field, projects: &[ProjectId], id: EventId) -> tantivy::Result<Vec<(usize, DocAddress)>> {
    let mut found = Vec::new();
    for (day, searcher) in searchers.iter().enumerate() {
        for (ordinal, segment) in searcher.segment_readers().iter().enumerate() {
            let inverted = segment.inverted_index(field)?;
            let bounds = [event_key(ProjectId(0), id), event_key(ProjectId(u64::MAX), id)];
            let mut terms = inverted.terms().range().ge(bounds[0]).le(bounds[1]).into_stream()?;
            while let Some((key, info)) = terms.next() {
                let project = key.get(16..24).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
                if project.is_some_and(|project| projects.contains(&ProjectId(project))) {
                    let mut postings = inverted.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
                    each(&mut postings, |doc| found.push((day, DocAddress::new(ordinal as u32, doc))));
                }
            }
        }
    }
    Ok(found)
}

/// The events with this id, newest first.
pub(super) fn get(layout: &Layout, searchers: &[Searcher], projects: &[ProjectId], id: EventId) -> tantivy::Result<Vec<Hit>> {
    let mut hits = read(layout, searchers, &with_id(searchers, layout.event, projects, id)?)?;
    hits.sort_by_key(|hit| Reverse(rank(&hit.cursor)));
    Ok(hits)
}

/// What became of the records with this event id, by position.
pub(super) fn fate(layout: &Layout, searchers: &[Searcher], projects: &[ProjectId], id: EventId) -> tantivy::Result<Vec<Fate>> {
    let mut fates = Vec::new();
    for (day, address) in with_id(searchers, layout.event, projects, id)? {
        fates.push(Fate::Stored(position(searchers[day].segment_reader(address.segment_ord), address.doc_id)?));
    }
    for (day, address) in with_id(searchers, layout.outcome_event, projects, id)? {
        let outcome: Outcome =
            serde_json::from_slice(&json(layout, &searchers[day], address)?).map_err(|_| damaged("an outcome that can't be read"))?;
        fates.push(Fate::Ended(outcome));
    }
    fates.sort_by_key(|fate| match fate {
        Fate::Stored(position) => *position,
        Fate::Ended(outcome) => outcome.position,
    });
    Ok(fates)
}

/// How many records of one day ended how.
pub(super) fn balance(searcher: &Searcher) -> tantivy::Result<Balance> {
    let mut counts = [[0; Reason::ALL.len()]; Kind::ALL.len()];
    for segment in searcher.segment_readers() {
        let columns = segment.fast_fields();
        let (kinds, reasons) = (columns.str(OUTCOME_KIND)?, columns.str(OUTCOME_REASON)?);
        let mut events = u64::from(segment.max_doc());
        if let (Some(kinds), Some(reasons)) = (kinds, reasons) {
            let mut name = String::new();
            for doc in 0..segment.max_doc() {
                let (Some(kind), Some(reason)) = (kinds.term_ords(doc).next(), reasons.term_ords(doc).next()) else { continue };
                events -= 1;
                kinds.ord_to_str(kind, &mut name)?;
                let kind = Kind::ALL.iter().position(|kind| kind.as_str() == name);
                reasons.ord_to_str(reason, &mut name)?;
                let reason = Reason::ALL.iter().position(|reason| reason.as_str() == name);
                let (Some(kind), Some(reason)) = (kind, reason) else { return Err(damaged("an outcome of an unknown kind")) };
                counts[kind][reason] += 1;
            }
        }
        counts[Kind::Stored as usize][Reason::Accepted as usize] += events;
    }
    let all = Kind::ALL.into_iter().flat_map(|kind| Reason::ALL.into_iter().map(move |reason| (kind, reason)));
    let counted = all.map(|(kind, reason)| (kind, reason, counts[kind as usize][reason as usize]));
    Ok(counted.filter(|(_, _, count)| *count > 0).collect())
}
