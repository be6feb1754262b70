//! DSN keys: each lets its holder write to one project.

use jiff::Timestamp;
use schemas::{
    catalog::Key,
    ids::{ProjectId, PublicKey},
    limits,
};

use super::{
    Catalog, Collection, Expect, List,
    document::{self, Place},
};
use crate::{Error, Result};

/// The key, enabled or not.
pub async fn get(c: &dyn Catalog, key: &PublicKey) -> Result<Option<Key>> {
    Ok(document::one(c, Collection::Keys, key.to_string()).await?.map(|(key, _)| key))
}

/// The keys of a project, newest first.
pub async fn list(c: &dyn Catalog, project: ProjectId) -> Result<Vec<Key>> {
    let list = List { projects: Some(vec![project]), ..List::default() };
    document::all(c, Collection::Keys, list, limits::PROJECT_KEYS).await
}

/// Adds a key to a project. The project must be there; the key must be new.
pub async fn create(c: &dyn Catalog, project: ProjectId, key: PublicKey, now: Timestamp) -> Result<Key> {
    let doing = || format!("adding a key to project {project}");
    if list(c, project).await?.len() >= limits::PROJECT_KEYS {
        let cause = format!("it has {} keys, the most a project can have: enable an old one again", limits::PROJECT_KEYS);
        return Err(Error::Full { doing: doing(), cause });
    }
    let key = Key { key, project, created_at: now, enabled: true, limits: Vec::new(), rotated: None };
    if document::put(c, Collection::Keys, document::draft(place(&key), &key), Expect::Absent).await? {
        Ok(key)
    } else {
        Err(Error::terminal(doing(), "the key is in use: draw another one"))
    }
}

/// Lets `change` change a key; which one it is and its project stay. `None` if there is no such key.
pub async fn update(c: &dyn Catalog, key: &PublicKey, change: impl Fn(&mut Key)) -> Result<Option<Key>> {
    let change = |it: &mut Key| {
        let project = it.project;
        change(it);
        it.key.clone_from(key);
        it.project = project;
    };
    document::update(c, Collection::Keys, key.to_string(), place, change).await
}

fn place(key: &Key) -> Place {
    Place { id: key.key.to_string(), project: Some(key.project), order: key.created_at.as_millisecond() }
}
