//! Which events are so many that a part of them stands for all.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Condition, RuleError};
use crate::limits;

/// Keeps one trace of several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// What the rule is called; stands in the outcomes of what it leaves out.
    pub name: String,
    /// Which events it is about; without one, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// Of so many traces one is kept, and each of its events stands for so many. From 2 to
    /// [`limits::KEEP_ONE_IN`].
    pub keep_one_in: u64,
}

/// What is wrong with these rules.
pub(super) fn check(rules: &[Sampling]) -> Vec<RuleError> {
    let mut errors = Vec::new();
    if rules.len() > limits::SAMPLING_RULES {
        errors.push(RuleError::new("/sampling", format!("{} rules are more than {}", rules.len(), limits::SAMPLING_RULES)));
    }
    for (number, rule) in rules.iter().enumerate() {
        let at = |member: &str| format!("/sampling/{number}/{member}");
        let characters = rule.name.chars().count();
        if rule.name.trim().is_empty() || characters > limits::SHORT_NAME_CHARS {
            errors.push(RuleError::new(at("name"), format!("a name has from 1 to {} characters", limits::SHORT_NAME_CHARS)));
        }
        if !(2..=limits::KEEP_ONE_IN).contains(&rule.keep_one_in) {
            let range = format!("one in 2 up to one in {} can be kept, not one in {}", limits::KEEP_ONE_IN, rule.keep_one_in);
            errors.push(RuleError::new(at("keep_one_in"), range));
        }
        errors.extend(rule.condition.as_ref().and_then(|condition| condition.check(&at("condition"))));
    }
    errors
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::rules::RuleSet;

    #[test]
    fn each_error_is_told_with_its_place() {
        let good = r#"{"name":"quiet","condition":"level:debug","keep_one_in":10}"#;
        for (rule, pointer, part) in [
            (r#"{"name":" ","keep_one_in":2}"#, "/sampling/1/name", "1 to 64"),
            (r#"{"name":"all","keep_one_in":1}"#, "/sampling/1/keep_one_in", "not one in 1"),
            (r#"{"name":"none","keep_one_in":0}"#, "/sampling/1/keep_one_in", "one in 2"),
            (r#"{"name":"few","keep_one_in":1000001}"#, "/sampling/1/keep_one_in", "one in 1000000"),
            (r#"{"name":"typo","condition":"levl:debug","keep_one_in":2}"#, "/sampling/1/condition", "levl"),
        ] {
            let rules: RuleSet = serde_json::from_str(&format!(r#"{{"sampling":[{good},{rule}]}}"#)).unwrap();
            let [error] = &rules.check()[..] else { panic!("one error: {:?}", rules.check()) };
            assert!(error.pointer == pointer && error.message.contains(part), "{rule}: {error:?}");
        }
        let rules: RuleSet = serde_json::from_str(&format!(r#"{{"sampling":[{good},{{"name":"rest","keep_one_in":2}}]}}"#)).unwrap();
        assert_eq!(rules.check(), []);
        let many = format!(r#"{{"sampling":[{}]}}"#, vec![good; 101].join(","));
        assert_eq!(serde_json::from_str::<RuleSet>(&many).unwrap().check()[0].pointer, "/sampling");
    }
}
