//! Jobs: ordered by the API, taken by one processor at a time.

use jiff::Timestamp;
use schemas::{
    ids::{EventId, ProjectId},
    job::{Job, Lease, State},
    limits,
};

use super::{
    Catalog, Collection, Expect, List, Version, Write,
    document::{self, Place},
};
use crate::{Error, Result};

/// Orders a job. Answers whether there was room: no more than [`limits::JOBS_WAITING`] of a project may be unfinished.
pub async fn order(c: &dyn Catalog, job: &Job) -> Result<bool> {
    let waiting = list(c, Some(vec![job.project]), limits::JOBS).await?.iter().filter(|job| !job.state.is_end()).count();
    if waiting >= limits::JOBS_WAITING {
        return Ok(false);
    }
    document::put(c, Collection::Jobs, document::draft(place(job), job), Expect::Absent).await
}

/// The job with this id.
pub async fn get(c: &dyn Catalog, id: EventId) -> Result<Option<Job>> {
    Ok(document::one(c, Collection::Jobs, id.to_string()).await?.map(|(job, _)| job))
}

/// The newest jobs first.
pub async fn list(c: &dyn Catalog, projects: Option<Vec<ProjectId>>, limit: usize) -> Result<Vec<Job>> {
    document::all(c, Collection::Jobs, List { projects, after: None, limit }, limit).await
}

/// Calls a job off, unless it has ended. `None` if there is no such job.
pub async fn cancel(c: &dyn Catalog, id: EventId, now: Timestamp) -> Result<Option<Job>> {
    let change = |job: &mut Job| {
        if !job.state.is_end() {
            (job.state, job.lease, job.ended_at) = (State::Cancelled, None, Some(now));
            job.task.forget();
        }
    };
    document::update(c, Collection::Jobs, id.to_string(), place, change).await
}

/// A job that this process holds.
pub struct Held {
    /// As it is kept.
    pub job: Job,
    version: Version,
}

/// Takes the oldest job that nobody holds; `None` if there is none. A job that was begun too often fails here.
pub async fn take(c: &dyn Catalog, lease: &Lease, now: Timestamp) -> Result<Option<Held>> {
    let free = |job: &Job| !job.state.is_end() && job.lease.as_ref().is_none_or(|lease| lease.until <= now);
    let mut jobs: Vec<Job> = list(c, None, limits::JOBS).await?.into_iter().filter(free).collect();
    jobs.sort_unstable_by_key(|job| (job.created_at, job.id));
    for job in jobs {
        // The list may be a little old; what decides is the document.
        let Some((mut job, version)) = document::one::<Job>(c, Collection::Jobs, job.id.to_string()).await? else { continue };
        if !free(&job) {
            continue;
        }
        if job.attempts >= limits::JOB_ATTEMPTS {
            let error = format!("it was begun {} times and never finished", job.attempts);
            (job.state, job.lease, job.error, job.ended_at) = (State::Failed, None, Some(error), Some(now));
            job.task.forget();
            write(c, &job, version).await?;
            continue;
        }
        (job.state, job.lease) = (State::Running, Some(lease.clone()));
        job.attempts += 1;
        if let Some(version) = write(c, &job, version).await? {
            return Ok(Some(Held { job, version }));
        }
    }
    Ok(None)
}

/// Keeps a held job as it is now. Answers whether it is still held: it is not once it was called off or taken over.
pub async fn keep(c: &dyn Catalog, held: &mut Held) -> Result<bool> {
    match write(c, &held.job, held.version).await? {
        Some(version) => {
            held.version = version;
            Ok(true)
        }
        None => Ok(false),
    }
}

/// Forgets jobs that were ordered before then. Answers how many.
pub async fn forget_before(c: &dyn Catalog, then: Timestamp) -> Result<usize> {
    let after = Some((then.as_millisecond(), "~".to_owned()));
    let old = c.list(Collection::Jobs, &List { projects: None, after, limit: document::BATCH }).await?;
    let gone = old.len();
    c.write(Collection::Jobs, old.into_iter().map(|kept| Write::Delete(kept.draft.id, Expect::Any)).collect()).await?;
    Ok(gone)
}

async fn write(c: &dyn Catalog, job: &Job, version: Version) -> Result<Option<Version>> {
    let draft = document::draft(place(job), job);
    if draft.json.len() > limits::DOCUMENT_BYTES {
        return Err(Error::terminal(format!("keeping job {}", job.id), "what came of it is too long"));
    }
    let written = c.write(Collection::Jobs, vec![Write::Put(draft, Expect::Version(version))]).await?;
    Ok(written.into_iter().find_map(|written| match written {
        super::Written::Done(version) => Some(version),
        super::Written::Conflict => None,
    }))
}

fn place(job: &Job) -> Place {
    Place { id: job.id.to_string(), project: Some(job.project), order: job.created_at.as_millisecond() }
}
