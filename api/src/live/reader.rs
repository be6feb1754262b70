//! One client of a live tail. It holds what it is just being sent; what it is too slow for is left out.

use std::{collections::VecDeque, convert::Infallible, sync::Arc};

use axum::response::sse::Event;
use futures::{Stream, stream};
use schemas::record::Position;
use serde_json::Value;
use storage::index::{Arrivals, Marks};
use tokio::sync::{
    OwnedSemaphorePermit,
    broadcast::{Receiver, error::RecvError},
};

use super::{
    follow::{Batch, Follow},
    marks,
};

/// A stream to one client.
pub(crate) struct Reader {
    batches: Receiver<Arc<Batch>>,
    waiting: VecDeque<Event>,
    /// How many events of the tail it was told, or told to be left out; none before the first.
    seen: Option<u64>,
    /// What it knows already.
    known: Marks,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    /// A client that is told everything from now on; `start` is how far the log is known, `opened` what it is told first.
    pub(crate) fn new(batches: Receiver<Arc<Batch>>, start: &Marks, opened: &Value, place: OwnedSemaphorePermit) -> Self {
        let opened = Event::default().event("open").id(marks::write(start)).data(opened.to_string());
        Self { batches, waiting: VecDeque::from([opened]), seen: None, known: Marks::new(), _place: place }
    }

    /// What it missed since it was told the log up to `since`.
    pub(crate) fn catch_up(&mut self, since: Marks, missed: Arrivals) {
        self.known = missed.marks.clone();
        if let Some(batch) = Follow::new(since).take(missed) {
            self.tell(&batch, |_| true);
        }
    }

    /// Its events, until the tail ends.
    pub(crate) fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut reader| async move {
            loop {
                if let Some(event) = reader.waiting.pop_front() {
                    return Some((Ok(event), reader));
                }
                match reader.batches.recv().await {
                    Ok(batch) => reader.take(&batch),
                    // The next one tells how many events there were in between.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                }
            }
        })
    }

    fn take(&mut self, batch: &Batch) {
        let missed = batch.before - self.seen.unwrap_or(batch.before);
        self.left_out(missed);
        self.seen = Some(batch.before + batch.events.len() as u64 + batch.left_out);
        let known = std::mem::take(&mut self.known);
        self.tell(batch, |position| marks::is_behind(&known, position));
        self.known = known;
    }

    fn tell(&mut self, batch: &Batch, wanted: impl Fn(Position) -> bool) {
        for told in batch.events.iter().filter(|told| wanted(told.position)) {
            let json = String::from_utf8_lossy(&told.json);
            self.waiting.push_back(Event::default().event("event").id(&told.id).data(json));
        }
        self.left_out(batch.left_out);
    }

    fn left_out(&mut self, events: u64) {
        if events > 0 {
            self.waiting.push_back(Event::default().event("left_out").data(format!("{{\"events\":{events}}}")));
        }
    }
}
