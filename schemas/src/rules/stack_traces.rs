//! Stack trace rules, a rule a line in Sentry's form: which frames are the application's own, and which count for
//! grouping.
//!
//! ```text
//! # the generated client is not ours
//! path:**/generated/** -app
//! # what the panic machinery calls says nothing
//! family:native function:std::panicking::* ^-group -group
//! [ module:shop.retry ] | function:call -group
//! ```
//!
//! Rules are applied from top to bottom, each to all frames, so later ones win. `^` means the frames from the matching
//! one towards the crash, `v` those towards the start of the program; neither means the frame itself.

use super::{
    RuleError,
    line::{self, Fault, Line, Read},
    matcher::{self, Matcher, Scope},
};
use crate::{limits, tokens};

/// Names of conditions.
const MATCHERS: [&str; 17] = [
    "family",
    "path",
    "stack.abs_path",
    "module",
    "stack.module",
    "function",
    "stack.function",
    "package",
    "stack.package",
    "app",
    "category",
    "type",
    "error.type",
    "value",
    "error.value",
    "mechanism",
    "error.mechanism",
];

/// Names of actions, as one writes them.
const ACTIONS: [&str; 7] = ["+app", "-app", "+group", "-group", "category=", "max-frames=", "min-frames="];

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// As written, cut to [`limits::RULE_TEXT_BYTES`].
    pub text: String,
    /// What must hold of the frame, or of its exception or platform.
    pub matchers: Vec<Matcher>,
    /// What must hold of the frame that called it.
    pub caller: Vec<Matcher>,
    /// What must hold of the frame that it called.
    pub callee: Vec<Matcher>,
    /// What to do, in order.
    pub actions: Vec<Action>,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Says whether frames are the application's own.
    App(bool, Range),
    /// Says whether frames count for grouping.
    Group(bool, Range),
    /// Gives the frame a category.
    Category(String),
    /// Only so many frames nearest the crash count. 0: all.
    MaxFrames(usize),
    /// With fewer frames that count, none does.
    MinFrames(usize),
}

/// Which frames an action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// The one that matches.
    Itself,
    /// Those that it called, up to the crash.
    TowardsCrash,
    /// Those that called it.
    TowardsStart,
}

/// The rules that can be used, in order, and what is wrong with the others.
pub fn parse(text: &str) -> (Vec<Rule>, Vec<RuleError>) {
    line::each(text, "/stack_traces", rule)
}

fn rule(line: &mut Line<'_>) -> Read<Rule> {
    let text = tokens::cut(line.rest().trim(), limits::RULE_TEXT_BYTES).to_owned();
    line.skip_space();
    let caller = if line.peek() == Some('[') { brackets(line)? } else { Vec::new() };
    if !caller.is_empty() {
        line.skip_space();
        if !line.eat("|") {
            return Err(Fault::new(line.at(), "| is expected behind the conditions of the caller"));
        }
    }
    let matchers = matchers(line)?;
    let callee = if line.eat("|") {
        line.skip_space();
        brackets(line)?
    } else {
        Vec::new()
    };
    let actions = actions(line)?;
    if matchers.len() + caller.len() + callee.len() > limits::RULE_MATCHERS {
        return Err(Fault::new(0, format!("a rule has at most {} conditions", limits::RULE_MATCHERS)));
    }
    let leaves_out = actions.iter().any(|action| matches!(action, Action::Group(false, _)));
    if leaves_out && matchers.iter().chain(&caller).chain(&callee).all(Matcher::says_nothing) {
        return Err(Fault::new(0, "this rule would leave every frame out of grouping; it needs a condition that says which"));
    }
    Ok(Rule { text, matchers, caller, callee, actions })
}

fn matchers(line: &mut Line<'_>) -> Read<Vec<Matcher>> {
    let mut matchers = Vec::new();
    line.skip_space();
    while matcher::is_next(line) {
        matchers.push(matcher::read(line, &MATCHERS, false)?);
        line.skip_space();
    }
    if matchers.is_empty() {
        return Err(Fault::new(line.at(), "a condition is expected here: name:pattern"));
    }
    Ok(matchers)
}

/// Conditions about a frame beside the one in question.
fn brackets(line: &mut Line<'_>) -> Read<Vec<Matcher>> {
    if !line.eat("[") {
        return Err(Fault::new(line.at(), "[ is expected here, with conditions of the frame that was called, then ]"));
    }
    let mut matchers = Vec::new();
    loop {
        line.skip_space();
        if !matchers.is_empty() && line.eat("]") {
            return Ok(matchers);
        }
        let at = line.at();
        let matcher = matcher::read(line, &MATCHERS, true)?;
        if matcher.scope() == Scope::Exception {
            return Err(Fault::new(at, "brackets are about a frame; conditions of the exception stand outside"));
        }
        matchers.push(matcher);
    }
}

fn actions(line: &mut Line<'_>) -> Read<Vec<Action>> {
    let mut actions = Vec::new();
    loop {
        line.skip_space();
        match line.peek() {
            None | Some('#') if !actions.is_empty() => return Ok(actions),
            None | Some('#') => return Err(Fault::new(line.at(), format!("an action is expected here: {}", ACTIONS.join(", ")))),
            Some(_) => actions.push(action(line)?),
        }
    }
}

fn action(line: &mut Line<'_>) -> Read<Action> {
    let at = line.at();
    let word = line.until(char::is_whitespace);
    if let Some((name, value)) = word.split_once('=') {
        return variable(at, name, value);
    }
    let (range, flag) = match word.chars().next() {
        Some('^') => (Range::TowardsCrash, &word[1..]),
        Some('v') => (Range::TowardsStart, &word[1..]),
        _ => (Range::Itself, word),
    };
    match flag {
        "+app" => Ok(Action::App(true, range)),
        "-app" => Ok(Action::App(false, range)),
        "+group" => Ok(Action::Group(true, range)),
        "-group" => Ok(Action::Group(false, range)),
        "+prefix" | "-prefix" | "+sentinel" | "-sentinel" => {
            Err(Fault::new(at, format!("{flag} is not supported; cut a stack trace with -group, ^-group and v-group")))
        }
        _ => Err(Fault::unknown(at, "action", word, &ACTIONS)),
    }
}

fn variable(at: usize, name: &str, value: &str) -> Read<Action> {
    let value_at = at + name.len() + 1;
    let number = || {
        let number = value.parse().ok().filter(|number| *number <= limits::FRAMES);
        number.ok_or_else(|| Fault::new(value_at, format!("a whole number up to {} is expected behind {name}=", limits::FRAMES)))
    };
    match name {
        "max-frames" => number().map(Action::MaxFrames),
        "min-frames" => number().map(Action::MinFrames),
        "category" if value.is_empty() || value.len() > limits::SHORT_NAME_CHARS => {
            Err(Fault::new(value_at, format!("a name of at most {} characters is expected behind category=", limits::SHORT_NAME_CHARS)))
        }
        "category" => Ok(Action::Category(value.to_owned())),
        "invert-stacktrace" => Err(Fault::new(at, "invert-stacktrace is not supported")),
        _ => Err(Fault::unknown(at, "action", &format!("{name}="), &ACTIONS)),
    }
}

#[cfg(test)]
#[path = "stack_traces/tests.rs"]
mod tests;
