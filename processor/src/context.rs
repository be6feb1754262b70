//! What a stage may know beside the event, and what it may answer.

use jiff::Timestamp;
use schemas::{
    catalog::ProjectSettings,
    event::Event,
    outcome::{Kind, Reason},
};

/// The facts around one event. A stage knows nothing else: no clock, no files, no state of its own.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What the project's owner chose.
    pub settings: &'a ProjectSettings,
    /// The client's clock when it sent the event.
    pub sent_at: Option<Timestamp>,
    /// The sender's address.
    pub client_address: Option<&'a str>,
}

/// Why an event goes no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Where its record ends.
    pub kind: Kind,
    /// Why.
    pub reason: Reason,
    /// Particulars for people, without any of the payload.
    pub detail: String,
}

impl Ended {
    /// A record that can't be processed.
    pub fn dead(reason: Reason, detail: impl Into<String>) -> Self {
        Self { kind: Kind::DeadLettered, reason, detail: detail.into() }
    }
}

/// What a stage makes of an event: the event for the next stage, or the end.
pub type Verdict = Result<Event, Ended>;

/// One step of processing. Pure.
pub type Stage = fn(&Context<'_>, Event) -> Verdict;

/// Every stage, in order. Enrichment will stand before `scrub`, filters before `classify`.
pub const STAGES: [Stage; 4] =
    [crate::normalize::normalize, crate::scrub::scrub, crate::classify::classify, crate::fingerprint::fingerprint];

/// Runs every stage.
pub fn run(context: &Context<'_>, event: Event) -> Verdict {
    STAGES.iter().try_fold(event, |event, stage| stage(context, event))
}
