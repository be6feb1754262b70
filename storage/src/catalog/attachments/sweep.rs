//! Lets go of files that are too old. Every step can be repeated, and several processes may do it at once.

use jiff::{Timestamp, civil::Date, tz::Offset};
use schemas::{catalog::EventAttachments, ids::ProjectId};

use super::{part_name, usage};
use crate::{
    Result,
    catalog::{Catalog, Collection, Expect, List, Write, document},
};

/// Events whose files are looked at in one go.
const EVENTS: usize = 100;
/// Most documents of one deletion.
const DELETIONS: usize = 200;

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Events whose files are gone.
    pub events: usize,
    /// Whether there is more to do.
    pub more: bool,
}

/// Forgets the files of a project that came on a day before `first`, of at most `most` events.
pub async fn sweep(c: &dyn Catalog, project: ProjectId, first: Date, most: usize) -> Result<Swept> {
    let old: Vec<Date> = usage::of_project(c, project).await?.into_iter().map(|usage| usage.day).filter(|day| *day < first).collect();
    let mut swept = Swept::default();
    if old.is_empty() {
        return Ok(swept);
    }
    while swept.events < most {
        let list = List { projects: Some(vec![project]), after: None, limit: EVENTS.min(most - swept.events) };
        let kept = c.list(Collection::Attachments, &list).await?;
        let mut forgotten = 0;
        for kept in &kept {
            let event: EventAttachments = document::read(Collection::Attachments, kept)?;
            if day(event.received_at) >= first {
                break;
            }
            delete(c, Collection::AttachmentParts, part_names(&event)).await?;
            // If more came for this event just now, its description stays until that is old.
            c.write(Collection::Attachments, vec![Write::Delete(kept.draft.id.clone(), Expect::Version(kept.version))]).await?;
            forgotten += 1;
        }
        swept.events += forgotten;
        if forgotten < list.limit {
            delete(c, Collection::AttachmentUsage, old.iter().map(|day| usage::name(project, *day)).collect()).await?;
            return Ok(swept);
        }
    }
    swept.more = true;
    Ok(swept)
}

pub(super) fn part_names(event: &EventAttachments) -> Vec<String> {
    let numbers = event.attachments.iter().flat_map(|attachment| attachment.kept.keys().map(move |number| (attachment.id, *number)));
    numbers.map(|(id, number)| part_name(event.project, event.event, id, number)).collect()
}

pub(super) async fn delete(c: &dyn Catalog, collection: Collection, ids: Vec<String>) -> Result<()> {
    for ids in ids.chunks(DELETIONS) {
        c.write(collection, ids.iter().map(|id| Write::Delete(id.clone(), Expect::Any)).collect()).await?;
    }
    Ok(())
}

fn day(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}
