//! Typed documents over untyped ones: reading, writing and changing them by compare-and-set.

use schemas::ids::ProjectId;
use serde::{Serialize, de::DeserializeOwned};

use super::{Catalog, Collection, Draft, Expect, Kept, List, Version, Write, Written};
use crate::{Error, Result};

/// How often a change is tried again when someone else was faster. Each try costs a read and a write, and of those
/// who compete one always gets through.
const ATTEMPTS: usize = 50;

/// Most documents of one call to an engine.
pub(super) const BATCH: usize = 1_000;

/// Where a document stands.
pub(super) struct Place {
    pub(super) id: String,
    pub(super) project: Option<ProjectId>,
    pub(super) order: i64,
}

/// The document that keeps `value` there.
pub(super) fn draft<T: Serialize>(place: Place, value: &T) -> Draft {
    let json = serde_json::to_vec(value).expect("documents have only text keys and finite depth");
    Draft { id: place.id, project: place.project, order: place.order, json }
}

/// The value of a document.
pub(super) fn read<T: DeserializeOwned>(collection: Collection, kept: &Kept) -> Result<T> {
    serde_json::from_slice(&kept.draft.json).map_err(|error| Error::Damaged {
        place: format!("catalog, {} {}", collection.name(), kept.draft.id),
        cause: format!("{error}; restore the catalog from a backup or delete this document"),
    })
}

/// The values of these documents, in order.
pub(super) async fn get<T: DeserializeOwned>(c: &dyn Catalog, collection: Collection, ids: &[String]) -> Result<Vec<Option<(T, Version)>>> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        for kept in c.get(collection, ids).await? {
            found.push(kept.map(|kept| Ok::<_, Error>((read(collection, &kept)?, kept.version))).transpose()?);
        }
    }
    Ok(found)
}

/// The value of one document.
pub(super) async fn one<T: DeserializeOwned>(c: &dyn Catalog, collection: Collection, id: String) -> Result<Option<(T, Version)>> {
    Ok(get(c, collection, &[id]).await?.into_iter().next().flatten())
}

/// Writes one document. Answers whether that happened.
pub(super) async fn put(c: &dyn Catalog, collection: Collection, draft: Draft, expect: Expect) -> Result<bool> {
    let written = c.write(collection, vec![Write::Put(draft, expect)]).await?;
    Ok(matches!(written.first(), Some(Written::Done(_))))
}

/// Lets `change` change one document until nobody comes between. `None` if there is no such document.
pub(super) async fn update<T, P, F>(c: &dyn Catalog, collection: Collection, id: String, place: P, change: F) -> Result<Option<T>>
where
    T: Serialize + DeserializeOwned + PartialEq + Clone,
    P: Fn(&T) -> Place,
    F: Fn(&mut T),
{
    for _ in 0..ATTEMPTS {
        let Some((before, version)) = one::<T>(c, collection, id.clone()).await? else { return Ok(None) };
        let mut value = before.clone();
        change(&mut value);
        if value == before || put(c, collection, draft(place(&value), &value), Expect::Version(version)).await? {
            return Ok(Some(value));
        }
    }
    Err(contended(collection, &id))
}

/// The error of who was never fast enough.
pub(super) fn contended(collection: Collection, id: &str) -> Error {
    let doing = format!("changing {} {id} in the catalog", collection.name());
    Error::retryable(doing, format!("others changed it {ATTEMPTS} times in between"))
}

/// Every document of a collection that `list` asks for, page by page, at most `most`.
pub(super) async fn all<T: DeserializeOwned>(c: &dyn Catalog, collection: Collection, mut list: List, most: usize) -> Result<Vec<T>> {
    let mut values = Vec::new();
    while values.len() < most {
        list.limit = BATCH.min(most - values.len());
        let page = c.list(collection, &list).await?;
        let ended = page.len() < list.limit;
        list.after = page.last().map(|kept| (kept.draft.order, kept.draft.id.clone()));
        for kept in &page {
            values.push(read(collection, kept)?);
        }
        if ended {
            break;
        }
    }
    Ok(values)
}
