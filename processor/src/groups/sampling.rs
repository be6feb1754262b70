//! Which traces stand for others. The same in every process and every service that sends a trace: it follows from the
//! trace alone.

use schemas::{
    event::Event,
    ids::EventId,
    outcome::{Kind, Reason},
    rules::Sampling,
};

use crate::context::Ended;

/// What a sampling rule says of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The rule.
    name: String,
    /// Of so many traces one is chosen.
    pub(super) keep_one_in: u64,
    /// Whether this one is.
    pub(super) is_chosen: bool,
}

impl Share {
    /// By the first of `rules` that is about the event.
    pub(super) fn of(event: &Event, rules: &[Sampling]) -> Option<Self> {
        let about = |rule: &&Sampling| rule.condition.as_ref().is_none_or(|condition| condition.holds(event));
        let rule = rules.iter().find(about)?;
        let keep_one_in = rule.keep_one_in.max(1);
        Some(Self { name: rule.name.clone(), keep_one_in, is_chosen: number(event).is_multiple_of(keep_one_in) })
    }

    /// Where an event ends that is not chosen.
    pub(super) fn ended(&self) -> Ended {
        let detail = format!("by the rule {:?}, which keeps one in {}", self.name, self.keep_one_in);
        Ended { kind: Kind::Filtered, reason: Reason::Sampled, detail }
    }
}

/// The same for all events of one trace, else of one correlation id, else of the event alone.
fn number(event: &Event) -> u64 {
    let id = event.id.to_string();
    let shared = [&event.trace.trace_id, &event.trace.correlation_id].into_iter().flatten().map(String::as_str).find(|id| !id.is_empty());
    let hash = EventId::from_parts(&[b"sampling", shared.unwrap_or(&id).as_bytes()]).0;
    u64::from_be_bytes([hash[8], hash[9], hash[10], hash[11], hash[12], hash[13], hash[14], hash[15]])
}
