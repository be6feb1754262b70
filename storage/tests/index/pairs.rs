//! Thousands of random questions about random events, half of them asked as text, answered by the engine and by
//! [`super::naive`], and what they covered.
//!
//! 2,000 pairs a run; `BELFRY_PAIRS=50000` asks for more, and with `--nocapture` the coverage is printed:
//! `BELFRY_PAIRS=50000 cargo test -p storage --test index_conformance thousands -- --nocapture`, and the same with
//! `--features servers --test index_elastic` for Elasticsearch.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use futures::{StreamExt, TryStreamExt, stream};
use schemas::{
    event::Event,
    fields::{Field, Type},
    query::{Expr, Piece, Test, Value, parse},
};
use storage::index::{Count, Cursor, Index, Scope};

use super::{
    Store,
    differential::{Random, random_count, random_event, random_scope},
    naive,
};

/// Events of one set of data.
const EVENTS: u64 = 120;
/// Questions about one set of data.
const QUESTIONS: usize = 500;
/// Questions at a time.
const AT_ONCE: usize = 8;

pub(crate) async fn thousands_of_random_questions_are_answered_as_by_reading_every_event(store: &dyn Store) {
    let pairs: usize = std::env::var("BELFRY_PAIRS").map_or(2_000, |text| text.parse().unwrap());
    let (mut random, mut coverage) = (Random::new(3), Coverage::default());
    let index = store.open().await;
    for set in 0..pairs.div_ceil(QUESTIONS) as u64 {
        // Projects of its own keep the sets apart.
        let shift = |project: &mut schemas::ids::ProjectId| project.0 += set * 10;
        let mut events: Vec<Event> = (0..EVENTS).map(|n| random_event(&mut random, set * EVENTS + n)).collect();
        events.iter_mut().for_each(|event| shift(&mut event.project));
        let documents = events.iter().enumerate().map(|(n, event)| super::events::document(event.clone(), set * EVENTS + n as u64));
        index.put(documents.collect()).await.unwrap();
        index.flush().await.unwrap();
        let questions: Vec<Question> = (0..QUESTIONS)
            .map(|_| {
                let (mut scope, mut count) = (random_scope(&mut random), random_count(&mut random));
                scope.projects.iter_mut().chain(&mut count.scope.projects).for_each(shift);
                if random.chance(50) {
                    coverage.as_text(&mut scope.expr);
                    coverage.as_text(&mut count.scope.expr);
                }
                coverage.of(&scope.expr);
                coverage.of_count(&count);
                Question { scope, count, limit: 1 + random.below(40) }
            })
            .collect();
        let asked = stream::iter(&questions).map(|question| question.ask(&index, &events));
        asked.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.unwrap_or_else(|difference| panic!("set {set}: {difference}"));
    }
    coverage.check(pairs);
}

/// One page after the other, and a count.
struct Question {
    scope: Scope,
    count: Count,
    limit: usize,
}

impl Question {
    async fn ask(&self, index: &Arc<dyn Index>, events: &[Event]) -> Result<(), String> {
        let (scope, count) = (&self.scope, &self.count);
        let (mut seen, mut after): (Vec<Cursor>, _) = (Vec::new(), None);
        loop {
            let page = index.search(scope, after, self.limit).await.map_err(|error| format!("{scope:?}: {error}"))?;
            seen.extend(page.hits.iter().map(|hit| hit.cursor));
            after = seen.last().copied();
            if !page.more {
                break;
            }
        }
        let expected = naive::search(events, scope);
        if seen != expected {
            return Err(format!("{scope:?}\nfound {seen:?}\nexpected {expected:?}"));
        }
        let found = index.count(count).await.map_err(|error| format!("{count:?}: {error}"))?;
        let expected = naive::count(events, count);
        if found == expected { Ok(()) } else { Err(format!("{count:?}\nfound {found:?}\nexpected {expected:?}")) }
    }
}

/// How often what was asked.
#[derive(Default)]
struct Coverage(BTreeMap<String, u64>);

impl Coverage {
    fn add(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    /// Writes the condition, reads it and takes what was read, if the language has words for it.
    fn as_text(&mut self, expr: &mut Expr) {
        let normal = expr.clone().normal();
        let text = expr.to_string();
        let read = parse(&text);
        assert_eq!(read.is_ok(), has_words(&normal), "{text}: {read:?}");
        if let Ok(read) = read {
            assert_eq!(read, normal, "{text}");
            *expr = read;
            self.add("asked as text");
        }
    }

    fn of(&mut self, expr: &Expr) {
        match expr {
            Expr::All => self.add("everything"),
            Expr::And(parts) => {
                self.add("and");
                parts.iter().for_each(|part| self.of(part));
            }
            Expr::Or(parts) => {
                self.add("or");
                parts.iter().for_each(|part| self.of(part));
            }
            Expr::Not(part) => {
                self.add("not");
                self.of(part);
            }
            Expr::Text(phrase) => self.add(if phrase.tokens().len() == 1 { "a word" } else { "a phrase" }),
            Expr::Field(field, test) => {
                self.add(format!("{} of {}", operator(test), field.field.kind().name()));
                self.add(format!("a test of {}", field.field.name()));
            }
        }
    }

    fn of_count(&mut self, count: &Count) {
        self.of(&count.scope.expr);
        self.add(format!("count by {} fields", count.by.len()));
        for field in &count.by {
            let with = if count.interval.is_some() { "over time" } else { "at once" };
            self.add(format!("count by {} {with}", field.field.kind().name()));
            self.add(format!("count by {}", field.field.name()));
        }
        let extras = [
            (count.interval.is_some(), "buckets"),
            (count.interval.is_some() && count.origin.is_some(), "buckets from an origin"),
            (count.users, "users"),
            (count.interval.is_some() && count.users_over_time, "users of each bucket"),
            (count.newest && !count.by.is_empty(), "the newest event of each group"),
        ];
        for (_, what) in extras.into_iter().filter(|(asked, _)| *asked) {
            self.add(what);
        }
        count.distinct.iter().for_each(|field| self.add(format!("distinct values of {}", field.field.kind().name())));
    }

    /// Prints the list; nothing on it may be missing.
    #[allow(clippy::print_stdout, reason = "what was covered is for people")]
    fn check(&self, pairs: usize) {
        println!("{pairs} pairs of a question and data, with");
        self.0.iter().for_each(|(what, number)| println!("{number:>9} {what}"));
        let missing: Vec<String> = expected().into_iter().filter(|what| !self.0.contains_key(what)).collect();
        assert!(missing.is_empty(), "never asked: {missing:?}");
    }
}

fn operator(test: &Test) -> &'static str {
    match test {
        Test::Exists => "exists",
        Test::Equals(_) => "equals",
        Test::Wildcard(_) => "wildcard",
        Test::Range(Bound::Unbounded, Bound::Unbounded) => "open range",
        Test::Range(Bound::Unbounded, Bound::Included(_)) => "at most",
        Test::Range(Bound::Unbounded, Bound::Excluded(_)) => "less",
        Test::Range(Bound::Included(_), Bound::Unbounded) => "at least",
        Test::Range(Bound::Excluded(_), Bound::Unbounded) => "more",
        Test::Range(..) => "between",
    }
}

/// Everything that must have been asked: operators by type, every field, aggregations by type.
fn expected() -> Vec<String> {
    const RANGES: [&str; 6] = ["open range", "at most", "less", "at least", "more", "between"];
    let types = [Type::Keyword, Type::Long, Type::Bool, Type::Millis, Type::Tags];
    let words = ["asked as text", "everything", "and", "or", "not", "a word", "a phrase", "buckets", "buckets from an origin", "users"];
    let more = ["users of each bucket", "the newest event of each group", "count by 0 fields", "count by 1 fields", "count by 2 fields"];
    let mut expected: Vec<String> = words.into_iter().chain(more).map(str::to_owned).collect();
    for kind in types {
        let special: &[&str] = if matches!(kind, Type::Keyword | Type::Tags) { &["wildcard"] } else { &RANGES };
        let operators = ["exists", "equals"].iter().chain(special);
        expected.extend(operators.map(|operator| format!("{operator} of {}", kind.name())));
        expected
            .extend(["count by {} over time", "count by {} at once", "distinct values of {}"].map(|what| what.replace("{}", kind.name())));
    }
    expected.extend(Field::ALL.iter().flat_map(|field| ["a test of", "count by"].map(|what| format!("{what} {}", field.name()))));
    expected
}

/// Whether the language can say it; the condition is as [`Expr::normal`] makes it.
fn has_words(expr: &Expr) -> bool {
    match expr {
        Expr::All => true,
        Expr::And(parts) | Expr::Or(parts) => parts.iter().all(has_words),
        Expr::Not(part) => has_words(part),
        Expr::Text(phrase) => !phrase.tokens().is_empty(),
        Expr::Field(field, test) => match (test, field.field.kind()) {
            (Test::Exists, _) | (_, Type::Long | Type::Millis) => true,
            (Test::Equals(_), Type::Bool) | (Test::Equals(_), Type::Tags) => true,
            (Test::Equals(Value::Keyword(text)), _) if text.is_empty() => false,
            // Of a pattern without wildcards: no value of a field that takes few.
            (Test::Equals(Value::Keyword(text)), _) => parse(&format!("{}:\"{}\"", field.field.name(), text.replace('"', "\\\""))).is_ok(),
            (Test::Wildcard(pattern), _) => pattern.0.iter().any(|piece| !matches!(piece, Piece::Literal(_))),
            (Test::Range(..), _) | (Test::Equals(_), _) => false,
        },
    }
}
