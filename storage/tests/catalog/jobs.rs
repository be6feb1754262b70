//! Jobs over every engine.

use jiff::{SignedDuration, Timestamp};
use schemas::{
    ids::{EventId, ProjectId},
    job::{Job, Lease, Progress, State, Task},
    limits,
    rules::RuleSet,
};
use storage::catalog::jobs;

use super::Store;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn job(n: u8) -> Job {
    Job {
        id: EventId([n; 16]),
        project: ProjectId(1),
        created_at: at(i64::from(n)),
        task: Task::PreviewGrouping { rules: Box::new(RuleSet::default()), from: at(0), to: at(1) },
        state: State::Waiting,
        progress: Progress::default(),
        lease: None,
        attempts: 0,
        outcome: None,
        error: None,
        ended_at: None,
    }
}

fn lease(holder: &str, now: Timestamp) -> Lease {
    Lease { holder: holder.into(), until: now + SignedDuration::from_secs(30) }
}

pub(crate) async fn a_job_is_held_by_one_until_its_lease_ends(store: &dyn Store) {
    let c = store.open().await;
    assert!(jobs::order(&*c, &job(2)).await.unwrap());
    assert!(jobs::order(&*c, &job(1)).await.unwrap());
    let mut held = jobs::take(&*c, &lease("a", at(100)), at(100)).await.unwrap().unwrap();
    assert_eq!((held.job.id, held.job.state, held.job.attempts), (job(1).id, State::Running, 1), "the oldest first");
    assert_eq!(jobs::take(&*c, &lease("b", at(101)), at(101)).await.unwrap().unwrap().job.id, job(2).id);
    assert!(jobs::take(&*c, &lease("c", at(102)), at(102)).await.unwrap().is_none());
    held.job.progress = Progress { done: 5, total: 10 };
    assert!(jobs::keep(&*c, &mut held).await.unwrap());
    let taken = jobs::take(&*c, &lease("c", at(130)), at(130)).await.unwrap().unwrap();
    assert_eq!((taken.job.id, taken.job.attempts, taken.job.progress.done), (job(1).id, 2, 5));
    assert!(!jobs::keep(&*c, &mut held).await.unwrap(), "the first holder has lost it");
    assert_eq!(jobs::forget_before(&*c, at(2)).await.unwrap(), 1);
    assert_eq!(jobs::list(&*c, None, 10).await.unwrap().iter().map(|job| job.id).collect::<Vec<_>>(), [job(2).id]);
}

pub(crate) async fn a_job_that_is_begun_too_often_fails(store: &dyn Store) {
    let c = store.open().await;
    jobs::order(&*c, &job(1)).await.unwrap();
    for attempt in 0..i64::from(limits::JOB_ATTEMPTS) {
        let now = at(100 * attempt);
        assert!(jobs::take(&*c, &lease("a", now), now).await.unwrap().is_some());
    }
    let now = at(10_000);
    assert!(jobs::take(&*c, &lease("a", now), now).await.unwrap().is_none());
    let failed = jobs::get(&*c, job(1).id).await.unwrap().unwrap();
    assert_eq!((failed.state, failed.ended_at, failed.error.is_some()), (State::Failed, Some(now), true));
}

pub(crate) async fn a_job_that_was_called_off_is_not_held_any_more(store: &dyn Store) {
    let c = store.open().await;
    jobs::order(&*c, &job(1)).await.unwrap();
    let mut held = jobs::take(&*c, &lease("a", at(100)), at(100)).await.unwrap().unwrap();
    let cancelled = jobs::cancel(&*c, job(1).id, at(101)).await.unwrap().unwrap();
    assert_eq!((cancelled.state, cancelled.ended_at), (State::Cancelled, Some(at(101))));
    assert!(!jobs::keep(&*c, &mut held).await.unwrap());
    assert!(jobs::take(&*c, &lease("b", at(200)), at(200)).await.unwrap().is_none());
    assert!(jobs::cancel(&*c, job(2).id, at(101)).await.unwrap().is_none());
}
