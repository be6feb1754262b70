//! The service catalogue: one document, so that processors see a change whole, with one look.

use schemas::{catalog::Service, limits};
use serde::{Deserialize, Serialize};

use super::{
    Catalog, Collection, Expect,
    document::{self, Place},
};
use crate::Result;

/// The one document.
const ID: &str = "all";
/// How often a change is tried when others change it too.
const ATTEMPTS: usize = 50;

/// The catalogue as kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Services {
    /// How often it was changed; 0: never.
    pub revision: u64,
    /// Its entries by name.
    pub services: Vec<Service>,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The entry is new.
    Added,
    /// It took the place of one of the same name.
    Replaced,
    /// It is gone.
    Removed,
    /// There was no such entry.
    Absent,
    /// There are [`limits::SERVICES`] or [`limits::SERVICES_BYTES`] already.
    Full,
}

/// The whole catalogue.
pub async fn get(c: &dyn Catalog) -> Result<Services> {
    Ok(document::one(c, Collection::Services, ID.to_owned()).await?.map(|(services, _)| services).unwrap_or_default())
}

/// Adds an entry or replaces the one of its name.
pub async fn put(c: &dyn Catalog, service: &Service) -> Result<Changed> {
    change(c, |services| match services.binary_search_by(|known| known.name.cmp(&service.name)) {
        Ok(at) => {
            services[at].clone_from(service);
            Changed::Replaced
        }
        Err(_) if services.len() >= limits::SERVICES => Changed::Full,
        Err(at) => {
            services.insert(at, service.clone());
            Changed::Added
        }
    })
    .await
}

/// Takes an entry away.
pub async fn remove(c: &dyn Catalog, name: &str) -> Result<Changed> {
    change(c, |services| match services.binary_search_by(|known| known.name.as_str().cmp(name)) {
        Ok(at) => {
            services.remove(at);
            Changed::Removed
        }
        Err(_) => Changed::Absent,
    })
    .await
}

async fn change(c: &dyn Catalog, change: impl Fn(&mut Vec<Service>) -> Changed) -> Result<Changed> {
    for _ in 0..ATTEMPTS {
        let found = document::one::<Services>(c, Collection::Services, ID.to_owned()).await?;
        let (mut services, expect) = match found {
            Some((services, version)) => (services, Expect::Version(version)),
            None => (Services::default(), Expect::Absent),
        };
        let changed = change(&mut services.services);
        if matches!(changed, Changed::Absent | Changed::Full) {
            return Ok(changed);
        }
        services.revision += 1;
        let draft = document::draft(Place { id: ID.to_owned(), project: None, order: 0 }, &services);
        if changed != Changed::Removed && draft.json.len() > limits::SERVICES_BYTES {
            return Ok(Changed::Full);
        }
        if document::put(c, Collection::Services, draft, expect).await? {
            return Ok(changed);
        }
    }
    Err(document::contended(Collection::Services, ID))
}
