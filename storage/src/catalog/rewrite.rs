//! Goes through the documents of a collection and puts others in the place of some, whatever they are.

use schemas::ids::ProjectId;

use super::{Catalog, Collection, Draft, Expect, Kept, List, Write, Written, document};
use crate::Result;

/// What takes the place of the document with this JSON; `None`: it stays.
pub type Rewrite<'a> = dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync + 'a;

/// How often a document is tried again that someone else changed in between.
const ATTEMPTS: usize = 50;

/// Rewrites the documents of these projects, or of all, as `rewrite` says of each. Answers how many. It can be repeated;
/// a document that comes or moves while it goes on may be missed.
pub async fn rewrite(c: &dyn Catalog, collection: Collection, projects: Option<&[ProjectId]>, rewrite: &Rewrite<'_>) -> Result<u64> {
    let mut rewritten = 0;
    let mut list = List { projects: projects.map(<[ProjectId]>::to_vec), after: None, limit: at_once(collection) };
    loop {
        let page = c.list(collection, &list).await?;
        let ended = page.len() < list.limit;
        list.after = page.last().map(|kept| (kept.draft.order, kept.draft.id.clone()));
        for kept in page {
            rewritten += u64::from(one(c, collection, kept, rewrite).await?);
        }
        if ended {
            return Ok(rewritten);
        }
    }
}

/// How many documents of one page: a dead letter may have 1.5 MB.
fn at_once(collection: Collection) -> usize {
    match collection {
        Collection::DeadLetters | Collection::AttachmentParts => 16,
        _ => 200,
    }
}

async fn one(c: &dyn Catalog, collection: Collection, kept: Kept, rewrite: &Rewrite<'_>) -> Result<bool> {
    let mut kept = kept;
    for _ in 0..ATTEMPTS {
        let Kept { draft: Draft { id, project, order, json }, version } = kept;
        let Some(json) = rewrite(&json) else { return Ok(false) };
        let write = Write::Put(Draft { id: id.clone(), project, order, json }, Expect::Version(version));
        if matches!(c.write(collection, vec![write]).await?[..], [Written::Done(_)]) {
            return Ok(true);
        }
        match c.get(collection, std::slice::from_ref(&id)).await?.pop().flatten() {
            Some(now) => kept = now,
            None => return Ok(false),
        }
    }
    Err(document::contended(collection, "a document"))
}
