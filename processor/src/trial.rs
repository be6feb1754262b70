//! Rules on trial: what the stages would make of one event, without anything being kept.

use std::panic::{AssertUnwindSafe, catch_unwind};

use schemas::{event::Event, outcome::Reason};

use crate::context::{self, Context, Ended, Verdict};

/// Every stage on one event. What an earlier run found, of an event that was stored, is forgotten first.
pub fn run(context: &Context<'_>, mut event: Event) -> Verdict {
    event.scrubbed.clear();
    event.changes.clear();
    event.grouping = None;
    // The panic's message may quote the payload: it goes nowhere.
    catch_unwind(AssertUnwindSafe(|| context::run(context, event)))
        .unwrap_or_else(|_| Err(Ended::dead(Reason::Internal, "a stage failed on this event")))
}
