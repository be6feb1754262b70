//! Random events and random questions, answered by the engine and by [`super::naive`].

use std::{ops::Bound, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use schemas::{
    event::{Breadcrumb, Call, Category, Event, Frame, Grouping, Message, Ownership, Priority, Sdk, Severity, Stacktrace, User, UserAgent},
    fields::{Field, Type},
    ids::{Fingerprint, ProjectId},
    query::{Expr, FieldRef, Phrase, Piece, Test, Value, Wildcard},
};
use storage::index::{Count, Index, Scope};

use super::{Store, events::*, naive, reopen};

/// SplitMix64, <https://prng.di.unimi.it/splitmix64.c>: the same numbers for the same seed everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

const WORDS: [&str; 10] = ["a", "b", "ab", "ba", "b*", "?", "é", "a\0b", "\"", "aab"];
const TAGS: [&str; 4] = ["a", "b", "a\0b", "é"];
const STATUSES: [u16; 5] = [0, 200, 404, 500, 503];
const NUMBERS: [i64; 9] = [i64::MIN, 0, 2, 7, 200, 404, 500, 503, i64::MAX];

fn noon_plus(random: &mut Random, days: usize) -> i64 {
    noon().as_millisecond() + (random.below(2 * days) as i64 - days as i64) * 43_200_000 + random.below(4) as i64 * 500
}

pub(super) fn random_event(random: &mut Random, number: u64) -> Event {
    let received = noon_plus(random, 3);
    let mut event = Event::new(id(number), ProjectId(1 + random.below(3) as u64), Timestamp::from_millisecond(received).unwrap());
    if random.chance(50) {
        event.timestamp = Timestamp::from_millisecond(noon_plus(random, 10)).unwrap();
    }
    let mut word = |percent| random.chance(percent).then(|| random.pick(&WORDS).to_owned());
    (event.service, event.environment, event.release, event.host) = (word(90), word(50), word(20), word(2));
    (event.error.kind, event.error.message, event.culprit, event.transaction) = (word(80), word(80), word(30), word(30));
    (event.logger, event.platform, event.session_id, event.trace.trace_id) = (word(10), word(90), word(30), word(50));
    if let Some(id) = word(60) {
        event.user = Some(User { id: Some(id), email: word(30), ..User::default() });
    }
    let words: Vec<String> = (0..5).filter_map(|_| word(70)).collect();
    event.message = word(50).map(|_| Message { formatted: words.join(" "), ..Message::default() });
    event.severity = random.pick(&Severity::ALL);
    event.category = random.pick(&Category::ALL);
    event.priority = if random.chance(50) { Priority::Critical } else { Priority::Minor };
    event.request = if random.chance(50) { status(random.pick(&STATUSES)) } else { None };
    event.exceptions = if random.chance(50) { handled(random.chance(50)) } else { Vec::new() };
    rare_fields(random, &mut event);
    (event.weight, event.slim) = (random.pick(&[1, 1, 7, 200]), random.chance(20));
    for _ in 0..random.below(4) {
        event.tags.insert(random.pick(&TAGS).into(), random.pick(&WORDS).into());
    }
    event
}

/// What few events have, so that every field has values.
fn rare_fields(random: &mut Random, event: &mut Event) {
    let mut word = |percent| random.chance(percent).then(|| random.pick(&WORDS).to_owned());
    event.user_agent = word(20).map(|name| UserAgent { name: Some(name), os: word(50), device: word(50), ..UserAgent::default() });
    event.ownership = word(20).map(|team| Ownership { team: Some(team), tier: word(50), ..Ownership::default() });
    event.call = word(20).map(|operation| Call { operation: Some(operation), ..Call::default() });
    event.sdk = word(20).map(|name| Sdk { name: Some(name), ..Sdk::default() });
    event.trace.correlation_id = word(20);
    if let Some(request) = &mut event.request {
        (request.method, request.url) = (word(30), word(30));
    }
    if let (Some(user), Some(country)) = (&mut event.user, word(30)) {
        user.geo.insert("country_code".into(), country);
    }
    if let Some(similar) = word(50) {
        let fingerprint = Fingerprint::fp1(&similar);
        event.grouping = Some(Grouping { similar: word(50), ..Grouping::new(fingerprint, serde_json::Value::Null) });
    }
    let crumb = word(30).map(|message| Breadcrumb { message: Some(message), ..Breadcrumb::default() });
    event.breadcrumbs = crumb.into_iter().collect();
    if let Some(value) = word(30) {
        let frame = Frame { function: word(50), vars: [("b".to_owned(), value.into())].into(), ..Frame::default() };
        event.stacktrace = Some(Stacktrace { frames: vec![frame], ..Stacktrace::default() });
    }
}

fn random_field(random: &mut Random) -> FieldRef {
    match random.pick(Field::ALL) {
        Field::Tags => FieldRef::tag(random.pick(&TAGS)),
        field => FieldRef::new(field),
    }
}

fn random_value(random: &mut Random, field: Field) -> Value {
    match field.kind() {
        Type::Keyword if field == Field::Id => keyword(&id(random.below(400) as u64).to_string()),
        Type::Keyword if field == Field::Level => keyword(random.pick(&Severity::ALL).as_str()),
        Type::Keyword if field == Field::Fingerprint => keyword(Fingerprint::fp1(random.pick(&WORDS)).as_str()),
        Type::Keyword if field == Field::Priority => keyword(random.pick(&Priority::ALL).as_str()),
        Type::Keyword if field == Field::Category => keyword(random.pick(&Category::ALL).as_str()),
        Type::Keyword | Type::Tags => keyword(random.pick(&WORDS)),
        Type::Long => Value::Long(random.pick(&NUMBERS)),
        Type::Bool => Value::Bool(random.chance(50)),
        Type::Millis => Value::Millis(noon_plus(random, 10)),
    }
}

fn random_test(random: &mut Random, field: Field) -> Test {
    match (random.below(4), field.kind()) {
        (0, _) => Test::Exists,
        (1, Type::Keyword | Type::Tags) => Test::Wildcard(Wildcard((0..random.below(5)).map(|_| random_piece(random)).collect())),
        (1 | 2, Type::Long | Type::Bool | Type::Millis) => Test::Range(random_bound(random, field), random_bound(random, field)),
        _ => Test::Equals(random_value(random, field)),
    }
}

fn random_piece(random: &mut Random) -> Piece {
    match random.below(4) {
        0 => Piece::AnyOne,
        1 => Piece::AnyMany,
        _ => Piece::Literal(random.pick(&WORDS).into()),
    }
}

fn random_bound(random: &mut Random, field: Field) -> Bound<Value> {
    match random.below(3) {
        0 => Bound::Unbounded,
        1 => Bound::Included(random_value(random, field)),
        _ => Bound::Excluded(random_value(random, field)),
    }
}

fn random_expr(random: &mut Random, depth: usize) -> Expr {
    match random.below(if depth == 0 { 5 } else { 9 }) {
        0 => Expr::All,
        1 => {
            let words: Vec<&str> = (0..=random.below(3)).map(|_| random.pick(&["a", "b", "ab", "é", "zz"])).collect();
            Expr::Text(Phrase::new(words.join(" ")))
        }
        2..5 => {
            let field = random_field(random);
            let test = random_test(random, field.field);
            Expr::Field(field, test)
        }
        5 => Expr::Not(Box::new(random_expr(random, depth - 1))),
        6 => Expr::Or((0..random.below(4)).map(|_| random_expr(random, depth - 1)).collect()),
        _ => Expr::And((0..random.below(4)).map(|_| random_expr(random, depth - 1)).collect()),
    }
}

pub(super) fn random_scope(random: &mut Random) -> Scope {
    let projects = (1..=4).filter(|_| random.chance(60)).map(ProjectId).collect();
    let millis = if random.chance(30) {
        EVER
    } else {
        let (a, b) = (noon_plus(random, 10), noon_plus(random, 10));
        a.min(b)..a.max(b)
    };
    Scope { projects, millis, expr: random_expr(random, 3) }
}

pub(super) fn random_count(random: &mut Random) -> Count {
    let scope = random_scope(random);
    let length = scope.millis.end - scope.millis.start;
    let interval = random.chance(50).then(|| (length / (1 + random.below(20) as i64)).max(1));
    let distinct = if random.chance(20) { (0..random.below(3)).map(|_| random_field(random)).collect() } else { Vec::new() };
    Count {
        by: (0..random.below(3)).map(|_| random_field(random)).collect(),
        limit: random.below(20),
        interval,
        origin: random.chance(50).then(|| noon_plus(random, 10)),
        users: random.chance(50),
        users_over_time: random.chance(30),
        newest: random.chance(30),
        distinct,
        scope,
    }
}

async fn compare(index: &Arc<dyn Index>, events: &[Event], random: &mut Random, rounds: usize) {
    for round in 0..rounds {
        let scope = random_scope(random);
        let expected = naive::search(events, &scope);
        let limit = 1 + random.below(40);
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = index.search(&scope, after, limit).await.unwrap();
            seen.extend(page.hits.iter().map(|hit| hit.cursor));
            after = seen.last().copied();
            if !page.more {
                break;
            }
        }
        assert_eq!(seen, expected, "round {round}: {scope:?}");
        let count = random_count(random);
        assert_eq!(index.count(&count).await.unwrap(), naive::count(events, &count), "round {round}: {count:?}");
    }
}

pub(crate) async fn random_questions_are_answered_as_by_reading_every_event(store: &dyn Store) {
    let mut random = Random(1);
    let index = store.open().await;
    let events: Vec<Event> = (0..300).map(|n| random_event(&mut random, n)).collect();
    super::events::store(&index, events.clone()).await;
    compare(&index, &events, &mut random, 150).await;
}

pub(crate) async fn random_questions_across_restarts_and_days(store: &dyn Store) {
    let mut random = Random(2);
    let mut index = store.open().await;
    let mut events: Vec<Event> = Vec::new();
    for round in 0..8_u64 {
        let new: Vec<Event> = (0..40).map(|n| random_event(&mut random, 40 * round + n)).collect();
        super::events::store(&index, new.clone()).await;
        events.extend(new);
        if round == 5 {
            let day = TimeZone::UTC.to_datetime(noon()).date();
            index.drop_day(day).await.unwrap();
            events.retain(|e| TimeZone::UTC.to_datetime(e.received_at).date() != day);
        }
        if random.chance(50) {
            index = reopen(store, index).await;
        }
        compare(&index, &events, &mut random, 20).await;
    }
}
