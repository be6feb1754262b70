//! Takes single files away.

use schemas::{
    catalog::EventAttachments,
    ids::{EventId, ProjectId},
};

use super::{name, place, sweep::delete};
use crate::{
    Result,
    catalog::{
        Catalog, Collection, Expect, List, Write,
        document::{self, Place},
    },
};

/// One page of the events of these projects that have files, the oldest first. `after` is the last one of the page before.
pub async fn list(
    c: &dyn Catalog,
    projects: Option<Vec<ProjectId>>,
    after: Option<&EventAttachments>,
    limit: usize,
) -> Result<Vec<EventAttachments>> {
    let after = after.map(|event| {
        let Place { id, order, .. } = place(event);
        (order, id)
    });
    document::all(c, Collection::Attachments, List { projects, after, limit }, limit).await
}

/// The files of those of these events that have any.
pub async fn having(c: &dyn Catalog, events: &[(ProjectId, EventId)]) -> Result<Vec<EventAttachments>> {
    let ids: Vec<String> = events.iter().map(|(project, event)| name(*project, *event)).collect();
    let found = document::get::<EventAttachments>(c, Collection::Attachments, &ids).await?;
    Ok(found.into_iter().flatten().map(|(of, _)| of).filter(|of| !of.attachments.is_empty()).collect())
}

/// Takes away the files of an event that `which` chooses by their ids. Answers how many. What they counted for their
/// project's room goes with the day. A record that is read again does not bring them back.
pub async fn forget(c: &dyn Catalog, project: ProjectId, event: EventId, which: &(dyn Fn(EventId) -> bool + Sync)) -> Result<u64> {
    let id = name(project, event);
    let Some((of, _)) = document::one::<EventAttachments>(c, Collection::Attachments, id.clone()).await? else { return Ok(0) };
    let mut going = of.clone();
    going.attachments.retain(|attachment| which(attachment.id));
    if going.attachments.is_empty() {
        return Ok(0);
    }
    // Their bytes go first: a file that is told of can be found again when this ends in the middle.
    delete(c, Collection::AttachmentParts, super::sweep::part_names(&going)).await?;
    let left = document::update(c, Collection::Attachments, id.clone(), place, |event: &mut EventAttachments| {
        event.attachments.retain(|attachment| !which(attachment.id));
    });
    if left.await?.is_some_and(|left| left.attachments.is_empty())
        && let Some((of, version)) = document::one::<EventAttachments>(c, Collection::Attachments, id.clone()).await?
        && of.attachments.is_empty()
    {
        c.write(Collection::Attachments, vec![Write::Delete(id, Expect::Version(version))]).await?;
    }
    Ok(going.attachments.len() as u64)
}
