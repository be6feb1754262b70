//! Trying rules on an event before they are set. The stages are not this crate's: whoever makes the API hands in what
//! runs them.

use std::sync::Arc;

use schemas::{
    catalog::Project,
    event::Event,
    outcome::{Kind, Reason},
    rules::RuleSet,
};

/// What the stages make of an event of this project under its `own` rules and those of `all` projects. Takes some
/// milliseconds of computing.
pub type Trial = Arc<dyn Fn(&Project, Rules<'_>, Event) -> Tried + Send + Sync>;

/// The rules that are tried.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Those of the project.
    pub own: &'a RuleSet,
    /// Those of all projects.
    pub all: &'a RuleSet,
}

/// What became of the event.
#[derive(Debug)]
pub enum Tried {
    /// It would be stored like this.
    Stored(Box<Event>),
    /// It would end otherwise.
    Ended {
        /// How.
        kind: Kind,
        /// Why.
        reason: Reason,
        /// The rule, or what was wrong.
        detail: String,
    },
}
