//! Rules as data: what operators tell the processor about the events of one project, or of all.
//!
//! A [`RuleSet`] is kept as one document for each project and one for all of them. The project's own rules are asked
//! first. Each section is a module of its own: its form, the check that names what is wrong, and what it says of an
//! event.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod classification;
mod condition;
pub mod filters;
pub mod fingerprints;
pub mod glob;
mod line;
pub mod matcher;
mod sampling;
pub mod scrubbing;
pub mod stack_traces;
mod storms;

pub use classification::{Classification, Strategies};
pub use condition::{Condition, ConditionError};
pub use filters::Filter;
pub use sampling::Sampling;
pub use storms::Storms;

/// The rules of one project, or of all.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RuleSet {
    /// Events to leave out; the first that fits says why.
    pub filters: Vec<Filter>,
    /// What some events are, whatever the tables say.
    pub classification: Vec<Classification>,
    /// What callers should try instead of what is usual with a category.
    pub strategies: Vec<Strategies>,
    /// Which events stand for others; the first rule that is about an event speaks.
    pub sampling: Vec<Sampling>,
    /// When the payloads of many events at once are left out; without it, as [`Storms::default`] says.
    pub storms: Option<Storms>,
    /// Which frames are the application's own, and which count for grouping: a rule a line, see [`stack_traces`].
    pub stack_traces: String,
    /// Fingerprints and titles of events: a rule a line, see [`fingerprints`].
    pub fingerprints: String,
    /// What is scrubbed.
    pub scrubbing: scrubbing::Scrubbing,
}

impl RuleSet {
    /// Everything that is wrong with it, in order. Empty: it can be used.
    pub fn check(&self) -> Vec<RuleError> {
        let mut errors = filters::check(&self.filters);
        errors.extend(stack_traces::parse(&self.stack_traces).1);
        errors.extend(fingerprints::parse(&self.fingerprints).1);
        errors.extend(sampling::check(&self.sampling));
        errors.extend(classification::check(&self.classification));
        errors.extend(classification::check_strategies(&self.strategies));
        errors.extend(storms::check(self.storms.as_ref()));
        errors.extend(self.scrubbing.check());
        errors
    }
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RuleError {
    /// Where in the rule set, as a JSON pointer: `/filters/3/condition`.
    pub pointer: String,
    /// Line of a text with a rule a line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Character of the line or of the text, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// What is wrong and what is expected.
    pub message: String,
    /// What may have been meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

impl RuleError {
    /// An error of a value that is not a text with positions.
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), line: None, column: None, message: message.into(), suggestion: None }
    }
}
