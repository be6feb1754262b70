//! What `tally` and `sum` promise.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{Timestamp, civil::date};
use schemas::{
    ids::ProjectId,
    limits,
    query::{Expr, Value},
    tally::{Counts, Dimension, Measure, Subject, Tally},
};
use storage::{
    Error,
    index::{Index, ROWS, Row, Sum, Summed},
};

use super::{
    Store,
    differential::Random,
    events::{EVER, PROJECT, at, event, found, hostile, keyword, noon, put_one},
    reopen,
};

const HOUR: i64 = 3_600_000;

fn fact(number: u64, time: &str, names: [&str; 2], counts: &[(Measure, u64)]) -> Tally {
    Tally {
        key: u128::from(number).to_be_bytes(),
        project: PROJECT,
        subject: Subject::Session,
        at: at(time),
        names: names.map(str::to_owned),
        user: None,
        counts: counts.iter().fold(Counts::default(), |counts, (measure, number)| counts.with(*measure, *number)),
    }
}

fn session(number: u64, time: &str, release: &str, environment: &str) -> Tally {
    fact(number, time, [release, environment], &[(Measure::Sessions, 1)])
}

fn of_user(tally: Tally, user: u64) -> Tally {
    Tally { user: Some(user), ..tally }
}

fn sum_by(by: &[Dimension]) -> Sum {
    Sum { projects: vec![PROJECT], millis: EVER, subject: Subject::Session, by: by.to_vec(), interval: None, limit: 100, users: false }
}

async fn store_all(index: &Arc<dyn Index>, tallies: Vec<Tally>) {
    index.tally(tallies).await.unwrap();
    index.flush().await.unwrap();
}

/// Key and one number of each row, in order.
fn numbers(summed: &Summed, measure: Measure) -> Vec<(Vec<Value>, u64)> {
    summed.rows.iter().map(|row| (row.key.clone(), row.counts.get(measure))).collect()
}

async fn sessions(index: &Arc<dyn Index>) -> u64 {
    let summed = index.sum(&sum_by(&[])).await.unwrap();
    summed.rows.first().map_or(0, |row| row.counts.get(Measure::Sessions))
}

pub(crate) async fn a_fact_counts_once_however_often_it_comes(store: &dyn Store) {
    let index = store.open().await;
    assert_eq!(index.sum(&sum_by(&[])).await.unwrap(), Summed { rows: vec![], groups_total: 0 });
    index.tally(vec![]).await.unwrap();
    let one = session(1, "2026-11-20T12:00:00Z", "a", "");
    let other = session(2, "2026-11-20T12:01:00Z", "a", "");
    // The same fact with another minute of the same day, by another clock: the first stays.
    let moved = session(1, "2026-11-20T18:00:00Z", "b", "");
    index.tally(vec![one.clone(), one.clone(), moved.clone()]).await.unwrap();
    index.tally(vec![one.clone()]).await.unwrap();
    index.flush().await.unwrap();
    store_all(&index, vec![moved.clone(), other.clone()]).await;
    assert_eq!(sessions(&index).await, 2);
    let index = reopen(store, index).await;
    store_all(&index, vec![other, moved, one]).await;
    assert_eq!(sessions(&index).await, 2);
    let summed = index.sum(&sum_by(&[Dimension::Release])).await.unwrap();
    assert_eq!(numbers(&summed, Measure::Sessions), [(vec![keyword("a")], 2)]);
}

pub(crate) async fn facts_that_were_not_flushed_can_be_stored_again(store: &dyn Store) {
    let index = store.open().await;
    let facts: Vec<Tally> = (0..2_000).map(|n| session(n, "2026-11-20T12:00:00Z", "a", "")).collect();
    index.tally(facts.clone()).await.unwrap();
    drop(index);
    let index = store.open().await;
    store_all(&index, facts).await;
    assert_eq!(sessions(&index).await, 2_000);
}

pub(crate) async fn sums_are_split_by_names_and_over_time(store: &dyn Store) {
    use Measure::{Crashed, Errored, Sessions};
    let index = store.open().await;
    let facts = vec![
        fact(1, "2026-11-20T12:00:00Z", ["a", "prod"], &[(Sessions, 5), (Errored, 2)]),
        fact(2, "2026-11-20T12:59:00Z", ["a", "prod"], &[(Sessions, 1), (Crashed, 1)]),
        fact(3, "2026-11-20T13:00:00Z", ["a", "dev"], &[(Sessions, 7)]),
        fact(4, "2026-11-19T23:59:00Z", ["b", "prod"], &[(Sessions, 3)]),
        fact(5, "2026-11-20T14:00:00Z", ["a", "prod"], &[(Sessions, 100)]),
        Tally { project: ProjectId(8), ..fact(6, "2026-11-20T12:00:00Z", ["a", "prod"], &[(Sessions, 1_000)]) },
        Tally { subject: Subject::Loss, ..fact(7, "2026-11-20T12:00:00Z", ["queue", "error"], &[(Measure::Lost, 9)]) },
    ];
    store_all(&index, facts).await;
    let from = at("2026-11-19T13:00:00Z").as_millisecond();
    let millis = from..at("2026-11-20T14:00:00Z").as_millisecond();
    let row = |hours: i64, key: &[&str], counts: &[(Measure, u64)]| Row {
        start: from + hours * HOUR,
        key: key.iter().map(|name| keyword(name)).collect(),
        counts: counts.iter().fold(Counts::default(), |counts, (measure, number)| counts.with(*measure, *number)),
        users: None,
    };
    let all = index.sum(&Sum { millis: millis.clone(), ..sum_by(&[]) }).await.unwrap();
    assert_eq!(all, Summed { rows: vec![row(0, &[], &[(Sessions, 16), (Errored, 2), (Crashed, 1)])], groups_total: 1 });

    let by = [Dimension::Environment, Dimension::Release];
    let split = index.sum(&Sum { millis: millis.clone(), ..sum_by(&by) }).await.unwrap();
    let expected = vec![
        row(0, &["dev", "a"], &[(Sessions, 7)]),
        row(0, &["prod", "a"], &[(Sessions, 6), (Errored, 2), (Crashed, 1)]),
        row(0, &["prod", "b"], &[(Sessions, 3)]),
    ];
    assert_eq!(split, Summed { rows: expected, groups_total: 3 });

    let hourly = index.sum(&Sum { millis: millis.clone(), interval: Some(HOUR), ..sum_by(&[Dimension::Release]) }).await.unwrap();
    let expected = vec![
        row(10, &["b"], &[(Sessions, 3)]),
        row(23, &["a"], &[(Sessions, 6), (Errored, 2), (Crashed, 1)]),
        row(24, &["a"], &[(Sessions, 7)]),
    ];
    assert_eq!(hourly, Summed { rows: expected, groups_total: 2 });

    let both = Sum { projects: vec![PROJECT, ProjectId(8)], ..sum_by(&[Dimension::Project]) };
    let expected = [(vec![Value::Long(8)], 1_000), (vec![Value::Long(7)], 116)];
    assert_eq!(numbers(&index.sum(&both).await.unwrap(), Sessions), expected);
    let lost = Sum { subject: Subject::Loss, ..sum_by(&[Dimension::Reason, Dimension::Category]) };
    assert_eq!(numbers(&index.sum(&lost).await.unwrap(), Measure::Lost), [(vec![keyword("queue"), keyword("error")], 9)]);
    assert_eq!(index.sum(&Sum { projects: vec![], ..both }).await.unwrap().rows, []);
}

pub(crate) async fn only_the_groups_with_most_are_answered(store: &dyn Store) {
    let index = store.open().await;
    // Names of every kind, and of none; 400 groups, so that what is asked for stands in several conditions.
    let mut names: Vec<String> = hostile().into_iter().chain([String::new()]).collect();
    names.extend((names.len()..400).map(|n| format!("r{n:03}")));
    let fact = |(n, name): (usize, &String)| {
        let counts = [(Measure::Sessions, 1 + (n % 3) as u64)];
        let time = if n % 2 == 0 { "2026-11-19T12:00:00Z" } else { "2026-11-20T12:00:00Z" };
        fact(n as u64, time, [name, "x"], &counts)
    };
    store_all(&index, names.iter().enumerate().map(fact).collect()).await;
    let mut expected: Vec<(Vec<Value>, u64)> =
        names.iter().enumerate().map(|(n, name)| (vec![keyword(name), keyword("x")], 1 + (n % 3) as u64)).collect();
    expected.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.partial_cmp(&b.0).unwrap()));
    for limit in [0, 1, 150, 399, 400, 1_000] {
        let asked = Sum { limit, ..sum_by(&[Dimension::Release, Dimension::Environment]) };
        let summed = index.sum(&asked).await.unwrap();
        assert_eq!(numbers(&summed, Measure::Sessions), expected[..limit.min(400)], "{limit}");
        assert_eq!(summed.groups_total, if limit == 0 { 0 } else { 400 });
    }
}

pub(crate) async fn users_and_those_with_a_crash_are_counted_once(store: &dyn Store) {
    let index = store.open().await;
    let crash = |number, time, release| fact(number, time, [release, ""], &[(Measure::Crashed, 1)]);
    let present = |number, time, release| fact(number, time, [release, ""], &[]);
    let (noon, evening, later) = ("2026-11-20T12:00:00Z", "2026-11-20T18:30:00Z", "2026-11-21T12:30:00Z");
    let facts = vec![
        of_user(session(1, noon, "a", ""), 1),
        of_user(crash(2, noon, "a"), 1),
        of_user(session(3, evening, "a", ""), 1),
        of_user(present(4, later, "a"), u64::MAX),
        of_user(crash(5, noon, "b"), 2),
        session(6, noon, "b", ""),
    ];
    store_all(&index, facts).await;
    let users = async |sum: Sum| -> Vec<(u64, u64)> {
        index.sum(&Sum { users: true, ..sum }).await.unwrap().rows.iter().map(|row| row.users.unwrap()).collect()
    };
    assert_eq!(users(sum_by(&[])).await, [(3, 2)]);
    assert_eq!(users(sum_by(&[Dimension::Release])).await, [(2, 1), (1, 1)]);
    let millis = at(noon).as_millisecond()..at("2026-11-22T12:00:00Z").as_millisecond();
    let daily = Sum { millis, interval: Some(24 * HOUR), ..sum_by(&[Dimension::Release]) };
    assert_eq!(users(daily).await, [(1, 1), (1, 1), (1, 0)]);
}

pub(crate) async fn facts_are_neither_events_nor_outcomes(store: &dyn Store) {
    let index = store.open().await;
    store_all(&index, vec![of_user(session(1, "2026-11-20T12:00:00Z", "a", ""), 1)]).await;
    assert_eq!(found(&index, Expr::All).await, [0; 0]);
    assert_eq!(found(&index, super::events::not(Expr::Or(vec![]))).await, [0; 0]);
    assert_eq!(index.get(&[PROJECT], super::events::id(1)).await.unwrap(), []);
    assert_eq!(index.fate(&[PROJECT], super::events::id(1)).await.unwrap(), []);
    assert_eq!(index.balance(date(2026, 11, 20)).await.unwrap(), []);
    put_one(&index, &event(1), 1).await;
    index.flush().await.unwrap();
    assert_eq!(found(&index, Expr::All).await, [1]);
    let balance = index.balance(date(2026, 11, 20)).await.unwrap();
    assert_eq!(balance, [(schemas::outcome::Kind::Stored, schemas::outcome::Reason::Accepted, 1)]);
    assert_eq!(sessions(&index).await, 1);
}

pub(crate) async fn facts_go_with_the_day_that_they_count_for(store: &dyn Store) {
    let index = store.open().await;
    let facts = vec![session(1, "2026-11-20T23:59:00Z", "a", ""), session(1, "2026-11-21T00:00:00Z", "a", "")];
    store_all(&index, facts.clone()).await;
    assert_eq!(sessions(&index).await, 2, "a key names a fact of one day");
    assert_eq!(index.days().await.unwrap(), [date(2026, 11, 20), date(2026, 11, 21)]);
    index.drop_day(date(2026, 11, 20)).await.unwrap();
    assert_eq!(sessions(&index).await, 1);
    store_all(&index, facts).await;
    assert_eq!(sessions(&index).await, 2);
}

pub(crate) async fn impossible_sums_are_errors(store: &dyn Store) {
    let index = store.open().await;
    let hours = |hours: i64| 0..hours * HOUR;
    for sum in [
        sum_by(&[Dimension::Reason]),
        sum_by(&[Dimension::Release, Dimension::Release]),
        Sum { subject: Subject::Loss, ..sum_by(&[Dimension::Release]) },
        Sum { interval: Some(0), ..sum_by(&[]) },
        Sum { interval: Some(-1), ..sum_by(&[]) },
        Sum { millis: hours(limits::BUCKETS as i64 + 1), interval: Some(HOUR), limit: 1, ..sum_by(&[]) },
        Sum { millis: hours(ROWS as i64 / 100 + 1), interval: Some(HOUR), ..sum_by(&[]) },
        Sum { limit: limits::GROUPS + 1, ..sum_by(&[]) },
    ] {
        let answer = index.sum(&sum).await;
        assert!(matches!(answer, Err(Error::Terminal { .. })), "{sum:?}: {answer:?}");
    }
}

/// What is added up for one row.
#[derive(Default)]
struct Cell {
    counts: Counts,
    users: BTreeSet<u64>,
    crashed: BTreeSet<u64>,
}

/// The answer by adding up every fact.
fn naive(tallies: &BTreeMap<([u8; 16], i64), Tally>, sum: &Sum) -> Summed {
    let inside = |tally: &&Tally| {
        sum.projects.contains(&tally.project) && tally.subject == sum.subject && sum.millis.contains(&tally.at.as_millisecond())
    };
    let value = |tally: &Tally, dimension: &Dimension| match dimension {
        Dimension::Project => Value::Long(tally.project.0 as i64),
        other => keyword(tally.name(*other)),
    };
    let text = |tally: &Tally| sum.by.iter().map(|dimension| format!("{:?} ", value(tally, dimension))).collect::<String>();
    let mut groups: BTreeMap<String, (u64, Vec<Value>, Vec<&Tally>)> = BTreeMap::new();
    for tally in tallies.values().filter(inside) {
        let key = || sum.by.iter().map(|dimension| value(tally, dimension)).collect();
        let group = groups.entry(text(tally)).or_insert_with(|| (0, key(), Vec::new()));
        group.0 += tally.counts.get(sum.subject.measure());
        group.2.push(tally);
    }
    let groups_total = groups.len() as u64;
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.partial_cmp(&b.1).unwrap()));
    groups.truncate(sum.limit);
    let mut rows: BTreeMap<(i64, usize), Cell> = BTreeMap::new();
    for (rank, (_, _, members)) in groups.iter().enumerate() {
        for tally in members {
            let bucket = sum.interval.map_or(0, |interval| (tally.at.as_millisecond() - sum.millis.start) / interval * interval);
            let row = rows.entry((sum.millis.start + bucket, rank)).or_default();
            row.counts += tally.counts;
            row.users.extend(tally.user);
            row.crashed.extend(tally.user.filter(|_| tally.counts.get(Measure::Crashed) > 0));
        }
    }
    let row = |((start, rank), cell): ((i64, usize), Cell)| Row {
        start,
        key: groups[rank].1.clone(),
        counts: cell.counts,
        users: sum.users.then_some((cell.users.len() as u64, cell.crashed.len() as u64)),
    };
    Summed { rows: rows.into_iter().map(row).collect(), groups_total }
}

fn random_tally(random: &mut Random) -> Tally {
    let words = ["", "a", "b", "a\0b", "é", "1.0"];
    let subject = random.pick(&[Subject::Session, Subject::Session, Subject::Loss, Subject::Filter]);
    let millis = noon().as_millisecond() + (random.below(4 * 24 * 60) as i64 - 2 * 24 * 60) * 60_000;
    let counted = Subject::measure(subject);
    let others = [Measure::Errored, Measure::Crashed, Measure::Abnormal, Measure::Unhandled];
    let mut counts = Counts::default().with(counted, random.below(3) as u64);
    if subject == Subject::Session {
        counts = counts.with(random.pick(&others), random.below(1_000_000) as u64);
    }
    Tally {
        key: (random.below(600) as u128).to_be_bytes(),
        project: ProjectId(1 + random.below(3) as u64),
        subject,
        at: Timestamp::from_millisecond(millis).unwrap(),
        names: [random.pick(&words).to_owned(), random.pick(&words).to_owned()],
        user: random.chance(60).then(|| random.below(40) as u64 * 0x0123_4567_89ab_cdef),
        counts,
    }
}

fn random_sum(random: &mut Random) -> Sum {
    let subject = random.pick(&[Subject::Session, Subject::Loss, Subject::Filter]);
    let mut by = subject.dimensions().to_vec();
    while random.chance(60) && !by.is_empty() {
        by.swap_remove(random.below(by.len()));
    }
    let start = noon().as_millisecond() - random.below(60) as i64 * HOUR;
    let millis = start..start + 1 + random.below(100) as i64 * HOUR / 2;
    let projects = (1..4).filter(|_| random.chance(70)).map(ProjectId).collect();
    let interval = random.chance(50).then(|| random.pick(&[HOUR, 24 * HOUR, 7 * 60_000]));
    Sum { projects, millis, subject, by, interval, limit: random.pick(&[1, 2, 5, 40]), users: random.chance(50) }
}

pub(crate) async fn random_sums_are_those_of_adding_up_every_fact(store: &dyn Store) {
    let mut random = Random::new(20_261_123);
    let mut index = store.open().await;
    let mut stored: BTreeMap<([u8; 16], i64), Tally> = BTreeMap::new();
    for round in 0..3 {
        for _ in 0..2 {
            let batch: Vec<Tally> = (0..150).map(|_| random_tally(&mut random)).collect();
            for tally in &batch {
                let day = tally.at.as_second().div_euclid(86_400);
                stored.entry((tally.key, day)).or_insert_with(|| tally.clone());
            }
            store_all(&index, batch).await;
        }
        for _ in 0..25 {
            let sum = random_sum(&mut random);
            let expected = naive(&stored, &sum);
            let expected = if sum.projects.is_empty() { Summed { rows: vec![], groups_total: 0 } } else { expected };
            assert_eq!(index.sum(&sum).await.unwrap(), expected, "{sum:?}");
        }
        if round == 1 {
            index = reopen(store, index).await;
        }
    }
}
