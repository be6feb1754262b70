//! Whether anyone still waits for an answer. Work on threads of its own goes on when the future that asked for it is
//! dropped (its time is over, the client went away); it looks here now and then, and stops.
//!
//! A request to a server needs none of this: dropping it closes its connection, and the server stops.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

tokio::task_local! {
    static ASKED: Asked;
}

/// Whether the question at hand is still asked. Of one that is not watched it always is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked(Arc<AtomicBool>);

impl Asked {
    /// Of the question that this task or thread works for.
    pub(crate) fn here() -> Self {
        ASKED.try_with(Clone::clone).unwrap_or_default()
    }

    /// Whether to go on.
    pub(crate) fn still(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }

    /// Nobody asks any more.
    #[cfg(test)]
    pub(crate) fn give_up(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Does `work`, on whichever thread, for this question.
    pub(crate) fn during<T>(self, work: impl FnOnce() -> T) -> T {
        ASKED.sync_scope(self, work)
    }
}

/// Tells the work when its question is dropped.
struct Watch(Asked);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// Asks a question of an index so that its work stops soon after this future is dropped.
pub async fn watched<T>(question: impl Future<Output = T>) -> T {
    let watch = Watch(Asked::default());
    ASKED.scope(watch.0.clone(), question).await
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_on_another_thread_learns_that_its_question_was_dropped() {
        let (begun, has_begun) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let asking = tokio::spawn(watched(async move {
            let asked = Asked::here();
            let work = move || {
                asked.during(|| {
                    begun.send(Asked::here().still()).unwrap();
                    while Asked::here().still() {
                        std::thread::yield_now();
                    }
                    tell.send(()).unwrap();
                });
            };
            tokio::task::spawn_blocking(work).await.unwrap();
        }));
        assert!(has_begun.await.unwrap());
        asking.abort();
        assert!(asking.await.is_err());
        tokio::task::spawn_blocking(move || told.recv().unwrap()).await.unwrap();
    }

    #[tokio::test]
    async fn what_nobody_watches_goes_on() {
        assert!(Asked::here().still());
        assert!(Asked::here().during(|| Asked::here().still()));
    }
}
