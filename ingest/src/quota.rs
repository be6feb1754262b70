//! How much a project and a key may send, counted on arrival and before anything is stored, so that overload is seen
//! at once. Every process counts exactly for itself; what the others counted it learns within seconds ([`crate::usage`]).
//!
//! Counting is atomic numbers only: no lock, no allocation for what is taken.

use std::{
    collections::HashMap,
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use jiff::Timestamp;
use schemas::{
    catalog::{Key, Project},
    category::Category,
    ids::{ProjectId, PublicKey},
    quota::{Limit, Period, SpikeProtection},
    usage::Reason,
};
use tokio::time::Instant;

use crate::refusal::Refusal;

mod bucket;
mod claim;
mod limiter;
mod spikes;
mod window;

pub(crate) use claim::{Claim, EVERYTHING, Over};
pub(crate) use limiter::{Limiter, Moment};
use spikes::Spikes;

/// What was counted of one key since it was last collected.
#[derive(Debug)]
pub(crate) struct KeyAccount {
    limiters: Mutex<Vec<Arc<Limiter>>>,
    counters: [[AtomicU64; Reason::COUNT]; Category::COUNT],
}

/// What is counted of one project, and of its keys.
#[derive(Debug)]
pub(crate) struct ProjectAccount {
    pub(crate) id: ProjectId,
    limiters: Mutex<Vec<Arc<Limiter>>>,
    spikes: Spikes,
    setting: Mutex<SpikeProtection>,
    keys: Mutex<HashMap<PublicKey, Arc<KeyAccount>>>,
}

/// Every account that is in use. There are no more than [`crate::admission`] remembers keys.
#[derive(Debug)]
pub(crate) struct Accounts {
    start: Instant,
    projects: Mutex<HashMap<ProjectId, Arc<ProjectAccount>>>,
}

/// A project that takes events, and the key that they come with.
#[derive(Debug)]
pub(crate) struct Admitted {
    project: Project,
    pub(crate) key: Key,
    start: Instant,
    account: Arc<ProjectAccount>,
    key_account: Arc<KeyAccount>,
    /// The reason that each gives when it refuses.
    limiters: Vec<(Reason, Arc<Limiter>)>,
}

impl Deref for Admitted {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.project
    }
}

impl Admitted {
    /// Whether another key has replaced this one, and its time is over.
    pub(crate) fn is_rotated(&self, now: Timestamp) -> bool {
        self.key.rotated.as_ref().is_some_and(|rotation| now >= rotation.until)
    }

    /// Counts a request that was refused before it was known what it brings.
    pub(crate) fn count_refused(&self, refusal: &Refusal) {
        self.key_account.count(Category::Default, refusal.reason(), 1);
    }

    /// Counts events of a batch that can't be read.
    pub(crate) fn count_invalid(&self, events: u64) {
        self.key_account.count(Category::Error, Reason::Invalid, events);
    }
}

impl KeyAccount {
    fn new() -> Self {
        let counters = std::array::from_fn(|_| std::array::from_fn(|_| AtomicU64::new(0)));
        Self { limiters: Mutex::default(), counters }
    }

    pub(crate) fn count(&self, category: Category, reason: Reason, events: u64) {
        self.counters[category.index()][reason.index()].fetch_add(events, Relaxed);
    }

    /// Hands over what was counted since the last time.
    fn collect(&self, mut each: impl FnMut(Category, Reason, u64)) {
        for category in Category::ALL {
            for reason in Reason::ALL {
                let counter = &self.counters[category.index()][reason.index()];
                if counter.load(Relaxed) > 0 {
                    each(category, reason, counter.swap(0, Relaxed));
                }
            }
        }
    }
}

impl ProjectAccount {
    fn new(id: ProjectId) -> Self {
        Self { id, limiters: Mutex::default(), spikes: Spikes::default(), setting: Mutex::default(), keys: Mutex::default() }
    }

    /// Every limit over an hour or a month, with the key that it is for.
    pub(crate) fn windows(&self) -> Vec<(Option<PublicKey>, Arc<Limiter>)> {
        let of = |key: Option<&PublicKey>, limiters: &Mutex<Vec<Arc<Limiter>>>| -> Vec<_> {
            let limiters = lock(limiters);
            let windows = limiters.iter().filter(|limiter| limiter.limit().per != Period::Minute);
            windows.map(|limiter| (key.cloned(), Arc::clone(limiter))).collect()
        };
        let mut windows = of(None, &self.limiters);
        for (key, account) in lock(&self.keys).iter() {
            windows.extend(of(Some(key), &account.limiters));
        }
        windows
    }

    /// Whether what other processes count matters to it now.
    pub(crate) fn shares(&self, now: &Moment) -> bool {
        self.spikes.is_near(now, &lock(&self.setting)) || !self.windows().is_empty()
    }

    pub(crate) fn learn_busy(&self, busy: Option<[u64; Category::COUNT]>) {
        self.spikes.learn_busy(busy);
    }

    pub(crate) fn learn_hour(&self, category: Category, now: &Moment, others: u64, own: u64) {
        self.spikes.learn(category, now, others, own);
    }
}

impl Accounts {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), projects: Mutex::default() }
    }

    /// The time by both clocks.
    pub(crate) fn moment(&self) -> Moment {
        Moment::new(self.start, Timestamp::now())
    }

    /// The account of a key.
    pub(crate) fn key(&self, project: ProjectId, key: &PublicKey) -> (Arc<ProjectAccount>, Arc<KeyAccount>) {
        let mut projects = lock(&self.projects);
        let project = Arc::clone(projects.entry(project).or_insert_with(|| Arc::new(ProjectAccount::new(project))));
        // Still under the lock of the projects: else the account could be dropped as one that nobody uses.
        let mut keys = lock(&project.keys);
        let account = Arc::clone(keys.entry(key.clone()).or_insert_with(|| Arc::new(KeyAccount::new())));
        drop(keys);
        (project, account)
    }

    /// The project and key with the limits that they have now. What was counted against a limit that stays is kept.
    pub(crate) fn admit(&self, project: Project, key: Key) -> Arc<Admitted> {
        let (account, key_account) = self.key(project.id, &key.key);
        lock(&account.setting).clone_from(&project.settings.spike_protection);
        let of_key = renew(&key_account.limiters, &key.limits).into_iter().map(|limiter| (Reason::KeyQuota, limiter));
        let of_project = renew(&account.limiters, &project.settings.limits).into_iter().map(|limiter| (Reason::ProjectQuota, limiter));
        let limiters = of_key.chain(of_project).collect();
        Arc::new(Admitted { project, key, start: self.start, account, key_account, limiters })
    }

    /// Hands over everything that was counted since the last time, and forgets accounts that nobody uses.
    pub(crate) fn collect(&self, mut each: impl FnMut(ProjectId, &PublicKey, Category, Reason, u64)) {
        let mut projects = lock(&self.projects);
        projects.retain(|id, project| {
            let mut keys = lock(&project.keys);
            keys.retain(|key, account| {
                let used = Arc::strong_count(account) > 1;
                account.collect(|category, reason, events| each(*id, key, category, reason, events));
                used
            });
            let empty = keys.is_empty();
            drop(keys);
            !empty || Arc::strong_count(project) > 1
        });
    }

    pub(crate) fn projects(&self) -> Vec<Arc<ProjectAccount>> {
        lock(&self.projects).values().cloned().collect()
    }
}

/// Brings limiters in line with settings. Those whose limit is still set stay.
fn renew(limiters: &Mutex<Vec<Arc<Limiter>>>, limits: &[Limit]) -> Vec<Arc<Limiter>> {
    let mut limiters = lock(limiters);
    if !limiters.iter().map(|limiter| limiter.limit()).eq(limits) {
        let known = |limit: &Limit| limiters.iter().find(|limiter| limiter.limit() == limit).map(Arc::clone);
        let renewed = limits.iter().map(|limit| known(limit).unwrap_or_else(|| Arc::new(Limiter::new(limit.clone())))).collect();
        *limiters = renewed;
    }
    limiters.clone()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
