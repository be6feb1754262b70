#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use schemas::{catalog::ProjectSettings, event::Severity, limits};
use serde_json::{Value, json};

use super::*;
use crate::testing;

fn normalized_at(json: &Value, sent_at: Option<&str>, address: Option<&str>) -> Event {
    let settings = ProjectSettings::default();
    let context = Context { sent_at: sent_at.map(|at| at.parse().unwrap()), client_address: address, ..Context::plain(&settings) };
    normalize(&context, testing::read(json)).unwrap()
}

fn normalized(json: &Value) -> Event {
    normalized_at(json, None, None)
}

#[test]
fn a_clock_that_is_hours_off_is_corrected_by_the_time_of_sending() {
    let event = json!({"timestamp": "2026-11-23T09:59:00Z", "breadcrumbs": [{"timestamp": "2026-11-23T09:58:00Z", "message": "x"}]});
    let event = normalized_at(&event, Some("2026-11-23T10:00:00Z"), None);
    assert_eq!(event.timestamp.to_string(), "2026-11-23T11:59:00Z");
    assert_eq!(event.breadcrumbs[0].timestamp.unwrap().to_string(), "2026-11-23T11:58:00Z");
    assert_eq!(event.errors[0].path, "timestamp");
}

#[test]
fn an_event_that_was_sent_late_keeps_its_time() {
    let event = normalized_at(&json!({"timestamp": "2026-11-23T09:00:00Z"}), Some("2026-11-23T11:59:59Z"), None);
    assert_eq!(event.timestamp.to_string(), "2026-11-23T09:00:00Z");
    assert!(event.errors.is_empty());
}

#[test]
fn times_that_can_not_be_become_the_time_of_receipt() {
    for (time, expected) in [
        ("2026-11-23T12:01:01Z", "2026-11-23T12:00:00Z"),
        ("2026-11-23T12:01:00Z", "2026-11-23T12:01:00Z"),
        ("2026-08-25T12:00:00Z", "2026-08-25T12:00:00Z"),
        ("2026-08-25T11:59:59Z", "2026-11-23T12:00:00Z"),
        ("1970-01-01T00:00:00Z", "2026-11-23T12:00:00Z"),
    ] {
        assert_eq!(normalized(&json!({"timestamp": time})).timestamp.to_string(), expected, "{time}");
    }
}

#[test]
fn the_raised_exception_names_the_event() {
    let event = normalized(&json!({
        "platform": "python",
        "exception": {"values": [
            {"type": "KeyError", "value": "'a'"},
            {"type": "CheckoutFailed", "value": "order 17\nmore", "stacktrace": {"frames": [
                {"function": "pay", "module": "shop.pay", "abs_path": "/srv/shop/pay.py"},
                {"function": "get", "module": "requests.api", "abs_path": "/venv/lib/python3.11/site-packages/requests/api.py"},
            ]}},
        ]},
    }));
    assert_eq!(event.title, "CheckoutFailed: order 17");
    assert_eq!(event.error.kind.as_deref(), Some("CheckoutFailed"));
    assert_eq!(event.error.message.as_deref(), Some("order 17\nmore"));
    assert_eq!(event.culprit.as_deref(), Some("shop.pay in pay"));
    assert_eq!(event.severity, Severity::Error);
}

#[test]
fn a_message_names_the_event_when_there_is_no_exception() {
    let event = normalized(&json!({"logentry": {"message": "user %s left", "params": ["ann"]}, "transaction": "/leave"}));
    assert_eq!(event.title, "user ann left");
    assert_eq!((event.error.kind, event.error.message.as_deref()), (None, Some("user ann left")));
    assert_eq!(event.culprit.as_deref(), Some("/leave"));
}

#[test]
fn an_event_without_content_has_a_title_all_the_same() {
    assert_eq!(normalized(&json!({})).title, "(no message)");
}

#[test]
fn links_that_say_nothing_are_dropped() {
    let event = normalized(&json!({"exception": {"values": [{"type": " "}, {"value": "just text"}, {"mechanism": {"type": "x"}}]}}));
    assert_eq!(event.exceptions.iter().map(|e| e.value.as_deref()).collect::<Vec<_>>(), [Some("just text")]);
}

#[test]
fn an_error_with_a_stack_trace_beside_it_is_an_exception() {
    let mut event = testing::read(&json!({"stacktrace": {"frames": [{"function": "f"}]}}));
    event.error.kind = Some("IOError".into());
    let settings = ProjectSettings::default();
    let event = normalize(&Context::plain(&settings), event).unwrap();
    assert_eq!(event.exceptions[0].kind.as_deref(), Some("IOError"));
    assert_eq!(event.exceptions[0].stacktrace.as_ref().unwrap().frames.len(), 1);
    assert!(event.stacktrace.is_none());
}

#[test]
fn long_chains_and_stacks_keep_both_ends() {
    let chain: Vec<Value> = (0..200).map(|n| json!({"type": format!("E{n}")})).collect();
    let event = normalized(&json!({"exception": {"values": chain}}));
    assert_eq!(event.exceptions.len(), limits::EXCEPTIONS);
    assert_eq!((event.exceptions[0].kind.as_deref(), event.error.kind.as_deref()), (Some("E0"), Some("E199")));

    let frames: Vec<Value> = (0..1000).map(|n| json!({"function": format!("f{n}"), "vars": {"a": 1}})).collect();
    let event = normalized(&json!({"stacktrace": {"frames": frames}}));
    let stack = event.stacktrace.unwrap();
    assert_eq!((stack.frames.len(), stack.frames_omitted), (250, 750));
    assert_eq!((stack.frames[0].function.as_deref(), stack.frames[249].function.as_deref()), (Some("f0"), Some("f999")));
    assert_eq!(stack.frames.iter().filter(|f| !f.vars.is_empty()).count(), limits::FRAMES_WITH_CONTEXT);
}

#[test]
fn tags_are_plain_and_short_and_those_with_fields_are_moved() {
    let event = normalized(&json!({"tags": {
        "environment": "staging", "my key": " v ", "long": "x".repeat(300), "two": "a\nb", "empty": "",
    }}));
    assert_eq!(event.environment.as_deref(), Some("staging"));
    assert_eq!(event.tags["my-key"], "v");
    assert_eq!(event.tags["long"].chars().count(), 200);
    assert_eq!(event.tags["two"], "a b");
    assert!(!event.tags.contains_key("environment") && !event.tags.contains_key("empty"));
}

#[test]
fn names_that_break_the_rules_are_left_out_with_a_note() {
    let event = normalized(&json!({"release": "latest", "environment": "a/b", "dist": "x y"}));
    assert_eq!((event.release, event.environment, event.dist), (None, None, None));
    assert_eq!(event.errors.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(), ["release", "environment", "dist"]);
    let event = normalized(&json!({"release": " shop@1.2.3 ", "environment": "production", "dist": "42"}));
    assert_eq!(event.release.as_deref(), Some("shop@1.2.3"));
}

#[test]
fn the_sender_s_address_is_the_user_s_where_that_is_so() {
    let address = Some("203.0.113.7");
    let ip = |event: Value| normalized_at(&event, None, address).user.and_then(|user| user.ip_address);
    assert_eq!(ip(json!({"user": {"ip_address": "{{auto}}"}})).as_deref(), address);
    assert_eq!(ip(json!({"platform": "javascript"})).as_deref(), address);
    assert_eq!(ip(json!({"platform": "javascript", "sdk": {"name": "x", "version": "1", "settings": {"infer_ip": "never"}}})), None);
    let told = |platform: &str, infer: &str, ip: Value| json!({"platform": platform, "user": {"ip_address": ip}, "sdk": {"name": "x", "version": "1", "settings": {"infer_ip": infer}}});
    assert_eq!(ip(told("javascript", "never", json!("{{auto}}"))), None);
    assert_eq!(ip(told("python", "auto", json!(null))).as_deref(), address);
    assert_eq!(ip(told("cocoa", "legacy", json!(""))).as_deref(), address);
    assert_eq!(ip(json!({"platform": "python"})), None);
    assert_eq!(ip(json!({"platform": "javascript", "user": {"ip_address": "198.51.100.1"}})).as_deref(), Some("198.51.100.1"));
    assert_eq!(normalized_at(&json!({"user": {"ip_address": "{{auto}}"}}), None, None).user, None);
}

#[test]
fn free_values_are_cut_in_depth_and_size_with_a_note() {
    let mut deep = json!("bottom");
    for _ in 0..20 {
        deep = json!({"a": deep});
    }
    let event = normalized(&json!({"extra": {"deep": deep, "long": "x".repeat(20_000), "many": vec![1; 5_000]}}));
    let json = serde_json::to_string(&event.extra).unwrap();
    assert!(!json.contains("bottom") && json.contains("..."), "{json}");
    assert_eq!(event.extra["long"].as_str().unwrap().chars().count(), limits::FREE_TEXT_CHARS);
    assert_eq!(event.extra["many"].as_array().unwrap().len(), limits::FREE_ENTRIES);
    assert!(event.errors.iter().any(|error| error.path == "extra"));
}

#[test]
fn what_is_cut_is_noted_by_its_place_with_the_length_it_had() {
    let frame = json!({"function": "f".repeat(600), "vars": {"a": "x".repeat(9_000)}});
    let event = normalized(&json!({
        "exception": [{"type": "T".repeat(300), "value": "v".repeat(9_000), "stacktrace": {"frames": [frame]}}],
        "transaction": "t".repeat(201), "user": {"id": "u".repeat(500)}, "tags": {"long": "x".repeat(300)},
        "breadcrumbs": (0..203).map(|n| json!({"message": n.to_string()})).collect::<Vec<_>>(),
        "logentry": {"formatted": "é".repeat(8_193)},
    }));
    let notes: Vec<(&str, &str)> = event.errors.iter().map(|error| (error.path.as_str(), error.reason.as_str())).collect();
    for expected in [
        ("exceptions.0.type", "cut to the limit: a text of 300 characters"),
        ("exceptions.0.value", "cut to the limit: a text of 9000 characters"),
        ("exceptions.0.stacktrace", "cut to the limit: 2 texts of up to 9000 characters"),
        ("transaction", "cut to the limit: a text of 201 characters"),
        ("user", "cut to the limit: a text of 500 characters"),
        ("tags.long", "cut to the limit: a text of 300 characters"),
        ("breadcrumbs", "cut to the limit: 3 left out"),
        ("message", "cut to the limit: a text of 8193 characters"),
    ] {
        assert!(notes.contains(&expected), "{expected:?} in {notes:?}");
    }
}

#[test]
fn a_frame_that_the_sdk_took_for_the_applications_says_why_it_is_not() {
    let event = normalized(&json!({"platform": "javascript", "exception": [{"type": "E", "stacktrace": {"frames": [
        {"function": "sentryWrapped", "filename": "https://shop.example/a.js", "in_app": true},
        {"function": "pay", "filename": "https://shop.example/a.js", "in_app": true},
    ]}}]}));
    let frames = &event.exceptions[0].stacktrace.as_ref().unwrap().frames;
    assert_eq!((frames[0].in_app, frames[0].why.as_deref()), (Some(false), Some("a frame of the SDK, or without a name")));
    assert_eq!((frames[1].in_app, frames[1].why.as_deref()), (Some(true), None));
}

#[test]
fn minified_frames_keep_what_they_can_be_recognised_by() {
    let event = normalized(&json!({"platform": "javascript", "exception": [{"type": "E", "stacktrace": {"frames": [
        {"function": "?", "filename": "https://shop.example/static/js/main.3f2a1bcd.js?v=2#x", "lineno": 1, "colno": 4711},
    ]}}]}));
    let frame = &event.exceptions[0].stacktrace.as_ref().unwrap().frames[0];
    assert_eq!(frame.function, None);
    assert_eq!(frame.filename.as_deref(), Some("/static/js/main.3f2a1bcd.js"));
    assert_eq!(frame.abs_path.as_deref(), Some("https://shop.example/static/js/main.3f2a1bcd.js?v=2#x"));
    assert_eq!((frame.lineno, frame.colno), (Some(1), Some(4711)));
    assert_eq!(event.culprit.as_deref(), Some("/static/js/main.3f2a1bcd.js"));
}

#[test]
fn old_and_odd_forms_mean_what_they_say() {
    let old = normalized(&json!({
        "sentry.interfaces.Message": {"message": "user %s", "params": ["ann"]}, "sentry.interfaces.User": {"id": 7, "plan": "pro"},
        "sentry.interfaces.Http": {"url": "https://shop.example/a?b=1", "headers": [["X-A", ["1", "2"]]], "cookies": "a=b; c=d"},
        "sentry.interfaces.Exception": [{"type": "E", "value": "v", "sentry.interfaces.Stacktrace": {"frames": [{"function": "f", "lineno": "12"}]}}],
        "sentry.interfaces.Template": {"filename": "pay.html", "lineno": 3, "context_line": "{{ total }}"},
        "message": false, "server_name": "web-1", "site": "shop", "level": "log",
    }));
    assert_eq!(old.message.as_ref().unwrap().formatted, "user ann");
    let user = old.user.unwrap();
    assert_eq!((user.id.as_deref(), &user.data["plan"]), (Some("7"), &json!("pro")));
    let request = old.request.unwrap();
    assert_eq!(request.headers, [("X-A".to_owned(), "1,2".to_owned())]);
    assert_eq!((request.cookies.len(), request.query.len()), (2, 1));
    assert_eq!(old.exceptions[0].stacktrace.as_ref().unwrap().frames[0].function.as_deref(), Some("f"));
    assert_eq!((old.host.as_deref(), old.tags["site"].as_str(), old.severity), (Some("web-1"), "shop", Severity::Info));
    let source = old.source.unwrap();
    assert_eq!((source.file.as_deref(), source.line), (Some("pay.html"), Some(3)));
}

#[test]
fn reserved_tags_are_fields_or_nothing() {
    let event = normalized(&json!({
        "release": "shop@1", "tags": [["release", "shop@2"], ["user", "x"], ["filename", "y"], ["function", "z"], ["dist", "5"], ["a b", true]],
    }));
    assert_eq!((event.release.as_deref(), event.dist.as_deref()), (Some("shop@1"), Some("5")));
    assert_eq!(event.tags.keys().collect::<Vec<_>>(), ["a-b"]);
    assert_eq!(event.tags["a-b"], "True");
}

#[test]
fn a_checksum_groups_as_a_fingerprint_does() {
    let grouped = |event: &Value| testing::staged(testing::read(event)).fingerprint().unwrap().clone();
    let checksum = "d41d8cd98f00b204e9800998ecf8427e";
    let one = grouped(&json!({"checksum": checksum, "message": "a"}));
    assert_eq!(one, grouped(&json!({"checksum": checksum, "message": "quite another"})));
    assert_ne!(one, grouped(&json!({"message": "a"})));
}

#[test]
fn extra_of_a_megabyte_is_cut_to_its_limit() {
    let extra: Value = (0..200).map(|n| (format!("k{n}"), json!("x".repeat(5_000)))).collect::<serde_json::Map<_, _>>().into();
    let event = normalized(&json!({"extra": extra}));
    assert!(serde_json::to_string(&event.extra).unwrap().len() <= limits::EXTRA_BYTES);
}

#[test]
fn events_of_the_corpora_have_titles_and_every_frame_is_judged() {
    for folder in ["events/grouping", "events/bugsink", "sdk-payloads"] {
        for (name, event) in testing::corpus(folder) {
            let event = normalized(&event);
            assert!(!event.title.is_empty(), "{name}");
            let stacks = event.exceptions.iter().filter_map(|e| e.stacktrace.as_ref()).chain(&event.stacktrace);
            assert!(stacks.flat_map(|s| &s.frames).all(|f| f.in_app.is_some()), "{name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_event_can_be_normalized_and_a_second_time_changes_nothing_but_notes(json in testing::events()) {
        let once = normalized(&json);
        let settings = ProjectSettings::default();
        let context = Context::plain(&settings);
        let mut twice = normalize(&context, once.clone()).unwrap();
        twice.errors.clone_from(&once.errors);
        prop_assert_eq!(twice, once);
    }

    #[test]
    fn no_text_is_longer_than_its_limit(text in "\\PC{0,400}") {
        let event = normalized(&json!({"transaction": text, "logger": text, "logentry": {"formatted": text}, "exception": [{"type": text, "value": text}]}));
        prop_assert!(event.title.chars().count() <= limits::TITLE_CHARS);
        prop_assert!(event.transaction.unwrap_or_default().chars().count() <= limits::NAME_CHARS);
        prop_assert!(event.logger.unwrap_or_default().chars().count() <= limits::SHORT_NAME_CHARS);
        prop_assert!(event.error.kind.unwrap_or_default().chars().count() <= limits::TYPE_CHARS);
    }
}
