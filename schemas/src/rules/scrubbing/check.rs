//! What is wrong with a section `scrubbing`.

use regex::RegexBuilder;

use super::{
    Item, Matcher, Redaction, Rule, Scrubbing, Selector, SelectorError, Type,
    rule::{self, nearest},
};
use crate::{limits, rules::RuleError};

/// Parts of an event that everything else hangs on. They hold nothing of a person.
const FIXED: [&str; 18] = [
    "event_id",
    "project",
    "timestamp",
    "received_at",
    "level",
    "severity",
    "platform",
    "fingerprint",
    "client_fingerprint",
    "grouping",
    "category",
    "priority",
    "debug_meta",
    "trace_id",
    "span_id",
    "parent_span_id",
    "lineno",
    "in_app",
];
/// Texts as they stand in events: a pattern that leaves nothing of any of them finds everything.
const SAMPLES: [&str; 5] = ["KeyError: no user 17", "/srv/app/main.py", "a=1; b=2", "ünïcode ✓", "4111-2222"];

/// Everything that is wrong, in order.
pub(super) fn check(scrubbing: &Scrubbing) -> Vec<RuleError> {
    let mut errors = Vec::new();
    counts(scrubbing, &mut errors);
    for (number, field) in scrubbing.sensitive_fields.iter().enumerate() {
        if !field.chars().any(char::is_alphanumeric) || field.len() > limits::SCRUB_FIELD_BYTES {
            let message = format!("expected a name with letters or digits, of at most {} bytes", limits::SCRUB_FIELD_BYTES);
            errors.push(RuleError::new(format!("/scrubbing/sensitive_fields/{number}"), message));
        }
    }
    for (number, field) in scrubbing.safe_fields.iter().enumerate() {
        let pointer = format!("/scrubbing/safe_fields/{number}");
        match Scrubbing::safe(field) {
            Err(error) => errors.push(at(pointer, error)),
            Ok(selector) if selector.is_broad() => {
                let message = "this selector matches everything, so that nothing would be scrubbed; name a place, as in `extra.build`";
                errors.push(RuleError::new(pointer, message));
            }
            Ok(_) => {}
        }
    }
    for (name, rule) in &scrubbing.rules {
        check_rule(&format!("/scrubbing/rules/{}", escaped(name)), name, rule, &mut errors);
    }
    let mut steps = 0;
    for (selector, names) in &scrubbing.applications {
        steps += check_application(scrubbing, selector, names, &mut errors);
    }
    if steps > limits::SCRUB_STEPS {
        let message = format!("{steps} uses of rules at selectors are more than the {} that there can be", limits::SCRUB_STEPS);
        errors.push(RuleError::new("/scrubbing/applications", message));
    }
    errors
}

fn counts(scrubbing: &Scrubbing, errors: &mut Vec<RuleError>) {
    for (name, count, most) in [
        ("rules", scrubbing.rules.len(), limits::SCRUB_RULES),
        ("applications", scrubbing.applications.len(), limits::SCRUB_RULES),
        ("sensitive_fields", scrubbing.sensitive_fields.len(), limits::SCRUB_FIELDS),
        ("safe_fields", scrubbing.safe_fields.len(), limits::SCRUB_FIELDS),
    ] {
        if count > most {
            errors.push(RuleError::new(format!("/scrubbing/{name}"), format!("{count} are more than the {most} that there can be")));
        }
    }
}

fn check_rule(pointer: &str, name: &str, rule: &Rule, errors: &mut Vec<RuleError>) {
    let mut wrong = |part: &str, message: String| errors.push(RuleError::new(format!("{pointer}{part}"), message));
    if name.is_empty() || name.starts_with('@') || name.len() > limits::SCRUB_FIELD_BYTES {
        wrong("", format!("a rule's name has 1 to {} bytes and does not begin with @, which built-in rules do", limits::SCRUB_FIELD_BYTES));
    }
    let is = |kind: &str| rule.kind == kind;
    for (member, given, fits) in [
        ("pattern", rule.pattern.is_some(), is("pattern")),
        ("replaceGroups", rule.replace_groups.is_some(), is("pattern")),
        ("keyPattern", rule.key_pattern.is_some(), is("redact_pair") || is("password")),
        ("rules", !rule.rules.is_empty(), is("multiple")),
        ("rule", rule.rule.is_some(), is("alias")),
    ] {
        let is_needed = fits && member != "replaceGroups" && !is("password");
        match (given, fits) {
            (true, false) if rule.has_type() => wrong(&format!("/{member}"), format!("a rule of type `{}` has no `{member}`", rule.kind)),
            (false, _) if is_needed => wrong("", format!("a rule of type `{}` needs `{member}`", rule.kind)),
            _ => {}
        }
    }
    if !rule.has_type() {
        let types: Vec<&str> = rule::types().collect();
        let mut error = RuleError::new(format!("{pointer}/type"), format!("expected one of {}", types.join(", ")));
        error.suggestion = nearest(&rule.kind, types.into_iter()).map(str::to_owned);
        errors.push(error);
    }
    redaction(pointer, &rule.redaction, errors);
    for (member, expression) in [("pattern", &rule.pattern), ("keyPattern", &rule.key_pattern)] {
        if let Some(expression) = expression {
            pattern(&format!("{pointer}/{member}"), expression, errors);
        }
    }
    groups(pointer, rule, errors);
}

fn redaction(pointer: &str, redaction: &Redaction, errors: &mut Vec<RuleError>) {
    let pointer = format!("{pointer}/redaction");
    if redaction.method().is_none() && !redaction.is_default() {
        let names = super::Method::NAMES;
        let mut error = RuleError::new(format!("{pointer}/method"), format!("expected one of {}", names.join(", ")));
        error.suggestion = nearest(&redaction.method, names.into_iter()).map(str::to_owned);
        errors.push(error);
    }
    let text = redaction.text.as_deref().unwrap_or_default();
    if text.len() > limits::SCRUB_FIELD_BYTES {
        errors.push(RuleError::new(format!("{pointer}/text"), format!("a text has at most {} bytes", limits::SCRUB_FIELD_BYTES)));
    } else if redaction.text.is_some() && redaction.method != "replace" {
        errors.push(RuleError::new(format!("{pointer}/text"), "only the method `replace` has a text"));
    }
}

fn pattern(pointer: &str, pattern: &str, errors: &mut Vec<RuleError>) {
    let mut wrong = |column, message: String| errors.push(RuleError { column, ..RuleError::new(pointer, message) });
    if pattern.len() > limits::SCRUB_PATTERN_BYTES {
        return wrong(None, format!("a pattern has at most {} bytes", limits::SCRUB_PATTERN_BYTES));
    }
    if let Err(error) = regex_syntax::parse(pattern) {
        let (span, cause) = match &error {
            regex_syntax::Error::Parse(error) => (Some(error.span()), error.kind().to_string()),
            regex_syntax::Error::Translate(error) => (Some(error.span()), error.kind().to_string()),
            other => (None, other.to_string()),
        };
        return wrong(span.map(|span| span.start.column), format!("no regular expression: {cause}"));
    }
    let built = RegexBuilder::new(pattern).size_limit(limits::SCRUB_REGEX_BYTES).build();
    match built {
        Err(_) => wrong(
            None,
            format!("this pattern takes more than {} bytes when compiled; make its repetitions shorter", limits::SCRUB_REGEX_BYTES),
        ),
        Ok(regex) if regex.is_match("") => wrong(None, "this pattern finds something in an empty text; use + for *".to_owned()),
        Ok(_) => {}
    }
}

fn groups(pointer: &str, rule: &Rule, errors: &mut Vec<RuleError>) {
    let Some(groups) = &rule.replace_groups else { return };
    let Some(regex) = rule.pattern.as_deref().and_then(compiled) else { return };
    let last = regex.captures_len() - 1;
    if groups.is_empty() || groups.iter().any(|group| usize::from(*group) > last) {
        let message = format!("expected numbers of the pattern's groups, of which there are {last}; 0 is the whole match");
        errors.push(RuleError::new(format!("{pointer}/replaceGroups"), message));
    }
}

fn compiled(pattern: &str) -> Option<regex::Regex> {
    RegexBuilder::new(pattern).size_limit(limits::SCRUB_REGEX_BYTES).build().ok()
}

/// How many steps its rules have together.
fn check_application(scrubbing: &Scrubbing, text: &str, names: &[String], errors: &mut Vec<RuleError>) -> usize {
    let pointer = format!("/scrubbing/applications/{}", escaped(text));
    let selector: Option<Selector> = match text.parse() {
        Ok(selector) => Some(selector),
        Err(error) => {
            errors.push(at(pointer.clone(), error));
            None
        }
    };
    if let Some(fixed) = selector.as_ref().and_then(fixed) {
        let message = format!("the event's `{fixed}` can't be scrubbed; of another one say where it is: `extra.{fixed}`");
        errors.push(RuleError::new(pointer.clone(), message));
    }
    let mut count = 0;
    for (number, name) in names.iter().enumerate() {
        let pointer = format!("{pointer}/{number}");
        match scrubbing.resolve(name) {
            Err(error) => errors.push(RuleError { pointer, ..error }),
            Ok(steps) => {
                count += steps.len();
                if let Some(selector) = &selector
                    && let Some(message) = steps.iter().find_map(|step| refused(selector, &step.matcher))
                {
                    errors.push(RuleError::new(pointer, message));
                }
            }
        }
    }
    count
}

/// Why this can't be used on what the selector means.
fn refused(selector: &Selector, matcher: &Matcher<'_>) -> Option<String> {
    let everything = match matcher {
        Matcher::Anything => true,
        Matcher::Pattern(pattern, groups) => groups.contains(&0) && compiled(pattern).is_some_and(|regex| finds_everything(&regex)),
        Matcher::Key(_) | Matcher::Known(_) => false,
    };
    if everything && selector.is_broad() {
        return Some(
            "this selector matches everything, and this rule leaves nothing of what it matches; name a place, as in `extra.secrets`".into(),
        );
    }
    let whole = (*matcher == Matcher::Anything).then(|| selector.paths().into_iter().find_map(whole_part)).flatten()?;
    Some(format!("a whole {whole} can't be taken away; name what in it, as in `$exception.value` or `$frame.vars`"))
}

fn finds_everything(regex: &regex::Regex) -> bool {
    SAMPLES.iter().all(|sample| !regex.replace_all(sample, "").contains(|c: char| c.is_alphanumeric()))
}

/// The part that grouping needs, if the path ends in one.
fn whole_part(items: &[Item]) -> Option<&'static str> {
    match items.last()? {
        Item::Type(Type::Exception) => Some("exception"),
        Item::Type(Type::Stacktrace) => Some("stacktrace"),
        Item::Type(Type::Frame) => Some("frame"),
        Item::Type(Type::Thread) => Some("thread"),
        _ => None,
    }
}

/// The fixed part of an event that a selector names.
fn fixed(selector: &Selector) -> Option<&str> {
    selector.paths().into_iter().find_map(|items| {
        let (Item::Key(name), before) = items.split_last()? else { return None };
        let of_event = before.iter().all(|item| !matches!(item, Item::Key(_) | Item::Type(Type::User | Type::Request | Type::Message)));
        let in_trace = matches!(before, [Item::Key(trace)] if trace.eq_ignore_ascii_case("trace"));
        let known = FIXED.iter().any(|fixed| name.eq_ignore_ascii_case(fixed));
        (known && (of_event || in_trace)).then_some(name.as_str())
    })
}

fn at(pointer: String, error: SelectorError) -> RuleError {
    let SelectorError { column, message, suggestion } = error;
    RuleError { pointer, line: None, column: Some(column), message, suggestion }
}

/// A name as a part of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
#[path = "check/tests.rs"]
mod tests;
