//! What kind of failure an event is, how bad it is, how soon someone should look, and what a caller can try against it.
//!
//! The tables beside this module hold what is known of types, messages and codes; what nothing tells is `UNKNOWN`, for
//! a guess would be worse. Every step is kept in the event with its reason. Pure: how often an error comes is for the
//! parts that count, which call [`raise`].

use schemas::event::{Category, Change, Event};

use crate::context::{Context, Verdict};

mod category;
mod codes;
mod messages;
mod overrides;
mod priority;
mod severity;
mod status;
mod table;
mod types;

pub use overrides::Overrides;
pub use priority::raise;

/// Gives the event category, severity, priority and strategies.
///
/// Rules are asked about the event as the tables judge it, and then decide.
pub fn classify(context: &Context<'_>, mut event: Event) -> Verdict {
    forget(&mut event);
    severity::rate(&mut event);
    if let Some(category::Judgement { category, why }) = category::judge(&event) {
        categorize(&mut event, category, why);
    }
    priority::rate(&mut event);
    let overrides = &context.rules.classification;
    let given = overrides.given(&event);
    apply(&mut event, &given);
    event.strategies = overrides.strategies(&event).to_vec();
    Ok(event)
}

/// Gives the event what rules say of it. A severity brings its priority, unless a rule gives that too.
fn apply(event: &mut Event, given: &overrides::Given<'_>) {
    let why = |rule: &str| format!("rule “{rule}”");
    if let Some((category, rule)) = given.category {
        categorize(event, category, why(rule));
    }
    if let Some((severity, rule)) = given.severity.filter(|(severity, _)| *severity != event.severity) {
        event.changes.retain(|change| change.field != "priority");
        severity::set(event, severity, why(rule));
        priority::rate(event);
    }
    if let Some((priority, rule)) = given.priority {
        priority::set(event, priority, why(rule));
    }
}

/// Takes back what an earlier run said of the event, so that judging it again is judging it once.
fn forget(event: &mut Event) {
    let sent = event.changes.iter().find(|change| change.field == "severity").and_then(|change| change.from.parse().ok());
    event.severity = sent.unwrap_or(event.severity);
    event.category = Category::default();
    event.changes.clear();
}

/// Gives the event a category and keeps why, if it is another one.
fn categorize(event: &mut Event, to: Category, why: String) {
    if event.category != to {
        let (field, from) = ("category".to_owned(), event.category.as_str().to_owned());
        event.changes.push(Change { field, from, to: to.as_str().to_owned(), why });
        event.category = to;
    }
}

#[cfg(test)]
#[path = "classify/tests.rs"]
mod tests;
