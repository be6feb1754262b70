#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::*;

fn errors(section: Value) -> Vec<RuleError> {
    serde_json::from_value::<Scrubbing>(section).unwrap().check()
}

/// The one thing that is wrong.
fn error(section: Value) -> RuleError {
    let mut errors = errors(section);
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0)
}

#[test]
fn a_configuration_in_relays_form_is_taken_as_it_is() {
    let section = json!({
        "rules": {
            "device_id": { "type": "pattern", "pattern": "d/[a-f0-9]{12}", "redaction": { "method": "hash" } },
            "0": { "type": "pattern", "pattern": "(order) (\\d+)", "replaceGroups": [2], "redaction": { "method": "replace", "text": "N" } },
            "keys": { "type": "redact_pair", "keyPattern": "(?i)badge", "redaction": { "method": "mask" } },
            "ips": { "type": "ip", "redaction": { "method": "default" } },
            "both": { "type": "multiple", "rules": ["device_id", "@email:hash"], "hideInner": true },
            "same": { "type": "alias", "rule": "both" }
        },
        "applications": { "$string": ["device_id", "0", "same", "@ip", "@common"], "extra.foo && !extra.bar": ["@anything:remove"],
            "$attachments.'app.log'": ["@creditcard:mask"], "exception.values.0.value": ["@userpath:replace"], "**": ["@password:filter"] },
        "sensitive_fields": ["account no"], "safe_fields": ["extra.build", "my field", "$frame.vars.n"],
        "scrub_defaults": false, "anonymous_users": true, "ip_addresses": "geo_only", "email": "replace"
    });
    assert_eq!(errors(section.clone()), []);
    let read: Scrubbing = serde_json::from_value(section).unwrap();
    let steps = read.resolve("same").unwrap();
    assert_eq!(
        steps.iter().map(|step| (step.rule.as_str(), &step.method)).collect::<Vec<_>>(),
        [("both", &crate::rules::scrubbing::Method::Hash), ("both", &crate::rules::scrubbing::Method::Hash)]
    );
    assert_eq!(read.resolve("@common").unwrap().len(), 10);
    assert_eq!(serde_json::from_value::<Scrubbing>(serde_json::to_value(&read).unwrap()).unwrap(), read);
    assert_eq!(serde_json::to_value(Scrubbing::default()).unwrap(), json!({}));
}

#[test]
fn what_is_wrong_is_named_by_pointer_place_and_remedy() {
    let rule = |rule: Value| json!({ "rules": { "a/b": rule } });
    let used = |selector: &str, name: &str| json!({ "applications": { selector: [name] } });
    for (section, pointer, column, says, suggestion) in [
        (rule(json!({ "type": "patern", "pattern": "x" })), "/rules/a~1b/type", None, "expected one of anything", Some("pattern")),
        (rule(json!({ "type": "pattern" })), "/rules/a~1b", None, "needs `pattern`", None),
        (rule(json!({ "type": "email", "pattern": "x" })), "/rules/a~1b/pattern", None, "has no `pattern`", None),
        (rule(json!({ "type": "pattern", "pattern": "a(b" })), "/rules/a~1b/pattern", Some(2), "unclosed group", None),
        (rule(json!({ "type": "pattern", "pattern": "a(?=b)" })), "/rules/a~1b/pattern", Some(2), "look-around", None),
        (rule(json!({ "type": "pattern", "pattern": ".*" })), "/rules/a~1b/pattern", None, "empty text", None),
        (
            rule(json!({ "type": "pattern", "pattern": "(\\w{1,500}x){1,500}" })),
            "/rules/a~1b/pattern",
            None,
            "more than 1048576 bytes",
            None,
        ),
        (rule(json!({ "type": "pattern", "pattern": "a", "replaceGroups": [1] })), "/rules/a~1b/replaceGroups", None, "there are 0", None),
        (
            rule(json!({ "type": "ip", "redaction": { "method": "hsah" } })),
            "/rules/a~1b/redaction/method",
            None,
            "expected one of",
            Some("hash"),
        ),
        (rule(json!({ "type": "ip", "redaction": { "method": "hash", "text": "x" } })), "/rules/a~1b/redaction/text", None, "only", None),
        (used("extra.my key", "@ip"), "/applications/extra.my key", Some(10), "single quotes", Some("'my key'")),
        (used("extra.a", "@emial:hash"), "/applications/extra.a/0", None, "no rule \"@emial:hash\"", Some("@email")),
        (used("extra.a", "@email:hahs"), "/applications/extra.a/0", None, "no rule", Some("@email:hash")),
        (used("timestamp", "@anything"), "/applications/timestamp", None, "`extra.timestamp`", None),
        (used("$event.platform", "@anything"), "/applications/$event.platform", None, "can't be scrubbed", None),
        (used("**", "@anything:remove"), "/applications/**/0", None, "matches everything", None),
        (used("$string && !extra.a", "@anything:mask"), "/applications/$string && !extra.a/0", None, "matches everything", None),
        (used("$exception", "@anything:remove"), "/applications/$exception/0", None, "`$exception.value`", None),
        (json!({ "safe_fields": ["**"] }), "/safe_fields/0", None, "nothing would be scrubbed", None),
        (json!({ "safe_fields": ["$strng.x"] }), "/safe_fields/0", Some(1), "no values are of a type", Some("$string")),
        (json!({ "sensitive_fields": ["ok", "--"] }), "/sensitive_fields/1", None, "letters or digits", None),
    ] {
        let error = error(section);
        assert_eq!(error.pointer, format!("/scrubbing{pointer}"), "{error:?}");
        assert_eq!(error.column, column, "{error:?}");
        assert!(error.message.contains(says), "{error:?}");
        assert_eq!(error.suggestion.as_deref(), suggestion, "{error:?}");
    }
}

#[test]
fn a_pattern_that_leaves_nothing_is_refused_where_it_matches_everything() {
    for (pattern, everywhere) in [(".+", true), ("\\S+", true), ("(?s).", true), ("\\w", true), ("\\d+", false), ("user \\w+", false)] {
        let rules = json!({ "r": { "type": "pattern", "pattern": pattern } });
        let errors_at = |selector: &str| errors(json!({ "rules": rules, "applications": { selector: ["r"] } })).len();
        assert_eq!(errors_at("$string"), usize::from(everywhere), "{pattern}");
        assert_eq!(errors_at("extra.x"), 0, "{pattern}");
    }
}

#[test]
fn rules_in_a_circle_and_too_many_rules_are_refused() {
    let circle = json!({ "rules": { "a": { "type": "alias", "rule": "b" }, "b": { "type": "multiple", "rules": ["a"] } }, "applications": { "x": ["a"] } });
    assert!(error(circle).message.contains("circle"));
    let many: serde_json::Map<String, Value> = (0..=limits::SCRUB_RULES).map(|n| (n.to_string(), json!({ "type": "ip" }))).collect();
    assert_eq!(error(json!({ "rules": many })).pointer, "/scrubbing/rules");
}
