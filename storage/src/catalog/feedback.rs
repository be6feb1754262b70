//! What users wrote: a document each, and one for each event that says which are about it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemas::{
    catalog::Feedback,
    ids::{EventId, ProjectId},
    limits,
};
use serde::{Deserialize, Serialize};

use super::{
    Catalog, Collection, Expect, List, Write,
    document::{self, Place},
};
use crate::Result;

/// The feedback about one event, in the order of its ids.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct OfEvent {
    feedback: Vec<EventId>,
}

/// Keeps these. One that is there already stays as it is.
pub async fn add(c: &dyn Catalog, feedback: Vec<Feedback>) -> Result<()> {
    // Of one id the first counts, as it would across batches.
    let mut unique: BTreeMap<String, Feedback> = BTreeMap::new();
    for one in feedback {
        unique.entry(name(one.project, one.id)).or_insert(one);
    }
    let all: Vec<&Feedback> = unique.values().collect();
    for batch in all.chunks(document::BATCH) {
        let writes = batch.iter().map(|one| Write::Put(document::draft(place(one), one), Expect::Absent)).collect();
        c.write(Collection::Feedback, writes).await?;
    }
    let mut events: BTreeMap<(ProjectId, EventId), Vec<EventId>> = BTreeMap::new();
    for one in all {
        if let Some(event) = one.event {
            events.entry((one.project, event)).or_default().push(one.id);
        }
    }
    for ((project, event), ids) in events {
        link(c, project, event, &ids).await?;
    }
    Ok(())
}

/// Adds to what is about an event, up to [`limits::EVENT_FEEDBACK`].
async fn link(c: &dyn Catalog, project: ProjectId, event: EventId, ids: &[EventId]) -> Result<()> {
    let place = |_: &OfEvent| Place { id: name(project, event), project: Some(project), order: 0 };
    let none = OfEvent { feedback: Vec::new() };
    document::put(c, Collection::EventFeedback, document::draft(place(&none), &none), Expect::Absent).await?;
    let change = |of: &mut OfEvent| {
        for id in ids {
            if let Err(at) = of.feedback.binary_search(id)
                && of.feedback.len() < limits::EVENT_FEEDBACK
            {
                of.feedback.insert(at, *id);
            }
        }
    };
    document::update(c, Collection::EventFeedback, name(project, event), place, change).await.map(|_| ())
}

/// One page, newest receipt first; of one millisecond by id. `after` is the last one of the page before: its receipt
/// in milliseconds, its project and its id.
pub async fn list(
    c: &dyn Catalog,
    projects: Option<Vec<ProjectId>>,
    after: Option<(i64, ProjectId, EventId)>,
    limit: usize,
) -> Result<Vec<Feedback>> {
    let after = after.map(|(millis, project, id)| (millis, name(project, id)));
    document::all(c, Collection::Feedback, List { projects, after, limit }, limit).await
}

/// What is about an event, oldest receipt first.
pub async fn of_event(c: &dyn Catalog, project: ProjectId, event: EventId) -> Result<Vec<Feedback>> {
    let Some((of, _)) = document::one::<OfEvent>(c, Collection::EventFeedback, name(project, event)).await? else {
        return Ok(Vec::new());
    };
    let ids: Vec<String> = of.feedback.iter().map(|id| name(project, *id)).collect();
    let found = document::get::<Feedback>(c, Collection::Feedback, &ids).await?;
    let mut feedback: Vec<Feedback> = found.into_iter().flatten().map(|(one, _)| one).collect();
    feedback.sort_by_key(|one| (one.received_at, one.id));
    Ok(feedback)
}

/// Those of these events that something is about.
pub async fn having(c: &dyn Catalog, events: &[(ProjectId, EventId)]) -> Result<Vec<(ProjectId, EventId)>> {
    let ids: Vec<String> = events.iter().map(|(project, event)| name(*project, *event)).collect();
    let found = document::get::<OfEvent>(c, Collection::EventFeedback, &ids).await?;
    Ok(events.iter().zip(found).filter_map(|(event, found)| found.map(|_| *event)).collect())
}

/// Lets `change` change one. `None` if it is not there.
pub async fn update(c: &dyn Catalog, project: ProjectId, id: EventId, change: impl Fn(&mut Feedback)) -> Result<Option<Feedback>> {
    document::update(c, Collection::Feedback, name(project, id), place, change).await
}

/// Forgets what was received at this time or before, at most `most` of it. Answers how much that was. It can be
/// repeated, and several processes may do it at once.
pub async fn sweep(c: &dyn Catalog, until: Timestamp, most: usize) -> Result<usize> {
    // Lists descend: after this place stand the older ones.
    let list = List { projects: None, after: Some((until.as_millisecond(), String::new())), limit: most };
    let old: Vec<Feedback> = document::all(c, Collection::Feedback, list, most).await?;
    let mut events: BTreeMap<(ProjectId, EventId), Vec<EventId>> = BTreeMap::new();
    for one in &old {
        if let Some(event) = one.event {
            events.entry((one.project, event)).or_default().push(one.id);
        }
    }
    for ((project, event), ids) in events {
        unlink(c, project, event, &ids).await?;
    }
    for batch in old.chunks(document::BATCH) {
        let deletions = batch.iter().map(|one| Write::Delete(name(one.project, one.id), Expect::Any)).collect();
        c.write(Collection::Feedback, deletions).await?;
    }
    Ok(old.len())
}

/// Takes away from what is about an event. If more came just now it stays: what is gone is read over.
async fn unlink(c: &dyn Catalog, project: ProjectId, event: EventId, ids: &[EventId]) -> Result<()> {
    let id = name(project, event);
    let Some((mut of, version)) = document::one::<OfEvent>(c, Collection::EventFeedback, id.clone()).await? else { return Ok(()) };
    of.feedback.retain(|known| !ids.contains(known));
    let expect = Expect::Version(version);
    let write = if of.feedback.is_empty() {
        Write::Delete(id, expect)
    } else {
        Write::Put(document::draft(Place { id, project: Some(project), order: 0 }, &of), expect)
    };
    c.write(Collection::EventFeedback, vec![write]).await.map(|_| ())
}

fn place(one: &Feedback) -> Place {
    Place { id: name(one.project, one.id), project: Some(one.project), order: one.received_at.as_millisecond() }
}

fn name(project: ProjectId, id: EventId) -> String {
    format!("{project}-{id}")
}
