//! The live tail: events as they are stored, by whichever process, followed in the index by position. Streams that ask
//! the same share one look at the index; while nobody listens nothing is asked. It never reads the log, and what it sends
//! was scrubbed before it was stored.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use schemas::ids::ProjectId;
use storage::index::{Index, Marks, Scope};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast},
    time::MissedTickBehavior,
};
use tokio_util::sync::CancellationToken;

mod follow;
pub(crate) mod marks;
mod reader;

use follow::{Batch, Follow};
pub(crate) use reader::Reader;

/// Most streams at a time.
pub(crate) const STREAMS: usize = 32;
/// How often the index is asked.
const EVERY: Duration = Duration::from_millis(500);
/// Answers of the index that wait for a slow reader; older ones are left out for it.
const WAITING: usize = 4;
/// All of time, as far as every engine knows it.
pub(crate) const EVER: std::ops::Range<i64> = 0..253_402_207_200_000;

/// What a stream asks for: projects and the text of the query.
pub(crate) type Asked = (Vec<ProjectId>, String);

/// Every stream of this process.
pub(crate) struct Live {
    places: Arc<Semaphore>,
    tails: Mutex<HashMap<Asked, broadcast::Sender<Arc<Batch>>>>,
    stop: CancellationToken,
}

impl Live {
    /// None yet; all end with `stop`.
    pub(crate) fn new(stop: CancellationToken) -> Self {
        Self { places: Arc::new(Semaphore::new(STREAMS)), tails: Mutex::default(), stop }
    }

    /// A place for one more stream; it is free again when this is dropped.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Ends when the server stops.
    pub(crate) fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// What is found from now on, or from a little before; `start` is how far the log is known now.
    pub(crate) fn join(
        self: &Arc<Self>,
        index: &Arc<dyn Index>,
        asked: Asked,
        scope: Scope,
        start: Marks,
    ) -> broadcast::Receiver<Arc<Batch>> {
        let mut tails = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tail) = tails.get(&asked) {
            return tail.subscribe();
        }
        let (sender, receiver) = broadcast::channel(WAITING);
        tails.insert(asked.clone(), sender.clone());
        tokio::spawn(Arc::clone(self).follow(Arc::clone(index), asked, scope, Follow::new(start), sender));
        receiver
    }

    /// Asks again and again, until nobody listens or the server stops.
    async fn follow(
        self: Arc<Self>,
        index: Arc<dyn Index>,
        asked: Asked,
        scope: Scope,
        mut follow: Follow,
        to: broadcast::Sender<Arc<Batch>>,
    ) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.stop.cancelled() => break,
            }
            {
                // Who joins holds this lock too: either they are counted, or they begin another one.
                let mut tails = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
                if to.receiver_count() == 0 {
                    tails.remove(&asked);
                    return;
                }
            }
            let (after, limit) = follow.question();
            match index.arrivals(&scope, Some(after), limit).await {
                Ok(arrivals) => {
                    if let Some(batch) = follow.take(arrivals) {
                        // An error means that nobody listens any more.
                        let _ = to.send(Arc::new(batch));
                    }
                }
                Err(error) => tracing::debug!(%error, "a live tail has to wait"),
            }
        }
        self.tails.lock().unwrap_or_else(PoisonError::into_inner).remove(&asked);
    }
}
