#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::*;
use crate::testing;

#[path = "tests/properties.rs"]
mod properties;

fn parts_of(json: &Value) -> Value {
    testing::staged(testing::read(json)).grouping.unwrap().parts.value()
}

fn frame(function: &str, in_app: bool) -> Value {
    json!({"function": function, "module": "shop.pay", "filename": "shop/pay.py", "lineno": 3, "in_app": in_app})
}

fn raised(kind: &str, value: &str, frames: &[Value]) -> Value {
    json!({"type": kind, "value": value, "stacktrace": {"frames": frames}})
}

fn python(exceptions: &[Value]) -> Value {
    json!({"platform": "python", "exception": {"values": exceptions}})
}

#[test]
fn the_application_s_frames_and_the_types_of_the_chain_make_the_group() {
    let event = python(&[
        raised("KeyError", "'a'", &[frame("main", true), frame("lib", false), frame("load", true)]),
        raised("CheckoutFailed", "order 17", &[frame("main", true)]),
    ]);
    assert_eq!(
        parts_of(&event),
        json!([
            "fp1",
            "app",
            "python",
            [["KeyError", [["shop/pay", "main"], ["shop/pay", "load"]]], ["CheckoutFailed", [["shop/pay", "main"]]]]
        ])
    );
}

#[test]
fn without_frames_of_the_application_all_frames_count() {
    let event = python(&[raised("KeyError", "'a'", &[frame("run", false), frame("get", false)])]);
    assert_eq!(parts_of(&event), json!(["fp1", "sys", "python", [["KeyError", [["shop/pay", "run"], ["shop/pay", "get"]]]]]));
}

#[test]
fn without_frames_the_template_of_the_value_counts() {
    let event = python(&[raised("KeyError", "no user 17", &[])]);
    assert_eq!(parts_of(&event), json!(["fp1", "value", "python", [["KeyError", "v", "no user <int>"]]]));
}

#[test]
fn recursion_counts_once_however_deep() {
    let deep = |depth: usize| {
        let mut frames = vec![frame("main", true)];
        for _ in 0..depth {
            frames.extend([frame("even", true), frame("odd", true)]);
        }
        frames.extend(std::iter::repeat_n(frame("fact", true), depth));
        python(&[raised("RecursionError", "too deep", &frames)])
    };
    assert_eq!(parts_of(&deep(2)), parts_of(&deep(40)));
    // Calls went too deep: only what goes round tells of it.
    assert_eq!(parts_of(&deep(3))[3][0][1], json!([["shop/pay", "even"], ["shop/pay", "odd"]]));
}

#[test]
fn wrappers_do_not_count_but_when_they_are_all_there_is() {
    let own = raised("com.shop.PayException", "x", &[frame("pay", true)]);
    let wrapper = raised("java.util.concurrent.ExecutionException", "com.shop.PayException: x", &[frame("get", true)]);
    let java = |exceptions: &[Value]| json!({"platform": "java", "exception": {"values": exceptions}});
    assert_eq!(parts_of(&java(&[own.clone(), wrapper.clone()])), parts_of(&java(&[own])));
    assert_eq!(parts_of(&java(&[wrapper]))[3][0][0], "ExecutionException");
}

#[test]
fn a_group_of_like_exceptions_is_one_of_them() {
    let member = |id: u64, kind: &str| {
        let mut member = raised(kind, "x", &[frame("task", true)]);
        member["mechanism"] = json!({"type": "chained", "exception_id": id, "parent_id": 0, "source": format!("exceptions[{id}]")});
        member
    };
    let mut root = raised("ExceptionGroup", "2 errors", &[frame("main", true)]);
    root["mechanism"] = json!({"type": "excepthook", "exception_id": 0, "is_exception_group": true});
    let two = python(&[member(2, "ValueError"), member(1, "ValueError"), root.clone()]);
    let three = python(&[member(3, "ValueError"), member(2, "ValueError"), member(1, "ValueError"), root.clone()]);
    let mixed = python(&[member(2, "KeyError"), member(1, "ValueError"), root]);
    assert_eq!(parts_of(&two), parts_of(&three));
    assert_eq!(parts_of(&two)[3], json!([["ValueError", [["shop/pay", "task"]]]]));
    assert_eq!(parts_of(&mixed)[3].as_array().unwrap().len(), 3);
}

#[test]
fn exceptions_that_are_their_own_causes_do_no_harm() {
    let circle = |id: u64, parent: u64, group: bool| {
        let mut one = raised("ValueError", &format!("{id}"), &[]);
        one["mechanism"] = json!({"type": "x", "exception_id": id, "parent_id": parent, "is_exception_group": group});
        one
    };
    parts_of(&python(&[circle(1, 2, true), circle(2, 1, true)]));
    parts_of(&python(&[circle(1, 0, false), circle(2, 1, false), circle(1, 2, false), circle(0, 0, true)]));
}

#[test]
fn a_message_is_grouped_by_its_template_and_logger_whatever_stack_comes_with_it() {
    let message = |user: u32, function: &str| {
        json!({
            "platform": "java", "logger": "com.shop.Pay", "logentry": {"formatted": format!("user {user} not found")},
            "threads": {"values": [{"current": true, "stacktrace": {"frames": [frame(function, false)]}}]},
        })
    };
    assert_eq!(parts_of(&message(1, "a")), json!(["fp1", "message", "java", "user <int> not found", "com.shop.Pay"]));
    assert_eq!(parts_of(&message(1, "a")), parts_of(&message(2, "b")));
}

#[test]
fn the_client_s_own_template_is_preferred() {
    let event = json!({"platform": "python", "logentry": {"message": "hello %s", "params": ["jane"], "formatted": "hello jane"}});
    assert_eq!(parts_of(&event)[3], "hello %s");
}

#[test]
fn a_message_in_the_form_of_a_synthetic_exception_is_a_message() {
    let message = |text: &str| {
        json!({"platform": "javascript", "exception": {"values": [{
            "value": text, "mechanism": {"type": "generic", "synthetic": true}, "stacktrace": {"frames": [frame("onStock", true)]},
        }]}})
    };
    assert_eq!(parts_of(&message("stock is 3")), json!(["fp1", "message", "javascript", "stock is <int>", ""]));
}

#[test]
fn a_crash_that_a_signal_handler_names_is_grouped_by_its_frames() {
    let crash = |address: &str, function: &str| {
        json!({"platform": "native", "exception": {"values": [{
            "type": "SIGSEGV", "value": format!("Fatal Error: {address}"), "mechanism": {"type": "signalhandler", "synthetic": true},
            "stacktrace": {"frames": [{"function": function, "package": "/srv/shop/bin/shop", "in_app": true}]},
        }]}})
    };
    assert_eq!(parts_of(&crash("0x10", "shop::pay(int)")), json!(["fp1", "app", "native", [["", [["", "shop::pay"]]]]]));
    assert_eq!(parts_of(&crash("0x10", "shop::pay(int)")), parts_of(&crash("0x20", "shop::pay(int)")));
    assert_ne!(parts_of(&crash("0x10", "shop::pay(int)")), parts_of(&crash("0x10", "shop::load(int)")));
}

#[test]
fn own_code_without_functions_is_told_by_value_and_file_not_by_the_frames_of_the_runtime() {
    let raised_in = |file: &str, value: &str| {
        json!({"platform": "node", "exception": {"values": [{"type": "TypeError", "value": value, "stacktrace": {"frames": [
            {"function": "Module._load", "module": "loader", "filename": "node:internal/modules/cjs/loader", "in_app": false},
            {"function": "Object.?", "filename": file, "in_app": true},
        ]}}]}})
    };
    assert_eq!(parts_of(&raised_in("/srv/pay.js", "id 7")), json!(["fp1", "value", "javascript", [["TypeError", "v", "id <int>", "pay"]]]));
    assert_ne!(parts_of(&raised_in("/srv/pay.js", "id 7")), parts_of(&raised_in("/srv/load.js", "id 7")));
    assert_eq!(parts_of(&raised_in("/js/app.3f2a1bcd.js", "id 7")), parts_of(&raised_in("/js/app.9c01de77.js", "id 8")));
}

#[test]
fn a_client_s_fingerprint_replaces_or_refines_the_default() {
    let with = |fingerprint: Value| {
        let mut event = python(&[raised("KeyError", "x", &[])]);
        event["fingerprint"] = fingerprint;
        parts_of(&event)
    };
    let default = json!(["fp1", "value", "python", [["KeyError", "v", "x"]]]);
    assert_eq!(with(json!(["{{ default }}"])), default);
    assert_eq!(with(json!(["{{default}}"])), default);
    assert_eq!(with(json!(["db", "down"])), json!(["fp1", "custom", ["db", "down"]]));
    assert_eq!(with(json!(["{{ default }}", "eu"])), json!(["fp1", "custom", [default, "eu"]]));
}

#[test]
fn parts_that_join_to_the_same_text_are_different_groups() {
    let of = |fingerprint: Value| testing::staged(testing::read(&json!({"fingerprint": fingerprint}))).grouping.unwrap().fingerprint;
    assert_ne!(of(json!(["ab", "c"])), of(json!(["a", "bc"])));
}

#[test]
fn events_without_content_are_told_apart_by_their_place() {
    let of = |transaction: &str| parts_of(&json!({"platform": "python", "transaction": transaction}));
    assert_ne!(of("/pay"), of("/load"));
    assert_eq!(parts_of(&json!({})), json!(["fp1", "none", "other", "<none>", "error", ""]));
}

#[test]
fn an_error_is_one_group_in_every_browser() {
    let groups: Vec<(String, Value)> = testing::corpus("events/grouping")
        .into_iter()
        .filter(|(name, _)| name.starts_with("javascript-xbrowser"))
        .map(|(name, event)| (name, parts_of(&event)))
        .collect();
    assert!(groups.len() >= 3);
    for (name, parts) in &groups {
        assert_eq!(parts, &groups[0].1, "{name}");
    }
    let functions: Vec<&Value> = groups[0].1[3][0][1].as_array().unwrap().iter().map(|frame| &frame[1]).collect();
    assert_eq!(functions, ["testMethod", "aha", "test", "callback", "callAnotherThing", "aha"]);
}

#[test]
fn every_event_of_the_corpora_has_a_group_of_its_own_making() {
    for folder in ["events/grouping", "events/bugsink", "sdk-payloads"] {
        for (name, event) in testing::corpus(folder) {
            let parts = parts_of(&event);
            let nothing = json!(["fp1", "none", parts[2], "<none>", parts[4], parts[5]]);
            assert!(parts != nothing || event.get("exception").is_none(), "{folder}/{name}: {parts}");
        }
    }
}

fn grouped(event: Event) -> Grouping {
    let settings = schemas::catalog::ProjectSettings::default();
    fingerprint(&Context::plain(&settings), event).unwrap().grouping.unwrap()
}

#[test]
fn each_frame_says_whether_it_counted() {
    let glue = json!({"function": "run", "module": "asyncio.runners", "in_app": true});
    let nameless = json!({"function": "<listcomp>", "module": "shop.pay", "in_app": true});
    let frames = [frame("main", true), frame("lib", false), glue, frame("walk", true), frame("walk", true), nameless];
    let far: Vec<Value> = (0..70).map(|n| frame(&format!("f{n}"), true)).collect();
    let event = testing::staged(testing::read(&python(&[
        raised("KeyError", "x", &frames),
        raised("RetryError", "x", &[frame("retry", true)]),
        raised("Failed", "x", &far),
    ])));
    let grouping = event.grouping.unwrap();
    assert_eq!(grouping.frames, ["clxcrn".to_owned(), "w".to_owned(), format!("{}{}", "f".repeat(6), "c".repeat(64))]);
    assert!(grouping.frames.iter().flat_map(|frames| frames.chars()).all(|letter| schemas::event::FrameUse::of_letter(letter).is_some()));
}

#[test]
fn what_a_rule_says_of_a_frame_counts_most() {
    let mut event = testing::staged(testing::read(&python(&[raised(
        "KeyError",
        "x",
        &[frame("main", true), frame("lib", false), frame("pay", true)],
    )])));
    let set = |event: &mut Event, counts: [Option<bool>; 3]| {
        let frames = &mut event.exceptions[0].stacktrace.as_mut().unwrap().frames;
        frames.iter_mut().zip(counts).for_each(|(frame, counts)| frame.counts = counts);
    };
    let functions =
        |grouping: &Grouping| grouping.parts.value()[3][0][1].as_array().unwrap().iter().map(|call| call[1].clone()).collect::<Vec<_>>();
    set(&mut event, [None, Some(true), Some(false)]);
    let grouping = grouped(event.clone());
    assert_eq!((functions(&grouping), grouping.frames), (vec![json!("main"), json!("lib")], vec!["ccx".to_owned()]));
    set(&mut event, [Some(false), None, Some(false)]);
    let grouping = grouped(event);
    assert_eq!((grouping.parts.value()[1].as_str(), functions(&grouping)), (Some("sys"), vec![json!("lib")]));
}

#[test]
fn groups_that_may_be_one_error_share_the_looser_hash() {
    let similar = |event: &Value| testing::staged(testing::read(event)).grouping.unwrap().similar.unwrap();
    let of =
        |caller: &str, function: &str, kind: &str| similar(&python(&[raised(kind, "x", &[frame(caller, true), frame(function, true)])]));
    assert_eq!(of("a", "pay", "KeyError"), of("b", "pay", "KeyError"));
    assert_ne!(of("a", "pay", "KeyError"), of("a", "load", "KeyError"));
    assert_ne!(of("a", "pay", "KeyError"), of("a", "pay", "ValueError"));
    let message = |text: &str| similar(&json!({"platform": "python", "logentry": {"formatted": text}}));
    assert_eq!(message("cannot pay order 7 of the shop"), message("cannot pay order 9 in time"));
    assert_ne!(message("cannot pay order 7"), message("cannot load order 7"));
    let own = json!({"platform": "python", "fingerprint": ["mine"], "logentry": {"formatted": "cannot pay order 7 of the shop"}});
    assert_eq!(similar(&own), message("cannot pay order 7 of the shop"));
}

#[test]
fn a_wrapper_keeps_its_frames_where_its_cause_has_none_of_the_application() {
    let java = |exceptions: &[Value]| json!({"platform": "java", "exception": {"values": exceptions}});
    let of = |caller: &str| {
        let cause = raised(
            "java.net.ConnectException",
            "refused",
            &[json!({"module": "io.netty.channel.Bootstrap", "function": "connect", "in_app": false})],
        );
        let wrapper = raised(
            "java.util.concurrent.ExecutionException",
            "x",
            &[json!({"module": "com.shop.Pay", "function": caller, "in_app": true})],
        );
        parts_of(&java(&[cause, wrapper]))
    };
    assert_eq!(of("charge")[3], json!([["ConnectException", []], ["", [["com.shop.Pay", "charge"]]]]));
    assert_ne!(of("charge"), of("refund"));
}
