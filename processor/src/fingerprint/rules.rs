//! Fingerprint rules at work: the first one of which every condition holds says which group an event belongs to, and
//! what it is called. The project's own are asked before those of all projects.

use schemas::{
    event::{Canonical, Event, Frame, Severity, Stacktrace},
    rules::{
        fingerprints::{self, Piece, Rule, Template, Variable},
        matcher::{Family, Matcher, Scope, Subject, Test},
    },
};

use super::custom;
use crate::{
    normalize::{frame_holds, frame_texts, is_of},
    rules::keywords::{self, Keywords},
};

mod values;

pub(super) use values::of_client;

/// The rules of a project and of all, ready for use.
#[derive(Debug, Default)]
pub struct FingerprintRules {
    rules: Vec<Rule>,
    keywords: Keywords,
}

impl FingerprintRules {
    /// Rules in the order in which they are asked. Lines that can't be used are left out.
    pub fn new(own: &str, all: &str) -> Self {
        let rules: Vec<Rule> = [own, all].into_iter().flat_map(|text| fingerprints::parse(text).0).collect();
        let keywords = Keywords::new(rules.iter().map(|rule| keywords::longest(rule.matchers.iter().filter(|m| is_looked_up(m)))));
        Self { rules, keywords }
    }

    /// The rule that decides.
    pub(super) fn of(&self, event: &Event) -> Option<&Rule> {
        if self.rules.is_empty() {
            return None;
        }
        let found = self.found(event);
        let mut rules = self.rules.iter().enumerate();
        rules.find(|(number, rule)| (found[*number] || !self.keywords.has(*number)) && holds(rule, event)).map(|(_, rule)| rule)
    }

    /// Whose keywords stand in the event.
    fn found(&self, event: &Event) -> Vec<bool> {
        let mut found = vec![false; self.rules.len()];
        let mut add = |text: &str| self.keywords.find(text, |rule| found[rule] = true);
        stacks(event).flat_map(|stack| &stack.frames).for_each(|frame| frame_texts(frame, &mut add));
        for exception in &event.exceptions {
            [&exception.kind, &exception.value].into_iter().flatten().for_each(|text| add(text));
        }
        messages(event).for_each(add);
        found
    }
}

/// Whether the text that a condition asks about is one of those that are looked through for keywords.
fn is_looked_up(matcher: &Matcher) -> bool {
    matcher.scope() == Scope::Frame || matches!(&matcher.test, Test::Text(Subject::Type | Subject::Value | Subject::Message, _))
}

/// The array that is hashed; `default` is the one by content.
pub(super) fn parts(rule: &Rule, event: &Event, default: Canonical) -> Canonical {
    let is_default = |template: &Template| matches!(template.as_slice(), [Piece::Variable(Variable::Default)]);
    if rule.parts.iter().all(is_default) {
        return default;
    }
    custom(|list| {
        for part in &rule.parts {
            if is_default(part) { list.array(&default) } else { list.text(&values::filled(part, event)) }
        }
    })
}

/// The title that a rule gives, if it gives one.
pub(super) fn title(rule: &Rule, event: &Event) -> Option<String> {
    rule.title.as_ref().map(|title| values::title(title, event)).filter(|title| !title.is_empty())
}

fn holds(rule: &Rule, event: &Event) -> bool {
    let of = |scope: Scope| rule.matchers.iter().filter(move |matcher| matcher.scope() == scope);
    if !of(Scope::Event).all(|matcher| event_holds(matcher, event)) {
        return false;
    }
    let one = |exception| of(Scope::Exception).all(|matcher| is_of(matcher, Some(exception)));
    if of(Scope::Exception).next().is_some() && !event.exceptions.iter().any(one) {
        return false;
    }
    let platform = event.platform.as_deref().unwrap_or_default();
    let one = |frame: &Frame| of(Scope::Frame).all(|matcher| frame_holds(matcher, frame, platform, || None));
    of(Scope::Frame).next().is_none() || stacks(event).flat_map(|stack| &stack.frames).any(one)
}

/// The stack traces of the error: not those of threads that happened to run.
fn stacks(event: &Event) -> impl Iterator<Item = &Stacktrace> {
    let threads = event.threads.iter().filter(|thread| thread.crashed == Some(true) || thread.current == Some(true));
    let of_exceptions = event.exceptions.iter().filter_map(|exception| exception.stacktrace.as_ref());
    of_exceptions.chain(&event.stacktrace).chain(threads.filter_map(|thread| thread.stacktrace.as_ref()))
}

/// What `message:` asks about: the log message, and the values of exceptions, as the two are hard to keep apart.
fn messages(event: &Event) -> impl Iterator<Item = &str> {
    let message = event.message.iter().flat_map(|message| [Some(message.formatted.as_str()), message.template.as_deref()]).flatten();
    message.chain(event.exceptions.iter().filter_map(|exception| exception.value.as_deref()))
}

fn event_holds(matcher: &Matcher, event: &Event) -> bool {
    let positive = match &matcher.test {
        Test::Family(families) => families.contains(&Family::of(event.platform.as_deref().unwrap_or_default())),
        Test::App(_) => false,
        Test::Text(Subject::Message, glob) => messages(event).any(|text| glob.matches(text)),
        // Sentry calls it fatal, and so do the rules that people bring.
        Test::Text(Subject::Level, glob) => {
            glob.matches(event.severity.as_str()) || event.severity == Severity::Critical && glob.matches("fatal")
        }
        Test::Text(subject, glob) => {
            let text = match subject {
                Subject::Logger => event.logger.as_deref(),
                Subject::Release => event.release.as_deref(),
                Subject::Sdk => event.sdk.as_ref().and_then(|sdk| sdk.name.as_deref()),
                Subject::Tag(key) => values::tag(event, key),
                _ => None,
            };
            text.is_some_and(|text| glob.matches(text))
        }
    };
    positive != matcher.negated
}

#[cfg(test)]
#[path = "rules/tests.rs"]
mod tests;
