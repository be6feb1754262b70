//! Sampling and storm control from the log to the index, through failures, restarts and replays.

use schemas::rules::{RuleSet, Sampling, Storms};
use storage::{catalog::rules, index::Balance};

use super::*;

const DAY: Date = date(2026, 11, 23);

async fn set(house: &House, rules: RuleSet) {
    rules::put(&*house.catalog, Some(PROJECT), rules, None).await.unwrap().unwrap();
}

async fn balance(house: &House) -> Balance {
    house.index.balance(DAY).await.unwrap()
}

/// The same records in a log of which `committed` are done with.
async fn again(house: &mut House, records: &[Record], committed: usize) {
    house.log = Arc::new(MemoryLog::new());
    let positions = house.append(records).await;
    if committed > 0 {
        house.log.commit(GROUP, positions[committed - 1]).await.unwrap();
    }
    house.drain(Arc::clone(&house.index)).await.unwrap();
}

#[tokio::test]
async fn a_storm_is_kept_whole_up_to_its_limit_whatever_fails_and_a_replay_leaves_it_so() {
    let mut house = House::new().await;
    let records: Vec<Record> = (0..150).map(|id| house.event(id, RAISED)).collect();
    house.append(&records).await;
    let index = failing(&house, 7, || Error::retryable("asking the index", "it is away"));
    house.drain(index).await.unwrap();
    // A hundred, and of the fifty beyond the first, second, fourth, 8th, 16th and 32nd.
    let expected = [(Ending::Stored, Reason::Accepted, 106), (Ending::Counted, Reason::StormControl, 44)];
    assert_eq!(balance(&house).await, expected);
    assert_eq!(house.ended(99).await, [(Ending::Stored, Reason::Accepted)]);
    assert_eq!(house.ended(102).await, [(Ending::Counted, Reason::StormControl)]);
    let events = house.events().await;
    assert_eq!(events.len(), 150);
    let (slim, whole): (Vec<_>, Vec<_>) = events.iter().partition(|event| event.slim);
    assert_eq!((slim.len(), whole.len()), (44, 106));
    assert!(slim.iter().all(|event| event.title == "KeyError: no user 17" && event.exceptions[0].stacktrace.is_none()));
    assert!(whole.iter().all(|event| event.exceptions[0].stacktrace.is_some()));
    // Now all of them would be kept whole, then nearly all left out; what is there stays.
    let whole = RuleSet { storms: Some(Storms { enabled: false, ..Storms::default() }), ..RuleSet::default() };
    let few = Sampling { name: "few".into(), condition: None, keep_one_in: limits::KEEP_ONE_IN };
    for rules in [whole, RuleSet { sampling: vec![few], ..RuleSet::default() }] {
        set(&house, rules).await;
        for committed in [0, 90, 120] {
            again(&mut house, &records, committed).await;
            assert_eq!(balance(&house).await, expected);
        }
    }
    let issues = issues::list(&*house.catalog, None, None, 10).await.unwrap();
    assert_eq!(issues.len(), 1);
}

#[tokio::test]
async fn what_sampling_leaves_out_and_keeps_stays_so_after_a_restart_in_the_middle() {
    let mut house = House::new().await;
    let rule = Sampling { name: "python".into(), condition: Some(String::from("platform:python").into()), keep_one_in: 3 };
    set(&house, RuleSet { sampling: vec![rule], ..RuleSet::default() }).await;
    let records: Vec<Record> = (0..100).map(|id| house.event(id, RAISED)).collect();
    house.append(&records).await;
    let index = failing(&house, 5, || Error::retryable("asking the index", "it is away"));
    house.drain(index).await.unwrap();
    let before = balance(&house).await;
    let [(Ending::Stored, Reason::Accepted, kept), (Ending::Filtered, Reason::Sampled, left_out)] = before[..] else {
        panic!("{before:?}")
    };
    assert_eq!(kept + left_out, 100);
    let events = house.events().await;
    let weight = |id: u8| events.iter().find(|event| event.id.0[0] == id).map(|event| event.weight);
    assert!((0..10).all(|id| weight(id) == Some(1)), "the first ten stand for themselves");
    assert!((10..100).filter_map(weight).all(|weight| weight == 3));
    let fates_before = fates(&house, 0..100).await;
    // A new process knows nothing of the group: it would keep ten more from wherever it begins.
    for committed in [0, 30, 85] {
        again(&mut house, &records, committed).await;
        assert_eq!(balance(&house).await, before);
        assert_eq!(fates(&house, 0..100).await, fates_before);
        assert_eq!(house.events().await, events);
    }
}

/// What became of each of these, exactly one thing.
async fn fates(house: &House, ids: Range<u8>) -> Vec<(Ending, Reason)> {
    let mut all = Vec::new();
    for id in ids {
        let [fate] = house.ended(id).await[..] else { panic!("event {id}: {:?}", house.ended(id).await) };
        all.push(fate);
    }
    all
}

#[tokio::test]
async fn a_condition_and_the_rules_of_all_projects_decide_what_is_sampled() {
    let house = House::new().await;
    let rule =
        |name: &str, condition: &str| Sampling { name: name.into(), condition: Some(condition.to_owned().into()), keep_one_in: 1_000 };
    set(&house, RuleSet { sampling: vec![rule("native", "platform:native")], ..RuleSet::default() }).await;
    let all = RuleSet { sampling: vec![rule("java", "platform:java")], ..RuleSet::default() };
    rules::put(&*house.catalog, None, all, None).await.unwrap().unwrap();
    let of = |id: u8, platform: &str| house.event(id, &RAISED.replace("python", platform).replace("load", platform));
    let records: Vec<Record> = (0..60).map(|id| of(id, ["python", "native", "java"][usize::from(id) % 3])).collect();
    house.append(&records).await;
    house.drain(Arc::clone(&house.index)).await.unwrap();
    let kept = |events: &[Event], platform: &str| events.iter().filter(|event| event.platform.as_deref() == Some(platform)).count();
    let events = house.events().await;
    assert_eq!(kept(&events, "python"), 20);
    assert!(kept(&events, "native") < 20 && kept(&events, "java") < 20);
}
