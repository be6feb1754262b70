//! Rules made ready for use: texts parsed, patterns compiled, those of the project before those of all.

use std::sync::LazyLock;

use schemas::rules::{RuleSet, Sampling, Storms};

use crate::{
    classify::Overrides,
    filter::Filters,
    fingerprint::FingerprintRules,
    normalize::StackRules,
    scrub::{Chosen, HashKey},
};

pub(crate) mod keywords;

static NONE: LazyLock<Rules> = LazyLock::new(Rules::default);

/// The rules for the events of one project.
#[derive(Debug, Default)]
pub struct Rules {
    /// Which frames are the application's own, and which count.
    pub stack_traces: StackRules,
    /// Fingerprints and titles.
    pub fingerprints: FingerprintRules,
    /// Which events are left out.
    pub filters: Filters,
    /// What the operators say of some events.
    pub classification: Overrides,
    /// Which events stand for others.
    pub sampling: Vec<Sampling>,
    /// When payloads are left out.
    pub storms: Storms,
    /// What is scrubbed.
    pub scrubbing: Chosen,
}

impl Rules {
    /// No rules.
    pub fn none() -> &'static Self {
        &NONE
    }

    /// Makes rules ready: `own` are the project's, `all` those of all projects. A rule that can't be used is left out;
    /// what is kept was checked when it was set.
    pub fn new(own: &RuleSet, all: &RuleSet) -> Self {
        Self {
            scrubbing: Chosen::new(&own.scrubbing, &all.scrubbing),
            stack_traces: StackRules::new(&own.stack_traces, &all.stack_traces),
            fingerprints: FingerprintRules::new(&own.fingerprints, &all.fingerprints),
            filters: Filters::new(&own.filters, &all.filters),
            classification: Overrides::new(own, all),
            sampling: own.sampling.iter().chain(&all.sampling).cloned().collect(),
            storms: own.storms.or(all.storms).unwrap_or_default(),
        }
    }

    /// The same rules with the project's key for hashes. Without one, what is to be hashed is removed.
    pub fn keyed(mut self, key: HashKey) -> Self {
        self.scrubbing = self.scrubbing.keyed(key);
        self
    }
}
