//! Who may send, and to which project: keys and projects as the catalog has them, remembered for a second.
//!
//! While the catalog is away, what was known is believed for a while: refusing an event loses it for good.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use schemas::{
    category::Category,
    ids::{ProjectId, PublicKey},
    usage::Reason,
};
use storage::catalog::{Catalog, keys, projects};
use tokio::time::Instant;

use crate::{
    credentials::same,
    quota::{Accounts, Admitted, KeyAccount},
    refusal::Refusal,
};

/// How long an answer of the catalog is taken without asking again.
const FRESH: Duration = Duration::from_secs(1);
/// How long it is still taken while someone asks again in the background.
const USABLE: Duration = Duration::from_millis(1_900);
/// How long it is taken while the catalog can't be asked.
const STALE: Duration = Duration::from_secs(3_600);
/// How long the catalog may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most keys that are remembered, unknown ones included.
const KEYS: usize = 16_384;
/// When to come again while the catalog is away and the key is new.
const AWAY_SECONDS: u32 = 5;

/// What is known of keys. Clones share it.
#[derive(Clone)]
pub(crate) struct Admission {
    catalog: Arc<dyn Catalog>,
    accounts: Arc<Accounts>,
    keys: Arc<Mutex<HashMap<PublicKey, Arc<Entry>>>>,
}

/// What is known of one key.
#[derive(Default)]
struct Entry {
    known: ArcSwapOption<Known>,
    /// Held by the one who asks the catalog; inside, when that last failed.
    asking: tokio::sync::Mutex<Option<Instant>>,
}

#[derive(Debug, Clone)]
struct Known {
    verdict: Verdict,
    at: Instant,
}

/// What the catalog says about a key.
#[derive(Debug, Clone)]
enum Verdict {
    Accepted(Arc<Admitted>),
    UnknownKey,
    /// A known key that may not send; where that is counted.
    Refused(Reason, Arc<KeyAccount>),
}

impl Admission {
    pub(crate) fn new(catalog: Arc<dyn Catalog>, accounts: Arc<Accounts>) -> Self {
        Self { catalog, accounts, keys: Arc::default() }
    }

    /// The project that the key writes to. When the request names a project, it must be that one.
    pub(crate) async fn admit(&self, key: &PublicKey, named: Option<ProjectId>) -> Result<Arc<Admitted>, Refusal> {
        match self.verdict(key).await? {
            Verdict::Accepted(project) if named.is_some_and(|named| named != project.id) => {
                Err(Refusal::rejected("project_mismatch", "ProjectId"))
            }
            Verdict::Accepted(project) if project.is_rotated(Timestamp::now()) => {
                let refusal = rotated();
                project.count_refused(&refusal);
                Err(refusal)
            }
            Verdict::Accepted(project) => Ok(project),
            Verdict::UnknownKey => Err(Refusal::rejected("unknown_key", "UnknownKey")),
            Verdict::Refused(reason, account) => {
                let refusal = match reason {
                    Reason::DisabledKey => Refusal::rejected("disabled_key", "DisabledKey"),
                    _ => Refusal::rejected("disabled_project", "DisabledProject"),
                };
                account.count(Category::Default, reason, 1);
                Err(refusal)
            }
        }
    }

    async fn verdict(&self, key: &PublicKey) -> Result<Verdict, Refusal> {
        let entry = self.entry(key);
        match entry.known() {
            Some(known) if known.at.elapsed() < FRESH => return Ok(known.verdict),
            Some(known) if known.at.elapsed() < USABLE => {
                self.refresh_in_background(key, entry);
                return Ok(known.verdict);
            }
            _ => {}
        }
        self.ask(key, &entry).await
    }

    /// The entry of a key, made when it is not there. Memory is bounded: when there are too many, those go that
    /// have no use, which are the unknown ones first.
    fn entry(&self, key: &PublicKey) -> Arc<Entry> {
        let mut keys = self.lock();
        if let Some(entry) = keys.get(key) {
            return Arc::clone(entry);
        }
        if keys.len() >= KEYS {
            keys.retain(|_, entry| entry.known().is_some_and(|known| matches!(known.verdict, Verdict::Accepted(_))));
        }
        if keys.len() >= KEYS {
            keys.retain(|_, entry| entry.known().is_some_and(|known| known.at.elapsed() < USABLE));
        }
        if keys.len() >= KEYS {
            keys.clear();
        }
        Arc::clone(keys.entry(key.clone()).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PublicKey, Arc<Entry>>> {
        self.keys.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn refresh_in_background(&self, key: &PublicKey, entry: Arc<Entry>) {
        if entry.asking.try_lock().is_ok() {
            let (admission, key) = (self.clone(), key.clone());
            tokio::spawn(async move { admission.ask(&key, &entry).await });
        }
    }

    /// Asks the catalog, one request at a time for each key; the others wait for its answer.
    async fn ask(&self, key: &PublicKey, entry: &Entry) -> Result<Verdict, Refusal> {
        let mut failed_at = entry.asking.lock().await;
        if let Some(known) = entry.known()
            && known.at.elapsed() < FRESH
        {
            return Ok(known.verdict);
        }
        if failed_at.is_none_or(|at| at.elapsed() >= FRESH) {
            let answer = tokio::time::timeout(PATIENCE, self.look_up(key)).await;
            match answer {
                Ok(Ok(verdict)) => {
                    *failed_at = None;
                    entry.known.store(Some(Arc::new(Known { verdict: verdict.clone(), at: Instant::now() })));
                    return Ok(verdict);
                }
                Ok(Err(error)) => tracing::warn!(%error, "looking up a project key failed"),
                Err(_) => tracing::warn!("looking up a project key took longer than {PATIENCE:?}"),
            }
            *failed_at = Some(Instant::now());
        }
        match entry.known() {
            Some(known) if known.at.elapsed() < STALE => Ok(known.verdict),
            _ => Err(Refusal::later("catalog_unavailable", "project unavailable", AWAY_SECONDS)),
        }
    }

    async fn look_up(&self, key: &PublicKey) -> storage::Result<Verdict> {
        let catalog = self.catalog.as_ref();
        let Some(found) = keys::get(catalog, key).await?.filter(|found| same(&found.key, key)) else {
            return Ok(Verdict::UnknownKey);
        };
        let refused = |reason| Verdict::Refused(reason, self.accounts.key(found.project, key).1);
        if !found.enabled {
            return Ok(refused(Reason::DisabledKey));
        }
        let project = projects::get(catalog, &[found.project]).await?.into_iter().next().flatten();
        Ok(match project {
            Some(project) if project.enabled => Verdict::Accepted(self.accounts.admit(project, found)),
            _ => refused(Reason::DisabledProject),
        })
    }
}

impl Entry {
    fn known(&self) -> Option<Known> {
        self.known.load().as_deref().cloned()
    }
}

/// The refusal of a key that another one has replaced.
fn rotated() -> Refusal {
    Refusal::rejected("rotated_key", "RotatedKey").because("the key was replaced by another one of its project; use that one")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
