#![allow(clippy::unwrap_used)]

use schemas::{catalog::ProjectSettings, event::Event, ids::Fingerprint, rules::RuleSet};
use serde_json::{Value, json};

use crate::{
    context::{Context, run},
    rules::Rules,
    testing,
};

fn with_rules(own: &str, all: &str, event: &Value) -> Event {
    let set = |text: &str| RuleSet { fingerprints: text.to_owned(), ..RuleSet::default() };
    assert_eq!((set(own).check(), set(all).check()), (Vec::new(), Vec::new()), "{own} {all}");
    let (settings, rules) = (ProjectSettings::default(), Rules::new(&set(own), &set(all)));
    run(&Context { rules: &rules, ..Context::plain(&settings) }, testing::read(event)).unwrap()
}

fn event() -> Value {
    json!({
        "platform": "python", "level": "fatal", "logger": "shop.pay", "release": "shop@1.2.3", "environment": "production",
        "transaction": "/pay/{id}", "server_name": "web-7", "tags": {"tenant": "acme"}, "sdk": {"name": "sentry.python", "version": "2.0"},
        "logentry": {"formatted": "paying order 4711 failed"},
        "exception": [
            {"type": "OSError", "value": "connection 17 reset"},
            {"type": "PaymentFailed", "value": "order 4711 at 10.0.0.3", "stacktrace": {"frames": [
                {"function": "main", "module": "shop.app", "abs_path": "/srv/shop/app.py", "filename": "shop/app.py", "in_app": true},
                {"function": "pay", "module": "shop.pay", "abs_path": "/srv/shop/pay.py", "filename": "shop/pay.py", "in_app": true},
                {"function": "send", "module": "requests.api", "abs_path": "/venv/site-packages/requests/api.py", "in_app": false},
            ]}},
        ],
    })
}

/// The parts that a rule gives the event, `None` if the rule does not hold.
fn parts(rule: &str) -> Option<Value> {
    let event = with_rules(rule, "", &event());
    let grouping = event.grouping.unwrap();
    assert_eq!(grouping.fingerprint, Fingerprint::fp1(grouping.parts.as_str()));
    grouping.rule.map(|text| {
        assert_eq!(text, rule);
        grouping.parts.value()[2].clone()
    })
}

#[test]
fn a_rule_holds_when_each_of_its_conditions_does() {
    for (conditions, expected) in [
        ("type:PaymentFailed", true),
        ("error.type:OSError", true),
        ("type:paymentfailed", false),
        ("type:Payment*", true),
        ("!type:OSError", true),
        ("!type:*", false),
        ("value:\"ORDER * at *\"", true),
        ("type:OSError value:\"connection*\"", true),
        ("type:OSError value:\"order*\"", false),
        ("message:\"paying order*\"", true),
        ("message:\"connection * reset\"", true),
        ("!message:*order*", false),
        ("logger:shop.*", true),
        ("level:fatal", true),
        ("level:CRITICAL", true),
        ("level:error", false),
        ("tags.tenant:a?me", true),
        ("tags.server_name:web-*", true),
        ("tags.none:*", false),
        ("!tags.none:*", true),
        ("release:shop@1.*", true),
        ("sdk:sentry.python", true),
        ("family:other", true),
        ("family:native,javascript", false),
        ("function:pay", true),
        ("stack.function:pay module:shop.pay", true),
        ("function:pay module:shop.app", false),
        ("path:**/SHOP/*.py", true),
        ("path:shop/pay.py", true),
        ("app:no function:send", true),
        ("app:yes function:send", false),
        ("!module:shop.*", true),
        ("package:**", false),
        ("type:PaymentFailed function:pay logger:shop.pay !level:debug", true),
    ] {
        assert_eq!(parts(&format!("{conditions} -> x")).is_some(), expected, "{conditions}");
    }
}

#[test]
fn parts_are_what_the_event_has() {
    let all = "type:* -> {{ transaction }} {{ type }} {{ function }} {{ path }} {{ stack.filename }} {{ module }} {{ level }} {{ logger }} \
        {{ release }} {{ environment }} {{ tags.tenant }} {{ tags.server_name }}";
    let expected = json!([
        "/pay/{id}",
        "PaymentFailed",
        "pay",
        "/srv/shop/pay.py",
        "shop/pay.py",
        "shop.pay",
        "critical",
        "shop.pay",
        "shop@1.2.3",
        "production",
        "acme",
        "web-7"
    ]);
    // A rule is kept in full only when it is short.
    let event = with_rules(all, "", &event());
    assert_eq!(event.grouping.unwrap().parts.value()[2], expected);
    assert_eq!(parts("type:* -> {{ package }} {{ tags.none }}"), Some(json!(["<no-package>", "<no-value-for-tag-none>"])));
    assert_eq!(parts("type:* -> down, \"of {{ type }}!\""), Some(json!(["down", "of PaymentFailed!"])));
}

#[test]
fn what_changes_in_a_message_does_not_split_a_group() {
    let rule = "type:* -> {{ message }} \"value {{ value }}\"";
    let first = with_rules(rule, "", &event());
    let mut other = event();
    other["logentry"]["formatted"] = json!("paying order 1 failed");
    other["exception"][1]["value"] = json!("order 1 at 192.168.7.1");
    assert_eq!(with_rules(rule, "", &other).fingerprint(), first.fingerprint());
    other["logentry"]["formatted"] = json!("refunding order 1 failed");
    assert_ne!(with_rules(rule, "", &other).fingerprint(), first.fingerprint());
}

#[test]
fn the_default_divides_a_group_or_leaves_it() {
    let plain = with_rules("", "", &event());
    let alone = with_rules("type:* -> {{ default }} title=\"Payments\"", "", &event());
    assert_eq!(alone.fingerprint(), plain.fingerprint());
    assert_eq!(alone.title, "Payments");
    let divided = with_rules("type:* -> {{ default }}, {{ tags.tenant }}", "", &event());
    assert_eq!(divided.grouping.unwrap().parts.value()[2], json!([plain.grouping.unwrap().parts.value(), "acme"]));
}

#[test]
fn a_title_shows_values_as_they_are() {
    let event = with_rules("type:*a* -> pay title=\"{{ level }} in {{ logger }}: {{ value }}\"", "", &event());
    assert_eq!(event.title, "critical in shop.pay: order 4711 at 10.0.0.3");
    let long = format!("type:*a* -> pay title=\"{}\"", "é".repeat(600));
    assert_eq!(with_rules(&long, "", &self::event()).title.chars().count(), schemas::limits::TITLE_CHARS);
}

#[test]
fn the_first_rule_wins_the_projects_own_before_those_of_all() {
    let rule = |event: Event| event.grouping.unwrap().rule.unwrap();
    assert_eq!(rule(with_rules("type:No -> a\ntype:Pay* -> b\ntype:*a* -> c", "type:*a* -> d", &event())), "type:Pay* -> b");
    assert_eq!(rule(with_rules("type:No -> a", "type:*a* -> d", &event())), "type:*a* -> d");
}

#[test]
fn a_rule_wins_over_the_clients_fingerprint() {
    let mut own = event();
    own["fingerprint"] = json!(["mine", "{{ transaction }}", "{{ nonsense }}"]);
    let event = with_rules("", "", &own);
    assert_eq!(event.grouping.unwrap().parts.value()[2], json!(["mine", "/pay/{id}", "<unrecognized-variable-nonsense>"]));
    let event = with_rules("type:*a* -> ours", "", &own);
    assert_eq!(event.grouping.unwrap().parts.value()[2], json!(["ours"]));
}

#[test]
fn a_message_without_an_exception_has_its_rules_too() {
    let log = json!({"logger": "app", "message": "disk 7 is full"});
    assert_eq!(
        with_rules("message:\"disk * full\" -> disk, {{ type }}", "", &log).grouping.unwrap().parts.value()[2],
        json!(["disk", "<no-type>"])
    );
    assert_eq!(with_rules("type:*a* -> x", "", &log).grouping.unwrap().rule, None);
}

#[test]
fn chunks_that_fail_to_load_are_one_group_in_real_events() {
    let rule = "family:javascript type:* -> one";
    let groups: std::collections::BTreeSet<String> = testing::corpus("events/grouping")
        .iter()
        .map(|(_, event)| with_rules(rule, "", event))
        .filter(|event| event.platform.as_deref() == Some("javascript") && event.exceptions.iter().any(|e| e.kind.is_some()))
        .map(|event| event.fingerprint().unwrap().to_string())
        .collect();
    assert_eq!(groups.len(), 1);
}
