//! What `scan` and `change` promise.

use std::sync::Arc;

use jiff::civil::date;
use schemas::{
    event::{Event, Message},
    ids::{EventId, ProjectId},
    outcome::{Kind, Outcome, Reason},
    query::{Expr, FieldRef},
};
use storage::index::{Change, Decide, Fate, Index, Put, Wanted};

use super::{Store, events::*, reopen};

pub(crate) fn erase() -> Arc<Decide> {
    Arc::new(|_: &[u8]| Change::Erase)
}

/// Puts another message into an event.
pub(crate) fn say(text: &'static str) -> Arc<Decide> {
    Arc::new(move |json: &[u8]| {
        let event: Event = serde_json::from_slice(json).unwrap();
        Change::Replace(Box::new(said(event, text)))
    })
}

pub(crate) fn said(event: Event, text: &str) -> Event {
    with(event, |e| {
        e.message = Some(Message { formatted: text.into(), ..Message::default() });
        e.error.message = Some(text.into());
    })
}

fn day() -> jiff::civil::Date {
    date(2026, 11, 20)
}

fn named(numbers: &[u64]) -> Vec<(ProjectId, EventId)> {
    numbers.iter().map(|number| (PROJECT, id(*number))).collect()
}

fn text(word: &str) -> Expr {
    Expr::Text(schemas::query::Phrase::new(word))
}

fn erased(number: u64, offset: u64) -> Fate {
    Fate::Ended(Outcome {
        position: position(offset),
        project: PROJECT,
        event_id: id(number),
        received_at: noon(),
        kind: Kind::Erased,
        reason: Reason::ErasureRequest,
        detail: None,
        quantity: 1,
    })
}

pub(crate) async fn an_erased_event_is_in_no_answer_and_its_record_has_ended(store: &dyn Store) {
    let index = store.open().await;
    let slim = with(said(event(3), "fish"), |e| e.slim = true);
    super::events::store(&index, vec![said(event(0), "fish"), said(event(1), "fish"), said(event(2), "bird"), slim]).await;
    index.change(day(), &named(&[1, 3]), erase()).await.unwrap();
    for index in [index.clone(), reopen(store, index).await] {
        assert_eq!(found(&index, Expr::All).await, [0, 2]);
        assert_eq!(found(&index, text("fish")).await, [0]);
        assert_eq!(index.get(&[PROJECT], id(1)).await.unwrap(), []);
        assert_eq!(index.count(&count(vec![])).await.unwrap().total, 2);
        assert_eq!(index.fate(&[PROJECT], id(1)).await.unwrap(), [erased(1, 1)]);
        assert_eq!(index.fate(&[PROJECT], id(3)).await.unwrap(), [erased(3, 3)]);
        let expected = [(Kind::Stored, Reason::Accepted, 2), (Kind::Erased, Reason::ErasureRequest, 2)];
        assert_eq!(index.balance(day()).await.unwrap(), expected);
        let all: Arc<Wanted> = Arc::new(|_: &[u8]| true);
        let mut left = index.scan(day(), &[PROJECT], all).await.unwrap();
        left.sort_unstable();
        assert_eq!(left, named(&[0, 2]));
    }
}

pub(crate) async fn an_erased_event_does_not_come_back(store: &dyn Store) {
    let index = store.open().await;
    super::events::store(&index, vec![event(0), event(1)]).await;
    index.change(day(), &named(&[1]), erase()).await.unwrap();
    let again = async |index: &Arc<dyn Index>| {
        assert_eq!(put_one(index, &event(1), 1).await, Put::Ended, "the same record");
        assert_eq!(put_one(index, &event(1), 7).await, Put::Duplicate { of: position(1) }, "sent again");
        let next_day = event_at(1, "2026-11-21T11:00:00Z");
        assert_eq!(put_one(index, &next_day, 8).await, Put::Duplicate { of: position(1) }, "sent again after midnight");
        // What the record's other fate would be says nothing.
        let filtered = Outcome { kind: Kind::Filtered, reason: Reason::Sampled, ..outcome_of(1, 1) };
        index.record(vec![filtered]).await.unwrap();
        index.flush().await.unwrap();
        assert_eq!(found(index, Expr::All).await, [0]);
        assert_eq!(index.fate(&[PROJECT], id(1)).await.unwrap(), [erased(1, 1)]);
    };
    again(&index).await;
    let index = reopen(store, index).await;
    again(&index).await;
}

fn outcome_of(number: u64, offset: u64) -> Outcome {
    match erased(number, offset) {
        Fate::Ended(outcome) => outcome,
        _ => unreachable!("an erased event has an outcome"),
    }
}

pub(crate) async fn an_event_of_another_project_with_its_id_stays(store: &dyn Store) {
    let index = store.open().await;
    let other = with(event(1), |e| e.project = ProjectId(8));
    super::events::store(&index, vec![event(1), other.clone()]).await;
    index.change(day(), &named(&[1]), erase()).await.unwrap();
    let index = reopen(store, index).await;
    assert_eq!(index.get(&[PROJECT, ProjectId(8)], id(1)).await.unwrap().len(), 1);
    assert_eq!(put_one(&index, &other, 1).await, Put::Unchanged { slim: false });
    assert_eq!(put_one(&index, &with(event(1), |e| e.project = ProjectId(9)), 5).await, Put::Stored);
}

pub(crate) async fn a_replaced_event_is_found_by_what_it_says_now(store: &dyn Store) {
    let index = store.open().await;
    let before = with(said(event(1), "fish"), |e| e.user = user("jane"));
    super::events::store(&index, vec![said(event(0), "fish"), before]).await;
    index.change(day(), &named(&[1]), say("bird")).await.unwrap();
    let index = reopen(store, index).await;
    assert_eq!((found(&index, text("fish")).await, found(&index, text("bird")).await), (vec![0], vec![1]));
    let message = FieldRef::new(schemas::fields::Field::Message);
    assert_eq!(found(&index, equals(message, keyword("bird"))).await, [1]);
    assert_eq!(index.fate(&[PROJECT], id(1)).await.unwrap(), [Fate::Stored(position(1))]);
    assert_eq!(index.balance(day()).await.unwrap(), [(Kind::Stored, Reason::Accepted, 2)]);
    let hit = index.get(&[PROJECT], id(1)).await.unwrap().remove(0);
    let event: Event = serde_json::from_slice(&hit.json).unwrap();
    assert_eq!((event.error.message.as_deref(), hit.position), (Some("bird"), position(1)));
    assert_eq!(put_one(&index, &said(super::events::event(1), "fish"), 1).await, Put::Ended);
    assert_eq!(put_one(&index, &said(super::events::event(1), "fish"), 9).await, Put::Duplicate { of: position(1) });
    index.flush().await.unwrap();
    assert_eq!(found(&index, text("fish")).await, [0], "the record says fish for ever, the event does not");
}

pub(crate) async fn changing_again_changes_nothing(store: &dyn Store) {
    let index = store.open().await;
    super::events::store(&index, vec![event(0), said(event(1), "fish"), event(2)]).await;
    for _ in 0..2 {
        index.change(day(), &named(&[0, 0]), erase()).await.unwrap();
        index.change(day(), &named(&[1]), say("bird")).await.unwrap();
    }
    let index = reopen(store, index).await;
    index.change(day(), &named(&[0]), erase()).await.unwrap();
    index.change(day(), &named(&[1]), say("bird")).await.unwrap();
    assert_eq!(found(&index, Expr::All).await, [1, 2]);
    assert_eq!(found(&index, text("bird")).await, [1]);
    let expected = [(Kind::Stored, Reason::Accepted, 2), (Kind::Erased, Reason::ErasureRequest, 1)];
    assert_eq!(index.balance(day()).await.unwrap(), expected);
}

pub(crate) async fn what_is_not_there_or_is_to_stay_is_left_alone(store: &dyn Store) {
    let index = store.open().await;
    super::events::store(&index, vec![event(0), event(1)]).await;
    index.change(day(), &named(&[7]), erase()).await.unwrap();
    index.change(day(), &[], erase()).await.unwrap();
    index.change(date(2026, 11, 19), &named(&[1]), erase()).await.unwrap();
    index.change(day(), &[(ProjectId(8), id(1))], erase()).await.unwrap();
    index.change(day(), &named(&[0, 1]), Arc::new(|_: &[u8]| Change::Keep)).await.unwrap();
    assert_eq!(found(&index, Expr::All).await, [0, 1]);
    assert_eq!(index.balance(day()).await.unwrap(), [(Kind::Stored, Reason::Accepted, 2)]);
    assert_eq!(index.balance(date(2026, 11, 19)).await.unwrap(), []);
}

pub(crate) async fn an_event_takes_no_other_ones_place(store: &dyn Store) {
    let index = store.open().await;
    super::events::store(&index, vec![event(0), event(1)]).await;
    let other: Arc<Decide> = Arc::new(|_: &[u8]| Change::Replace(Box::new(event(1))));
    let error = index.change(day(), &named(&[0]), other).await.unwrap_err();
    assert!(!error.is_retryable(), "{error}");
    assert_eq!(put_one(&index, &event(2), 2).await, Put::Stored);
    index.flush().await.unwrap();
    assert_eq!(found(&index, Expr::All).await, [0, 1, 2]);
}

pub(crate) async fn a_day_is_looked_through_whole(store: &dyn Store) {
    let index = store.open().await;
    let mut events: Vec<Event> = (0..1_200).map(|n| said(event(n), if n % 3 == 0 { "has a fish" } else { "has none" })).collect();
    events.push(with(said(event(2_000), "fish"), |e| e.project = ProjectId(8)));
    events.push(said(event_at(2_001, "2026-11-21T00:00:00Z"), "fish"));
    // By its time it is of another day.
    events.push(with(said(event(2_002), "fish"), |e| e.timestamp = at("2026-11-01T00:00:00Z")));
    super::events::store(&index, events).await;
    index.record(vec![Outcome { detail: Some("fish".into()), kind: Kind::Dropped, ..outcome_of(3_000, 3_000) }]).await.unwrap();
    index.flush().await.unwrap();
    let fish: Arc<Wanted> = Arc::new(|json: &[u8]| json.windows(4).any(|part| part == b"fish"));
    let mut found = index.scan(day(), &[PROJECT], fish.clone()).await.unwrap();
    found.sort_unstable();
    let expected: Vec<u64> = (0..1_200).step_by(3).chain([2_002]).collect();
    assert_eq!(found, named(&expected));
    assert_eq!(index.scan(day(), &[ProjectId(8), ProjectId(9)], fish.clone()).await.unwrap(), [(ProjectId(8), id(2_000))]);
    assert_eq!(index.scan(day(), &[], fish.clone()).await.unwrap(), []);
    assert_eq!(index.scan(date(2020, 1, 1), &[PROJECT], fish).await.unwrap(), []);
}

pub(crate) async fn many_events_are_changed_while_others_are_stored(store: &dyn Store) {
    let index = store.open().await;
    super::events::store(&index, (0..600).map(|n| said(event(n), "fish")).collect()).await;
    let storing = {
        let index = index.clone();
        tokio::spawn(async move {
            for n in 600..700 {
                assert_eq!(put_one(&index, &said(event(n), "fish"), n).await, Put::Stored);
                if n % 10 == 9 {
                    index.flush().await.unwrap();
                }
            }
        })
    };
    let even: Vec<u64> = (0..600).step_by(2).collect();
    index.change(day(), &named(&even), erase()).await.unwrap();
    index.change(day(), &named(&[1, 3, 5]), say("bird")).await.unwrap();
    storing.await.unwrap();
    let index = reopen(store, index).await;
    let left: Vec<u64> = (0..600).filter(|n| n % 2 == 1).chain(600..700).collect();
    assert_eq!(found(&index, Expr::All).await, left);
    assert_eq!(found(&index, text("bird")).await, [1, 3, 5]);
    assert_eq!(index.count(&count(vec![])).await.unwrap().total, 400);
    let expected = [(Kind::Stored, Reason::Accepted, 400), (Kind::Erased, Reason::ErasureRequest, 300)];
    assert_eq!(index.balance(day()).await.unwrap(), expected);
}
