//! The stages on all cores. A fault in a stage costs the one event that it happened on.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::available_parallelism,
};

use rayon::prelude::*;
use schemas::{ids::IssueId, issue::Issue, outcome::Reason, tally::Tally};
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
    enrich::Lookups,
    scrub,
};

/// Threads for the stages.
pub(super) struct Workers(rayon::ThreadPool);

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
    },
    /// Something else to be kept, scrubbed.
    Aside(Aside),
    /// Facts that are only summed, and where their record ends.
    Tallies(Vec<Tally>, Ended),
}

impl Workers {
    /// `threads` threads; 0: one for each core.
    pub(super) fn start(threads: usize) -> Result<Self> {
        let threads = if threads > 0 { threads } else { available_parallelism().map_or(1, usize::from) };
        let named = |number| format!("stages-{number}");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(named).build();
        pool.map(Self).map_err(|error| fault("starting threads for the stages", error))
    }

    /// Every record of the batch through all stages.
    pub(super) async fn stage(&self, batch: Batch, projects: Arc<Known>) -> Result<Staged> {
        let (sender, receiver) = oneshot::channel();
        let timer = measures::Timer::start();
        self.0.spawn(move || {
            let results = batch.0.par_iter().map_init(Decoder::default, |decoder, entry| make(decoder, entry, &projects)).collect();
            // Nobody waits any more when the run has ended with an error.
            let _ = sender.send(Staged { batch, projects, results });
        });
        let staged = receiver.await.map_err(|_| fault("running the stages", "a worker thread ended"))?;
        timer.staged(staged.results.len());
        Ok(staged)
    }
}

fn make(decoder: &mut Decoder, entry: &Entry, projects: &Known) -> Result<Made, Ended> {
    let record = entry.record.as_ref().map_err(|cause| Entry::unreadable(cause))?;
    let made = catch_unwind(AssertUnwindSafe(|| {
        let reading = decoder.read(record)?;
        let context = Context {
            settings: projects.settings(record.project),
            rules: projects.rules(record.project),
            lookups: Lookups::none(),
            sent_at: record.sent_at,
            client_address: record.client_address.as_deref(),
        };
        let event = match reading {
            Reading::Event(event) => context::run(&context, *event)?,
            Reading::Aside(aside) => return Ok(Made::Aside(scrub::aside(&context, aside))),
            Reading::Tallies(tallies, ended) => return Ok(Made::Tallies(tallies, ended)),
        };
        let issue =
            Issue::of(&event, IssueId(String::new())).ok_or_else(|| Ended::dead(Reason::Internal, "the event has no fingerprint"))?;
        Ok(Made::Event { document: Box::new(Document::new(event, entry.position)), issue: Box::new(issue) })
    }));
    // The panic's message may quote the payload: it goes nowhere.
    made.unwrap_or_else(|_| {
        *decoder = Decoder::default();
        Err(Ended::dead(Reason::Internal, "a stage failed on this event"))
    })
}
