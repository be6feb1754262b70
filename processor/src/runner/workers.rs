//! The stages on all cores. A fault in a stage costs the one event that it happened on.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    thread::available_parallelism,
};

use rayon::prelude::*;
use schemas::{
    event::Event,
    ids::{Fingerprint, IssueId},
    issue::Issue,
    outcome::Reason,
    record::Record,
    tally::Tally,
};
use storage::{Result, index::Document};
use tokio::sync::oneshot;

use super::{
    batch::{Batch, Entry},
    fault, measures,
    projects::Known,
};
use crate::{
    context::{self, Context, Ended},
    decode::{Aside, Decoder, Reading},
    enrich::{Lookups, Tables},
    groups::{Groups, Sight},
    scrub,
};

/// Threads for the stages, and what is remembered behind them.
pub(super) struct Workers {
    pool: rayon::ThreadPool,
    tables: Arc<Tables>,
    groups: Arc<Mutex<Groups>>,
}

/// A batch that went through the stages.
pub(super) struct Staged {
    pub(super) batch: Batch,
    pub(super) projects: Arc<Known>,
    /// One for each record, in order.
    pub(super) results: Vec<Result<Made, Ended>>,
}

/// What was made of a record.
pub(super) enum Made {
    /// An event that went through the stages.
    Event {
        document: Box<Document>,
        /// What the event says about its issue; its id means nothing yet.
        issue: Box<Issue>,
        /// What earlier versions called its group.
        previous: Vec<Fingerprint>,
        /// Where the record ended if it was left out before; see [`Put::Ended`](storage::index::Put::Ended).
        before: Option<Ended>,
    },
    /// Something else to be kept, scrubbed.
    Aside(Aside),
    /// Facts that are only summed, and where their record ends.
    Tallies(Vec<Tally>, Ended),
}

/// What the stages made of a record.
enum Passed {
    Event(Box<Event>),
    Other(Made),
}

impl Workers {
    /// `threads` threads, 0: one for each core; they look things up in `tables`.
    pub(super) fn start(threads: usize, tables: Arc<Tables>) -> Result<Self> {
        let threads = if threads > 0 { threads } else { available_parallelism().map_or(1, usize::from) };
        let named = |number| format!("stages-{number}");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(named).build();
        let groups = Arc::default();
        pool.map(|pool| Self { pool, tables, groups }).map_err(|error| fault("starting threads for the stages", error))
    }

    /// Every record of the batch through all stages.
    pub(super) async fn stage(&self, mut batch: Batch, projects: Arc<Known>) -> Result<Staged> {
        let (sender, receiver) = oneshot::channel();
        let timer = measures::Timer::start();
        let lookups = self.tables.now();
        let groups = Arc::clone(&self.groups);
        self.pool.spawn(move || {
            let pass = |decoder: &mut Decoder, entry| pass(decoder, entry, &projects, &lookups);
            let passed: Vec<_> = batch.0.par_iter().map_init(Decoder::default, pass).collect();
            judge(&groups, &mut batch, &passed, &projects);
            let results = batch.0.par_iter().zip(passed).map(|(entry, (passed, _))| guarded(|| make(entry, passed?))?).collect();
            // Nobody waits any more when the run has ended with an error.
            let _ = sender.send(Staged { batch, projects, results });
        });
        let staged = receiver.await.map_err(|_| fault("running the stages", "a worker thread ended"))?;
        timer.staged(staged.results.len());
        Ok(staged)
    }
}

/// A record through the stages; beside an event, what is to be judged of it.
fn pass(decoder: &mut Decoder, entry: &Entry, projects: &Known, lookups: &Lookups) -> (Result<Passed, Ended>, Option<Sight>) {
    let passed =
        entry.record.as_ref().map_err(|cause| Entry::unreadable(cause)).and_then(|record| through(decoder, record, projects, lookups));
    match passed {
        Ok((passed, sight)) => (Ok(passed), sight),
        Err(ended) => (Err(ended), None),
    }
}

fn through(decoder: &mut Decoder, record: &Record, projects: &Known, lookups: &Lookups) -> Result<(Passed, Option<Sight>), Ended> {
    let passed = guarded(|| {
        let reading = decoder.read(record)?;
        let context = Context {
            settings: projects.settings(record.project),
            rules: projects.rules(record.project),
            lookups,
            deploys: projects.deploys(record.project),
            sent_at: record.sent_at,
            client_address: record.client_address.as_deref(),
        };
        let event = match reading {
            Reading::Event(event) => context::run(&context, *event)?,
            Reading::Aside(aside) => return Ok((Passed::Other(Made::Aside(scrub::aside(&context, aside))), None)),
            Reading::Tallies(tallies, ended) => return Ok((Passed::Other(Made::Tallies(tallies, ended)), None)),
        };
        let sight = Sight::of(&event, context.rules);
        Ok((Passed::Event(Box::new(event)), sight))
    });
    passed.unwrap_or_else(|fault| {
        *decoder = Decoder::default();
        Err(fault)
    })
}

/// What `work` gives, or why it gives nothing.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Ended> {
    // The panic's message may quote the payload: it goes nowhere.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Ended::dead(Reason::Internal, "a stage failed on this event"))
}

/// Judges the events of a batch one after the other, in the order of the log, so that it comes to the same each time. An
/// event that was judged before, when storing its batch failed, is not judged again.
fn judge(groups: &Mutex<Groups>, batch: &mut Batch, passed: &[(Result<Passed, Ended>, Option<Sight>)], projects: &Known) {
    let mut groups = groups.lock().unwrap_or_else(PoisonError::into_inner);
    for (entry, (_, sight)) in batch.0.iter_mut().zip(passed) {
        let (Some(sight), Ok(record)) = (sight, &entry.record) else { continue };
        let whole = projects.rules(record.project).storms.whole();
        entry.judgement.get_or_insert_with(|| groups.judge(sight, whole));
    }
}

/// What is to be stored of a record.
fn make(entry: &Entry, passed: Passed) -> Result<Made, Ended> {
    let event = match passed {
        Passed::Event(event) => *event,
        Passed::Other(made) => return Ok(made),
    };
    let none = || Ended::dead(Reason::Internal, "the event has no fingerprint");
    let (event, before) = entry.judgement.clone().ok_or_else(none)?.apply(event)?;
    let issue = Issue::of(&event, IssueId(String::new())).ok_or_else(none)?;
    let previous = event.grouping.as_ref().map(|grouping| grouping.previous.clone()).unwrap_or_default();
    let document = Document { may_have_ended: before.is_some(), ..Document::new(event, entry.position) };
    Ok(Made::Event { document: Box::new(document), issue: Box::new(issue), previous, before })
}
