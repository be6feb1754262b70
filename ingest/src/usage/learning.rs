//! What a process learns from the documents of all: how much of each window is used, and what is usual.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use jiff::{ToSpan, civil::Date};
use schemas::{
    category::Category,
    ids::{ProjectId, PublicKey},
    limits,
    usage::{Reason, UsageDay, busy_hour},
};
use storage::catalog::{Catalog, usage};

use crate::quota::{Accounts, Limiter, Moment, ProjectAccount};

/// Of how many projects the days before today are read at once.
const HISTORIES: usize = 20;
/// Of how many projects today is read at once.
const TODAYS: usize = 100;

/// What was learned of each project in use.
#[derive(Default)]
pub(super) struct Learning {
    projects: HashMap<ProjectId, Past>,
}

/// What is known of the days before today.
struct Past {
    /// Which day was today.
    today: Date,
    /// For each monthly limit, what others and this process counted in the month before today.
    months: Vec<(Option<PublicKey>, Arc<Limiter>, Sum)>,
}

/// What was accepted, by others and by this process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    others: u64,
    own: u64,
}

impl Learning {
    /// Reads what is new since the last time.
    pub(super) async fn learn(&mut self, accounts: &Accounts, catalog: &dyn Catalog, own: &str, today: Date) -> storage::Result<()> {
        let projects = accounts.projects();
        let used: BTreeSet<ProjectId> = projects.iter().map(|project| project.id).collect();
        self.projects.retain(|id, _| used.contains(id));
        let new: Vec<_> = projects.iter().filter(|project| !self.knows(project, today)).cloned().collect();
        for some in new.chunks(HISTORIES) {
            let since = today.first_of_month().min(today.checked_sub(limits::SPIKE_HISTORY_DAYS.days()).unwrap_or(today));
            let days = usage::between(catalog, ids(some), since, today).await?;
            for project in some {
                let days: Vec<UsageDay> = days.iter().filter(|day| day.project == project.id).cloned().collect();
                project.learn_busy(busy_hour(&days, today));
                self.projects.insert(project.id, past(project, &days, own, today));
            }
        }
        let now = accounts.moment();
        let sharing: Vec<_> = projects.into_iter().filter(|project| project.shares(&now)).collect();
        for some in sharing.chunks(TODAYS) {
            let days = usage::between(catalog, ids(some), today, today).await?;
            for project in some {
                let days: Vec<&UsageDay> = days.iter().filter(|day| day.project == project.id).collect();
                self.tell(project, &days, own, &accounts.moment());
            }
        }
        Ok(())
    }

    /// Whether there is no project that has yet to be looked up.
    pub(super) fn knows_all(&self, accounts: &Accounts, today: Date) -> bool {
        accounts.projects().iter().all(|project| self.knows(project, today))
    }

    /// Whether the days before today are known, for each limit that needs them.
    fn knows(&self, project: &ProjectAccount, today: Date) -> bool {
        self.projects.get(&project.id).is_some_and(|past| {
            let known = |limiter: &Arc<Limiter>| past.months.iter().any(|(_, known, _)| Arc::ptr_eq(known, limiter));
            past.today == today && project.windows().iter().filter(|(_, limiter)| limiter.is_monthly()).all(|(_, limiter)| known(limiter))
        })
    }

    /// Tells a project's limits what is used of their windows.
    fn tell(&self, project: &ProjectAccount, today: &[&UsageDay], own: &str, now: &Moment) {
        let hour = now.hour_of_day();
        for (key, limiter) in project.windows() {
            let month =
                self.projects.get(&project.id).and_then(|past| past.months.iter().find(|(_, known, _)| Arc::ptr_eq(known, &limiter)));
            let before = month.map_or_else(Sum::default, |(_, _, sum)| *sum);
            let counts = |category: Category, at: u8| limiter.counts(category) && (limiter.is_monthly() || at == hour);
            let sum = before.plus(sum(today.iter().copied(), own, key.as_ref(), counts));
            limiter.learn(now, sum.others, sum.own);
        }
        for category in Category::ALL {
            let sum = sum(today.iter().copied(), own, None, |counted, at| counted == category && at == hour);
            project.learn_hour(category, now, sum.others, sum.own);
        }
    }
}

/// What the days before today say.
fn past(project: &ProjectAccount, days: &[UsageDay], own: &str, today: Date) -> Past {
    let month = || days.iter().filter(|day| day.day < today && day.day >= today.first_of_month());
    let monthly = project.windows().into_iter().filter(|(_, limiter)| limiter.is_monthly());
    let sums = monthly.map(|(key, limiter)| {
        let sum = sum(month(), own, key.as_ref(), |category, _| limiter.counts(category));
        (key, limiter, sum)
    });
    Past { today, months: sums.collect() }
}

/// What was accepted of one key, or of all, in the categories and hours that `counts` wants.
fn sum<'a>(days: impl Iterator<Item = &'a UsageDay>, own: &str, key: Option<&PublicKey>, counts: impl Fn(Category, u8) -> bool) -> Sum {
    let mut sum = Sum::default();
    for day in days {
        let wanted = day.iter().filter(|count| {
            count.reason == Reason::Accepted && key.is_none_or(|key| key == count.key) && counts(count.category, count.hour)
        });
        let events = wanted.fold(0_u64, |events, count| events.saturating_add(count.events));
        let place = if day.instance == own { &mut sum.own } else { &mut sum.others };
        *place = place.saturating_add(events);
    }
    sum
}

impl Sum {
    fn plus(self, other: Self) -> Self {
        Self { others: self.others.saturating_add(other.others), own: self.own.saturating_add(other.own) }
    }
}

fn ids(projects: &[Arc<ProjectAccount>]) -> Vec<ProjectId> {
    projects.iter().map(|project| project.id).collect()
}
