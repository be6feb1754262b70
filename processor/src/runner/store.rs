//! From the stages into index and catalog, then the commit.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry as Slot},
    sync::Arc,
    time::Duration,
};

use schemas::{
    catalog::DeadLetter,
    ids::{Fingerprint, ProjectId},
    issue::Issue,
    outcome::{Kind, Outcome, Reason},
    record::Position,
    tally::Tally,
};
use storage::{
    Error, Result,
    catalog::{
        Catalog, dead_letters,
        issues::{self, Sighting},
    },
    index::{Document, Index, Put},
    log::EventLog,
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    Ends, GROUP, Processor,
    asides::{self, Waiting},
    batch::{Batch, Entry},
    fault, give_up, measures,
    measures::Timer,
    note,
    projects::Known,
    retry::Retry,
    workers::{Made, Staged, Workers},
};
use crate::{context::Ended, decode::Aside};

/// From how many bytes of dead letters, asides and facts they are stored at once.
const BESIDE_BYTES: usize = 8 << 20;
/// About how much memory a fact takes.
const TALLY_BYTES: usize = 256;
/// How often the lag is measured.
const LAG: Duration = Duration::from_secs(2);

/// The one task that writes to index and catalog.
pub(super) struct Store {
    log: Arc<dyn EventLog>,
    index: Arc<dyn Index>,
    catalog: Arc<dyn Catalog>,
    workers: Arc<Workers>,
    stop: CancellationToken,
    interval: Duration,
    records: usize,
    lag_at: Instant,
}

/// What was put and is not committed yet.
#[derive(Default)]
struct Pending {
    since: Option<Instant>,
    ends: Ends,
    records: usize,
    outcomes: Vec<Outcome>,
    dead: Vec<DeadLetter>,
    asides: Vec<Waiting>,
    tallies: Vec<Tally>,
    /// Of dead letters, asides and facts.
    beside_bytes: usize,
    sightings: HashMap<(ProjectId, Fingerprint), Sighting>,
    counts: BTreeMap<(Kind, Reason), u64>,
}

impl Store {
    pub(super) fn new(processor: &Processor, workers: Arc<Workers>, stop: CancellationToken) -> Self {
        Self {
            log: Arc::clone(&processor.log),
            index: Arc::clone(&processor.index),
            catalog: Arc::clone(&processor.catalog),
            workers,
            stop,
            interval: Duration::from_millis(processor.options.flush_interval_ms),
            records: processor.options.flush_records.max(1),
            lag_at: Instant::now(),
        }
    }

    /// Stores what comes, and flushes when it is time, until nothing comes any more.
    pub(super) async fn run(mut self, mut staged: mpsc::Receiver<Staged>) -> Result<()> {
        let mut pending = Pending::default();
        loop {
            let due = pending.since.map(|since| since + self.interval);
            let timer = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            let next = tokio::select! {
                biased;
                () = timer => None,
                staged = staged.recv() => Some(staged),
            };
            match next {
                Some(Some(staged)) => {
                    if !self.put(staged, &mut pending).await? {
                        return self.flush(pending).await.map(|_| ());
                    }
                    if pending.records < self.records && pending.beside_bytes < BESIDE_BYTES {
                        continue;
                    }
                }
                Some(None) => {
                    self.flush(pending).await?;
                    return Ok(());
                }
                None => {}
            }
            if !self.flush(std::mem::take(&mut pending)).await? {
                return Ok(());
            }
            self.measure_lag().await;
        }
    }

    /// Puts a batch into the index. Answers whether it could, or the run is to stop.
    async fn put(&self, staged: Staged, pending: &mut Pending) -> Result<bool> {
        let mut retry = Retry::new(&self.stop);
        let mut staged = staged;
        loop {
            let Staged { batch, projects, results } = staged;
            let (documents, results) = take_documents(results);
            let timer = Timer::start();
            let put = if documents.is_empty() { Ok(Vec::new()) } else { self.index.put(documents).await };
            match put {
                Ok(answers) => {
                    timer.put();
                    retry.worked();
                    pending.take(&batch, &projects, results, answers)?;
                    return Ok(true);
                }
                // The documents are gone; they are made again from their records.
                Err(error) if retry.again("storing events", &error).await => staged = self.workers.stage(batch, projects).await?,
                Err(error) => return give_up(error).map(|()| false),
            }
        }
    }

    /// Makes what is pending durable and visible, then commits. Answers whether it could, or the run is to stop.
    async fn flush(&self, mut pending: Pending) -> Result<bool> {
        if pending.records == 0 {
            return Ok(true);
        }
        let timer = Timer::start();
        let mut retry = Retry::new(&self.stop);
        let mut done = 0;
        loop {
            match self.flush_from(&mut done, &mut pending).await {
                Ok(()) => break,
                Err(error) if retry.again("making stored events durable", &error).await => {}
                Err(error) => return give_up(error).map(|()| false),
            }
        }
        retry.worked();
        timer.flushed();
        for ((kind, reason), records) in pending.counts {
            measures::ended(kind, reason, records);
        }
        Ok(true)
    }

    /// The steps of a flush that are not `done` yet, in order. Each of them can be repeated.
    async fn flush_from(&self, done: &mut u8, pending: &mut Pending) -> Result<()> {
        // What a record left is there before its outcome tells of it.
        if *done == 0 {
            dead_letters::add(&*self.catalog, pending.dead.clone()).await?;
            *done = 1;
        }
        if *done == 1 {
            let outcomes = asides::keep(&*self.catalog, &pending.asides).await?;
            pending.asides.clear();
            pending.end_all(outcomes);
            *done = 2;
        }
        if *done == 2 {
            if !pending.tallies.is_empty() {
                self.index.tally(pending.tallies.clone()).await?;
            }
            *done = 3;
        }
        if *done == 3 {
            if !pending.outcomes.is_empty() {
                self.index.record(pending.outcomes.clone()).await?;
            }
            *done = 4;
        }
        // An event that can be found has its issue.
        if *done == 4 {
            issues::merge(&*self.catalog, pending.sightings.values().cloned().collect()).await?;
            *done = 5;
        }
        if *done == 5 {
            self.index.flush().await?;
            *done = 6;
        }
        for (partition, offset) in &pending.ends {
            self.log.commit(GROUP, Position { partition: *partition, offset: *offset }).await?;
        }
        Ok(())
    }

    async fn measure_lag(&mut self) {
        if self.lag_at.elapsed() >= LAG {
            self.lag_at = Instant::now();
            match self.log.lag(GROUP).await {
                Ok(lag) => measures::lag(lag.records),
                Err(error) => tracing::debug!(%error, "the lag is not known"),
            }
        }
    }
}

/// What becomes of a record, its document aside.
enum Fate {
    Event { issue: Box<Issue>, previous: Vec<Fingerprint>, slim: bool, before: Option<Ended> },
    Aside(Aside),
    Tallies(Vec<Tally>, Ended),
    Ended(Ended),
}

fn take_documents(results: Vec<Result<Made, Ended>>) -> (Vec<Document>, Vec<Fate>) {
    let mut documents = Vec::with_capacity(results.len());
    let mut fates = Vec::with_capacity(results.len());
    for result in results {
        fates.push(match result {
            Ok(Made::Event { document, issue, previous, before }) => {
                let slim = document.event.slim;
                documents.push(*document);
                Fate::Event { issue, previous, slim, before }
            }
            Ok(Made::Aside(aside)) => Fate::Aside(aside),
            Ok(Made::Tallies(tallies, ended)) => Fate::Tallies(tallies, ended),
            Err(ended) => Fate::Ended(ended),
        });
    }
    (documents, fates)
}

impl Pending {
    /// Takes in what became of a batch.
    fn take(&mut self, batch: &Batch, projects: &Known, fates: Vec<Fate>, answers: Vec<Put>) -> Result<()> {
        let mut answers = answers.into_iter();
        for (entry, fate) in batch.0.iter().zip(fates) {
            match fate {
                Fate::Event { issue, previous, slim, before } => match answers.next().ok_or_else(|| too_few(entry))? {
                    Put::Stored => self.stored(*issue, previous, slim, projects),
                    Put::Unchanged { slim } => self.stored(*issue, previous, slim, projects),
                    // Of an erased event the outcome is there, and it was counted when it was stored.
                    Put::Ended => before.iter().for_each(|before| self.ended(entry, before)),
                    Put::Duplicate { of } => {
                        let (kind, reason) = (Kind::Duplicate, Reason::DuplicateId);
                        self.ended(entry, &Ended { kind, reason, detail: format!("of {of}") });
                    }
                    Put::Refused { reason } => self.ended(entry, &Ended::dead(Reason::IndexRefused, reason)),
                },
                Fate::Aside(aside) => {
                    self.beside_bytes += aside.bytes();
                    self.asides.push(Waiting::new(entry, aside, projects));
                }
                Fate::Tallies(tallies, ended) => {
                    self.beside_bytes += tallies.len() * TALLY_BYTES;
                    self.tallies.extend(tallies);
                    self.ended(entry, &ended);
                }
                Fate::Ended(ended) => self.ended(entry, &ended),
            }
            note(&mut self.ends, entry.position);
        }
        self.records += batch.0.len();
        self.since.get_or_insert_with(Instant::now);
        Ok(())
    }

    fn stored(&mut self, issue: Issue, previous: Vec<Fingerprint>, slim: bool, projects: &Known) {
        let outcome = if slim { (Kind::Counted, Reason::StormControl) } else { (Kind::Stored, Reason::Accepted) };
        *self.counts.entry(outcome).or_default() += 1;
        let Some(fingerprint) = issue.fingerprints.first() else { return };
        match self.sightings.entry((issue.project, fingerprint.clone())) {
            Slot::Occupied(mut known) => {
                let known = known.get_mut();
                known.issue.merge(&issue);
                known.add_previous(previous);
            }
            Slot::Vacant(new) => {
                new.insert(Sighting { slug: projects.slug(issue.project), issue, previous });
            }
        }
    }

    fn ended(&mut self, entry: &Entry, ended: &Ended) {
        self.end_all(vec![entry.outcome(ended)]);
        if let Some(letter) = entry.dead_letter(ended) {
            self.beside_bytes += letter.record.len();
            self.dead.push(letter);
        }
    }

    fn end_all(&mut self, outcomes: Vec<Outcome>) {
        for outcome in &outcomes {
            *self.counts.entry((outcome.kind, outcome.reason)).or_default() += 1;
        }
        self.outcomes.extend(outcomes);
    }
}

fn too_few(entry: &Entry) -> Error {
    fault("storing events", format_args!("the index gave no answer that can be for record {}", entry.position))
}
