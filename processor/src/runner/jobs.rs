//! Jobs that the API ordered, one at a time, beside the events. A job whose process died is begun anew by another one
//! when its lease has ended: every task can be repeated.

use std::{convert::Infallible, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use schemas::{
    job::{Job, Lease, Outcome, Progress, State, Task},
    limits,
};
use storage::{
    Error, Result,
    catalog::{
        Catalog,
        jobs::{self, Held},
    },
    index::Index,
};

use super::Processor;
use crate::enrich::Tables;

mod erase;
mod preview;

/// How often it is looked for work.
const LOOK: Duration = Duration::from_millis(500);
/// How long a job is held without a word.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// How often old jobs are let go of.
const SWEEP: Duration = Duration::from_secs(600);

/// Works until it is dropped, which it may be at any moment.
pub(super) async fn run(processor: &Processor) -> Infallible {
    let holder = Timestamp::now().as_nanosecond().to_string() + ":" + &std::process::id().to_string();
    let (index, catalog, tables) = (Arc::clone(&processor.index), Arc::clone(&processor.catalog), Arc::clone(&processor.tables));
    let work = Work { index, catalog, tables, holder, log_keep: processor.log_keep };
    let mut swept: Option<tokio::time::Instant> = None;
    loop {
        if swept.is_none_or(|at| at.elapsed() >= SWEEP) {
            swept = Some(tokio::time::Instant::now());
            let until = Timestamp::now() - SignedDuration::from_hours(24 * limits::JOB_DAYS);
            noted(jobs::forget_before(&*work.catalog, until).await);
        }
        if noted(work.next().await) != Some(true) {
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// What failed is tried again at the next look.
fn noted<T>(result: Result<T>) -> Option<T> {
    result.map_err(|error| tracing::warn!(%error, "working on a job failed; trying again")).ok()
}

struct Work {
    index: Arc<dyn Index>,
    catalog: Arc<dyn Catalog>,
    tables: Arc<Tables>,
    holder: String,
    /// How long the log keeps records.
    log_keep: SignedDuration,
}

impl Work {
    /// Does the next job, if there is one. Answers whether there was.
    async fn next(&self) -> Result<bool> {
        let now = Timestamp::now();
        let Some(mut held) = jobs::take(&*self.catalog, &self.lease(now), now).await? else { return Ok(false) };
        let done = match held.job.task.clone() {
            Task::PreviewGrouping { rules, from, to } => preview::run(self, &mut held, *rules, from, to).await,
            Task::Erase(order) => erase::run(self, &mut held, order).await,
        };
        match done {
            Ok(Some(outcome)) => end(&mut held.job, Ok(outcome)),
            // Called off, or taken over.
            Ok(None) => return Ok(true),
            // The lease ends, and then it is tried again.
            Err(error) if error.is_retryable() => return Err(error),
            Err(error) => end(&mut held.job, Err(error)),
        }
        jobs::keep(&*self.catalog, &mut held).await?;
        Ok(true)
    }

    fn lease(&self, now: Timestamp) -> Lease {
        Lease { holder: self.holder.clone(), until: now + LEASE }
    }

    /// Tells how far a job is and holds it longer. Answers whether it is still held.
    async fn progress(&self, held: &mut Held, progress: Progress) -> Result<bool> {
        held.job.progress = progress;
        held.job.lease = Some(self.lease(Timestamp::now()));
        jobs::keep(&*self.catalog, held).await
    }
}

fn end(job: &mut Job, result: std::result::Result<Outcome, Error>) {
    job.lease = None;
    job.ended_at = Some(Timestamp::now());
    job.task.forget();
    match result {
        Ok(outcome) => (job.state, job.outcome) = (State::Done, Some(outcome)),
        Err(error) => (job.state, job.error) = (State::Failed, Some(error.to_string())),
    }
}
