//! Counts that are asked again and again while events come and go: an engine that remembers must not be out of date.

use schemas::{
    event::{Event, User},
    fields::Field,
    ids::ProjectId,
    query::{Expr, FieldRef, Test},
};
use storage::index::{Count, Index, Scope};

use super::{Store, differential::Random, events::*, naive};

const HOUR: i64 = 3_600_000;

/// An event of one of three days, at times up to two days older than that.
fn random_event(random: &mut Random, number: u64) -> Event {
    let received = format!("2026-11-{}T{:02}:00:00Z", 18 + random.below(3), random.below(24));
    with(event_at(number, &received), |e| {
        e.timestamp -= jiff::SignedDuration::from_hours(random.below(48) as i64);
        e.project = ProjectId(1 + random.below(2) as u64);
        e.service = Some(random.pick(&["cart", "pay", "mail"]).into());
        e.user = random.chance(70).then(|| User { id: Some(random.below(9).to_string()), ..User::default() });
        e.request = status(random.pick(&[200, 404, 500]));
        e.weight = random.pick(&[1, 1, 5]);
    })
}

/// Questions of every kind whose ranges begin `hours` later than the first events.
fn counts(hours: i64) -> Vec<Count> {
    let start = at("2026-11-16T00:00:00Z").as_millisecond() + hours * HOUR;
    let with_user = Expr::Field(FieldRef::new(Field::User), Test::Exists);
    let bys = [vec![], vec![Field::Service], vec![Field::Status, Field::Project], vec![Field::Id], vec![Field::User, Field::Service]];
    let mut counts = Vec::new();
    for (number, by) in bys.into_iter().enumerate() {
        let expr = if number % 2 == 0 { Expr::All } else { with_user.clone() };
        let scope = Scope { projects: vec![ProjectId(1), ProjectId(2)], millis: start..start + 120 * HOUR, expr };
        let by: Vec<FieldRef> = by.into_iter().map(FieldRef::new).collect();
        let plain = Count { by, limit: 5, ..Count::of(scope) };
        let distinct = vec![FieldRef::new(Field::Status)];
        let whole = Count { users: true, users_over_time: true, newest: true, interval: Some(7 * HOUR), distinct, ..plain.clone() };
        // Buckets that begin where those of a range that moved on begin, too.
        counts.extend([Count { origin: Some(0), limit: 2, ..whole.clone() }, whole, plain]);
    }
    counts
}

async fn compare(index: &dyn Index, events: &[Event], after: &str) {
    for hours in [0, 0, 3, 7, 14, 0] {
        for count in counts(hours) {
            assert_eq!(index.count(&count).await.unwrap(), naive::count(events, &count), "after {after}: {count:?}");
        }
    }
}

pub(crate) async fn counts_asked_again_are_never_out_of_date(store: &dyn Store) {
    let mut random = Random::new(7);
    let index = store.open().await;
    let mut events: Vec<Event> = (0..120).map(|number| random_event(&mut random, number)).collect();
    super::events::store(&index, events.clone()).await;
    compare(&*index, &events, "the first events").await;
    for number in 120..124 {
        let late = random_event(&mut random, number);
        super::events::store(&index, vec![late.clone()]).await;
        events.push(late);
        compare(&*index, &events, "a late event").await;
    }
    index.drop_day("2026-11-19".parse().unwrap()).await.unwrap();
    let dropped = at("2026-11-19T00:00:00Z")..at("2026-11-20T00:00:00Z");
    events.retain(|event| !dropped.contains(&event.received_at));
    compare(&*index, &events, "a day was dropped").await;
    let erased: Vec<_> = events.iter().filter(|event| event.id.0[15] % 5 == 0).cloned().collect();
    for event in &erased {
        let day = jiff::tz::Offset::UTC.to_datetime(event.received_at).date();
        index.change(day, &[(event.project, event.id)], super::erasing::erase()).await.unwrap();
    }
    events.retain(|event| !erased.contains(event));
    compare(&*index, &events, "events were erased").await;
    let index = super::reopen(store, index).await;
    compare(&*index, &events, "a restart").await;
}
