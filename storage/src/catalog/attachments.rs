//! Files that came with events: a document for each event that says which there are, one for each part of their
//! bytes, and one for each project and day that says how much room they take.
//!
//! Parts may come in any order and any number of times. What was decided about a record is decided again in the same
//! way when it is read again: the description says which parts are kept, the usage up to which offset files were
//! counted.

use std::collections::{BTreeMap, HashMap};

use data_encoding::BASE64;
use jiff::Timestamp;
use schemas::{
    catalog::{Attachment, EventAttachments},
    ids::{EventId, ProjectId},
    limits,
    record::{self, Position},
};
use serde::{Deserialize, Serialize};

use super::{
    Catalog, Collection, Expect, Write,
    document::{self, Place},
};
use crate::{Error, Result};

mod forget;
mod sweep;
mod usage;

pub use forget::{forget, having, list};
pub use sweep::{Swept, sweep};
use usage::Usage;

/// Most parts of one write: each has some 700 KB.
const PARTS: usize = 8;

/// A part of a file as a record brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Whose it is.
    pub project: ProjectId,
    /// The event that the file belongs to.
    pub event: EventId,
    /// When ingest took it.
    pub received_at: Timestamp,
    /// The record that brings it.
    pub position: Position,
    /// Which part of which file.
    pub of: record::Attachment,
    /// What is to be kept of it, at most [`limits::ATTACHMENT_PART_BYTES`] and what scrubbing adds.
    pub bytes: Vec<u8>,
}

/// What was done with a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is kept, perhaps since before.
    Kept,
    /// The project has no room for the file.
    ProjectFull,
    /// The event has [`limits::EVENT_ATTACHMENTS`] files.
    EventFull,
}

#[derive(Serialize, Deserialize)]
struct Bytes {
    base64: String,
}

/// Keeps parts, each with the bytes that its project's files may have in all. Answers for each in order.
pub async fn add(c: &dyn Catalog, parts: &[(&Part, u64)]) -> Result<Vec<Verdict>> {
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let mut events = described(c, parts).await?;
    let mut usage = Usage::load(c, parts.iter().map(|(part, _)| part.project)).await?;
    let mut verdicts = Vec::with_capacity(parts.len());
    let mut kept: Vec<&Part> = Vec::with_capacity(parts.len());
    for (part, room) in parts {
        let event = events.entry((part.project, part.event)).or_insert_with(|| new(part));
        let verdict = decide(event, &mut usage, part, *room);
        verdicts.push(verdict);
        if verdict == Verdict::Kept {
            kept.push(part);
        }
    }
    write_parts(c, &kept).await?;
    let mut by_event: BTreeMap<(ProjectId, EventId), Vec<&Part>> = BTreeMap::new();
    for part in kept {
        by_event.entry((part.project, part.event)).or_default().push(part);
    }
    for parts in by_event.values() {
        describe(c, parts).await?;
    }
    // Last: a file that is counted is described, so that it is not counted for nothing after a crash.
    usage.save(c).await?;
    Ok(verdicts)
}

/// Whether a part is kept. Notes in `event` and `usage` what that changes.
fn decide(event: &mut EventAttachments, usage: &mut Usage, part: &Part, room: u64) -> Verdict {
    let bytes = part.of.file_bytes.max(limits::ATTACHMENT_LEAST_BYTES);
    let known = event.attachments.iter().find(|known| known.id == part.of.id).map(|known| known.position);
    let verdict = match known {
        Some(_) => Verdict::Kept,
        None if event.attachments.len() >= limits::EVENT_ATTACHMENTS => Verdict::EventFull,
        None if usage.has_seen(part) || usage.total(part.project).saturating_add(bytes) > room => Verdict::ProjectFull,
        None => Verdict::Kept,
    };
    if verdict == Verdict::Kept {
        take(event, part);
    }
    let counted = verdict == Verdict::Kept && known.is_none_or(|position| position == part.position);
    usage.see(part, if counted { bytes } else { 0 });
    verdict
}

/// What is known of the events that the parts belong to.
async fn described(c: &dyn Catalog, parts: &[(&Part, u64)]) -> Result<HashMap<(ProjectId, EventId), EventAttachments>> {
    let mut ids: Vec<String> = parts.iter().map(|(part, _)| name(part.project, part.event)).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = document::get::<EventAttachments>(c, Collection::Attachments, &ids).await?;
    Ok(found.into_iter().flatten().map(|(event, _)| ((event.project, event.event), event)).collect())
}

fn new(part: &Part) -> EventAttachments {
    EventAttachments { project: part.project, event: part.event, received_at: part.received_at, attachments: Vec::new() }
}

/// Notes that a part is kept.
fn take(event: &mut EventAttachments, part: &Part) {
    let at = event.attachments.iter().position(|known| known.id == part.of.id);
    let at = at.unwrap_or_else(|| {
        event.attachments.push(Attachment::new(&part.of, part.received_at, part.position));
        event.received_at = event.received_at.max(part.received_at);
        event.attachments.len() - 1
    });
    event.attachments[at].kept.entry(part.of.part).or_insert(part.bytes.len() as u64);
}

async fn write_parts(c: &dyn Catalog, parts: &[&Part]) -> Result<()> {
    let mut unique: BTreeMap<String, &Part> = BTreeMap::new();
    for part in parts {
        unique.entry(part_name(part.project, part.event, part.of.id, part.of.part)).or_insert(part);
    }
    let unique: Vec<(String, &Part)> = unique.into_iter().collect();
    for batch in unique.chunks(PARTS) {
        let put = |(id, part): &(String, &Part)| {
            let place = Place { id: id.clone(), project: Some(part.project), order: 0 };
            Write::Put(document::draft(place, &Bytes { base64: BASE64.encode(&part.bytes) }), Expect::Absent)
        };
        c.write(Collection::AttachmentParts, batch.iter().map(put).collect()).await?;
    }
    Ok(())
}

/// Adds to the description of one event.
async fn describe(c: &dyn Catalog, parts: &[&Part]) -> Result<()> {
    let Some(first) = parts.first() else { return Ok(()) };
    let none = new(first);
    document::put(c, Collection::Attachments, document::draft(place(&none), &none), Expect::Absent).await?;
    let change = |event: &mut EventAttachments| parts.iter().for_each(|part| take(event, part));
    document::update(c, Collection::Attachments, name(first.project, first.event), place, change).await.map(|_| ())
}

/// The files of an event in these projects. Those of which parts are missing are among them.
pub async fn of_event(c: &dyn Catalog, projects: &[ProjectId], event: EventId) -> Result<Vec<EventAttachments>> {
    let ids: Vec<String> = projects.iter().map(|project| name(*project, event)).collect();
    let found = document::get::<EventAttachments>(c, Collection::Attachments, &ids).await?;
    Ok(found.into_iter().flatten().map(|(event, _)| event).collect())
}

/// The bytes of one part of a file, `None` if they are not there.
pub async fn part(c: &dyn Catalog, project: ProjectId, event: EventId, id: EventId, number: u32) -> Result<Option<Vec<u8>>> {
    let name = part_name(project, event, id, number);
    let Some((bytes, _)) = document::one::<Bytes>(c, Collection::AttachmentParts, name.clone()).await? else { return Ok(None) };
    let damaged = |error| Error::Damaged { place: format!("catalog, attachment_parts {name}"), cause: format!("{error}") };
    BASE64.decode(bytes.base64.as_bytes()).map(Some).map_err(damaged)
}

/// Sorted so that lists, which descend, give the oldest first: they are the next to go.
fn place(event: &EventAttachments) -> Place {
    Place { id: name(event.project, event.event), project: Some(event.project), order: -event.received_at.as_millisecond() }
}

fn name(project: ProjectId, event: EventId) -> String {
    format!("{project}-{event}")
}

fn part_name(project: ProjectId, event: EventId, id: EventId, number: u32) -> String {
    format!("{project}-{event}-{id}-{number}")
}
