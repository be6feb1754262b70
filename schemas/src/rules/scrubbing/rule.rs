//! Rules: what to look for and what to do to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Known, Method, Redaction};
use crate::rules::RuleError;

/// Types of rules that are no kind of [`Known`].
const OTHER_TYPES: [&str; 5] = ["anything", "pattern", "redact_pair", "multiple", "alias"];
/// Rules that refer to rules end here; deeper ones go in a circle.
const DEPTH: usize = 8;

/// An own rule, as written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = ScrubbingRule)]
pub struct Rule {
    /// `anything`, `pattern`, `redact_pair`, `multiple`, `alias` or the name of a [`Known`] kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// For `pattern`: a regular expression, at most [`crate::limits::SCRUB_PATTERN_BYTES`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// For `pattern`: which groups of it are redacted. Default: all of the match.
    #[serde(rename = "replaceGroups", alias = "replace_groups", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<u32>>)]
    pub replace_groups: Option<Vec<u8>>,
    /// For `redact_pair` and `password`: a regular expression for the names whose values are redacted.
    #[serde(rename = "keyPattern", alias = "key_pattern", skip_serializing_if = "Option::is_none")]
    pub key_pattern: Option<String>,
    /// For `multiple`: the rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// For `alias`: the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// For `multiple` and `alias`: remarks name this rule, not those it refers to.
    #[serde(rename = "hideInner", alias = "hide_inner", skip_serializing_if = "std::ops::Not::not")]
    pub hide_inner: bool,
    /// What is done to what it finds. Default: what the kind is usually replaced by, else removed.
    pub redaction: Redaction,
}

/// What a rule looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matcher<'a> {
    /// The whole value, whatever it is.
    Anything,
    /// What a regular expression finds in a text: the expression and which of its groups count.
    Pattern(&'a str, &'a [u8]),
    /// The whole value under a name that this regular expression finds something in.
    Key(&'a str),
    /// A kind that is known by its look.
    Known(Known),
}

/// One thing that a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<'a> {
    /// The rule, as remarks name it.
    pub rule: String,
    /// What it looks for.
    pub matcher: Matcher<'a>,
    /// What it does.
    pub method: Method,
}

impl Step<'_> {
    fn known(rule: String, known: Known) -> Self {
        let method =
            if known == Known::Mac || known == Known::Uuid { Method::Mask } else { Method::Replace(known.placeholder().to_owned()) };
        Self { rule, matcher: Matcher::Known(known), method }
    }
}

/// What the rule of this name does.
pub(super) fn resolve<'a>(rules: &'a BTreeMap<String, Rule>, name: &str) -> Result<Vec<Step<'a>>, RuleError> {
    let mut steps = Vec::new();
    follow(rules, name, DEPTH, &mut steps)?;
    Ok(steps)
}

fn follow<'a>(rules: &'a BTreeMap<String, Rule>, name: &str, depth: usize, steps: &mut Vec<Step<'a>>) -> Result<(), RuleError> {
    if depth == 0 {
        return Err(RuleError::new("", format!("rules that refer to each other more than {DEPTH} times, or in a circle")));
    }
    let Some(rule) = rules.get(name) else {
        return built_in(name, steps).ok_or_else(|| unknown(rules, name));
    };
    let from = steps.len();
    match rule.kind.as_str() {
        "multiple" => rule.rules.iter().try_for_each(|inner| follow(rules, inner, depth - 1, steps))?,
        "alias" => follow(rules, rule.rule.as_deref().unwrap_or_default(), depth - 1, steps)?,
        _ => steps.extend(rule.step(name)),
    }
    for step in &mut steps[from..] {
        if let Some(method) = rule.redaction.method() {
            step.method = method;
        }
        if rule.hide_inner {
            name.clone_into(&mut step.rule);
        }
    }
    Ok(())
}

impl Rule {
    /// What it does by itself; nothing if it is incomplete.
    fn step(&self, name: &str) -> Option<Step<'_>> {
        let step = |matcher| Step { rule: name.to_owned(), matcher, method: Method::Remove };
        match self.kind.as_str() {
            "anything" => Some(step(Matcher::Anything)),
            "pattern" => Some(step(Matcher::Pattern(self.pattern.as_deref()?, self.replace_groups.as_deref().unwrap_or(&[0])))),
            "redact_pair" | "password" if self.key_pattern.is_some() => Some(step(Matcher::Key(self.key_pattern.as_deref()?))),
            kind => Known::of_name(kind).map(|known| Step::known(name.to_owned(), known)),
        }
    }

    /// Whether its type is one.
    pub(super) fn has_type(&self) -> bool {
        OTHER_TYPES.contains(&self.kind.as_str()) || Known::of_name(&self.kind).is_some()
    }
}

/// Every type of rules.
pub(super) fn types() -> impl Iterator<Item = &'static str> {
    OTHER_TYPES.into_iter().chain(Known::ALL.map(Known::name))
}

/// `@email`, `@email:hash`, `@common`, ... `None` if it is none.
fn built_in(name: &str, steps: &mut Vec<Step<'_>>) -> Option<()> {
    let (kind, method) = match name.strip_prefix('@')?.split_once(':') {
        Some((kind, "filter")) => (kind, Some(Method::of_name("replace", None)?)),
        Some((kind, method)) => (kind, Some(Method::of_name(method, None)?)),
        None => (name.strip_prefix('@')?, None),
    };
    let from = steps.len();
    match kind {
        "anything" => steps.push(Step { rule: name.to_owned(), matcher: Matcher::Anything, method: Method::Remove }),
        "common" => steps.extend(Known::COMMON.map(|known| Step::known(name.to_owned(), known))),
        kind => steps.push(Step::known(name.to_owned(), Known::of_name(kind)?)),
    }
    // `replace` without a text of its own puts what is usual for the kind.
    let usual = name.ends_with(":replace");
    if let Some(method) = method {
        for step in &mut steps[from..] {
            match (&step.matcher, usual) {
                (Matcher::Known(known), true) => step.method = Method::Replace(known.placeholder().to_owned()),
                _ => step.method = method.clone(),
            }
        }
    }
    Some(())
}

fn unknown(rules: &BTreeMap<String, Rule>, name: &str) -> RuleError {
    let built_in = Known::ALL.map(|known| format!("@{}", known.name())).into_iter().chain(["@anything".into(), "@common".into()]);
    let (bare, method) = name.split_once(':').map_or((name, ""), |(bare, method)| (bare, method));
    let mut error = RuleError::new("", format!("there is no rule {name:?}, neither in `rules` nor built in"));
    let known: Vec<String> = built_in.chain(rules.keys().cloned()).collect();
    error.suggestion = if known.iter().any(|known| known == bare) {
        nearest(method, Method::NAMES.into_iter()).map(|method| format!("{bare}:{method}"))
    } else {
        nearest(bare, known.iter().map(String::as_str)).map(str::to_owned)
    };
    error
}

/// The name that may have been meant.
pub(super) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let best = names.map(|known| (strsim::damerau_levenshtein(name, known), known)).min()?;
    (best.0 <= 2 || best.0 * 3 <= name.chars().count()).then_some(best.1)
}
