//! Pages of events, and single events and outcomes by id.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    ops::Range,
    sync::atomic::{AtomicI64, Ordering},
};

use schemas::{
    fields::Field,
    ids::{EventId, ProjectId},
    outcome::{Kind, Outcome, Reason},
};
use tantivy::{
    DocAddress, Searcher, TantivyDocument, TantivyError, Term,
    error::DataCorruption,
    query::{EnableScoring, Query, Weight},
    schema::{self, Value},
};

use super::{
    count::share::share,
    day::{is_slim, position},
    ids::{Ranks, with_id},
    layout::{EVENT, Layout, OUTCOME_KIND, OUTCOME_REASON, column_name},
    parts::{Part, parts},
};
use crate::index::{Balance, Cursor, Fate, Hit, Page, Scope};

/// A place in the order of pages, newest greatest.
type Rank = (i64, EventId, ProjectId);

fn rank(cursor: &Cursor) -> Rank {
    (cursor.millis, cursor.id, cursor.project)
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
    let parts = parts(searchers, &range)?;
    let floor = AtomicI64::new(i64::MIN);
    // One more than asked for, to know whether there are more.
    let none = || Best { wanted: limit.saturating_add(1), below, floor: floor.load(Ordering::Relaxed), found: BinaryHeap::new() };
    let mut best = none();
    share(
        parts.len(),
        |n| of_part(&parts[n], &*weight, &range, none()),
        |part| {
            best.merge(part);
            floor.store(best.least(), Ordering::Relaxed);
            tantivy::Result::Ok(())
        },
    )?;
    let mut found: Vec<_> = best.found.into_iter().map(|Reverse(found)| found).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    let more = found.len() > limit;
    found.truncate(limit);
    let places: Vec<_> = found.into_iter().map(|(_, day, ordinal, doc)| (day, DocAddress::new(ordinal, doc))).collect();
    Ok(Page { hits: read(layout, searchers, &places)?, more })
}

/// The newest of the events seen so far.
struct Best {
    wanted: usize,
    below: Option<Rank>,
    /// There are as many as are wanted from this time on, in other segments.
    floor: i64,
    /// With where they are. The least rank is on top.
    found: BinaryHeap<Reverse<(Rank, usize, u32, u32)>>,
}

impl Best {
    /// Older events are not wanted.
    fn least(&self) -> i64 {
        match self.found.peek().filter(|_| self.found.len() == self.wanted) {
            Some(Reverse(((least, ..), ..))) => self.floor.max(*least),
            None => self.floor,
        }
    }

    fn see(&mut self, part: &Part<'_>, ranks: &Ranks, docs: &[u32], times: &[i64]) {
        for (doc, millis) in docs.iter().zip(times) {
            if *millis >= self.least() {
                let rank = (*millis, ranks.id(*doc), ranks.project(*doc));
                if self.below.is_none_or(|below| rank < below) {
                    self.add((rank, part.day, part.ordinal, *doc));
                }
            }
        }
    }

    fn add(&mut self, found: (Rank, usize, u32, u32)) {
        if self.found.len() == self.wanted && self.found.peek().is_some_and(|Reverse((least, ..))| found.0 > *least) {
            self.found.pop();
        }
        if self.found.len() < self.wanted {
            self.found.push(Reverse(found));
        }
    }

    fn merge(&mut self, other: Self) {
        other.found.into_iter().for_each(|Reverse(found)| self.add(found));
    }
}

/// The newest events of one segment. Its last documents come first: nearly always they are the newest, and enough.
fn of_part(part: &Part<'_>, weight: &dyn Weight, range: &Range<i64>, mut best: Best) -> tantivy::Result<Best> {
    if part.newest() < best.least() {
        return Ok(best);
    }
    let ranks = Ranks::new(part.segment)?;
    let Some((tail, before)) = part.tail() else {
        part.each(weight, range, |docs, times| best.see(part, &ranks, docs, times))?;
        return Ok(best);
    };
    part.each_of(tail..part.segment.max_doc(), weight, range, |docs, times| best.see(part, &ranks, docs, times))?;
    if before >= best.least() {
        part.each_of(0..tail, weight, range, |docs, times| best.see(part, &ranks, docs, times))?;
    }
    Ok(best)
}

/// The events at `places`, in that order.
pub(super) fn read(layout: &Layout, searchers: &[Searcher], places: &[(usize, DocAddress)]) -> tantivy::Result<Vec<Hit>> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_unstable_by_key(|n| places[*n]);
    let mut hits: Vec<Option<Hit>> = vec![None; places.len()];
    for n in order {
        let (day, address) = places[n];
        let segment = searchers[day].segment_reader(address.segment_ord);
        let millis = segment.fast_fields().i64(&column_name(Field::Timestamp))?.first(address.doc_id).unwrap_or_default();
        let ranks = Ranks::new(segment)?;
        let (id, project) = (ranks.id(address.doc_id), ranks.project(address.doc_id));
        hits[n] = Some(Hit {
            json: json(layout, &searchers[day], address)?,
            position: position(segment, address.doc_id)?,
            cursor: Cursor { millis, id, project },
        });
    }
    Ok(hits.into_iter().flatten().collect())
}

/// The stored JSON of a document.
pub(super) fn json(layout: &Layout, searcher: &Searcher, address: DocAddress) -> tantivy::Result<Vec<u8>> {
    let document: TantivyDocument = searcher.doc(address)?;
    let json = document.get_first(layout.json).and_then(|value| value.as_str());
    json.map(|json| json.as_bytes().to_vec()).ok_or_else(|| damaged("a document without its JSON"))
}

fn damaged(what: &str) -> TantivyError {
    DataCorruption::comment_only(what).into()
}

/// The documents with this event id, of any project; `field` holds their id terms.
fn everywhere(searchers: &[Searcher], field: schema::Field, id: EventId) -> tantivy::Result<Vec<(usize, DocAddress)>> {
    let mut found = Vec::new();
    for (day, searcher) in searchers.iter().enumerate() {
        for (ordinal, segment) in searcher.segment_readers().iter().enumerate() {
            let docs = with_id(segment, field, &Ranks::new(segment)?, id)?;
            found.extend(docs.into_iter().map(|doc| (day, DocAddress::new(ordinal as u32, doc))));
        }
    }
    Ok(found)
}

/// The events with this id of these projects.
fn events(layout: &Layout, searchers: &[Searcher], projects: &[ProjectId], id: EventId) -> tantivy::Result<Vec<(usize, DocAddress)>> {
    let mut found = Vec::new();
    for (day, address) in everywhere(searchers, layout.event, id)? {
        let ranks = Ranks::new(searchers[day].segment_reader(address.segment_ord))?;
        if projects.contains(&ranks.project(address.doc_id)) {
            found.push((day, address));
        }
    }
    Ok(found)
}

/// The events with this id, newest first.
pub(super) fn get(layout: &Layout, searchers: &[Searcher], projects: &[ProjectId], id: EventId) -> tantivy::Result<Vec<Hit>> {
    let mut hits = read(layout, searchers, &events(layout, searchers, projects, id)?)?;
    hits.sort_by_key(|hit| Reverse(rank(&hit.cursor)));
    Ok(hits)
}

/// What became of the records with this event id, by position.
pub(super) fn fate(layout: &Layout, searchers: &[Searcher], projects: &[ProjectId], id: EventId) -> tantivy::Result<Vec<Fate>> {
    let mut fates = Vec::new();
    for (day, address) in events(layout, searchers, projects, id)? {
        let segment = searchers[day].segment_reader(address.segment_ord);
        let position = position(segment, address.doc_id)?;
        fates.push(if is_slim(segment, address.doc_id)? { Fate::Counted(position) } else { Fate::Stored(position) });
    }
    for (day, address) in everywhere(searchers, layout.outcome_event, id)? {
        let outcome: Outcome =
            serde_json::from_slice(&json(layout, &searchers[day], address)?).map_err(|_| damaged("an outcome that can't be read"))?;
        if projects.contains(&outcome.project) {
            fates.push(Fate::Ended(outcome));
        }
    }
    fates.sort_by_key(|fate| match fate {
        Fate::Stored(position) | Fate::Counted(position) => *position,
        Fate::Ended(outcome) => outcome.position,
    });
    Ok(fates)
}

/// How many records of one day ended how.
pub(super) fn balance(layout: &Layout, searcher: &Searcher) -> tantivy::Result<Balance> {
    let mut counts = [[0; Reason::ALL.len()]; Kind::ALL.len()];
    for segment in searcher.segment_readers() {
        let columns = segment.fast_fields();
        let (kinds, reasons) = (columns.str(OUTCOME_KIND)?, columns.str(OUTCOME_REASON)?);
        let stored = Term::from_field_u64(layout.kind, EVENT);
        let events = segment.inverted_index(layout.kind)?.doc_freq(&stored)?;
        if let (Some(kinds), Some(reasons)) = (kinds, reasons) {
            let mut name = String::new();
            for doc in 0..segment.max_doc() {
                let (Some(kind), Some(reason)) = (kinds.term_ords(doc).next(), reasons.term_ords(doc).next()) else { continue };
                kinds.ord_to_str(kind, &mut name)?;
                let kind = Kind::ALL.iter().position(|kind| kind.as_str() == name);
                reasons.ord_to_str(reason, &mut name)?;
                let reason = Reason::ALL.iter().position(|reason| reason.as_str() == name);
                let (Some(kind), Some(reason)) = (kind, reason) else { return Err(damaged("an outcome of an unknown kind")) };
                counts[kind][reason] += 1;
            }
        }
        let slim = match layout.field(Field::Slim) {
            Some(field) => segment.inverted_index(field)?.doc_freq(&Term::from_field_bool(field, true))?,
            None => 0,
        };
        counts[Kind::Stored as usize][Reason::Accepted as usize] += u64::from(events - slim);
        counts[Kind::Counted as usize][Reason::StormControl as usize] += u64::from(slim);
    }
    let all = Kind::ALL.into_iter().flat_map(|kind| Reason::ALL.into_iter().map(move |reason| (kind, reason)));
    let counted = all.map(|(kind, reason)| (kind, reason, counts[kind as usize][reason as usize]));
    Ok(counted.filter(|(_, _, count)| *count > 0).collect())
}
