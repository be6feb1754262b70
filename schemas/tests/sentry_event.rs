//! Sentry events in every shape that clients of ten years send.
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

use jiff::Timestamp;
use proptest::prelude::*;
use schemas::{
    event::{Event, Severity},
    ids::{EventId, ProjectId},
    outcome::Reason,
    wire::sentry_event,
};
use serde_json::{Value, json};

const ID: EventId = EventId([7; 16]);

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn read(value: &Value) -> Event {
    sentry_event::read(value.to_string().as_bytes(), ID, ProjectId(1), now()).unwrap()
}

/// Reads a value of one field; nothing may be odd.
fn field(key: &str, value: Value) -> Event {
    let event = read(&json!({ key: value }));
    assert_eq!(event.errors, [], "{key}: {value}");
    event
}

#[test]
fn only_what_is_not_an_object_is_refused() {
    for (payload, reason) in [
        (&b"{oops"[..], Reason::InvalidJson),
        (b"", Reason::InvalidJson),
        (b"[]", Reason::InvalidEvent),
        (b"\"x\"", Reason::InvalidEvent),
        (b"null", Reason::InvalidEvent),
    ] {
        assert_eq!(sentry_event::read(payload, ID, ProjectId(1), now()).unwrap_err().reason, reason);
    }
    let event = read(&json!({}));
    assert_eq!(event, Event::new(ID, ProjectId(1), now()));
}

#[test]
fn the_given_id_wins_and_another_one_is_kept() {
    let same = ID.to_string();
    assert!(field("event_id", json!(same)).extra.is_empty());
    let event = read(&json!({"event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0"}));
    assert_eq!((event.id, &event.extra["event_id"]), (ID, &json!("fc6d8c0c43fc4630ad850ee518f1b9d0")));
}

#[test]
fn the_id_is_found_without_reading_the_rest() {
    let id: EventId = "fc6d8c0c43fc4630ad850ee518f1b9d0".parse().unwrap();
    for payload in [
        r#"{"event_id":"FC6D8C0C-43fc-4630-ad85-0ee518f1b9d0"}"#,
        r#"{"extra":{"event_id":"x"},"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","a":NaN}"#,
        r#"{"event_id":1,"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0"}"#,
        "\u{feff}{\"event\\u005fid\":\"fc6d8c0c43fc4630ad850ee518f1b9d0\"}",
    ] {
        assert_eq!(sentry_event::event_id(payload.as_bytes()), Some(id), "{payload}");
    }
    let deep = format!("{{\"a\":{}", "[".repeat(1 << 20));
    for payload in ["", "[]", "{}", r#"{"event_id":null}"#, r#"{"event_id":"nope"}"#, r#"{"event_id":["x"]}"#, &deep] {
        assert_eq!(sentry_event::event_id(payload.as_bytes()), None);
    }
}

#[test]
fn exceptions_come_in_values_in_a_list_or_alone() {
    let one = json!({"type": "ValueError", "value": "bad", "module": "builtins"});
    for value in [json!({"values": [one]}), json!({"values": [null, one]}), json!([one]), one.clone(), json!({"values": one})] {
        for key in ["exception", "sentry.interfaces.Exception"] {
            let event = field(key, value.clone());
            assert_eq!(event.exceptions.len(), 1, "{value}");
            assert_eq!(event.exceptions[0].kind.as_deref(), Some("ValueError"));
        }
    }
    for none in [json!({}), json!({"values": []}), json!({"values": null}), json!([]), json!([null]), json!({"values": [{}]}), json!(null)]
    {
        assert_eq!(field("exception", none).exceptions, []);
    }
}

#[test]
fn an_exception_without_a_type_is_named_by_its_value() {
    for (exception, kind, value) in [
        (json!({"value": "ValueError: bad: thing"}), Some("ValueError"), "bad: thing"),
        (json!({"type": "", "value": "Größe_1:x"}), Some("Größe_1"), "x"),
        (json!({"value": "no colon"}), None, "no colon"),
        (json!({"value": "two words: x"}), None, "two words: x"),
        (json!({"value": "E: line\nline"}), None, "E: line\nline"),
        (json!({"type": "E", "value": "F: x"}), Some("E"), "F: x"),
        (json!({"value": "Checkout: failed", "mechanism": {"synthetic": true}}), None, "Checkout: failed"),
        (json!({"value": {"code": 7}}), None, "{\"code\":7}"),
        (json!("E: bad"), Some("E"), "bad"),
    ] {
        let event = field("exception", json!([exception]));
        let read = &event.exceptions[0];
        assert_eq!((read.kind.as_deref(), read.value.as_deref()), (kind, Some(value)), "{exception}");
    }
}

#[test]
fn mechanisms_of_old_cocoa_are_read_as_todays() {
    let event = field(
        "exception",
        json!({"values": [{"type": "E"}], "mechanism": {
            "type": "mach", "posix_signal": {"signal": 11, "name": "SIGSEGV", "code": 0, "code_name": "SEGV_NOOP"},
            "mach_exception": {"exception": 1, "exception_name": "EXC_BAD_ACCESS", "code": 1}, "relevant_address": "0x1"}}),
    );
    let mechanism = event.exceptions[0].mechanism.as_ref().unwrap();
    assert_eq!(
        mechanism.meta,
        Some(json!({
            "signal": {"number": 11, "name": "SIGSEGV", "code": 0, "code_name": "SEGV_NOOP"},
            "mach_exception": {"exception": 1, "name": "EXC_BAD_ACCESS", "code": 1},
        }))
    );
    assert_eq!(mechanism.data["relevant_address"], "0x1");
    assert_eq!(
        field("exception", json!([{"type": "E", "mechanism": "onerror"}])).exceptions[0].mechanism.as_ref().unwrap().kind.as_deref(),
        Some("onerror")
    );
}

#[test]
fn frames_are_read_leniently() {
    let event = field(
        "exception",
        json!([{"type": "E", "stacktrace": {"frames_omitted": [3, 10], "registers": {"rip": "0x1", "eflags": null}, "frames": [
            null, {}, {"function": "a", "lineno": "12", "colno": 3.0, "in_app": 1, "filename": null, "vars": ["x", 2], "instruction_addr": 4096},
            {"function": "b", "lineno": -2, "vars": {"n": null}, "pre_context": ["x", null], "symbol_addr": 255, "lock": {"type": 1}, "data": {"trust": "cfi"}},
        ]}}]),
    );
    let stacktrace = event.exceptions[0].stacktrace.as_ref().unwrap();
    assert_eq!((stacktrace.frames.len(), stacktrace.frames_omitted, stacktrace.registers.len()), (2, 7, 1));
    let [first, second] = &stacktrace.frames[..] else { unreachable!("two frames") };
    assert_eq!(
        (first.lineno, first.colno, first.in_app, first.instruction_addr.as_deref()),
        (Some(12), Some(3), Some(true), Some("0x1000"))
    );
    assert_eq!((&first.vars["0"], &first.vars["1"]), (&json!("x"), &json!(2)));
    assert_eq!((second.lineno, &second.data["lineno"], &second.data["trust"]), (None, &json!(-2), &json!("cfi")));
    assert_eq!((&second.data["symbol_addr"], &second.data["lock"]), (&json!("0xff"), &json!({"type": 1})));
    assert_eq!((second.vars.get("n"), &second.pre_context[..]), (Some(&Value::Null), &["x".to_owned(), String::new()][..]));
    for none in [json!(null), json!({}), json!({"frames": null}), json!({"frames": []}), json!("")] {
        assert_eq!(field("stacktrace", none).stacktrace, None);
    }
    assert_eq!(field("stacktrace", json!("at x\nat y")).stacktrace.unwrap().raw.as_deref(), Some("at x\nat y"));
    assert_eq!(field("stacktrace", json!(["at x", "at y"])).stacktrace.unwrap().raw.as_deref(), Some("at x\nat y"));
    assert_eq!(field("sentry.interfaces.Stacktrace", json!([{"function": "f"}])).stacktrace.unwrap().frames.len(), 1);
}

#[test]
fn a_stack_trace_beside_the_only_exception_is_its_own() {
    let stacktrace = json!({"frames": [{"function": "f"}]});
    let event = read(&json!({"exception": [{"type": "E"}], "stacktrace": stacktrace}));
    assert!(event.stacktrace.is_none() && event.exceptions[0].stacktrace.is_some());
    let event = read(&json!({"exception": [{"type": "E"}, {"type": "F"}], "stacktrace": stacktrace}));
    assert!(event.stacktrace.is_some());
    let event = read(&json!({"exception": [{"type": "E", "stacktrace": stacktrace}], "stacktrace": stacktrace}));
    assert!(event.stacktrace.is_some());
}

#[test]
fn messages_come_as_text_object_or_anything() {
    let formatted = |event: Event| event.message.map(|message| message.formatted);
    assert_eq!(formatted(field("message", json!("m"))).as_deref(), Some("m"));
    assert_eq!(formatted(field("message", json!(false))), None);
    assert_eq!(formatted(field("message", json!({"message": "%s!", "params": ["a"]}))).as_deref(), Some("a!"));
    assert_eq!(formatted(field("sentry.interfaces.Message", json!({"formatted": "f"}))).as_deref(), Some("f"));
    assert_eq!(formatted(field("logentry", json!("l"))).as_deref(), Some("l"));
    let event = read(&json!({"message": "other", "logentry": {"message": "l %s", "params": ["x"]}}));
    assert_eq!((event.message.unwrap().formatted.as_str(), &event.extra["message"]), ("l x", &json!("other")));
    assert!(read(&json!({"message": "l x", "logentry": {"message": "l %s", "params": ["x"]}})).extra.is_empty());
}

#[test]
fn levels_have_names_and_numbers() {
    for (level, severity) in [
        (json!("debug"), Severity::Debug),
        (json!("log"), Severity::Info),
        (json!("INFO"), Severity::Info),
        (json!("warn"), Severity::Warning),
        (json!("fatal"), Severity::Critical),
        (json!("critical"), Severity::Critical),
        (json!(10), Severity::Debug),
        (json!("30"), Severity::Warning),
        (json!(50), Severity::Critical),
        (json!(null), Severity::Error),
    ] {
        assert_eq!(field("level", level).severity, severity);
    }
    for bad in [json!("loud"), json!(45), json!({"a": 1})] {
        let event = read(&json!({ "level": bad }));
        assert_eq!((event.severity, event.errors[0].path.as_str(), &event.extra["level"]), (Severity::Error, "level", &bad));
    }
}

#[test]
fn a_time_that_is_none_is_the_time_of_receipt() {
    let event = read(&json!({"timestamp": "2026-11-23T11:59:59"}));
    assert_eq!(event.timestamp, "2026-11-23T11:59:59Z".parse().unwrap());
    let event = read(&json!({"timestamp": "soon"}));
    assert_eq!((event.timestamp, &event.extra["timestamp"]), (now(), &json!("soon")));
}

#[test]
fn tags_are_an_object_or_pairs_and_keys_have_rules() {
    for tags in
        [json!({"a b": " x ", "n": 1, "yes": true, "none": null}), json!([["a b", "x"], ["n", 1], null, {"key": "yes", "value": true}])]
    {
        let event = field("tags", tags);
        let expected = [("a-b", "x"), ("n", "1"), ("yes", "True")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(event.tags.into_iter().collect::<Vec<_>>(), expected);
    }
    let event = read(&json!({"tags": {"größe": "x", "ok": ["y"], "": "z"}}));
    assert!(event.tags.is_empty());
    assert_eq!((&event.extra["tags.größe"], &event.extra["tags.ok"], &event.extra["tags."]), (&json!("x"), &json!(["y"]), &json!("z")));
    assert_eq!(event.errors.len(), 3);
}

#[test]
fn tags_that_are_attributes_become_them_unless_they_disagree() {
    let event = read(&json!({"tags": {"environment": "prod", "release": "1", "dist": "a"}, "release": "2", "dist": "a"}));
    assert_eq!((event.environment.as_deref(), event.release.as_deref(), event.dist.as_deref()), (Some("prod"), Some("2"), Some("a")));
    assert_eq!(event.tags.into_iter().collect::<Vec<_>>(), [("release".to_owned(), "1".to_owned())]);
}

#[test]
fn fingerprints_are_lists_of_primitives() {
    assert_eq!(
        field("fingerprint", json!(["a", 1, 1.5, true, null, "{{ default }}"])).client_fingerprint,
        ["a", "1", "1", "True", "{{ default }}"]
    );
    assert_eq!(field("fingerprint", json!("a")).client_fingerprint, ["a"]);
    assert_eq!(field("checksum", json!("abc")).client_fingerprint, ["abc"]);
    let event = read(&json!({"fingerprint": ["a", {"b": 1}]}));
    assert_eq!((&event.client_fingerprint[..], &event.extra["fingerprint.1"]), (&["a".to_owned()][..], &json!({"b": 1})));
}

#[test]
fn users_are_read_leniently() {
    let event = field(
        "user",
        json!({"id": 7, "username": 1.5, "email": "a@b.c", "ip_address": "{{auto}}", "geo": {"city": "Vienna", "x": null}, "plan": "pro", "data": {"k": 1}}),
    );
    let user = event.user.unwrap();
    assert_eq!((user.id.as_deref(), user.username.as_deref(), user.ip_address.as_deref()), (Some("7"), Some("1.5"), Some("{{auto}}")));
    assert_eq!((user.geo["city"].as_str(), &user.data["plan"], &user.data["k"]), ("Vienna", &json!("pro"), &json!(1)));
    assert_eq!(field("user", json!({"id": null})).user, None);
    assert_eq!(field("user", json!([])).user, None);
    assert_eq!(read(&json!({"user": "ann"})).extra["user"], "ann");
}

#[test]
fn requests_are_read_in_every_form() {
    let pairs = |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>();
    for request in [
        json!({"url": "https://x/y?a=1&b=%20c#top", "method": "post", "headers": {"Accept": ["a", "b"], "N": 1, "Z": null}, "cookies": "s=1; t=2=3;u"}),
        json!({"url": "https://x/y", "query_string": "?a=1&b=+c", "fragment": "top", "method": "POST", "headers": [["Accept", "a,b"], ["N", "1"]], "cookies": {"s": 1, "t": "2=3", "u": ""}}),
        json!({"url": "https://x/y#top", "query_string": [["a", "1"], ["b", " c"]], "method": "POST", "headers": [["Accept", ["a", "b"]], ["N", 1]], "cookies": [["s", "1"], ["t", "2=3"], ["u", ""]]}),
        json!({"url": "https://x/y?a=1&b=+c#top", "query_string": {"a": ["1"], "b": " c"}, "method": "POST", "headers": {"Accept": "a,b", "N": "1"}, "cookies": "s=1;t=2=3;u="}),
    ] {
        let read = field("request", request.clone()).request.unwrap();
        assert_eq!(
            (read.url.as_deref(), read.method.as_deref(), read.fragment.as_deref()),
            (Some("https://x/y"), Some("POST"), Some("top")),
            "{request}"
        );
        assert_eq!(read.query, pairs(&[("a", "1"), ("b", " c")]), "{request}");
        assert_eq!(read.headers, pairs(&[("Accept", "a,b"), ("N", "1")]), "{request}");
        assert_eq!(read.cookies, pairs(&[("s", "1"), ("t", "2=3"), ("u", "")]), "{request}");
        assert!(read.data.is_empty());
    }
    let read = field(
        "sentry.interfaces.Http",
        json!({"url": "/x?a=1", "query_string": "b=2", "data": [1], "env": {"PORT": 80}, "api_target": "graphql"}),
    )
    .request
    .unwrap();
    assert_eq!(
        (read.body, read.env["PORT"].as_str(), &read.data["api_target"], &read.data["url"]),
        (Some(json!([1])), "80", &json!("graphql"), &json!("/x?a=1"))
    );
}

#[test]
fn trace_ids_are_moved_out_of_the_contexts() {
    let event = field(
        "contexts",
        json!({"trace": {"trace_id": "9F8E4C3D-0000-4000-8000-00000000000A", "span_id": "00000000000000AB", "parent_span_id": null}, "os": {"name": "Linux"}}),
    );
    assert_eq!(
        (event.trace.trace_id.as_deref(), event.trace.span_id.as_deref()),
        (Some("9f8e4c3d00004000800000000000000a"), Some("00000000000000ab"))
    );
    assert_eq!(event.contexts.keys().collect::<Vec<_>>(), ["os"]);
    let event = read(&json!({"contexts": {"trace": {"trace_id": "x", "op": "http"}, "os": null}}));
    assert_eq!((event.trace.trace_id, &event.contexts["trace"]), (None, &json!({"trace_id": "x", "op": "http"})));
    assert_eq!(event.contexts.len(), 1);
}

#[test]
fn breadcrumbs_threads_modules_and_sdk_are_read() {
    let event = field(
        "breadcrumbs",
        json!({"values": [{"timestamp": 1_795_435_200, "type": "http", "level": "log", "message": {"a": 1}, "data": {"url": "/"}, "event_id": "x"}, "text", null]}),
    );
    assert_eq!(event.breadcrumbs.len(), 2);
    let crumb = &event.breadcrumbs[0];
    assert_eq!((crumb.timestamp, crumb.severity, crumb.message.as_deref()), (Some(now()), Some(Severity::Info), Some("{\"a\":1}")));
    assert_eq!((&crumb.data["url"], &crumb.data["event_id"]), (&json!("/"), &json!("x")));

    let event =
        field("threads", json!([{"id": 1, "name": "main", "crashed": true, "main": true, "stacktrace": {"frames": [{"function": "f"}]}}]));
    let thread = &event.threads[0];
    assert_eq!((thread.id.as_deref(), thread.crashed, &thread.data["main"]), (Some("1"), Some(true), &json!(true)));

    assert_eq!(field("modules", json!({"a": "1", "b": null, "c": 2})).modules.into_values().collect::<Vec<_>>(), ["1", "", "2"]);
    let sdk = field(
        "sdk",
        json!({"name": "s", "version": 1, "packages": [{"name": "pypi:s", "version": "1"}, "x", null], "integrations": ["a", null]}),
    )
    .sdk
    .unwrap();
    assert_eq!((sdk.packages, sdk.integrations), (vec!["pypi:s@1".to_owned(), "x".to_owned()], vec!["a".to_owned()]));
}

#[test]
fn the_rest_is_kept_under_extra_beside_the_clients_own() {
    let event = read(
        &json!({"shoe_size": 43, "_meta": {"a": 1}, "extra": {"shoe_size": 44, "release": "x"}, "release": ["bad"], "type": "transaction", "gone": null, "empty": {}}),
    );
    let expected =
        json!({"shoe_size": 44, "shoe_size_": 43, "_meta": {"a": 1}, "release": "x", "release_": ["bad"], "type": "transaction"});
    assert_eq!(serde_json::to_value(&event.extra).unwrap(), expected);
    assert_eq!((event.errors.len(), event.errors[0].path.as_str()), (1, "release"));
    assert_eq!(field("server_name", json!("web-1")).host.as_deref(), Some("web-1"));
    assert_eq!(field("site", json!("s")).tags["site"], "s");
    assert_eq!(field("culprit", json!("app.views in index")).transaction.as_deref(), Some("app.views in index"));
}

#[test]
fn no_form_of_any_field_refuses_the_event() {
    const FIELDS: [&str; 32] = [
        "event_id",
        "type",
        "timestamp",
        "level",
        "platform",
        "logger",
        "release",
        "dist",
        "environment",
        "server_name",
        "transaction",
        "culprit",
        "checksum",
        "site",
        "logentry",
        "message",
        "exception",
        "stacktrace",
        "threads",
        "breadcrumbs",
        "user",
        "request",
        "contexts",
        "tags",
        "fingerprint",
        "modules",
        "sdk",
        "debug_meta",
        "extra",
        "sentry.interfaces.Http",
        "_meta",
        "project",
    ];
    let shapes = [
        json!(true),
        json!(-1),
        json!(1e300),
        json!("\u{0}"),
        json!([1]),
        json!([[]]),
        json!([[1, 2, 3]]),
        json!({"values": 7}),
        json!({"values": [[7], "x"]}),
        json!({"": {"": {"": []}}}),
        json!([{"stacktrace": {"frames": [{"lineno": {}, "vars": 7, "pre_context": 7, "data": 7}, 7], "registers": 7, "frames_omitted": [1]}}]),
        json!({"url": [], "headers": 7, "cookies": [7], "query_string": 7, "env": 7, "data": 7, "method": {}, "fragment": [1]}),
        json!({"id": {}, "geo": 7, "data": 7}),
        json!({"trace": {"trace_id": 7}}),
        json!({"type": {}, "value": [], "mechanism": {"meta": 7, "data": 7, "posix_signal": 7, "handled": "x"}, "thread_id": {}}),
    ];
    for field in FIELDS {
        for shape in &shapes {
            let event = read(&json!({field: shape, "message": "m"}));
            assert_eq!(serde_json::from_value::<Event>(serde_json::to_value(&event).unwrap()).unwrap(), event, "{field}: {shape}");
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9:.%{}=&?#; -]{0,12}".prop_map(Value::from),
        Just(json!("2026-11-23T12:00:00Z")),
    ];
    let key = proptest::sample::select(
        &[
            "values",
            "frames",
            "type",
            "value",
            "stacktrace",
            "mechanism",
            "data",
            "id",
            "name",
            "message",
            "params",
            "timestamp",
            "level",
            "tags",
            "headers",
            "trace",
            "trace_id",
            "exception",
            "request",
            "url",
            "query_string",
            "user",
            "x",
        ][..],
    );
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(key.clone(), inner, 0..5)
                .prop_map(|map| map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_object_is_an_event_that_can_be_stored(value in any_json(), exception in any_json(), request in any_json(), message in any_json()) {
        let event = read(&json!({"x": value, "exception": exception, "request": request, "message": message, "tags": value, "user": value}));
        prop_assert_eq!(serde_json::from_value::<Event>(serde_json::to_value(&event).unwrap()).unwrap(), event);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = sentry_event::read(&bytes, ID, ProjectId(1), now());
        let _ = sentry_event::event_id(&bytes);
    }
}
