//! Fingerprint rules, a rule a line in Sentry's form: which events belong together, and what they are called.
//!
//! ```text
//! error.type:DatabaseUnavailable -> system-down
//! logger:shop.* level:error -> shop-errors, {{ logger }} title="Error of {{ logger }}"
//! function:query_database -> {{ default }}, {{ transaction }}
//! ```
//!
//! The first rule of which every condition holds decides. Conditions about frames must hold of one frame, those about
//! exceptions of one exception.

use super::{
    RuleError,
    line::{self, Fault, Line, Read},
    matcher::{self, Matcher, Subject, Test},
};
use crate::{limits, tokens};

mod variable;

pub use variable::Variable;

/// Names of conditions.
const MATCHERS: [&str; 20] = [
    "error.type",
    "type",
    "error.value",
    "value",
    "message",
    "logger",
    "level",
    "tags.X",
    "release",
    "sdk",
    "family",
    "app",
    "stack.function",
    "function",
    "stack.module",
    "module",
    "stack.abs_path",
    "path",
    "stack.package",
    "package",
];

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// As written, cut to [`limits::RULE_TEXT_BYTES`].
    pub text: String,
    /// What must hold.
    pub matchers: Vec<Matcher>,
    /// The fingerprint, at least one part.
    pub parts: Vec<Template>,
    /// The event's title.
    pub title: Option<Template>,
}

/// A text with variables in it.
pub type Template = Vec<Piece>;

/// A piece of a text with variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// What the event has.
    Variable(Variable),
}

/// The rules that can be used, in order, and what is wrong with the others.
pub fn parse(text: &str) -> (Vec<Rule>, Vec<RuleError>) {
    line::each(text, "/fingerprints", rule)
}

fn rule(line: &mut Line<'_>) -> Read<Rule> {
    let text = tokens::cut(line.rest().trim(), limits::RULE_TEXT_BYTES).to_owned();
    let matchers = matchers(line)?;
    let mut rule = Rule { text, matchers, parts: Vec::new(), title: None };
    loop {
        line.skip_space();
        let at = line.at();
        match line.peek() {
            None => break,
            Some(',') if rule.parts.is_empty() || rule.title.is_some() => return Err(Fault::new(at, "nothing stands before this comma")),
            Some(',') => {
                line.eat(",");
            }
            Some('"') => {
                let text = line.quoted()?;
                rule.parts.push(template(at + 1, &text, true)?);
            }
            Some(_) if line.eat("{{") => {
                let text = line.rest().split_once("}}").map(|(name, _)| format!("{{{{{name}}}}}"));
                let text = text.ok_or_else(|| Fault::new(at, "this variable is never closed: }} is expected"))?;
                line.eat(&text[2..]);
                rule.parts.push(template(at, &text, true)?);
            }
            Some(_) => word(line, &mut rule)?,
        }
        if rule.parts.len() > limits::FINGERPRINT_PARTS {
            return Err(Fault::new(at, format!("a fingerprint has at most {} parts", limits::FINGERPRINT_PARTS)));
        }
    }
    if rule.parts.is_empty() {
        return Err(Fault::new(line.at(), "a fingerprint is expected behind ->"));
    }
    let is_same = rule.parts.iter().flatten().all(|piece| matches!(piece, Piece::Text(_)));
    if is_same && rule.matchers.iter().all(is_of_every_event) {
        return Err(Fault::new(0, "this rule would put every event into one group; it needs a condition that says which"));
    }
    Ok(rule)
}

/// Whether a condition holds for nearly every event.
fn is_of_every_event(matcher: &Matcher) -> bool {
    let is_everywhere = match &matcher.test {
        Test::Family(_) | Test::Text(Subject::Type | Subject::Value | Subject::Message | Subject::Level, _) => true,
        Test::App(_) | Test::Text(..) => false,
    };
    is_everywhere && matcher.says_nothing()
}

/// The conditions and the arrow.
fn matchers(line: &mut Line<'_>) -> Read<Vec<Matcher>> {
    let mut matchers = Vec::new();
    loop {
        line.skip_space();
        let at = line.at();
        if !matchers.is_empty() && line.eat("->") {
            return Ok(matchers);
        }
        if matchers.len() == limits::RULE_MATCHERS {
            return Err(Fault::new(at, format!("a rule has at most {} conditions", limits::RULE_MATCHERS)));
        }
        if line.peek() == Some('[') {
            return Err(Fault::new(at, "conditions of callers and callees are not supported in fingerprint rules"));
        }
        if !matcher::is_next(line) {
            let expected = if matchers.is_empty() { "a condition is" } else { "another condition or -> is" };
            return Err(Fault::new(at, format!("{expected} expected here: error.type:Name -> fingerprint")));
        }
        matchers.push(matcher::read(line, &MATCHERS, false)?);
    }
}

/// A bare word of the fingerprint, or the title.
fn word(line: &mut Line<'_>, rule: &mut Rule) -> Read<()> {
    let at = line.at();
    let rest = line.rest();
    let name = &rest[..rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len())];
    if !name.is_empty() && rest[name.len()..].starts_with("=\"") {
        if name != "title" {
            return Err(Fault::unknown(at, "attribute", name, &["title"]));
        }
        line.eat("title=");
        let text_at = line.at() + 1;
        let text = line.quoted()?;
        rule.title = Some(template(text_at, &text, false)?);
        return Ok(());
    }
    if name == "title" && rest[name.len()..].starts_with('=') {
        return Err(Fault::new(at + "title=".len(), "the title stands in quotes"));
    }
    if rule.title.is_some() {
        return Err(Fault::new(at, "nothing may follow the title"));
    }
    let word = line.until(|c| c.is_whitespace() || c == ',' || c == '{');
    if word.is_empty() {
        return Err(Fault::new(at, "a variable has two braces on each side: {{ transaction }}"));
    }
    rule.parts.push(vec![Piece::Text(word.to_owned())]);
    Ok(())
}

/// A text with variables between double braces. `at` is where it begins in the line.
fn template(at: usize, text: &str, is_part: bool) -> Read<Template> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let start = at + (text.len() - rest.len()) + before.len();
        let (name, after) = behind.split_once("}}").ok_or_else(|| Fault::new(start, "this variable is never closed: }} is expected"))?;
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        let variable = Variable::named(name.trim()).ok_or_else(|| Fault::unknown(start, "variable", name.trim(), &Variable::NAMES))?;
        pieces.push(Piece::Variable(variable));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    let is_default = |piece: &Piece| *piece == Piece::Variable(Variable::Default);
    if pieces.iter().any(is_default) && !(is_part && pieces.len() == 1) {
        return Err(Fault::new(at, "{{ default }} must be a part of the fingerprint by itself"));
    }
    if pieces.is_empty() {
        return Err(Fault::new(at, "a text is expected between the quotes"));
    }
    Ok(pieces)
}

#[cfg(test)]
#[path = "fingerprints/tests.rs"]
mod tests;
