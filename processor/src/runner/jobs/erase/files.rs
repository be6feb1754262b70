//! Files that came with events.

use std::collections::HashSet;

use schemas::{
    catalog::{Attachment, EventAttachments},
    ids::{EventId, ProjectId},
};
use storage::{
    Result,
    catalog::{Catalog, attachments},
};

use super::Eraser;
use crate::erasing::Search;

/// Events whose files are looked at in one go.
const EVENTS: usize = 100;

/// Takes away the files of events that go. Answers how many.
pub(super) async fn of_events(eraser: &Eraser<'_>, events: &[(ProjectId, EventId)]) -> Result<u64> {
    let mut files = 0;
    for event in attachments::having(&*eraser.work.catalog, events).await? {
        files += event.attachments.iter().filter(|file| eraser.is_new(file.id)).count() as u64;
        if !eraser.dry_run {
            attachments::forget(&*eraser.work.catalog, event.project, event.event, &|_| true).await?;
        }
    }
    Ok(files)
}

/// Takes away files whose names or bytes hold a value, whosever they are. Answers how many.
pub(super) async fn by_content(eraser: &Eraser<'_>) -> Result<u64> {
    let catalog = &*eraser.work.catalog;
    let (mut files, mut after) = (0, None);
    loop {
        let projects = eraser.of_projects().map(<[ProjectId]>::to_vec);
        let page = attachments::list(catalog, projects, after.as_ref(), EVENTS).await?;
        for event in &page {
            let mut going = HashSet::new();
            for attachment in &event.attachments {
                if eraser.search.is_in(attachment.filename.as_bytes()) || holds(&eraser.search, catalog, event, attachment).await? {
                    going.insert(attachment.id);
                }
            }
            files += going.iter().filter(|id| eraser.is_new(**id)).count() as u64;
            if !going.is_empty() && !eraser.dry_run {
                attachments::forget(catalog, event.project, event.event, &|id| going.contains(&id)).await?;
            }
        }
        if page.len() < EVENTS {
            return Ok(files);
        }
        after = page.into_iter().last();
    }
}

/// Whether the bytes of a file hold a value, part by part; one may begin in one part and end in the next.
async fn holds(search: &Search, catalog: &dyn Catalog, event: &EventAttachments, file: &Attachment) -> Result<bool> {
    let mut bytes = Vec::new();
    for number in file.kept.keys() {
        let Some(part) = attachments::part(catalog, event.project, event.event, file.id, *number).await? else { continue };
        bytes.extend(part);
        if search.is_in(&bytes) {
            return Ok(true);
        }
        // With what stands before the value.
        let left = bytes.len().saturating_sub(search.longest() + 100);
        bytes.drain(..left);
    }
    Ok(false)
}
