//! What a stage may know beside the event, and what it may answer.

use jiff::Timestamp;
use schemas::{
    catalog::{DeployedCommits, ProjectSettings},
    event::Event,
    outcome::{Kind, Reason},
};

use crate::{enrich::Lookups, rules::Rules};

static NO_DEPLOYS: DeployedCommits = DeployedCommits { commits: Vec::new() };

/// The facts around one event. A stage knows nothing else: no clock, no files, no state of its own.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What the project's owner chose.
    pub settings: &'a ProjectSettings,
    /// The rules for the project's events.
    pub rules: &'a Rules,
    /// Tables to look things up in.
    pub lookups: &'a Lookups,
    /// The commits that the project's deploys tell of.
    pub deploys: &'a DeployedCommits,
    /// The client's clock when it sent the event.
    pub sent_at: Option<Timestamp>,
    /// The sender's address.
    pub client_address: Option<&'a str>,
}

impl<'a> Context<'a> {
    /// Nothing is known but the settings.
    pub fn plain(settings: &'a ProjectSettings) -> Self {
        Self { settings, rules: Rules::none(), lookups: Lookups::none(), deploys: &NO_DEPLOYS, sent_at: None, client_address: None }
    }
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

/// Every stage, in order. Filters come last: their conditions may ask for category, priority and group.
pub const STAGES: [Stage; 6] = [
    crate::normalize::normalize,
    crate::enrich::enrich,
    crate::scrub::scrub,
    crate::classify::classify,
    crate::fingerprint::fingerprint,
    crate::filter::filter,
];

/// Runs every stage.
pub fn run(context: &Context<'_>, event: Event) -> Verdict {
    STAGES.iter().try_fold(event, |event, stage| stage(context, event))
}
