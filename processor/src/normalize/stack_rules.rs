//! Stack trace rules at work: they have the last word on which frames are the application's own, and say which count
//! for grouping.
//!
//! The rules of all projects are applied first, so that a project's own win. Runs on frames that are cut to their
//! limits already.

use schemas::{
    event::{Event, Exception, Frame, Stacktrace},
    rules::{
        matcher::{Family, Matcher, Scope, Subject, Test},
        stack_traces::{self, Action, Range, Rule},
    },
};

use crate::rules::keywords::{self, Keywords};

mod counted;

use counted::Limit;

/// The rules of a project and of all, ready for use.
#[derive(Debug, Default)]
pub struct StackRules {
    rules: Vec<Rule>,
    keywords: Keywords,
}

impl StackRules {
    /// Rules in the order in which they are applied. Lines that can't be used are left out.
    pub fn new(own: &str, all: &str) -> Self {
        let rules: Vec<Rule> = [all, own].into_iter().flat_map(|text| stack_traces::parse(text).0).collect();
        let keywords = Keywords::new(rules.iter().map(|rule| keywords::of_frames(&rule.matchers)));
        Self { rules, keywords }
    }

    /// Applies them to every stack trace of an event.
    pub(super) fn apply(&self, event: &mut Event) {
        if self.rules.is_empty() {
            return;
        }
        let platform = event.platform.clone().unwrap_or_default();
        let mut limits = vec![None; event.exceptions.len() + 1];
        for (exception, limit) in event.exceptions.iter_mut().zip(&mut limits) {
            if let Some(mut stack) = exception.stacktrace.take() {
                *limit = self.apply_to(&mut stack, &platform, Some(exception));
                exception.stacktrace = Some(stack);
            }
        }
        if let Some(stack) = &mut event.stacktrace {
            limits[event.exceptions.len()] = self.apply_to(stack, &platform, None);
        }
        for stack in event.threads.iter_mut().filter_map(|thread| thread.stacktrace.as_mut()) {
            let limit = self.apply_to(stack, &platform, None);
            let has_own = counted::has_own(&stack.frames);
            counted::limit(&mut stack.frames, limit, has_own);
        }
        let stacks = event.exceptions.iter_mut().map(|exception| exception.stacktrace.as_mut()).chain([event.stacktrace.as_mut()]);
        let mut stacks: Vec<_> = stacks.zip(limits).filter_map(|(stack, limit)| Some((stack?, limit))).collect();
        let has_own = stacks.iter().any(|(stack, _)| counted::has_own(&stack.frames));
        for (stack, limit) in &mut stacks {
            counted::limit(&mut stack.frames, *limit, has_own);
        }
    }

    /// Applies them to one stack trace. Answers how many frames may count.
    fn apply_to(&self, stack: &mut Stacktrace, platform: &str, exception: Option<&Exception>) -> Option<Limit<'_>> {
        let candidates = self.candidates(&stack.frames);
        let mut run = Run { frames: &mut stack.frames, platform, categories: Vec::new(), limit: None };
        let mut candidates = candidates.as_slice();
        for (number, rule) in self.rules.iter().enumerate() {
            let of_rule = candidates.partition_point(|(rule, _)| *rule <= number);
            let (these, others) = candidates.split_at(of_rule);
            candidates = others;
            if !rule.matchers.iter().filter(|matcher| matcher.scope() == Scope::Exception).all(|matcher| is_of(matcher, exception)) {
                continue;
            }
            if self.keywords.has(number) {
                these.iter().for_each(|(_, at)| run.try_at(rule, *at));
            } else {
                (0..run.frames.len()).for_each(|at| run.try_at(rule, at));
            }
        }
        run.limit
    }

    /// Rules and frames in which their keywords stand, in order.
    fn candidates(&self, frames: &[Frame]) -> Vec<(usize, usize)> {
        let mut candidates = Vec::new();
        for (at, frame) in frames.iter().enumerate() {
            let mut add = |text: &str| self.keywords.find(text, |rule| candidates.push((rule, at)));
            texts(frame, &mut add);
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }
}

/// The texts of a frame that conditions ask about; a file name that ends the path is in it already.
pub(crate) fn texts(frame: &Frame, add: &mut impl FnMut(&str)) {
    let path = frame.abs_path.as_deref().unwrap_or_default();
    let filename = frame.filename.as_deref().filter(|name| !path.ends_with(name));
    [Some(path), filename, frame.module.as_deref(), frame.function.as_deref(), frame.package.as_deref()]
        .into_iter()
        .flatten()
        .for_each(add);
}

/// One stack trace while rules are applied to it.
struct Run<'a, 'r> {
    frames: &'a mut [Frame],
    platform: &'a str,
    /// Those that rules gave, by frame; empty as long as none did.
    categories: Vec<Option<&'r str>>,
    limit: Option<Limit<'r>>,
}

impl<'r> Run<'_, 'r> {
    fn try_at(&mut self, rule: &'r Rule, at: usize) {
        let beside = |matchers: &[Matcher], at: Option<usize>| {
            matchers.is_empty() || at.is_some_and(|at| matchers.iter().all(|matcher| self.holds(matcher, at)))
        };
        let of_frame = rule.matchers.iter().filter(|matcher| matcher.scope() != Scope::Exception);
        let callee = Some(at + 1).filter(|at| *at < self.frames.len());
        if of_frame.into_iter().all(|matcher| self.holds(matcher, at))
            && beside(&rule.caller, at.checked_sub(1))
            && beside(&rule.callee, callee)
        {
            rule.actions.iter().for_each(|action| self.act(rule, action, at));
        }
    }

    fn holds(&self, matcher: &Matcher, at: usize) -> bool {
        let category = || self.categories.get(at).copied().flatten();
        frame_holds(matcher, &self.frames[at], self.platform, category)
    }

    fn act(&mut self, rule: &'r Rule, action: &'r Action, at: usize) {
        match action {
            Action::App(own, range) => {
                for frame in reached(self.frames, *range, at) {
                    if frame.in_app != Some(*own) {
                        frame.in_app = Some(*own);
                        frame.why = Some(rule.text.clone());
                    }
                }
            }
            Action::Group(counts, range) => {
                for frame in reached(self.frames, *range, at) {
                    if frame.counts != Some(*counts) {
                        frame.counts = Some(*counts);
                        frame.why = Some(rule.text.clone());
                    }
                }
            }
            Action::Category(name) => {
                self.categories.resize(self.frames.len(), None);
                self.categories[at] = Some(name);
            }
            Action::MaxFrames(most) => self.limit.get_or_insert_default().most = Some((*most, &rule.text)),
            Action::MinFrames(least) => self.limit.get_or_insert_default().least = Some((*least, &rule.text)),
        }
    }
}

/// The frames that an action at one frame is about. The crash is at the end.
fn reached(frames: &mut [Frame], range: Range, at: usize) -> &mut [Frame] {
    match range {
        Range::Itself => &mut frames[at..=at],
        Range::TowardsCrash => &mut frames[at + 1..],
        Range::TowardsStart => &mut frames[..at],
    }
}

/// Whether a condition holds of a frame.
pub(crate) fn frame_holds<'a>(matcher: &Matcher, frame: &Frame, platform: &str, category: impl Fn() -> Option<&'a str>) -> bool {
    let positive = match &matcher.test {
        Test::Family(families) => families.contains(&Family::of(frame.platform.as_deref().unwrap_or(platform))),
        Test::App(own) => (frame.in_app == Some(true)) == *own,
        Test::Text(subject, glob) => {
            let any = |texts: &[Option<&str>]| texts.iter().flatten().any(|text| glob.matches(text));
            match subject {
                Subject::Path => any(&[frame.abs_path.as_deref(), frame.filename.as_deref()]),
                Subject::Package => any(&[frame.package.as_deref()]),
                Subject::Module => any(&[frame.module.as_deref()]),
                Subject::Function => any(&[frame.function.as_deref()]),
                Subject::Category => any(&[category()]),
                _ => false,
            }
        }
    };
    positive != matcher.negated
}

/// Whether a condition holds of an exception. A stack trace without one has no type to be like anything.
pub(crate) fn is_of(matcher: &Matcher, exception: Option<&Exception>) -> bool {
    let text = exception.and_then(|exception| match &matcher.test {
        Test::Text(Subject::Type, _) => exception.kind.as_deref(),
        Test::Text(Subject::Value, _) => exception.value.as_deref(),
        Test::Text(Subject::Mechanism, _) => exception.mechanism.as_ref()?.kind.as_deref(),
        _ => None,
    });
    let positive = match &matcher.test {
        Test::Text(_, glob) => text.is_some_and(|text| glob.matches(text)),
        _ => false,
    };
    positive != matcher.negated
}

#[cfg(test)]
#[path = "stack_rules/tests.rs"]
mod tests;
