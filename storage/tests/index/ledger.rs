//! What `record`, `fate`, `balance`, `days` and `drop_day` promise.

use jiff::civil::date;
use schemas::{
    ids::ProjectId,
    outcome::{Kind, Outcome, Reason},
    query::{Expr, Value},
    record::Position,
    tally::{Dimension, Measure, Subject},
};
use storage::index::{Fate, Put, Sum};

use super::{Store, events::*, reopen};

fn outcome(number: u64, offset: u64, kind: Kind, reason: Reason) -> Outcome {
    Outcome {
        position: position(offset),
        project: PROJECT,
        event_id: id(number),
        received_at: noon(),
        kind,
        reason,
        detail: None,
        quantity: 1,
    }
}

pub(crate) async fn outcomes_are_kept_once_per_position(store: &dyn Store) {
    let index = store.open().await;
    let one = outcome(1, 1, Kind::DeadLettered, Reason::InvalidJson);
    let elsewhere = Outcome { position: Position { partition: 1, offset: 1 }, ..one.clone() };
    index.record(vec![one.clone(), one.clone()]).await.unwrap();
    index.record(vec![one.clone(), elsewhere.clone()]).await.unwrap();
    index.flush().await.unwrap();
    index.record(vec![one.clone()]).await.unwrap();
    let index = reopen(store, index).await;
    index.record(vec![elsewhere.clone(), one.clone()]).await.unwrap();
    index.flush().await.unwrap();
    assert_eq!(index.balance(date(2026, 11, 20)).await.unwrap(), [(Kind::DeadLettered, Reason::InvalidJson, 2)]);
    assert_eq!(index.fate(&[PROJECT], id(1)).await.unwrap(), [Fate::Ended(one), Fate::Ended(elsewhere)]);
}

pub(crate) async fn fates_come_by_position(store: &dyn Store) {
    let index = store.open().await;
    let duplicate = Outcome {
        received_at: at("2026-11-21T00:00:01.234567Z"),
        detail: Some("of 0-7, \"quoted\" \u{1F514}".into()),
        quantity: 3,
        ..outcome(1, 9, Kind::Duplicate, Reason::DuplicateId)
    };
    let dropped = outcome(1, 2, Kind::Dropped, Reason::UnsupportedItem);
    let foreign = Outcome { project: ProjectId(8), ..outcome(1, 3, Kind::Filtered, Reason::ClientReport) };
    assert_eq!(put_one(&index, &event(1), 7).await, Put::Stored);
    index.record(vec![duplicate.clone(), dropped.clone(), foreign.clone()]).await.unwrap();
    index.flush().await.unwrap();
    let own = [Fate::Ended(dropped.clone()), Fate::Stored(position(7)), Fate::Ended(duplicate.clone())];
    assert_eq!(index.fate(&[PROJECT], id(1)).await.unwrap(), own);
    let both = index.fate(&[PROJECT, ProjectId(8)], id(1)).await.unwrap();
    assert_eq!(both, [own[0].clone(), Fate::Ended(foreign), own[1].clone(), own[2].clone()]);
    assert_eq!(index.fate(&[PROJECT], id(2)).await.unwrap(), []);
    assert_eq!(index.fate(&[], id(1)).await.unwrap(), []);
}

pub(crate) async fn a_balance_counts_records_of_one_day(store: &dyn Store) {
    let index = store.open().await;
    let mut outcomes = Vec::new();
    for kind in Kind::ALL {
        for (n, reason) in Reason::ALL.into_iter().enumerate() {
            for copy in 0..=n as u64 {
                let offset = 10_000 * kind as u64 + 100 * n as u64 + copy;
                outcomes.push(Outcome { quantity: 5, ..outcome(offset, offset, kind, reason) });
            }
        }
    }
    outcomes.push(Outcome { received_at: at("2026-11-21T00:00:00Z"), ..outcome(1, 90_000, Kind::Dropped, Reason::ClientReport) });
    index.record(outcomes).await.unwrap();
    let other = with(event(2), |e| e.project = ProjectId(8));
    let slim = |number| with(event(number), |e| e.slim = true);
    index.put(vec![document(event(1), 100_001), document(other, 100_002), document(event(3), 100_003)]).await.unwrap();
    index.put(vec![document(slim(4), 100_004), document(slim(5), 100_005)]).await.unwrap();
    index.flush().await.unwrap();
    let mut expected = Vec::new();
    for kind in Kind::ALL {
        for (n, reason) in Reason::ALL.into_iter().enumerate() {
            let events = match (kind, reason) {
                (Kind::Stored, Reason::Accepted) => 3,
                (Kind::Counted, Reason::StormControl) => 2,
                _ => 0,
            };
            expected.push((kind, reason, n as u64 + 1 + events));
        }
    }
    assert_eq!(index.balance(date(2026, 11, 20)).await.unwrap(), expected, "by kind and reason, whatever the quantity");
    assert_eq!(index.balance(date(2026, 11, 21)).await.unwrap(), [(Kind::Dropped, Reason::ClientReport, 1)]);
    assert_eq!(index.balance(date(2026, 11, 19)).await.unwrap(), []);
}

pub(crate) async fn slim_events_are_told_from_whole_ones_and_what_is_there_stays(store: &dyn Store) {
    let index = store.open().await;
    let (whole, slim) = (event(1), with(event(2), |e| e.slim = true));
    index.put(vec![document(whole.clone(), 1), document(slim.clone(), 2)]).await.unwrap();
    let again = async |index: &std::sync::Arc<dyn storage::index::Index>| {
        // A replay may decide otherwise.
        let other = |event: &schemas::event::Event| with(event.clone(), |e| e.slim = !e.slim);
        let puts = index.put(vec![document(other(&whole), 1), document(other(&slim), 2), document(slim.clone(), 3)]).await.unwrap();
        assert_eq!(puts, [Put::Unchanged { slim: false }, Put::Unchanged { slim: true }, Put::Duplicate { of: position(2) }]);
    };
    again(&index).await;
    index.flush().await.unwrap();
    again(&index).await;
    let index = reopen(store, index).await;
    again(&index).await;
    assert_eq!(index.fate(&[PROJECT], id(1)).await.unwrap(), [Fate::Stored(position(1))]);
    assert_eq!(index.fate(&[PROJECT], id(2)).await.unwrap(), [Fate::Counted(position(2))]);
    let expected = [(Kind::Stored, Reason::Accepted, 1), (Kind::Counted, Reason::StormControl, 1)];
    assert_eq!(index.balance(date(2026, 11, 20)).await.unwrap(), expected);
}

pub(crate) async fn an_event_whose_record_ended_otherwise_is_not_stored(store: &dyn Store) {
    let index = store.open().await;
    let doubtful = |number, offset| storage::index::Document { may_have_ended: true, ..document(event(number), offset) };
    let batch = || vec![doubtful(1, 1), doubtful(2, 2), document(event(3), 3), doubtful(4, 4)];
    index.record(vec![outcome(1, 1, Kind::Filtered, Reason::Sampled), outcome(4, 9, Kind::Filtered, Reason::Sampled)]).await.unwrap();
    let puts = index.put(batch()).await.unwrap();
    assert_eq!(puts, [Put::Ended, Put::Stored, Put::Stored, Put::Stored], "nothing is flushed yet");
    index.flush().await.unwrap();
    let index = reopen(store, index).await;
    let there = Put::Unchanged { slim: false };
    assert_eq!(index.put(batch()).await.unwrap(), [Put::Ended, there.clone(), there.clone(), there]);
    assert_eq!(found(&index, Expr::All).await, [2, 3, 4]);
    assert_eq!(
        index.balance(date(2026, 11, 20)).await.unwrap(),
        [(Kind::Stored, Reason::Accepted, 3), (Kind::Filtered, Reason::Sampled, 2)]
    );
}

pub(crate) async fn a_record_whose_event_is_there_gets_no_outcome(store: &dyn Store) {
    let index = store.open().await;
    let batch = || {
        let of_its_record = outcome(1, 1, Kind::Filtered, Reason::Sampled);
        let of_another = outcome(1, 2, Kind::Duplicate, Reason::DuplicateId);
        let elsewhere = Outcome { project: ProjectId(8), ..outcome(1, 3, Kind::Filtered, Reason::Sampled) };
        vec![of_its_record, of_another, elsewhere]
    };
    assert_eq!(put_one(&index, &event(1), 1).await, Put::Stored);
    index.record(batch()).await.unwrap();
    index.flush().await.unwrap();
    let index = reopen(store, index).await;
    index.record(batch()).await.unwrap();
    index.flush().await.unwrap();
    let expected = [(Kind::Stored, Reason::Accepted, 1), (Kind::Filtered, Reason::Sampled, 1), (Kind::Duplicate, Reason::DuplicateId, 1)];
    assert_eq!(index.balance(date(2026, 11, 20)).await.unwrap(), expected);
    assert_eq!(index.fate(&[PROJECT], id(1)).await.unwrap()[0], Fate::Stored(position(1)));
}

pub(crate) async fn a_filtered_event_counts_once_for_its_filter(store: &dyn Store) {
    let index = store.open().await;
    let filtered = |number, offset, filter: &str| Outcome {
        detail: Some(filter.into()),
        ..outcome(number, offset, Kind::Filtered, Reason::Localhost)
    };
    let batch = || {
        let elsewhere = Outcome { project: ProjectId(8), ..filtered(3, 3, "all: home") };
        let sampled = Outcome { reason: Reason::Sampled, ..filtered(4, 4, "all: home") };
        vec![
            filtered(1, 1, "project: home"),
            filtered(2, 2, "all: home"),
            elsewhere,
            sampled,
            filtered(5, 5, "all: home"),
            filtered(6, 6, "all: home"),
        ]
    };
    // Its event was stored before the filter was set: it is not left out, and does not count.
    assert_eq!(put_one(&index, &event(5), 5).await, Put::Stored);
    index.record(batch()).await.unwrap();
    index.record(batch()).await.unwrap();
    index.flush().await.unwrap();
    let index = reopen(store, index).await;
    // Read again under other rules: what was decided first stays.
    index.record(vec![filtered(1, 1, "all: home")]).await.unwrap();
    index.record(batch()).await.unwrap();
    index.flush().await.unwrap();
    let by = vec![Dimension::Project, Dimension::Scope, Dimension::Rule];
    let projects = vec![PROJECT, ProjectId(8)];
    let sum = Sum { projects, millis: EVER, subject: Subject::Filter, by, interval: None, limit: 10, users: false };
    let rows = index.sum(&sum).await.unwrap().rows;
    let counted: Vec<_> = rows.into_iter().map(|row| (row.key, row.counts.get(Measure::Filtered))).collect();
    let line = |project: u64, scope, events| (vec![Value::Long(project as i64), keyword(scope), keyword("home")], events);
    assert_eq!(counted, [line(PROJECT.0, "all", 2), line(PROJECT.0, "project", 1), line(8, "all", 1)]);
}

pub(crate) async fn a_record_that_left_something_else_is_stored_without_an_event(store: &dyn Store) {
    let index = store.open().await;
    let feedback = Outcome { detail: Some("feedback".into()), ..outcome(1, 4, Kind::Stored, Reason::Accepted) };
    index.record(vec![feedback.clone()]).await.unwrap();
    index.flush().await.unwrap();
    index.record(vec![feedback.clone()]).await.unwrap();
    assert_eq!(put_one(&index, &event(1), 3).await, Put::Stored, "its id is still free for an event");
    index.flush().await.unwrap();
    assert_eq!(index.fate(&[PROJECT], id(1)).await.unwrap(), [Fate::Stored(position(3)), Fate::Ended(feedback)]);
    assert_eq!(index.balance(date(2026, 11, 20)).await.unwrap(), [(Kind::Stored, Reason::Accepted, 2)]);
    assert_eq!(index.get(&[PROJECT], id(1)).await.unwrap().len(), 1);
}

pub(crate) async fn outcomes_are_not_events(store: &dyn Store) {
    let index = store.open().await;
    index.record(vec![outcome(1, 1, Kind::Filtered, Reason::Internal)]).await.unwrap();
    index.flush().await.unwrap();
    for expr in [Expr::All, not(Expr::Or(vec![])), not(equals(schemas::query::FieldRef::tag("a"), keyword("b")))] {
        assert_eq!(found(&index, expr).await, [0; 0]);
    }
    assert_eq!(index.get(&[PROJECT], id(1)).await.unwrap(), []);
    assert_eq!(index.count(&count(vec![])).await.unwrap().total, 0);
    assert_eq!(put_one(&index, &event(1), 2).await, Put::Stored, "an event may follow an outcome of its id");
}

pub(crate) async fn days_are_listed_and_dropped_whole(store: &dyn Store) {
    let index = store.open().await;
    let events = vec![event_at(1, "2026-11-20T23:59:59.999999Z"), event_at(2, "2026-11-18T00:00:00Z"), event_at(3, "2027-01-01T00:00:00Z")];
    super::events::store(&index, events).await;
    index
        .record(vec![Outcome { received_at: at("2026-11-19T00:00:00Z"), ..outcome(9, 9, Kind::Dropped, Reason::UnsupportedItem) }])
        .await
        .unwrap();
    index.flush().await.unwrap();
    let days = [date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20), date(2027, 1, 1)];
    assert_eq!(index.days().await.unwrap(), days);
    index.drop_day(date(2026, 11, 20)).await.unwrap();
    index.drop_day(date(2026, 11, 20)).await.unwrap();
    index.drop_day(date(2020, 1, 1)).await.unwrap();
    assert_eq!(index.days().await.unwrap(), [days[0], days[1], days[3]]);
    assert_eq!(found(&index, Expr::All).await, [2, 3]);
    let index = reopen(store, index).await;
    assert_eq!(index.days().await.unwrap(), [days[0], days[1], days[3]]);
    assert_eq!(found(&index, Expr::All).await, [2, 3]);
}

pub(crate) async fn a_dropped_day_can_be_filled_again(store: &dyn Store) {
    let index = store.open().await;
    super::events::store(&index, vec![event(1)]).await;
    assert_eq!(put_one(&index, &event(2), 2).await, Put::Stored);
    index.drop_day(date(2026, 11, 20)).await.unwrap();
    assert_eq!(put_one(&index, &event(1), 1).await, Put::Stored);
    index.flush().await.unwrap();
    assert_eq!(found(&index, Expr::All).await, [1]);
    assert_eq!(index.days().await.unwrap(), [date(2026, 11, 20)]);
}
