#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

use proptest::prelude::*;
use schemas::{
    catalog::ProjectSettings,
    event::{Event, Frame, Remark, ScrubMethod, Stacktrace, User},
    ids::ProjectId,
    rules::RuleSet,
};
use serde_json::{Value, json};

use crate::{
    context::Context,
    rules::Rules,
    scrub::{HashKey, scrub},
    testing,
};

fn rules(section: Value) -> Rules {
    let set: RuleSet = serde_json::from_value(json!({ "scrubbing": section })).unwrap();
    assert_eq!(set.check(), [], "{section}");
    Rules::new(&set, &RuleSet::default()).keyed(HashKey::new(&[1; 32], ProjectId(1)))
}

fn scrubbed_by(rules: &Rules, event: Event) -> Event {
    let settings = ProjectSettings::default();
    scrub(&Context { rules, ..Context::plain(&settings) }, event).unwrap()
}

/// A Sentry event, normalized and scrubbed.
fn scrubbed(section: Value, event: &Value) -> Event {
    let settings = ProjectSettings::default();
    let event = crate::normalize::normalize(&Context::plain(&settings), testing::read(event)).unwrap();
    scrubbed_by(&rules(section), event)
}

/// With one rule at one selector.
fn used(selector: &str, rule: &str, event: &Value) -> Event {
    scrubbed(json!({ "applications": { selector: [rule] } }), event)
}

fn sample() -> Value {
    json!({
        "platform": "python", "server_name": "web-1", "transaction": "checkout", "release": "shop@1",
        "exception": { "values": [
            { "type": "KeyError", "value": "inner 17", "stacktrace": { "frames": [
                { "function": "load", "module": "shop.users", "vars": { "x": "v1", "n": 7 } } ] } },
            { "type": "ValueError", "value": "outer 18" } ] },
        "logentry": { "formatted": "logged 19", "params": ["p1", 5] },
        "user": { "id": "42", "ip_address": "203.0.113.7", "plan": "gold" },
        "request": { "url": "https://shop.example/pay", "data": { "card": "c1", "list": ["l1"] }, "cookies": { "theme": "dark" },
            "query_string": "page=2", "headers": { "Accept-Language": "de", "X-Tenant": "acme" } },
        "extra": { "a": { "b": { "c": "deep" } }, "my key": "k1", "at": "2026-11-23T12:00:00Z", "yes": true, "list": ["e0", "e1"] },
        "contexts": { "os": { "name": "Linux" } }, "tags": { "tenant": "acme" },
        "breadcrumbs": { "values": [ { "message": "crumb", "data": { "url": "/x" } } ] }
    })
}

/// Where a rule that takes whole values took some, in canonical names.
fn places(selector: &str) -> Vec<String> {
    let event = used(selector, "@anything:mask", &sample());
    let mut paths: Vec<String> = event.scrubbed.into_iter().filter(|r| r.rule == "@anything:mask").map(|r| r.path).collect();
    paths.sort();
    paths
}

#[test]
fn selectors_mean_what_they_are_documented_to_mean() {
    for (selector, expected) in [
        // From the leaf upwards, in any case.
        ("extra.a.b.c", &["extra.a.b.c"][..]),
        ("c", &["extra.a.b.c"]),
        ("b.C", &["extra.a.b.c"]),
        ("a.c", &[]),
        ("a.**", &["extra.a.b"]),
        ("extra.**.c", &["extra.a.b.c"]),
        ("extra.*.b", &["extra.a.b"]),
        ("extra.'my key'", &["extra.my key"]),
        ("extra.list.1", &["extra.list.1"]),
        ("extra.list.*", &["extra.list.0", "extra.list.1"]),
        // Sentry's names and ours, with and without the levels that we do not have.
        ("exception.values.0.value", &["exceptions.0.value"]),
        ("exception.value", &["exceptions.0.value", "exceptions.1.value"]),
        ("exceptions.1.value", &["exceptions.1.value"]),
        ("$error.value", &["exceptions.0.value", "exceptions.1.value"]),
        ("logentry.formatted", &["message.formatted"]),
        ("message.params", &["message.params"]),
        ("$message.params.0", &["message.params.0"]),
        ("server_name", &["host"]),
        ("host", &["host"]),
        ("user.ip_address", &["user.ip_address"]),
        ("$user.id", &["user.id"]),
        ("user.data.plan", &["user.data.plan"]),
        ("request.data.card", &["request.body.card"]),
        ("$http.body.card", &["request.body.card"]),
        ("request.query_string.page", &["request.query.page"]),
        ("request.cookies.theme", &["request.cookies.theme"]),
        ("request.headers.accept-language", &["request.headers.Accept-Language"]),
        ("contexts.os.name", &["contexts.os.name"]),
        ("tags.tenant", &["tags.tenant"]),
        ("breadcrumbs.values.0.data.url", &["breadcrumbs.0.data.url"]),
        ("breadcrumbs.message", &["breadcrumbs.0.message"]),
        ("$breadcrumb.data", &["breadcrumbs.0.data"]),
        ("$frame.vars.x", &["exceptions.0.stacktrace.frames.0.vars.x"]),
        // What built-in rules do not look at, when it is named.
        ("$frame.function", &["exceptions.0.stacktrace.frames.0.function"]),
        ("module", &["exceptions.0.stacktrace.frames.0.module"]),
        ("release", &["release"]),
        // Types.
        ("extra.$number || $frame.vars.$number", &["exceptions.0.stacktrace.frames.0.vars.n"]),
        ("extra.$boolean", &["extra.yes"]),
        ("extra.$datetime", &["extra.at"]),
        ("extra.$array", &["extra.list"]),
        ("extra.$object", &["extra.a"]),
        ("message.params.$string", &["message.params.0"]),
        ("$event.transaction", &["transaction"]),
        ("$stacktrace.frames.*.vars.x", &["exceptions.0.stacktrace.frames.0.vars.x"]),
        // Both, either, neither.
        ("c && extra.**", &["extra.a.b.c"]),
        ("c || tenant", &["extra.a.b.c", "tags.tenant"]),
        ("tenant && !tags.tenant", &[]),
        ("extra.* && !(extra.a || $string || $boolean)", &["extra.list"]),
        ("X-Tenant || tags.* && $string", &["request.headers.X-Tenant", "tags.tenant"]),
    ] {
        assert_eq!(places(selector), expected, "{selector}");
    }
}

#[test]
fn each_method_does_what_it_is_called() {
    let hash = HashKey::new(&[1; 32], ProjectId(1));
    let after = |rule: &str| {
        let event = used("extra.x || extra.n || extra.o", rule, &json!({ "extra": { "x": "grün", "n": 17, "o": { "p": 1 } } }));
        (json!(event.extra), event.scrubbed)
    };
    let (extra, remarks) = after("@anything:remove");
    assert_eq!(extra, json!({ "x": "", "n": null, "o": null }));
    let remark = |path: &str, method, bytes| Remark { path: path.into(), rule: "@anything:remove".into(), method, bytes };
    assert_eq!(
        remarks,
        [remark("extra.n", ScrubMethod::Remove, 2), remark("extra.o", ScrubMethod::Remove, 7), remark("extra.x", ScrubMethod::Remove, 5)]
    );
    assert_eq!(after("@anything:replace").0, json!({ "x": "[Filtered]", "n": "[Filtered]", "o": "[Filtered]" }));
    assert_eq!(after("@anything:mask").0, json!({ "x": "****", "n": "**", "o": "*******" }));
    assert_eq!(after("@anything:hash").0, json!({ "x": hash.hash("grün"), "n": hash.hash("17"), "o": hash.hash("{\"p\":1}") }));
}

#[test]
fn patterns_take_what_they_find_or_only_their_groups() {
    let section = |rule: Value| json!({ "rules": { "r": rule }, "applications": { "$string": ["r"] } });
    let text = "order 17 of u-23, order 18";
    for (rule, expected) in [
        (json!({ "type": "pattern", "pattern": "u-\\d+" }), "order 17 of , order 18"),
        (
            json!({ "type": "pattern", "pattern": "order (\\d+)", "replaceGroups": [1], "redaction": { "method": "mask" } }),
            "order ** of u-23, order **",
        ),
        (json!({ "type": "pattern", "pattern": "\\d+", "redaction": { "method": "replace", "text": "N" } }), "order N of u-N, order N"),
        (json!({ "type": "redact_pair", "keyPattern": "^text$", "redaction": { "method": "replace", "text": "gone" } }), "gone"),
    ] {
        let event = scrubbed(section(rule), &json!({ "extra": { "text": text } }));
        assert_eq!(event.extra["text"], expected);
    }
}

#[test]
fn the_known_kinds_can_be_found_by_name() {
    for (rule, text, expected) in [
        ("@email", "to jane@shop.example!", "to [email]!"),
        ("@ip:replace", "from 203.0.113.7", "from [ip]"),
        ("@creditcard:mask", "card 4111 1111 1111 1111", "card *******************"),
        ("@iban", "to DE89 3704 0044 0532 0130 00 now", "to [iban] now"),
        ("@iban", "to DE89 3704 0044 0532 0130 01 now", "to DE89 3704 0044 0532 0130 01 now"),
        ("@imei", "imei 49-015420-323751-8", "imei [imei]"),
        ("@mac", "at 00:1b:63:84:45:e6", "at *****************"),
        ("@uuid:remove", "id 7c184111-1111-4111-8111-58c757ff494f.", "id ."),
        ("@urlauth", "postgres://app:hunter2@db/shop", "postgres://[auth]@db/shop"),
        ("@us_ssn", "ssn 536-22-1234", "ssn [ssn]"),
        ("@usssn:mask", "ssn 536-22-1234", "ssn ***********"),
        ("@userpath", "in /home/jane/app.py", "in /home/[user]/app.py"),
        ("@bearer", "Bearer abc123def456", "Bearer [token]"),
        ("@password", "user=jane&password=hunter2", "user=jane&password=[Filtered]"),
        (
            "@pemkey",
            "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\n[pemkey]\n-----END PRIVATE KEY-----",
        ),
        ("@common", "jane@shop.example 203.0.113.7", "[email] [ip]"),
    ] {
        let section = json!({ "scrub_defaults": false, "applications": { "$string": [rule] } });
        assert_eq!(scrubbed(section, &json!({ "extra": { "text": text } })).extra["text"], expected, "{rule}");
    }
}

#[test]
fn what_is_taken_out_of_an_exception_does_not_stay_in_title_error_and_culprit() {
    let event = used("exception.value", "@anything:remove", &sample());
    assert_eq!(event.title, "ValueError: logged 19");
    assert!(!serde_json::to_string(&event).unwrap().contains("outer 18"));
    let event = used("transaction", "@anything:hash", &sample());
    assert_eq!(event.culprit, event.transaction);
    assert!(!serde_json::to_string(&event).unwrap().contains("checkout"));
    let event = used("title", "@anything:remove", &sample());
    assert_eq!(event.title, "[Filtered]");
}

#[test]
fn safe_fields_are_scrubbed_by_nothing() {
    let event = json!({ "extra": { "build": { "password": "hunter2" }, "password": "hunter2", "note": "jane@shop.example" },
        "user": { "email": "jane@shop.example", "ip_address": "203.0.113.7" }, "tags": { "token": "abc" },
        "request": { "headers": { "Authorization": "Basic abc", "Cookie": "a=b" } } });
    let safe = ["extra.build", "note", "user.email", "tags.token", "request.headers.Authorization", "$user.ip_address"];
    let event =
        scrubbed(json!({ "safe_fields": safe, "ip_addresses": "remove", "applications": { "extra.**": ["@anything:mask"] } }), &event);
    assert_eq!(json!(event.extra), json!({ "build": { "password": "hunter2" }, "password": "*******", "note": "jane@shop.example" }));
    let user = event.user.unwrap();
    assert_eq!((user.email.as_deref(), user.ip_address.as_deref()), (Some("jane@shop.example"), Some("203.0.113.7")));
    assert_eq!(event.tags["token"], "abc");
    assert_eq!(json!(event.request.unwrap().headers), json!([["Authorization", "Basic abc"], ["Cookie", "[Filtered]"]]));
}

#[test]
fn sensitive_fields_are_secrets_by_name_in_maps_pairs_and_texts() {
    let event = json!({ "extra": { "accountNo": "a17", "shipping": "fast", "user_pin": 1234, "note": "sent account_no=a17, pin: 99, ok" },
        "request": { "url": "https://shop.example/", "query_string": "ACCOUNT-NO=a17&page=2" }, "tags": { "account_no": "a17" } });
    let event = scrubbed(json!({ "sensitive_fields": ["account no", "pin"] }), &event);
    assert_eq!(
        json!(event.extra),
        json!({ "accountNo": "[Filtered]", "shipping": "fast", "user_pin": "[Filtered]", "note": "sent account_no=[Filtered], pin: [Filtered], ok" })
    );
    assert_eq!(json!(event.request.unwrap().query), json!([["ACCOUNT-NO", "[Filtered]"], ["page", "2"]]));
    assert_eq!(event.tags["account_no"], "[Filtered]");
}

#[test]
fn the_built_in_rules_can_be_switched_off() {
    let event = json!({ "extra": { "password": "hunter2", "note": "jane@shop.example" }, "user": { "email": "jane@shop.example" } });
    let after = scrubbed(json!({ "scrub_defaults": false }), &event);
    assert_eq!(json!(after.extra), json!({ "password": "hunter2", "note": "jane@shop.example" }));
    assert_eq!((after.user.unwrap().email.as_deref(), after.scrubbed), (Some("jane@shop.example"), vec![]));
}

#[test]
fn what_the_project_says_comes_before_what_is_said_for_all() {
    let set = |section: Value| -> RuleSet { serde_json::from_value(json!({ "scrubbing": section })).unwrap() };
    let own = set(json!({ "scrub_defaults": true, "applications": { "extra.x": ["@anything:mask"] } }));
    let all = set(json!({ "scrub_defaults": false, "ip_addresses": "truncate",
        "applications": { "extra.x": ["@anything:remove"], "extra.y": ["@anything:remove"] } }));
    let settings = ProjectSettings::default();
    let event = testing::read(&json!({ "extra": { "x": "1234", "y": "1234", "password": "hunter2", "ip": "203.0.113.7" } }));
    let event = scrub(&Context { rules: &Rules::new(&own, &all), ..Context::plain(&settings) }, event).unwrap();
    assert_eq!(json!(event.extra), json!({ "x": "****", "y": "", "password": "[Filtered]", "ip": "203.0.113.0" }));
}

#[test]
fn variables_of_a_graphql_query_and_what_is_answered_under_their_names_go() {
    let query = "query($name: String, $first: Int) { user(name: $name, first: $first) { name } }";
    let body = json!({ "query": query, "variables": { "name": "Jane", "first": 5, "deep": { "x": "y" } } });
    let answer = json!({ "response": { "data": { "data": { "user": [{ "name": "Jane", "plan": "gold" }] } } } });
    let event = |body: Value| json!({ "request": { "url": "https://shop.example/graphql", "data": body }, "contexts": answer });
    let expected = json!({ "name": "[Filtered]", "first": "[Filtered]", "deep": "[Filtered]" });
    let after = scrubbed(json!({}), &event(body.clone()));
    let request = after.request.unwrap();
    assert_eq!((&request.body.as_ref().unwrap()["variables"], &request.body.as_ref().unwrap()["query"]), (&expected, &json!(query)));
    assert_eq!(after.contexts["response"]["data"]["data"]["user"], json!([{ "name": "[Filtered]", "plan": "gold" }]));
    let after = scrubbed(json!({}), &event(json!([body, { "query": "{ me }" }])));
    assert_eq!(after.request.unwrap().body.unwrap()[0]["variables"], expected);
    let after = scrubbed(json!({}), &event(json!(body.to_string())));
    assert!(!after.request.unwrap().body.unwrap().as_str().unwrap().contains("Jane"));
    let mut other = event(body);
    other["request"]["url"] = json!("https://shop.example/search");
    assert_eq!(scrubbed(json!({}), &other).request.unwrap().body.unwrap()["variables"]["name"], "Jane");
}

#[test]
fn without_a_key_what_is_to_be_hashed_is_removed() {
    let set: RuleSet = serde_json::from_value(json!({ "scrubbing": { "applications": { "extra.x": ["@anything:hash"] } } })).unwrap();
    let event = scrubbed_by(&Rules::new(&set, &RuleSet::default()), testing::read(&json!({ "extra": { "x": "secret" } })));
    assert_eq!((event.extra["x"].as_str(), event.scrubbed[0].method), (Some(""), ScrubMethod::Remove));
}

#[test]
fn many_patterns_are_asked_at_once_and_find_the_same() {
    let named = |n: usize| json!({ "type": "pattern", "pattern": format!("key{n}-\\d+"), "redaction": { "method": "replace", "text": format!("<{n}>") } });
    let all: serde_json::Map<String, Value> = (0..200).map(|n| (format!("r{n}"), named(n))).collect();
    let names: Vec<&String> = all.keys().collect();
    let event = json!({ "extra": { "x": "key7-1 key199-22 key200-3 key55-x" } });
    let event = scrubbed(json!({ "rules": all, "applications": { "$string": names } }), &event);
    assert_eq!(event.extra["x"], "<7> <199> key200-3 key55-x");
}

fn sections() -> impl Strategy<Value = Value> {
    let selector = prop_oneof![
        Just("$string".to_owned()),
        Just("**".to_owned()),
        Just("extra.**".to_owned()),
        Just("exception.value".to_owned()),
        Just("$frame.function || $frame.vars.**".to_owned()),
        Just("user.* && !user.id".to_owned()),
        Just("x || message".to_owned()),
        Just("request.data".to_owned()),
        Just("!tags.t".to_owned()),
    ];
    let built_in =
        prop_oneof![Just("email"), Just("ip"), Just("creditcard"), Just("password"), Just("common"), Just("uuid"), Just("urlauth")];
    let method = prop_oneof![Just("remove"), Just("replace"), Just("mask"), Just("hash")];
    // None that is bound to the end of a text: what it takes away makes another end.
    let pattern = prop_oneof![
        Just("[a-z]+"),
        Just("\\d+"),
        Just("a|b"),
        Just("\\b\\w"),
        Just("email|Filtered"),
        Just("\\[\\w+\\]"),
        Just("([a-z])(\\d)")
    ];
    let own = (pattern, method.clone(), "[a-z]{0,4}").prop_map(|(pattern, method, text)| {
        let text = (method == "replace").then_some(text);
        json!({ "type": "pattern", "pattern": pattern, "redaction": { "method": method, "text": text } })
    });
    let used = (
        selector,
        prop_oneof![
            (built_in, method.clone()).prop_map(|(kind, method)| format!("@{kind}:{method}")),
            (0..3_usize).prop_map(|n| format!("own{n}"))
        ],
    );
    let whole = (prop_oneof![Just("extra.x"), Just("user.id"), Just("exception.value"), Just("request.data.**")], method)
        .prop_map(|(at, method)| (at.to_owned(), format!("@anything:{method}")));
    let applications = proptest::collection::vec(prop_oneof![3 => used, 1 => whole], 0..4);
    let policy = prop_oneof![Just("keep"), Just("truncate"), Just("geo_only"), Just("remove")];
    (proptest::collection::vec(own, 3), applications, any::<bool>(), any::<bool>(), policy).prop_map(
        |(own, applications, defaults, anonymous, ips)| {
            let own: serde_json::Map<String, Value> = own.into_iter().enumerate().map(|(n, rule)| (format!("own{n}"), rule)).collect();
            let mut at: serde_json::Map<String, Value> = serde_json::Map::new();
            for (selector, rule) in applications {
                at.insert(selector, json!([rule]));
            }
            json!({ "rules": own, "applications": at, "scrub_defaults": defaults, "anonymous_users": anonymous, "ip_addresses": ips,
            "sensitive_fields": ["t", "badge no"], "safe_fields": ["safe"] })
        },
    )
}

proptest! {
    // Each case compiles rules of its own.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn scrubbing_again_changes_nothing_whatever_the_rules(section in sections(), event in testing::events()) {
        let set: RuleSet = serde_json::from_value(json!({ "scrubbing": section })).unwrap();
        let rules = Rules::new(&set, &RuleSet::default()).keyed(HashKey::new(&[1; 32], ProjectId(1)));
        let settings = ProjectSettings::default();
        let event = crate::normalize::normalize(&Context::plain(&settings), testing::read(&event)).unwrap();
        let once = scrubbed_by(&rules, event);
        prop_assert_eq!(scrubbed_by(&rules, once.clone()), once);
    }
}

#[test]
fn files_are_reached_by_their_name_only() {
    use crate::decode::Aside;
    let of = schemas::record::Attachment {
        id: schemas::ids::EventId([2; 16]),
        filename: "app.log".into(),
        content_type: None,
        attachment_type: "event.attachment".into(),
        part: 0,
        parts: 1,
        file_bytes: 30,
    };
    let after = |selector: &str, rule: &str| {
        let rules = rules(
            json!({ "rules": { "order": { "type": "pattern", "pattern": "order \\d+", "redaction": { "method": "replace", "text": "order N" } } },
            "applications": { selector: [rule] } }),
        );
        let settings = ProjectSettings::default();
        let aside = Aside::Attachment { of: of.clone(), bytes: b"order 17 of jane@shop.example\n".to_vec() };
        match crate::scrub::aside(&Context { rules: &rules, ..Context::plain(&settings) }, aside) {
            Aside::Attachment { bytes, .. } => String::from_utf8(bytes).unwrap(),
            Aside::Feedback(_) => unreachable!("it was a file"),
        }
    };
    assert_eq!(after("$attachments.'app.log'", "order"), "order N of [email]\n");
    assert_eq!(after("$attachments.*", "order"), "order N of [email]\n");
    assert_eq!(after("$attachments.'other.log'", "order"), "order 17 of [email]\n");
    assert_eq!(after("$string", "order"), "order 17 of [email]\n");
    assert_eq!(after("$attachments.'app.log'", "@anything:remove"), "");
}

#[test]
fn frames_outside_exceptions_are_reached_too() {
    let mut event = testing::read(&json!({}));
    let frame = Frame { function: Some("pay_jane".into()), ..Frame::default() };
    event.stacktrace = Some(Stacktrace { frames: vec![frame], ..Stacktrace::default() });
    event.user = Some(User { username: Some("jane".into()), ..User::default() });
    let rules = rules(json!({ "rules": { "jane": { "type": "pattern", "pattern": "jane", "redaction": { "method": "mask" } } },
        "applications": { "$frame.function || user.username": ["jane"] } }));
    let event = scrubbed_by(&rules, event);
    assert_eq!(event.stacktrace.unwrap().frames[0].function.as_deref(), Some("pay_****"));
    assert_eq!(event.user.unwrap().username.as_deref(), Some("****"));
}
