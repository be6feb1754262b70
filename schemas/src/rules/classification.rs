//! What the operators know better about some events than the tables do: category, severity, priority, and what a
//! caller should try.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Condition, RuleError,
    glob::{Glob, Style},
};
use crate::{
    event::{Category, Priority, Severity, Strategy},
    limits,
};

/// Says what some events are. Of the rules that are about an event the first that gives a category gives it, and so for
/// severity and priority.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Classification {
    /// What the rule is called; stands in the reasons that events keep.
    pub name: String,
    /// Which events it is about. It can ask for the category, severity and priority that the event has without rules.
    pub condition: Condition,
    /// The category they get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// The severity they get. The priority follows it, unless a rule gives that too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The priority they get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
}

/// Replaces the strategies that are advised with a category, for an operation, or both. The first rule that is about an
/// event speaks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Strategies {
    /// Events of this category; without it, of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Failed calls of these operations, a [`Glob`]; without it, any event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// What to try, in order; each at most once.
    pub strategies: Vec<Strategy>,
}

/// What is wrong with rules of category, severity and priority.
pub(super) fn check(rules: &[Classification]) -> Vec<RuleError> {
    let mut errors = too_many("/classification", rules.len());
    for (number, rule) in rules.iter().enumerate() {
        let at = |member: &str| format!("/classification/{number}{member}");
        let characters = rule.name.chars().count();
        if rule.name.trim().is_empty() || characters > limits::SHORT_NAME_CHARS {
            errors.push(RuleError::new(at("/name"), format!("a name has from 1 to {} characters", limits::SHORT_NAME_CHARS)));
        }
        errors.extend(rule.condition.check(&at("/condition")));
        if rule.category.is_none() && rule.severity.is_none() && rule.priority.is_none() {
            errors.push(RuleError::new(at(""), "the rule changes nothing; give it a category, a severity or a priority"));
        }
    }
    errors
}

/// What is wrong with rules of strategies.
pub(super) fn check_strategies(rules: &[Strategies]) -> Vec<RuleError> {
    let mut errors = too_many("/strategies", rules.len());
    for (number, rule) in rules.iter().enumerate() {
        let at = |member: &str| format!("/strategies/{number}{member}");
        if rule.category.is_none() && rule.operation.is_none() {
            errors.push(RuleError::new(at(""), "the rule is about every event; give it a category or an operation"));
        }
        errors.extend(rule.operation.as_deref().and_then(|text| check_operation(&at("/operation"), text)));
        if rule.strategies.is_empty() {
            errors.push(RuleError::new(at("/strategies"), "name at least one strategy; FAIL_FAST says that trying again is no use"));
        }
        if let Some(twice) = (1..rule.strategies.len()).find(|at| rule.strategies[..*at].contains(&rule.strategies[*at])) {
            errors.push(RuleError::new(at(&format!("/strategies/{twice}")), "this strategy stands in the list before"));
        }
    }
    errors
}

fn check_operation(pointer: &str, text: &str) -> Option<RuleError> {
    match Glob::new(text, Style::Exact) {
        Err(error) => {
            let column = text[..text.floor_char_boundary(error.at)].chars().count() + 1;
            Some(RuleError { column: Some(column), ..RuleError::new(pointer, error.message) })
        }
        Ok(glob) if text.is_empty() || glob.says_nothing() => {
            Some(RuleError::new(pointer, "this fits every operation or none; leave it out, or say which ones are meant, like charge_*"))
        }
        Ok(_) => None,
    }
}

fn too_many(pointer: &str, count: usize) -> Vec<RuleError> {
    let most = limits::CLASSIFICATION_RULES;
    (count > most).then(|| RuleError::new(pointer, format!("{count} rules are more than {most}"))).into_iter().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use crate::rules::RuleSet;

    fn errors(rules: Value) -> Vec<(String, String)> {
        let rules: RuleSet = serde_json::from_value(rules).unwrap();
        rules.check().into_iter().map(|error| (error.pointer, error.message)).collect()
    }

    #[test]
    fn good_rules_are_good_and_stay_as_they_are() {
        let rules = json!({
            "classification": [
                { "name": "bank holidays", "condition": "service:bank message:closed*", "category": "SERVER", "severity": "warning", "priority": "minor" },
                { "name": "ledger", "condition": "service:ledger", "priority": "critical" },
            ],
            "strategies": [
                { "category": "TIMEOUT", "operation": "charge_*", "strategies": ["FALLBACK", "FAIL_FAST"] },
                { "category": "UNKNOWN", "strategies": ["SKIP"] },
            ],
        });
        assert_eq!(errors(rules.clone()), []);
        let read: RuleSet = serde_json::from_value(rules.clone()).unwrap();
        let kept = serde_json::to_value(read).unwrap();
        assert_eq!((&kept["classification"], &kept["strategies"]), (&rules["classification"], &rules["strategies"]));
    }

    #[test]
    fn each_error_is_told_with_its_place() {
        for (rule, pointer, part) in [
            (json!({ "name": "", "condition": "level:debug", "priority": "minor" }), "/classification/0/name", "1 to 64"),
            (json!({ "name": "typo", "condition": "levl:debug", "priority": "minor" }), "/classification/0/condition", "levl"),
            (json!({ "name": "none", "condition": "level:debug" }), "/classification/0", "changes nothing"),
        ] {
            let found = errors(json!({ "classification": [rule] }));
            assert!(found.len() == 1 && found[0].0 == pointer && found[0].1.contains(part), "{found:?}");
        }
        for (rule, pointer, part) in [
            (json!({ "strategies": ["RETRY"] }), "/strategies/0", "every event"),
            (json!({ "operation": "", "strategies": ["RETRY"] }), "/strategies/0/operation", "every operation or none"),
            (json!({ "operation": "*", "strategies": ["RETRY"] }), "/strategies/0/operation", "every operation or none"),
            (json!({ "operation": "charge_[", "strategies": ["RETRY"] }), "/strategies/0/operation", "["),
            (json!({ "category": "AUTH", "strategies": [] }), "/strategies/0/strategies", "at least one"),
            (json!({ "category": "AUTH", "strategies": ["RETRY", "SKIP", "RETRY"] }), "/strategies/0/strategies/2", "before"),
        ] {
            let found = errors(json!({ "strategies": [rule] }));
            assert!(found.len() == 1 && found[0].0 == pointer && found[0].1.contains(part), "{found:?}");
        }
        let many = vec![json!({ "name": "x", "condition": "level:debug", "priority": "minor" }); 201];
        assert_eq!(errors(json!({ "classification": many }))[0].0, "/classification");
    }
}
