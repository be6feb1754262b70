#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    ids::{EventId, ProjectId},
    tally::Dimension,
    wire::session::{Session, read},
};

fn origin(record: u8) -> Origin {
    let received_at: Timestamp = "2026-11-22T01:35:25.5Z".parse().unwrap();
    Origin { project: ProjectId(7), record: EventId([record; 16]), received_at, sent_at: None }
}

fn tallies(payload: &str, origin: &Origin) -> Vec<Tally> {
    match read(payload.as_bytes()).unwrap() {
        Session::Update(update) => update.tallies(origin),
        Session::Aggregates(aggregates) => aggregates.tallies(origin),
    }
}

/// The sums of all measures, each fact once.
fn sums(tallies: impl IntoIterator<Item = Tally>) -> [u64; 5] {
    let once: BTreeMap<Key, Tally> = tallies.into_iter().map(|tally| (tally.key, tally)).collect();
    let mut sum = Counts::default();
    once.values().for_each(|tally| sum += tally.counts);
    [Measure::Sessions, Measure::Errored, Measure::Crashed, Measure::Abnormal, Measure::Unhandled].map(|measure| sum.get(measure))
}

fn users(tallies: &[Tally]) -> usize {
    let mut users: Vec<u64> = tallies.iter().filter_map(|tally| tally.user).collect();
    users.sort_unstable();
    users.dedup();
    users.len()
}

/// The two sessions that the Rust SDK was seen to send: one crashes after two errors, one ends well in one update.
const RUST: [&str; 3] = [
    r#"{"sid":"88477b3b-74ac-4047-a88a-a4d7a267ea1f","did":"u-42","started":"2026-11-22T01:35:20.227349413Z","init":true,"status":"ok","errors":1,"attrs":{"release":"rsapp@0.1.0","environment":"staging"}}"#,
    r#"{"sid":"88477b3b-74ac-4047-a88a-a4d7a267ea1f","did":"u-42","started":"2026-11-22T01:35:20.227349413Z","status":"crashed","errors":2,"attrs":{"release":"rsapp@0.1.0","environment":"staging"}}"#,
    r#"{"sid":"ab2b77ac-d30e-45c9-80bb-55787aff8037","did":null,"started":"2026-11-22T01:35:20.227296966Z","init":true,"duration":0.000052832,"status":"exited","errors":0,"attrs":{"release":"rsapp@0.1.0","environment":"staging"}}"#,
];

#[test]
fn the_sessions_of_the_rust_sdk_count_two_of_which_one_crashed() {
    let all: Vec<Tally> = RUST.iter().zip(0..).flat_map(|(payload, record)| tallies(payload, &origin(record))).collect();
    assert_eq!(sums(all.clone()), [2, 1, 1, 0, 0]);
    assert_eq!(users(&all), 1);
    for tally in &all {
        assert_eq!((tally.name(Dimension::Release), tally.name(Dimension::Environment)), ("rsapp@0.1.0", "staging"));
        assert_eq!(tally.name(Dimension::Reason), "");
        let begin = if tally.counts == Counts::default() { "2026-11-22T01:00:00Z" } else { "2026-11-22T01:35:00Z" };
        assert_eq!(tally.at, begin.parse().unwrap());
    }
    let again = RUST.iter().zip(100..).flat_map(|(payload, record)| tallies(payload, &origin(record)));
    assert_eq!(sums(all.into_iter().chain(again)), [2, 1, 1, 0, 0], "other records, the same sessions");
}

#[test]
fn each_end_counts_as_what_it_is() {
    for (status, errors, expected) in [
        ("ok", 0, [1, 0, 0, 0, 0]),
        ("exited", 0, [1, 0, 0, 0, 0]),
        ("ok", 3, [1, 1, 0, 0, 0]),
        ("errored", 0, [1, 1, 0, 0, 0]),
        ("crashed", 0, [1, 1, 1, 0, 0]),
        ("abnormal", 1, [1, 1, 0, 1, 0]),
        ("unhandled", 1, [1, 1, 0, 0, 1]),
        ("melted", 0, [1, 0, 0, 0, 0]),
    ] {
        let payload = format!(r#"{{"sid":"s","init":true,"status":"{status}","errors":{errors}}}"#);
        assert_eq!(sums(tallies(&payload, &origin(1))), expected, "{status} {errors}");
    }
}

#[test]
fn sessions_without_an_id_are_told_apart_by_their_records() {
    let payload = r#"{"init":true,"status":"crashed"}"#;
    assert_eq!(sums([tallies(payload, &origin(1)), tallies(payload, &origin(2)), tallies(payload, &origin(2))].concat()), [2, 2, 2, 0, 0]);
}

#[test]
fn a_user_who_is_known_late_counts_and_only_once_an_hour() {
    let payload = |sid: &str, init, did: &str| {
        let did = if did.is_empty() { "null".to_owned() } else { format!("{did:?}") };
        format!(r#"{{"sid":"{sid}","init":{init},"did":{did},"started":"2026-11-22T01:35:20Z","attrs":{{"release":"a"}}}}"#)
    };
    let first = tallies(&payload("1", true, ""), &origin(1));
    assert_eq!(users(&first), 0);
    let later = [tallies(&payload("1", false, "ada"), &origin(2)), tallies(&payload("2", false, "ada"), &origin(3))].concat();
    assert_eq!((users(&later), sums(later.clone())), (1, [0; 5]));
    assert_eq!(later[0].key, later[1].key);
    assert_ne!(later[0].key, tallies(&payload("1", false, "bob"), &origin(2))[0].key);
}

#[test]
fn counted_sessions_stand_in_one_number_each() {
    let payload = r#"{"aggregates":[
        {"started":"2026-11-22T01:30:00Z","exited":10,"errored":3,"crashed":2},
        {"started":"2026-11-22T00:10:59Z","did":"ada","abnormal":1,"unhandled":4},
        {"started":"2026-11-22T00:10:59Z"}],"attrs":{"release":"web@2"}}"#;
    let counted = tallies(payload, &origin(1));
    assert_eq!(sums(counted.clone()), [20, 10, 2, 1, 4]);
    assert_eq!(counted.len(), 2, "the last one says nothing");
    assert_eq!(counted[1].at, "2026-11-22T00:10:00Z".parse().unwrap());
    assert_eq!(sums([counted.clone(), tallies(payload, &origin(1))].concat()), [20, 10, 2, 1, 4], "the same record again");
    assert_eq!(sums([counted, tallies(payload, &origin(2))].concat()), [40, 20, 4, 2, 8], "another record");
}

#[test]
fn wrong_clocks_are_put_right_and_impossible_times_are_those_of_receipt() {
    let at = |started: &str, sent_at: Option<&str>| {
        let origin = Origin { sent_at: sent_at.map(|time| time.parse().unwrap()), ..origin(1) };
        tallies(&format!(r#"{{"sid":"s","init":true,"started":"{started}"}}"#), &origin)[0].at.to_string()
    };
    let receipt = "2026-11-22T01:35:00Z";
    assert_eq!(at("2026-11-22T01:10:30Z", None), "2026-11-22T01:10:00Z");
    assert_eq!(at("2026-11-17T01:36:00Z", None), "2026-11-17T01:36:00Z");
    assert_eq!(at("2026-11-17T01:35:00Z", None), receipt, "a little more than five days");
    assert_eq!(at("2026-11-22T01:36:00Z", None), receipt);
    assert_eq!(at("0001-01-01T00:00:00Z", None), receipt);
    // The client's clock is a year behind; the session is five minutes old.
    assert_eq!(at("2025-11-22T01:30:25Z", Some("2025-11-22T01:35:25.5Z")), "2026-11-22T01:30:00Z");
}

#[test]
fn projects_share_no_fact_and_no_user() {
    let other = Origin { project: ProjectId(8), ..origin(1) };
    let (ours, theirs) = (tallies(RUST[0], &origin(1)), tallies(RUST[0], &other));
    assert!(ours.iter().all(|one| theirs.iter().all(|two| one.key != two.key && one.user != two.user)));
}

/// Updates of a few sessions of a few users, as clients may send them.
fn updates() -> impl Strategy<Value = Vec<String>> {
    let status = prop_oneof![Just("ok"), Just("exited"), Just("crashed"), Just("abnormal"), Just("unhandled")];
    let update = (0..4_u8, any::<bool>(), status, 0..3_u8).prop_map(|(sid, init, status, errors)| {
        let attrs = format!(r#""did":"u{}","started":"2026-11-22T0{}:05:00Z","attrs":{{"release":"r{}"}}"#, sid / 2, sid % 2, sid % 2);
        format!(r#"{{"sid":"{sid}","init":{init},"status":"{status}","errors":{errors},{attrs}}}"#)
    });
    proptest::collection::vec(update, 0..20)
}

/// What is stored after these records came in this order: the first fact of each key.
fn stored(records: impl Iterator<Item = (u8, String)>) -> BTreeMap<Key, Tally> {
    let mut stored = BTreeMap::new();
    for (record, payload) in records {
        for tally in tallies(&payload, &origin(record)) {
            stored.entry(tally.key).or_insert(tally);
        }
    }
    stored
}

proptest! {
    #[test]
    fn in_any_order_and_however_often_the_same_facts_are_stored(
        (updates, order) in updates().prop_flat_map(|updates| {
            let places = proptest::collection::vec(0..updates.len().max(1), 0..40);
            (Just(updates), places)
        }),
    ) {
        let records: Vec<(u8, String)> = (0_u8..).zip(updates).collect();
        let once = stored(records.iter().cloned());
        // Some of them again and again in any order, then all backwards.
        let again = order.iter().filter_map(|place| records.get(*place).cloned()).chain(records.iter().rev().cloned());
        prop_assert_eq!(stored(again), once);
    }
}
