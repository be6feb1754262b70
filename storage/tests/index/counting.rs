//! What `count` answers.

use schemas::{
    event::{Event, Severity},
    fields::Field,
    ids::ProjectId,
    limits,
    query::{Expr, FieldRef, Value},
};
use storage::{
    Error,
    index::{Count, Counted, Scope},
};

use super::{Store, events::*};

fn of(service: &str, number: u64) -> Event {
    with(event(number), |e| e.service = Some(service.into()))
}

fn service() -> FieldRef {
    FieldRef::new(Field::Service)
}

/// Key and count of each group, in order.
fn groups(counted: &Counted) -> Vec<(Vec<Value>, u64)> {
    counted.groups.iter().map(|group| (group.key.clone(), group.count)).collect()
}

pub(crate) async fn without_fields_all_events_are_one_group(store: &dyn Store) {
    let index = store.open().await;
    let nothing = index.count(&Count { users: true, interval: Some(1 << 40), ..count(vec![]) }).await.unwrap();
    assert_eq!((nothing.total, nothing.groups.len(), nothing.groups_total, nothing.users), (0, 0, 0, Some(0)));
    assert_eq!(nothing.buckets, [0, 0, 0]);
    let late = with(event(3), |e| e.timestamp = at("2026-11-20T12:00:01Z"));
    super::events::store(&index, vec![event(1), event_at(2, "2026-11-19T23:00:00Z"), late]).await;
    let all = index.count(&count(vec![])).await.unwrap();
    assert_eq!((all.total, all.groups_total, all.error_bound, all.users), (3, 1, 0, None));
    assert_eq!(groups(&all), [(vec![], 3)]);
    let seen = (at("2026-11-19T23:00:00Z").as_millisecond(), at("2026-11-20T12:00:01Z").as_millisecond());
    assert_eq!((all.groups[0].seen, all.groups[0].users), (seen, None));
    assert!(all.buckets.is_empty() && all.groups[0].buckets.is_empty());
    let none = index.count(&Count { limit: 0, ..count(vec![]) }).await.unwrap();
    assert_eq!((none.total, none.groups.len(), none.groups_total), (3, 0, 1));
}

pub(crate) async fn groups_come_by_count_and_then_by_key(store: &dyn Store) {
    let index = store.open().await;
    let names = ["b", "a", "c", "B", "b", "a", "d", "\u{1F514}", "ä", "c", "b"];
    let events = names.iter().enumerate().map(|(n, name)| {
        let day = 18 + n % 3;
        with(event_at(n as u64, &format!("2026-11-{day}T12:00:{n:02}Z")), |e| e.service = Some((*name).into()))
    });
    super::events::store(&index, events.collect()).await;
    let expected: Vec<_> = [("b", 3), ("a", 2), ("c", 2), ("B", 1), ("d", 1), ("ä", 1), ("\u{1F514}", 1)]
        .into_iter()
        .map(|(name, n)| (vec![keyword(name)], n))
        .collect();
    for limit in [0, 1, 2, 3, 6, 7, 1_000] {
        let counted = index.count(&Count { limit, ..count(vec![service()]) }).await.unwrap();
        assert_eq!(groups(&counted), expected[..limit.min(7)], "limit {limit}");
        assert_eq!((counted.total, counted.groups_total, counted.error_bound), (11, 7, 0), "limit {limit}");
    }
    let b = &index.count(&count(vec![service()])).await.unwrap().groups[0];
    assert_eq!(b.seen, (at("2026-11-18T12:00:00Z").as_millisecond(), at("2026-11-19T12:00:10Z").as_millisecond()), "numbers 0, 4 and 10");
}

pub(crate) async fn two_fields_split_by_both(store: &dyn Store) {
    let index = store.open().await;
    let both = |n, service: &str, tenant: &str, project| {
        with(of(service, n), |e| {
            e.tags.insert("tenant".into(), tenant.into());
            e.tags.insert("other".into(), "noise".into());
            e.project = ProjectId(project);
        })
    };
    let mut events = vec![both(0, "a", "x", 1), both(1, "a", "y", 1), both(2, "b", "x", 1), both(3, "a", "y", 1), both(4, "b", "x", 2)];
    events.push(with(of("a", 5), |e| e.project = ProjectId(1)));
    super::events::store(&index, events).await;
    let scope = Scope { projects: vec![ProjectId(1), ProjectId(2)], ..scope(Expr::All) };
    let ask = |by| Count { scope: scope.clone(), ..count(by) };
    let counted = index.count(&ask(vec![service(), FieldRef::tag("tenant")])).await.unwrap();
    let pair = |a: &str, b: &str| vec![keyword(a), keyword(b)];
    assert_eq!(groups(&counted), [(pair("a", "y"), 2), (pair("b", "x"), 2), (pair("a", "x"), 1)]);
    assert_eq!((counted.total, counted.groups_total), (6, 3));
    let counted = index.count(&ask(vec![FieldRef::new(Field::Project), service()])).await.unwrap();
    let pair = |project, service: &str| vec![Value::Long(project), keyword(service)];
    assert_eq!(groups(&counted), [(pair(1, "a"), 4), (pair(1, "b"), 1), (pair(2, "b"), 1)]);
}

pub(crate) async fn every_type_of_field_can_split(store: &dyn Store) {
    let index = store.open().await;
    let events = (0..6).map(|n| {
        with(event(n), |e| {
            e.severity = if n < 4 { Severity::Error } else { Severity::Info };
            e.request = status(if n % 3 == 0 { 500 } else { 40 });
            e.exceptions = if n == 5 { vec![] } else { handled(n == 0) };
            e.timestamp = at(&format!("2026-11-20T11:00:00.00{}Z", n / 4));
        })
    });
    super::events::store(&index, events.collect()).await;
    let millis = at("2026-11-20T11:00:00Z").as_millisecond();
    for (field, expected) in [
        (Field::Level, vec![(keyword("error"), 4), (keyword("info"), 2)]),
        (Field::Status, vec![(Value::Long(40), 4), (Value::Long(500), 2)]),
        (Field::Handled, vec![(Value::Bool(false), 4), (Value::Bool(true), 1)]),
        (Field::Timestamp, vec![(Value::Millis(millis), 4), (Value::Millis(millis + 1), 2)]),
        (Field::Project, vec![(Value::Long(7), 6)]),
    ] {
        let counted = index.count(&count(vec![FieldRef::new(field)])).await.unwrap();
        let expected: Vec<_> = expected.into_iter().map(|(key, n)| (vec![key], n)).collect();
        assert_eq!(groups(&counted), expected, "{field:?}");
    }
    let ids = index.count(&Count { limit: 2, ..count(vec![FieldRef::new(Field::Id)]) }).await.unwrap();
    assert_eq!(groups(&ids), [(vec![keyword(&id(0).to_string())], 1), (vec![keyword(&id(1).to_string())], 1)]);
    assert_eq!(ids.groups_total, 6);
}

pub(crate) async fn events_without_the_field_count_in_the_total_only(store: &dyn Store) {
    let index = store.open().await;
    super::events::store(&index, vec![of("a", 0), event(1), of("", 2), with(of("a", 3), |e| e.host = Some("h".into()))]).await;
    let ask = |by| Count { users: true, interval: Some(EVER.end - EVER.start), ..count(by) };
    let counted = index.count(&ask(vec![service()])).await.unwrap();
    assert_eq!((counted.total, counted.groups_total, groups(&counted)), (4, 1, vec![(vec![keyword("a")], 2)]));
    assert_eq!((counted.buckets, counted.users), (vec![4], Some(0)));
    let counted = index.count(&count(vec![service(), FieldRef::new(Field::Host)])).await.unwrap();
    assert_eq!((counted.total, groups(&counted)), (4, vec![(vec![keyword("a"), keyword("h")], 1)]));
    let counted = index.count(&count(vec![FieldRef::tag("none")])).await.unwrap();
    assert_eq!((counted.total, counted.groups_total, counted.groups), (4, 0, vec![]));
}

pub(crate) async fn buckets_start_with_the_range_and_end_with_it(store: &dyn Store) {
    let index = store.open().await;
    let start = at("2026-11-20T10:00:00.500Z").as_millisecond();
    let offsets = [-1, 0, 999, 1_000, 1_999, 2_000, 2_299, 2_300];
    let events = offsets.iter().enumerate().map(|(n, offset)| {
        with(of(if n % 2 == 0 { "even" } else { "odd" }, n as u64), |e| {
            e.timestamp = jiff::Timestamp::from_millisecond(start + offset).unwrap();
        })
    });
    super::events::store(&index, events.collect()).await;
    let ask = |millis, interval| Count { scope: Scope { millis, ..scope(Expr::All) }, interval: Some(interval), ..count(vec![service()]) };
    let counted = index.count(&ask(start..start + 2_300, 1_000)).await.unwrap();
    assert_eq!((counted.total, &counted.buckets), (6, &vec![2, 2, 2]));
    assert_eq!(groups(&counted), [(vec![keyword("even")], 3), (vec![keyword("odd")], 3)]);
    assert_eq!(counted.groups[0].buckets, [1, 1, 1]);
    assert_eq!(counted.groups[1].buckets, [1, 1, 1]);
    let counted = index.count(&ask(start..start + 2_000, 1_000)).await.unwrap();
    assert_eq!(counted.buckets, [2, 2]);
    let counted = index.count(&ask(start..start + 2_001, 1_000)).await.unwrap();
    assert_eq!(counted.buckets, [2, 2, 1]);
    let counted = index.count(&ask(start..start + 1, i64::MAX)).await.unwrap();
    assert_eq!(counted.buckets, [1]);
    let counted = index.count(&ask(start..start, 1_000)).await.unwrap();
    assert_eq!((counted.total, counted.buckets, counted.groups), (0, vec![], vec![]));
    let most = limits::BUCKETS as i64;
    let counted = index.count(&ask(start..start + most, 1)).await.unwrap();
    assert_eq!((counted.total, counted.buckets.len()), (4, limits::BUCKETS));
    assert_eq!((counted.buckets[999], counted.buckets[1_000], counted.buckets[1_999]), (1, 1, 1));
}

pub(crate) async fn buckets_can_begin_at_other_times_than_the_range(store: &dyn Store) {
    let index = store.open().await;
    let minute = |n: i64| at("2026-11-20T10:00:00Z").as_millisecond() + n * 60_000;
    let names = [("u", 31), ("v", 59), ("u", 60), ("u", 119), ("w", 120), ("x", 149), ("x", 150)];
    let events = names.iter().enumerate().map(|(n, (name, after))| {
        with(of("a", n as u64), |e| {
            e.timestamp = jiff::Timestamp::from_millisecond(minute(*after)).unwrap();
            e.user = user(name);
        })
    });
    super::events::store(&index, events.collect()).await;
    // From half past ten to half past twelve, by the hour: half an hour, a whole one, half an hour.
    let ask = |origin| Count {
        scope: Scope { millis: minute(30)..minute(150), ..scope(Expr::All) },
        interval: Some(3_600_000),
        origin,
        users: true,
        users_over_time: true,
        ..count(vec![service()])
    };
    for origin in [minute(0), minute(60), minute(-120), minute(6_000)] {
        let counted = index.count(&ask(Some(origin))).await.unwrap();
        assert_eq!((counted.total, &counted.buckets, &counted.groups[0].buckets), (6, &vec![2, 2, 2], &vec![2, 2, 2]));
        // The first bucket has u and v, the second u, the third w and x.
        assert_eq!((&counted.users_over_time, counted.users), (&vec![2, 1, 2], Some(4)));
    }
    let counted = index.count(&ask(None)).await.unwrap();
    assert_eq!((counted.buckets, counted.users_over_time), (vec![3, 3], vec![2, 3]), "u and v; u, w and x");
    let most = Count {
        scope: Scope { millis: 0..limits::BUCKETS as i64, ..scope(Expr::All) },
        interval: Some(2),
        origin: Some(1),
        ..count(vec![])
    };
    assert_eq!(index.count(&most).await.unwrap().buckets.len(), limits::BUCKETS / 2 + 1);
    assert!(index.count(&Count { interval: Some(1), ..most.clone() }).await.is_ok());
    let over = Scope { millis: 0..2 * limits::BUCKETS as i64, ..scope(Expr::All) };
    assert!(matches!(index.count(&Count { scope: over, ..most }).await, Err(Error::Terminal { .. })), "one half bucket too many");
}

pub(crate) async fn distinct_values_are_counted_once(store: &dyn Store) {
    let index = store.open().await;
    let event_of = |n: u64, service: &str, tenant: &str, code: u16| {
        let day = 18 + n % 2;
        with(event_at(n, &format!("2026-11-{day}T12:00:00Z")), |e| {
            e.service = Some(service.into());
            e.tags.insert("tenant".into(), tenant.into());
            e.tags.insert("other".into(), format!("{n}"));
            e.request = (code > 0).then(|| status(code)).flatten();
        })
    };
    let events =
        vec![event_of(0, "a", "x", 500), event_of(1, "a", "y", 0), event_of(2, "b", "x", 404), event_of(3, "a", "z", 500), event(4)];
    super::events::store(&index, events).await;
    let fields =
        vec![service(), FieldRef::tag("tenant"), FieldRef::new(Field::Status), FieldRef::new(Field::Host), FieldRef::new(Field::Id)];
    let counted = index.count(&Count { distinct: fields.clone(), ..count(vec![]) }).await.unwrap();
    assert_eq!(counted.distinct, [2, 3, 2, 0, 5]);
    let a = Count { scope: scope(equals(service(), keyword("a"))), distinct: fields.clone(), ..count(vec![service()]) };
    assert_eq!(index.count(&a).await.unwrap().distinct, [1, 3, 1, 0, 3]);
    let none = Count { scope: scope(equals(service(), keyword("c"))), distinct: fields, ..count(vec![]) };
    assert_eq!(index.count(&none).await.unwrap().distinct, [0; 5]);
}

pub(crate) async fn each_group_has_its_newest_event(store: &dyn Store) {
    let index = store.open().await;
    let late = |n, service: &str, project, day| {
        with(of(service, n), |e| {
            (e.project, e.received_at, e.timestamp) = (ProjectId(project), at(&format!("2026-11-{day}T12:00:00Z")), noon());
        })
    };
    // Of the same time the greatest id counts, and of the same id the greatest project.
    let events = vec![
        late(7, "a", 2, 20),
        late(9, "a", 1, 21),
        late(9, "a", 2, 22),
        late(3, "b", 1, 20),
        with(of("b", 12), |e| e.project = ProjectId(1)),
    ];
    let events =
        events.into_iter().map(|event| if event.id == id(12) { with(event, |e| e.timestamp = at("2026-11-19T12:00:00Z")) } else { event });
    super::events::store(&index, events.collect()).await;
    let scope = Scope { projects: vec![ProjectId(1), ProjectId(2)], ..scope(Expr::All) };
    let counted = index.count(&Count { scope, newest: true, ..count(vec![service()]) }).await.unwrap();
    let newest: Vec<_> = counted.groups.iter().map(|group| group.newest).collect();
    assert_eq!(newest, [Some((id(9), ProjectId(2))), Some((id(3), ProjectId(1)))]);
    assert_eq!(index.count(&count(vec![service()])).await.unwrap().groups.len(), 0, "of another project");
}

pub(crate) async fn users_are_counted_once(store: &dyn Store) {
    let index = store.open().await;
    let mut events = Vec::new();
    for n in 0..600_u64 {
        let day = 18 + n % 2;
        let service = if n % 3 == 0 { "a" } else { "b" };
        events.push(with(event_at(n, &format!("2026-11-{day}T12:00:00Z")), |e| {
            e.service = Some(service.into());
            e.user = if n % 10 == 9 { None } else { user(&format!("user-{}", n % 100)) };
        }));
    }
    super::events::store(&index, events).await;
    let counted = index.count(&Count { users: true, ..count(vec![service()]) }).await.unwrap();
    // Of the 100 numbers every tenth has no user; each number is seen with both services, since 100 is no multiple of 3.
    assert_eq!(counted.users, Some(90));
    assert_eq!(counted.groups.iter().map(|g| (g.count, g.users)).collect::<Vec<_>>(), [(400, Some(90)), (200, Some(90))]);
    let by_user = index.count(&Count { users: true, limit: 1, ..count(vec![FieldRef::new(Field::User)]) }).await.unwrap();
    assert_eq!((by_user.groups_total, by_user.groups[0].count, by_user.groups[0].users), (90, 6, Some(1)));
    let narrow = Scope { millis: EVER.start..at("2026-11-19T00:00:00Z").as_millisecond(), ..scope(Expr::All) };
    let counted = index.count(&Count { scope: narrow, users: true, ..count(vec![]) }).await.unwrap();
    assert_eq!((counted.total, counted.users), (300, Some(50)), "even numbers; 9, 19, .. are odd");
}

pub(crate) async fn weights_are_added_up_and_decide_the_order(store: &dyn Store) {
    let index = store.open().await;
    let weighed = |n, name: &str, weight| with(of(name, n), |e| e.weight = weight);
    let start = at("2026-11-20T11:59:59Z").as_millisecond();
    // In one segment with weights and one without, on two days.
    super::events::store(&index, vec![weighed(1, "often", 1), weighed(2, "often", 1), weighed(3, "often", 1)]).await;
    let none = index.count(&Count { interval: Some(1 << 40), ..count(vec![service()]) }).await.unwrap();
    assert_eq!((none.total, none.weight, &none.weights), (3, 3, &none.buckets), "nothing was sampled");
    let late = with(weighed(6, "sampled", 1_000_000), |e| e.timestamp = at("2026-11-20T12:00:01Z"));
    let other_day = with(event_at(7, "2026-11-19T12:00:00Z"), |e| (e.service, e.weight) = (Some("sampled".into()), 2));
    super::events::store(&index, vec![weighed(4, "sampled", 10), weighed(5, "sampled", 1), late, other_day]).await;
    let narrow = Scope { millis: start..start + 3_000, ..scope(Expr::All) };
    let counted = index.count(&Count { scope: narrow, interval: Some(1_000), ..count(vec![service()]) }).await.unwrap();
    assert_eq!((counted.total, counted.weight), (6, 1_000_014));
    assert_eq!((counted.buckets, counted.weights), (vec![0, 5, 1], vec![0, 14, 1_000_000]));
    let of_groups: Vec<_> = counted.groups.iter().map(|g| (&g.key[0], g.count, g.weight, &g.buckets[..], &g.weights[..])).collect();
    let expected = [
        (&keyword("sampled"), 3, 1_000_011, &[0, 2, 1][..], &[0, 11, 1_000_000][..]),
        (&keyword("often"), 3, 3, &[0, 3, 0][..], &[0, 3, 0][..]),
    ];
    assert_eq!(of_groups, expected);
    let first = index.count(&Count { limit: 1, interval: Some(1 << 50), ..count(vec![]) }).await.unwrap();
    assert_eq!((first.groups[0].count, first.groups[0].weight, &first.groups[0].weights[..]), (7, 1_000_016, &[1_000_016][..]));
}

pub(crate) async fn many_groups_are_counted_exactly(store: &dyn Store) {
    let index = store.open().await;
    // 3,000 messages on two days; number n comes n % 3 + 1 times.
    let mut events = Vec::new();
    for n in 0..3_000_u64 {
        for copy in 0..=n % 3 {
            let day = 18 + (n + copy) % 2;
            events.push(with(event_at(10 * n + copy, &format!("2026-11-{day}T12:00:00Z")), |e| {
                e.error.message = Some(format!("message {n:04}"));
                e.service = Some(format!("s{}", n % 7));
            }));
        }
    }
    for batch in events.chunks(1_000) {
        super::events::store(&index, batch.to_vec()).await;
    }
    let message = FieldRef::new(Field::Message);
    let counted = index.count(&Count { limit: limits::GROUPS, ..count(vec![message.clone()]) }).await.unwrap();
    assert_eq!((counted.total, counted.groups_total, counted.error_bound), (6_000, 3_000, 0));
    let expected: Vec<_> = (0..1_000).map(|n| (vec![keyword(&format!("message {:04}", 3 * n + 2))], 3)).collect();
    assert_eq!(groups(&counted), expected);
    let counted = index.count(&Count { limit: 1, ..count(vec![message, service()]) }).await.unwrap();
    assert_eq!((counted.groups_total, groups(&counted)), (3_000, vec![(vec![keyword("message 0002"), keyword("s2")], 3)]));
}

pub(crate) async fn impossible_counts_are_errors(store: &dyn Store) {
    let index = store.open().await;
    super::events::store(&index, vec![of("a", 1)]).await;
    let hour = Scope { millis: 0..3_600_000, ..scope(Expr::All) };
    for count in [
        Count { by: vec![service(), FieldRef::new(Field::Host), FieldRef::new(Field::Level)], ..count(vec![]) },
        Count { by: vec![FieldRef::new(Field::Tags)], ..count(vec![]) },
        Count { by: vec![FieldRef { field: Field::Host, key: Some("a".into()) }], ..count(vec![]) },
        Count { interval: Some(0), ..count(vec![]) },
        Count { interval: Some(-1), ..count(vec![]) },
        Count { scope: hour, interval: Some(3_600_000 / limits::BUCKETS as i64 - 1), ..count(vec![]) },
        Count { limit: limits::PLAIN_GROUPS + 1, ..count(vec![service()]) },
        Count { limit: limits::GROUPS + 1, users: true, ..count(vec![service()]) },
        Count { distinct: vec![FieldRef::new(Field::Tags)], ..count(vec![]) },
        Count { distinct: vec![service(); storage::index::DISTINCT_FIELDS + 1], ..count(vec![]) },
    ] {
        let answer = index.count(&count).await;
        assert!(matches!(answer, Err(Error::Terminal { .. })), "{count:?}: {answer:?}");
    }
}
