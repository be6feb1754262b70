//! Rules on trial: what the stages would make of one event, without anything being kept.

use std::panic::{AssertUnwindSafe, catch_unwind};

use schemas::{catalog::ProjectSettings, event::Event, outcome::Reason};

use crate::{
    context::{self, Context, Ended, Verdict},
    rules::Rules,
};

/// Every stage on one event under these rules. What an earlier run found, of an event that was stored, is forgotten
/// first. The operator's tables are not asked: what they know is in a stored event already.
pub fn run(settings: &ProjectSettings, rules: &Rules, mut event: Event) -> Verdict {
    event.scrubbed.clear();
    event.changes.clear();
    event.grouping = None;
    let context = Context { rules, ..Context::plain(settings) };
    // The panic's message may quote the payload: it goes nowhere.
    catch_unwind(AssertUnwindSafe(|| context::run(&context, event)))
        .unwrap_or_else(|_| Err(Ended::dead(Reason::Internal, "a stage failed on this event")))
}
