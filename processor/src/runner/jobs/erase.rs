//! Forgets a user: their events or who they are, in the index, in the catalog and in dead letters.
//!
//! Every step can be repeated. What came with an event goes before the event, so that nobody is left to tell of it. The
//! order holds whom it is about until everything is done; then that goes too, and last what the catalog's files still
//! have of it. It is never in a log line, an error or the receipt.

use std::{
    collections::HashSet,
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::Offset};
use schemas::{
    ids::{EventId, ProjectId},
    job::{Erase, Outcome, Progress, Receipt, Subject},
};
use storage::{
    Error, Result,
    catalog::{jobs::Held, projects, scrub_key},
    index::{Change, Decide, Wanted},
};

use super::Work;
use crate::{erasing::Search, scrub::HashKey};

mod beside;
mod files;

/// How often it is told that the work goes on.
const TELL: Duration = Duration::from_secs(5);
/// Steps beside the days.
const BESIDE: u64 = 5;
/// A record that a broken-off segment of the log brought may stay for that much longer than twice the keeping time.
const LOG_MARGIN: SignedDuration = SignedDuration::from_hours(1);

/// One order at work.
struct Eraser<'a> {
    work: &'a Work,
    search: Arc<Search>,
    /// Those that it is about.
    projects: Vec<ProjectId>,
    /// Whether it is about what belongs to no project, too.
    all_projects: bool,
    dry_run: bool,
    /// When nothing is changed: what was counted, so that it is not counted again for another reason.
    counted: Mutex<HashSet<EventId>>,
}

/// What a day came to.
#[derive(Default)]
struct Found {
    gone: Vec<(ProjectId, EventId)>,
    rewritten: u64,
}

/// Forgets whom `order` names. `None`: the job was called off.
pub(super) async fn run(work: &Work, held: &mut Held, order: Erase) -> Result<Option<Outcome>> {
    if let Some(user) = &order.user {
        let eraser = Eraser::new(work, held.job.id, &order, user).await?;
        let mut receipt = begun(held, &order);
        receipt.subject = subject(work, user).await?;
        if eraser.everything(held, &mut receipt).await?.is_none() {
            return Ok(None);
        }
        let now = Timestamp::now();
        receipt.done_at = Some(now);
        receipt.log_until = now.checked_add(work.log_keep.saturating_mul(2).saturating_add(LOG_MARGIN)).ok();
        held.job.outcome = Some(Outcome::Erase(receipt));
        held.job.task.forget();
        if !work.progress(held, held.job.progress).await? {
            return Ok(None);
        }
    }
    // From here on the job names nobody. If it ends here this is what is left to do.
    work.catalog.compact().await?;
    let outcome = held.job.outcome.clone();
    outcome.map(Some).ok_or_else(|| Error::terminal("forgetting a user", "the order does not say whom"))
}

/// What an earlier try has counted: what it took away is not found again.
fn begun(held: &Held, order: &Erase) -> Receipt {
    match &held.job.outcome {
        Some(Outcome::Erase(receipt)) => receipt.clone(),
        _ => Receipt { dry_run: order.dry_run, ordered_by: order.ordered_by.clone(), ..Receipt::default() },
    }
}

/// The keyed hash of whom an order is about.
async fn subject(work: &Work, user: &Subject) -> Result<String> {
    let secret = scrub_key::get(&*work.catalog).await?;
    let values: Vec<String> = user.values().map(|(name, value)| format!("{name}={value}")).collect();
    Ok(HashKey::new(&secret.0, ProjectId(0)).of_order(&values.join("\n")))
}

fn day_of(time: Timestamp) -> Date {
    Offset::UTC.to_datetime(time).date()
}

impl<'a> Eraser<'a> {
    async fn new(work: &'a Work, id: EventId, order: &Erase, user: &Subject) -> Result<Self> {
        let mut projects = order.projects.clone();
        if order.all_projects {
            projects = projects::list(&*work.catalog).await?.into_iter().map(|project| project.id).collect();
        }
        let secret = scrub_key::get(&*work.catalog).await?;
        let keys: Vec<HashKey> = projects.iter().map(|project| HashKey::new(&secret.0, *project)).collect();
        let search = Arc::new(Search::new(user, &keys, order.what, id));
        Ok(Self { work, search, projects, all_projects: order.all_projects, dry_run: order.dry_run, counted: Mutex::default() })
    }

    /// All steps in order. `None`: the job was called off.
    async fn everything(&self, held: &mut Held, receipt: &mut Receipt) -> Result<Option<()>> {
        let days = self.work.index.days().await?;
        held.job.progress = Progress { done: 0, total: days.len() as u64 + BESIDE };
        receipt.days = 0;
        for day in days {
            let Some(found) = self.hold(held, self.day(day, receipt)).await? else { return Ok(None) };
            count(receipt, &found);
            if !self.tell(held, receipt).await? {
                return Ok(None);
            }
        }
        if self.hold(held, self.beside(receipt)).await?.is_none() {
            return Ok(None);
        }
        // What was stored in the meantime.
        let since = day_of(held.job.created_at).yesterday().unwrap_or(Date::MIN);
        let late: Vec<Date> = self.work.index.days().await?.into_iter().filter(|day| *day >= since).collect();
        for day in late.into_iter().filter(|_| !self.dry_run) {
            let days = receipt.days;
            let Some(found) = self.hold(held, self.day(day, receipt)).await? else { return Ok(None) };
            count(receipt, &found);
            receipt.days = days;
        }
        held.job.progress.done = held.job.progress.total;
        Ok(Some(()))
    }

    /// Writes down how far it is. Answers whether the job is still held.
    async fn tell(&self, held: &mut Held, receipt: &Receipt) -> Result<bool> {
        held.job.progress.done += 1;
        held.job.outcome = Some(Outcome::Erase(receipt.clone()));
        self.work.progress(held, held.job.progress).await
    }

    /// Does a step and holds the job meanwhile. `None`: it was called off.
    async fn hold<T>(&self, held: &mut Held, step: impl Future<Output = Result<T>>) -> Result<Option<T>> {
        let mut step = pin!(step);
        loop {
            tokio::select! {
                done = &mut step => return done.map(Some),
                () = tokio::time::sleep(TELL) => {
                    if !self.work.progress(held, held.job.progress).await? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// The events of one day.
    async fn day(&self, day: Date, receipt: &mut Receipt) -> Result<Found> {
        let found = Arc::new(Mutex::new(Found::default()));
        let wanted: Arc<Wanted> = {
            let (search, found) = (Arc::clone(&self.search), Arc::clone(&found));
            Arc::new(move |json: &[u8]| {
                let change = search.decide(json);
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                match change {
                    Change::Keep => return false,
                    Change::Erase => found.gone.extend(Search::name(json)),
                    Change::Replace(_) => found.rewritten += 1,
                }
                true
            })
        };
        let names = self.work.index.scan(day, &self.projects, wanted).await?;
        let found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
        receipt.attachments += files::of_events(self, &found.gone).await?;
        receipt.feedback += beside::feedback_of(self, &found.gone).await?;
        if !self.dry_run && !names.is_empty() {
            let search = Arc::clone(&self.search);
            let decide: Arc<Decide> = Arc::new(move |json: &[u8]| search.decide(json));
            self.work.index.change(day, &names, decide).await?;
        }
        Ok(found)
    }

    /// What is kept beside events.
    async fn beside(&self, receipt: &mut Receipt) -> Result<()> {
        receipt.issues += beside::issues(self).await?;
        receipt.feedback += beside::feedback(self).await?;
        receipt.dead_letters += beside::dead_letters(self).await?;
        receipt.jobs += beside::jobs(self).await?;
        receipt.attachments += files::by_content(self).await?;
        Ok(())
    }

    /// Whether this was not counted before. What was changed is not found again.
    fn is_new(&self, id: EventId) -> bool {
        !self.dry_run || self.counted.lock().unwrap_or_else(PoisonError::into_inner).insert(id)
    }

    /// The projects whose documents are looked through; `None`: all documents.
    fn of_projects(&self) -> Option<&[ProjectId]> {
        (!self.all_projects).then_some(&self.projects[..])
    }
}

fn count(receipt: &mut Receipt, found: &Found) {
    receipt.events += found.gone.len() as u64;
    receipt.rewritten += found.rewritten;
    receipt.days += 1;
}
