//! The index as its contract reads: every question is answered by looking at every event.

use std::{
    cmp::Ordering,
    collections::{BTreeSet, HashMap},
};

use schemas::{
    event::Event,
    fields::{Field, Found, visit},
    query::{
        Expr, FieldRef, Value,
        eval::{Compiled, Facts},
    },
};
use storage::index::{Count, Counted, Cursor, Group, Scope};

/// Values of `field`, at most one but for hostile tags.
pub(crate) fn values(event: &Event, field: &FieldRef) -> Vec<Value> {
    let mut values = Vec::new();
    visit(event, |of, value| {
        let key = if let Found::Tag(key, _) = value { Some(key) } else { None };
        if of == field.field && key == field.key.as_deref() {
            values.push(value.to_value());
        }
    });
    values
}

/// What rules ask of one event is answered as the index answers about all.
fn holds(event: &Event, expr: &Expr) -> bool {
    Compiled::new(expr).holds(&Facts::of(event))
}

/// The events in scope.
pub(crate) fn select<'a>(events: &'a [Event], scope: &Scope) -> Vec<&'a Event> {
    let inside =
        |e: &&Event| scope.projects.contains(&e.project) && scope.millis.contains(&e.timestamp.as_millisecond()) && holds(e, &scope.expr);
    events.iter().filter(inside).collect()
}

/// The cursors of the events in scope, newest first.
pub(crate) fn search(events: &[Event], scope: &Scope) -> Vec<Cursor> {
    let mut found: Vec<Cursor> =
        select(events, scope).iter().map(|e| Cursor { millis: e.timestamp.as_millisecond(), id: e.id, project: e.project }).collect();
    found.sort_by_key(|c| std::cmp::Reverse((c.millis, c.id, c.project)));
    found
}

pub(crate) fn count(events: &[Event], count: &Count) -> Counted {
    let selected = select(events, &count.scope);
    let mut groups: HashMap<String, (Vec<Value>, Vec<&Event>)> = HashMap::new();
    for event in &selected {
        let key: Option<Vec<Value>> = count.by.iter().map(|field| values(event, field).into_iter().next()).collect();
        if let Some(key) = key {
            groups.entry(format!("{key:?}")).or_insert((key, Vec::new())).1.push(event);
        }
    }
    let mut groups: Vec<(Vec<Value>, Vec<&Event>)> = groups.into_values().collect();
    groups.sort_by(|a, b| weight(&b.1).cmp(&weight(&a.1)).then_with(|| a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal)));
    Counted {
        total: selected.len() as u64,
        weight: weight(&selected),
        buckets: buckets(count, &selected, |events| events.len() as u64),
        weights: buckets(count, &selected, weight),
        users: count.users.then(|| users(&selected)),
        users_over_time: if count.users_over_time { buckets(count, &selected, users) } else { Vec::new() },
        distinct: count.distinct.iter().map(|field| distinct(&selected, field)).collect(),
        groups_total: groups.len() as u64,
        error_bound: 0,
        groups: groups.into_iter().take(count.limit).map(|(key, events)| group(count, key, &events)).collect(),
    }
}

fn group(count: &Count, key: Vec<Value>, events: &[&Event]) -> Group {
    let times = || events.iter().map(|e| e.timestamp.as_millisecond());
    Group {
        key,
        count: events.len() as u64,
        weight: weight(events),
        seen: (times().min().unwrap(), times().max().unwrap()),
        buckets: buckets(count, events, |events| events.len() as u64),
        weights: buckets(count, events, weight),
        users: count.users.then(|| users(events)),
        newest: events
            .iter()
            .max_by_key(|e| (e.timestamp.as_millisecond(), e.id, e.project))
            .map(|e| (e.id, e.project))
            .filter(|_| count.newest && !count.by.is_empty()),
    }
}

fn weight(events: &[&Event]) -> u64 {
    events.iter().map(|e| e.weight).sum()
}

fn buckets(count: &Count, events: &[&Event], number: fn(&[&Event]) -> u64) -> Vec<u64> {
    let Some(interval) = count.interval else { return Vec::new() };
    let millis = &count.scope.millis;
    let mut buckets = Vec::new();
    let mut start = millis.start;
    while start < millis.end {
        let into = count.origin.map_or(0, |origin| (start - origin).rem_euclid(interval));
        let into = if start == millis.start { into } else { 0 };
        let end = start.saturating_add(interval - into).min(millis.end);
        let inside: Vec<&Event> = events.iter().copied().filter(|e| (start..end).contains(&e.timestamp.as_millisecond())).collect();
        buckets.push(number(&inside));
        start = end;
    }
    buckets
}

fn users(events: &[&Event]) -> u64 {
    distinct(events, &FieldRef::new(Field::User))
}

fn distinct(events: &[&Event], field: &FieldRef) -> u64 {
    let values = events.iter().filter_map(|e| values(e, field).into_iter().next());
    values.map(|value| format!("{value:?}")).collect::<BTreeSet<_>>().len() as u64
}
