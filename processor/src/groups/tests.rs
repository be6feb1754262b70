#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use schemas::{
    event::{Grouping, User, UserAgent},
    fields::{Field, text, visit},
    ids::{EventId, Fingerprint},
    rules::{Sampling, Storms},
};

use super::*;
use crate::rules::Rules;

/// The event with this number, received so many seconds after noon.
fn event(number: u64, seconds: i64) -> Event {
    let noon: jiff::Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let mut event = Event::new(EventId(u128::from(number).to_be_bytes()), ProjectId(1), noon + jiff::SignedDuration::from_secs(seconds));
    event.grouping = Some(Grouping::new(Fingerprint::fp1("a"), serde_json::Value::Null));
    event
}

fn whole(groups: &mut Groups, event: &Event) -> bool {
    let sight = Sight::of(event, Rules::none()).unwrap();
    !groups.judge(&sight, Storms::default().whole()).slim
}

/// So many like it that the next one is slim.
fn storm(groups: &mut Groups, event: &Event) {
    assert_eq!((0..200).filter(|_| whole(groups, event)).count(), 107);
}

fn sampled(keep_one_in: u64) -> Rules {
    Rules { sampling: vec![Sampling { name: "one in some".into(), condition: None, keep_one_in }], ..Rules::default() }
}

#[test]
fn beyond_a_hundred_a_minute_only_powers_of_two_are_whole_and_the_next_minute_begins_anew() {
    let mut groups = Groups::default();
    for minute in 0..2 {
        let kept: Vec<u64> = (1..=1_000).filter(|n| whole(&mut groups, &event(*n, 60 * minute + (*n as i64) % 60))).collect();
        let powers = [101, 102, 104, 108, 116, 132, 164, 228, 356, 612];
        assert_eq!(kept, (1..=100).chain(powers).collect::<Vec<_>>(), "minute {minute}");
    }
}

#[test]
fn each_group_and_project_has_a_storm_of_its_own() {
    let mut groups = Groups::default();
    storm(&mut groups, &event(1, 0));
    let mut other = event(1, 0);
    other.project = ProjectId(2);
    assert!(whole(&mut groups, &other));
    let mut other = event(1, 0);
    other.grouping = Some(Grouping::new(Fingerprint::fp1("b"), serde_json::Value::Null));
    assert!(whole(&mut groups, &other));
    assert!(!whole(&mut groups, &event(1, 0)));
}

#[test]
fn in_a_storm_the_first_of_a_release_environment_and_user_segment_are_whole() {
    let mut groups = Groups::default();
    storm(&mut groups, &event(1, 0));
    let changes: [fn(&mut Event); 5] = [
        |event| event.release = Some("2.0".into()),
        |event| event.environment = Some("2.0".into()),
        |event| event.user = Some(User { geo: [("country_code".into(), "NZ".into())].into(), ..User::default() }),
        |event| event.user = Some(User { data: [("plan".into(), "pro".into())].into(), ..User::default() }),
        |event| event.user_agent = Some(UserAgent { name: Some("Firefox".into()), ..UserAgent::default() }),
    ];
    for (n, change) in changes.iter().enumerate() {
        let mut changed = event(1_000, 1);
        change(&mut changed);
        assert!(whole(&mut groups, &changed), "{n}");
        assert!(!whole(&mut groups, &changed), "{n}");
    }
    let mut person = event(1_000, 1);
    person.user = Some(User { id: Some("u1".into()), ..User::default() });
    assert!(!whole(&mut groups, &person), "a user is no segment");
}

#[test]
fn a_release_an_event_does_not_keep_a_storm_whole() {
    let mut groups = Groups::default();
    let of = |n: u64| {
        let mut event = event(n, 0);
        event.release = Some(n.to_string());
        event
    };
    let kept = (0..1_000).filter(|n| whole(&mut groups, &of(*n))).count();
    assert_eq!(kept, 110, "fifty of them at once as first of a release, within the hundred");
}

#[test]
fn storm_control_can_be_off() {
    let mut groups = Groups::default();
    let off = Storms { enabled: false, ..Storms::default() };
    let sight = Sight::of(&event(1, 0), Rules::none()).unwrap();
    assert!((0..1_000).all(|_| !groups.judge(&sight, off.whole()).slim));
}

#[test]
fn the_first_of_a_group_stand_for_themselves_and_later_ones_for_those_left_out() {
    let (mut groups, rules) = (Groups::default(), sampled(10));
    let judged = |groups: &mut Groups, n: u64| groups.judge(&Sight::of(&event(n, 0), &rules).unwrap(), None).apply(event(n, 0));
    for n in 0..FIRST_EVENTS {
        let (kept, before) = judged(&mut groups, n).unwrap();
        let chosen = Share::of(&event(n, 0), &rules.sampling).unwrap().is_chosen;
        assert_eq!((kept.weight, before.is_some()), (1, !chosen));
    }
    let later: Vec<_> = (FIRST_EVENTS..10_000).map(|n| judged(&mut groups, n)).collect();
    let weights: Vec<u64> = later.iter().flatten().map(|(event, before)| event.weight + u64::from(before.is_some())).collect();
    assert!(weights.iter().all(|weight| *weight == 10));
    // Of 9,990 coins with one in ten: 999, give or take five standard deviations of 30.
    assert!((849..=1_149).contains(&weights.len()), "{}", weights.len());
    let ended = later.into_iter().find_map(Result::err).unwrap();
    assert_eq!((ended.kind.as_str(), ended.reason.as_str()), ("filtered", "sampled"));
    assert!(ended.detail.contains("\"one in some\"") && ended.detail.contains("one in 10"), "{}", ended.detail);
}

#[test]
fn all_events_of_a_trace_are_kept_or_left_out_together() {
    let rules = sampled(4);
    let chosen = |event: &Event| Share::of(event, &rules.sampling).unwrap().is_chosen;
    let mut kept = 0;
    for trace in 0..200 {
        let mut events: Vec<Event> = (0..5).map(|n| event(5 * trace + n, 0)).collect();
        events.iter_mut().for_each(|event| match trace % 2 {
            0 => event.trace.trace_id = Some(format!("{trace:032x}")),
            _ => event.trace.correlation_id = Some(format!("order {trace}")),
        });
        events[1].project = ProjectId(9);
        assert_eq!(events.iter().map(chosen).collect::<BTreeSet<_>>().len(), 1, "trace {trace}");
        kept += usize::from(chosen(&events[0]));
    }
    assert!((20..=80).contains(&kept), "one in four of 200: {kept}");
}

#[test]
fn only_the_first_rule_that_is_about_an_event_speaks() {
    let rule = |name: &str, condition: Option<&str>, keep_one_in| Sampling {
        name: name.into(),
        condition: condition.map(|text| text.to_owned().into()),
        keep_one_in,
    };
    let rules = [rule("debug", Some("level:debug"), 1_000_000), rule("rest", None, 2)];
    assert_eq!(Share::of(&event(1, 0), &rules).unwrap().keep_one_in, 2);
    let mut debug = event(1, 0);
    debug.severity = schemas::event::Severity::Debug;
    assert_eq!(Share::of(&debug, &rules).unwrap().keep_one_in, 1_000_000);
    assert_eq!(Share::of(&event(1, 0), &rules[..1]), None);
}

#[test]
fn a_group_that_rises_is_raised_with_the_reason() {
    let mut groups = Groups::default();
    let mut judge = |event: Event| {
        let sight = Sight::of(&event, Rules::none()).unwrap();
        groups.judge(&sight, None).apply(event).unwrap().0
    };
    for n in 0..15 {
        assert_eq!(judge(event(n, 60 * n as i64)).changes, []);
    }
    let burst: Vec<Event> = (0..20).map(|n| judge(event(100 + n, 15 * 60))).collect();
    assert!(burst[..19].iter().all(|event| event.changes.is_empty()));
    let change = &burst[19].changes[0];
    assert_eq!((change.field.as_str(), change.why.as_str()), ("priority", "20 a minute, usually 1"));
}

#[test]
fn at_most_so_many_groups_are_known_and_the_quiet_ones_are_forgotten() {
    let mut groups = Groups(LruCache::new(NonZeroUsize::new(2).unwrap()));
    let of = |name: &str| {
        let mut event = event(1, 0);
        event.grouping = Some(Grouping::new(Fingerprint::fp1(name), serde_json::Value::Null));
        event
    };
    for name in ["a", "b"] {
        storm(&mut groups, &of(name));
    }
    assert!(!whole(&mut groups, &of("a")));
    storm(&mut groups, &of("c"));
    assert_eq!(groups.0.len(), 2);
    assert!(!whole(&mut groups, &of("a")));
    assert!(whole(&mut groups, &of("b")), "as if it were new");
}

/// What the index knows of an event, but whether it is slim.
fn indexed(event: &Event) -> Vec<(Field, String)> {
    let mut values = Vec::new();
    visit(event, |field, found| values.push((field, format!("{found:?}"))));
    values.retain(|(field, _)| *field != Field::Slim);
    values
}

fn tokens(event: &Event) -> BTreeSet<String> {
    let mut tokens = BTreeSet::new();
    text(event, |token| {
        tokens.insert(token.to_owned());
    });
    tokens
}

/// An event as a client may send it, in our own form.
fn any_event() -> impl Strategy<Value = Event> {
    let word = || proptest::option::of("[a-zé ]{0,8}");
    let frames = proptest::collection::vec(word(), 0..4);
    let exceptions = proptest::collection::vec((word(), word(), proptest::option::of(any::<bool>()), frames), 0..4);
    let long = "[a-z]{0,5}".prop_map(|start| start + &"ä".repeat(1_000));
    let tags = proptest::collection::btree_map("[a-z]{1,3}", "[a-z]{0,5}", 0..4);
    (exceptions, proptest::collection::vec(word(), 24), proptest::option::of(long), tags, 0_u16..600).prop_map(
        |(exceptions, words, long, tags, status)| {
            let exceptions: Vec<_> = exceptions.into_iter().map(|(kind, value, handled, functions)| serde_json::json!({
                "type": kind, "value": value, "mechanism": { "type": "x", "handled": handled, "meta": { "a": 1 } },
                "stacktrace": { "frames": functions.iter().map(|name| serde_json::json!({ "function": name, "vars": { "a": "b" } })).collect::<Vec<_>>() },
            })).collect();
            let w = |n: usize| serde_json::json!(words[n]);
            let mut json = serde_json::to_value(event(7, 0)).unwrap();
            let given = serde_json::json!({
                "exceptions": exceptions, "service": w(0), "environment": w(1), "release": w(2), "host": w(3), "culprit": w(4),
                "transaction": w(5), "logger": w(6), "platform": w(7), "session_id": w(8),
                "error": { "type": w(9), "message": long.clone().map_or(w(10), Into::into) },
                "message": { "formatted": words[11].clone().unwrap_or_default(), "template": "t", "params": [1] },
                "sdk": { "name": w(12), "version": "1", "packages": ["p"] },
                "trace": { "trace_id": w(13), "correlation_id": w(14) },
                "user": { "id": w(15), "email": w(16), "username": w(17), "ip_address": w(18), "name": "n", "data": { "a": 1 },
                    "geo": { "country_code": words[19].clone().unwrap_or_default(), "city": "c" } },
                "user_agent": { "name": w(20), "os": w(21), "device": "d" },
                "ownership": { "team": w(22), "tier": w(23), "runbook": "r" },
                "request": { "method": "GET", "url": long, "status_code": status, "headers": [["a", "b"]], "body": { "a": 1 } },
                "call": { "operation": w(0), "status_code": if status % 2 == 0 { None } else { Some(status) }, "response_body": "no" },
                "breadcrumbs": [{ "message": "m" }], "extra": { "a": 1 }, "contexts": { "os": { "a": 1 } }, "modules": { "a": "1" },
                "threads": [{}], "debug_meta": 1, "metrics": { "cpu": 1.0 }, "tags": tags, "weight": 1 + u64::from(status),
            });
            json.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
            json["grouping"]["similar"] = w(3);
            serde_json::from_value(json).unwrap()
        },
    )
}

proptest! {
    #[test]
    fn a_slim_event_can_be_asked_for_as_the_whole_one_and_holds_no_payload(whole in any_event()) {
        let slim = slim(whole.clone());
        prop_assert_eq!(indexed(&slim), indexed(&whole));
        prop_assert!(slim.slim);
        prop_assert!(tokens(&slim).is_subset(&tokens(&whole)) || whole.exceptions.is_empty());
        let json = serde_json::to_value(&slim).unwrap();
        for gone in ["breadcrumbs", "extra", "contexts", "modules", "threads", "debug_meta", "metrics", "stacktrace", "scrubbed"] {
            prop_assert!(json.get(gone).is_none(), "{}", gone);
        }
        prop_assert!(slim.exceptions.iter().all(|exception| exception.stacktrace.is_none()) && slim.exceptions.len() <= 1);
        prop_assert!(json["request"].get("headers").is_none() && json["request"].get("body").is_none());
        prop_assert!(json["user"].get("data").is_none() && json["user"].get("name").is_none());
        prop_assert_eq!(&super::slim(slim.clone()), &slim, "once more changes nothing");
    }
}
