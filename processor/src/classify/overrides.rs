//! What the operators' rules say of an event instead of the tables.

use schemas::{
    event::{Category, Event, Priority, Severity, Strategy},
    query::eval::Facts,
    rules::{
        Classification, RuleSet, Strategies,
        glob::{Glob, Style},
    },
};

/// The rules for the events of one project, its own before those of all projects.
#[derive(Debug, Default)]
pub struct Overrides {
    classification: Vec<Classification>,
    /// Each with its pattern of operations, made ready.
    strategies: Vec<(Strategies, Option<Glob>)>,
}

/// What rules give an event, each with the rule's name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Given<'r> {
    pub(super) category: Option<(Category, &'r str)>,
    pub(super) severity: Option<(Severity, &'r str)>,
    pub(super) priority: Option<(Priority, &'r str)>,
}

impl Overrides {
    /// Puts the rules of a project before those of all.
    pub fn new(own: &RuleSet, all: &RuleSet) -> Self {
        Self {
            classification: own.classification.iter().chain(&all.classification).cloned().collect(),
            strategies: own.strategies.iter().chain(&all.strategies).filter_map(ready).collect(),
        }
    }

    /// What the rules give an event as it is now.
    pub(super) fn given(&self, event: &Event) -> Given<'_> {
        let mut given = Given::default();
        if self.classification.is_empty() {
            return given;
        }
        let facts = Facts::of(event);
        for rule in &self.classification {
            let says_more = (given.category.is_none() && rule.category.is_some())
                || (given.severity.is_none() && rule.severity.is_some())
                || (given.priority.is_none() && rule.priority.is_some());
            if says_more && rule.condition.holds_on(&facts) {
                given.category = given.category.or(rule.category.map(|category| (category, rule.name.as_str())));
                given.severity = given.severity.or(rule.severity.map(|severity| (severity, rule.name.as_str())));
                given.priority = given.priority.or(rule.priority.map(|priority| (priority, rule.name.as_str())));
            }
        }
        given
    }

    /// What to try against an event whose category is known.
    pub(super) fn strategies(&self, event: &Event) -> &[Strategy] {
        let called = event.call.as_ref().and_then(|call| call.operation.as_deref());
        let is_about = |(rule, glob): &&(Strategies, Option<Glob>)| {
            rule.category.is_none_or(|category| category == event.category)
                && glob.as_ref().is_none_or(|glob| called.is_some_and(|called| glob.matches(called)))
        };
        let rule = self.strategies.iter().find(is_about);
        rule.map_or(event.category.strategies(), |(rule, _)| &rule.strategies)
    }
}

/// A rule with its pattern; none if the pattern can't be used.
fn ready(rule: &Strategies) -> Option<(Strategies, Option<Glob>)> {
    let glob = rule.operation.as_deref().map(|text| Glob::new(text, Style::Exact)).transpose().ok()?;
    Some((rule.clone(), glob))
}
