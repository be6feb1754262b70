#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use schemas::catalog::ProjectSettings;
use serde_json::{Value, json};

use crate::{
    context::{Context, run},
    rules::Rules,
    testing,
};
use schemas::{event::Event, rules::RuleSet};

fn with_rules(own: &str, all: &str, event: &Value) -> Event {
    let set = |text: &str| RuleSet { stack_traces: text.to_owned(), ..RuleSet::default() };
    assert_eq!((set(own).check(), set(all).check()), (Vec::new(), Vec::new()), "{own} {all}");
    let (settings, rules) = (ProjectSettings::default(), Rules::new(&set(own), &set(all)));
    run(&Context { rules: &rules, ..Context::plain(&settings) }, testing::read(event)).unwrap()
}

/// Five calls: `main` of the application, two of a library, `pay` of the application, one of the panic machinery.
fn event() -> Value {
    json!({"platform": "native", "exception": [{"type": "Panic", "value": "Connection Reset by peer", "mechanism": {"type": "signal"},
    "stacktrace": {"frames": [
        {"function": "shop::main", "abs_path": "/srv/shop/main.c", "in_app": true},
        {"function": "loop_run", "abs_path": "/opt/loop/Loop.c", "package": "C:\\libs\\loop.dll", "in_app": false},
        {"function": "loop_call", "abs_path": "/opt/loop/call.c", "in_app": false},
        {"function": "shop::pay", "abs_path": "/srv/shop/generated/pay.c", "in_app": true},
        {"function": "begin_panic", "in_app": false},
    ]}}]})
}

/// A letter a frame: `A` the application's, `l` not; then what rules say of counting: `+`, `-` or nothing.
fn marks(event: &Event) -> String {
    let frames = event.exceptions.iter().filter_map(|e| e.stacktrace.as_ref()).flat_map(|s| &s.frames);
    let mark =
        |own: bool, counts: Option<bool>| format!("{}{}", if own { 'A' } else { 'l' }, counts.map_or("", |c| if c { "+" } else { "-" }));
    frames.map(|frame| mark(frame.in_app == Some(true), frame.counts)).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_rule_marks_the_frames_it_is_about() {
    for (rules, expected) in [
        ("", "A l l A l"),
        ("path:**/LOOP/*.c +app", "A A A A l"),
        ("package:**/loop.dll +app", "A A l A l"),
        ("function:loop_* +app", "A A A A l"),
        ("!function:shop::* +app", "A A A A A"),
        ("family:javascript function:loop_* +app", "A l l A l"),
        ("family:native,other function:loop_* +app", "A A A A l"),
        ("app:no +app", "A A A A A"),
        ("app:no +app\nfunction:loop_* -app", "A l l A A"),
        ("function:begin_panic ^-group -group", "A l l A l-"),
        ("function:loop_call ^-group", "A l l A- l-"),
        ("function:loop_call v-group", "A- l- l A l"),
        ("function:loop_call v-app ^+app", "l l l A A"),
        ("path:**/generated/** -group", "A l l A- l"),
        ("path:**/generated/** -group\nfunction:shop::pay +group", "A l l A+ l"),
        ("[ function:loop_run ] | function:loop_* +app", "A l A A l"),
        ("function:loop_* | [ function:shop::* ] +app", "A l A A l"),
        ("[ app:no ] | app:no +app", "A l A A l"),
        ("function:shop::main | [ function:shop::* ] -app", "A l l A l"),
        ("function:loop_run category=loop\n[ category:loop ] | function:* -group", "A l l- A l"),
        ("type:Panic function:loop_run +app", "A A l A l"),
        ("type:Other function:loop_run +app", "A l l A l"),
        ("!type:Other function:loop_run +app", "A A l A l"),
        ("value:\"*connection reset*\" mechanism:signal function:loop_run +app", "A A l A l"),
        ("family:native max-frames=1", "A- l l A l"),
        ("family:native max-frames=1\nfunction:shop::pay max-frames=2", "A l l A l"),
        ("family:native max-frames=1\nfunction:shop::pay max-frames=0", "A l l A l"),
        ("app:yes -app\nfamily:native max-frames=3", "l- l- l l l"),
        ("family:native min-frames=3", "A- l l A- l"),
        ("family:native min-frames=2", "A l l A l"),
        ("function:shop::pay -group\nfamily:native min-frames=2", "A- l l A- l"),
    ] {
        assert_eq!(marks(&with_rules(rules, "", &event())), expected, "{rules}");
    }
}

#[test]
fn what_a_rule_decided_says_so_by_the_rule_as_written() {
    let event = with_rules("# ours\n  function:loop_*   +app # yes\nfunction:begin_panic -group", "", &event());
    let why: Vec<_> = event.exceptions[0].stacktrace.as_ref().unwrap().frames.iter().map(|frame| frame.why.as_deref()).collect();
    let ours = Some("function:loop_*   +app # yes");
    assert_eq!(why, [None, ours, ours, None, Some("function:begin_panic -group")]);
}

#[test]
fn the_rules_of_a_project_win_over_those_of_all() {
    assert_eq!(marks(&with_rules("function:loop_run +app", "function:loop_* -app\napp:yes -app", &event())), "l A l l l");
}

#[test]
fn rules_decide_the_group_and_the_culprit() {
    let plain = with_rules("", "", &event());
    let ruled = with_rules("path:**/generated/** -app", "", &event());
    assert_eq!(plain.culprit.as_deref(), Some("/srv/shop/generated/pay.c in shop::pay"));
    assert_eq!(ruled.culprit.as_deref(), Some("/srv/shop/main.c in shop::main"));
    assert_ne!(plain.fingerprint(), ruled.fingerprint());
    let mut other = event();
    other["exception"][0]["stacktrace"]["frames"][3]["function"] = json!("shop::refund");
    let left_out = "path:**/generated/** -group";
    assert_ne!(with_rules("", "", &other).fingerprint(), plain.fingerprint());
    assert_eq!(with_rules(left_out, "", &other).fingerprint(), with_rules(left_out, "", &event()).fingerprint());
}

#[test]
fn frames_of_threads_are_marked_too() {
    let threads = json!({"platform": "python", "threads": [{"id": 1, "crashed": true, "stacktrace": {"frames": [{"function": "a"}, {"function": "b"}]}}]});
    let event = with_rules("function:a -app\nfamily:other max-frames=1", "", &threads);
    let frames = &event.threads[0].stacktrace.as_ref().unwrap().frames;
    assert_eq!(frames.iter().map(|frame| (frame.in_app.unwrap(), frame.counts)).collect::<Vec<_>>(), [(false, None), (true, None)]);
}

#[test]
fn node_modules_of_real_events_can_be_made_the_applications_own() {
    let mut seen = 0;
    for (name, event) in testing::corpus("sdk-payloads") {
        let event = with_rules("path:**/node_modules/** +app", "", &event);
        for frame in event.exceptions.iter().filter_map(|e| e.stacktrace.as_ref()).flat_map(|s| &s.frames) {
            let paths = [&frame.abs_path, &frame.filename];
            if paths.into_iter().flatten().any(|path| path.to_lowercase().replace('\\', "/").contains("/node_modules/")) {
                seen += 1;
                assert_eq!(frame.in_app, Some(true), "{name}: {frame:?}");
            }
        }
    }
    assert!(seen > 10, "{seen}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn rules_applied_with_keywords_do_what_they_would_do_frame_by_frame(json in testing::events(), words in proptest::collection::vec("[a-z/.*]{1,5}", 4)) {
        let [a, b, c, d] = words.as_slice() else { unreachable!() };
        let rules = format!("function:{a} +app\npath:**{b}** function:{c} -group\n[ module:{d} ] | function:* -app\nvalue:*{a}* function:*{b}* ^-group");
        let set = RuleSet { stack_traces: rules, ..RuleSet::default() };
        let with = Rules::new(&set, &RuleSet::default());
        let mut without = Rules::new(&set, &RuleSet::default());
        without.stack_traces.keywords = crate::rules::keywords::Keywords::new(std::iter::repeat_n(None, 4));
        let settings = ProjectSettings::default();
        let run = |rules| run(&Context { rules, ..Context::plain(&settings) }, testing::read(&json)).unwrap();
        prop_assert_eq!(run(&with), run(&without));
    }
}
