//! One form for the events of all platforms: what is derived is filled in, what is odd is put right and noted,
//! what is too long is cut and noted. Nothing is refused here: an odd event is worth more than none.
//!
//! Runs before scrubbing, so what it fills in is scrubbed with the rest.

use schemas::event::Event;

use crate::context::{Context, Verdict};

mod exceptions;
mod frames;
mod free;
mod in_app;
pub(crate) mod message;
pub(crate) mod names;
mod stack_rules;
mod tags;
mod time;
mod traces;
mod trims;
mod user;

pub use stack_rules::StackRules;
pub(crate) use stack_rules::{frame_holds, is_of, texts as frame_texts};

/// Puts an event into the one form.
pub fn normalize(context: &Context<'_>, mut event: Event) -> Verdict {
    time::correct(context, &mut event);
    exceptions::mend(&mut event);
    traces::read(&mut event);
    exceptions::cut(&mut event);
    frames::mark(&mut event);
    frames::cut(&mut event);
    context.rules.stack_traces.apply(&mut event);
    tags::check(&mut event);
    names::check(&mut event);
    user::complete(context, &mut event);
    message::summarize(&mut event);
    trims::cut(&mut event);
    Ok(event)
}

#[cfg(test)]
#[path = "normalize/tests.rs"]
mod tests;
