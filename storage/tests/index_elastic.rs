//! The index's conformance suite on Elasticsearch 9 and 8, and what only Elasticsearch can do wrong.
#![allow(clippy::unwrap_used)]

#[macro_use]
#[path = "index/suite.rs"]
mod suite;
#[path = "elastic/dashboards.rs"]
mod dashboards;
#[path = "elastic/place.rs"]
mod place;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::civil::date;
use schemas::{
    fields::{Field, Type},
    query::Expr,
};
use serde_json::{Value, json};
use storage::{
    Error,
    index::{Index, Put, elastic::ElasticIndex},
};

use crate::{
    place::Place,
    suite::{Store, events::*},
};

#[async_trait]
impl Store for Place {
    async fn open(&self) -> Arc<dyn Index> {
        Arc::new(ElasticIndex::connect(self.options()).await.unwrap())
    }
}

/// Makes a test of each case below.
macro_rules! elastic_only {
    ($make:path) => { elastic_only! { @cases $make:
        another_format_of_the_template_is_a_mismatch_that_is_left_alone
        another_format_of_a_day_is_a_mismatch
        a_closed_day_is_an_error_and_never_a_short_answer
        a_day_that_another_process_dropped_is_made_anew
        of_two_processes_that_put_the_same_event_one_stores_it
        every_field_is_mapped_as_its_type
        people_find_events_by_their_words
        odd_times_and_addresses_are_stored
        health_tells_a_red_index
        more_groups_and_users_than_one_answer_holds_are_counted_exactly
        dashboards_use_fields_that_are_mapped_and_queries_that_run
    } };
    (@cases $make:path: $($case:ident)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            crate::$case(&$make().await).await;
        }
    )* };
}

mod es9 {
    use crate::{place::Place, suite};

    async fn place() -> Place {
        Place::new("BELFRY_TEST_ES9")
    }

    conformance!(place);
    elastic_only!(place);
}

mod es8 {
    use crate::{place::Place, suite};

    async fn place() -> Place {
        Place::new("BELFRY_TEST_ES8")
    }

    conformance!(place);
    elastic_only!(place);
}

async fn dashboards_use_fields_that_are_mapped_and_queries_that_run(place: &Place) {
    dashboards::use_fields_that_are_mapped_and_queries_that_run(place).await;
}

async fn another_format_of_the_template_is_a_mismatch_that_is_left_alone(place: &Place) {
    place.open().await;
    let path = format!("_index_template/{}-events", place.prefix());
    let found = place.ask("GET", &path, None).await["index_templates"][0]["index_template"].take();
    let mut template = json!({ "index_patterns": found["index_patterns"], "template": found["template"] });
    template["template"]["mappings"]["_meta"]["belfry"]["format"] = json!(1_000);
    place.ask("PUT", &path, Some(&template)).await;
    let error = ElasticIndex::connect(place.options()).await.unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }), "{error}");
    assert!(error.to_string().contains("1000") && error.to_string().contains(&path), "{error}");
    let after = place.ask("GET", &path, None).await["index_templates"][0]["index_template"].take();
    assert_eq!(after["template"]["mappings"]["_meta"]["belfry"]["format"], 1_000);
}

async fn another_format_of_a_day_is_a_mismatch(place: &Place) {
    let index = place.open().await;
    let day = format!("{}-events-2026.11.20", place.prefix());
    place.ask("PUT", &day, Some(&json!({ "mappings": { "_meta": { "belfry": { "format": 1_000 } } } }))).await;
    let error = index.put(vec![document(event(1), 1)]).await.unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }) && error.to_string().contains(&day), "{error}");
    let error = ElasticIndex::connect(place.options()).await.unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }) && error.to_string().contains(&day), "{error}");
}

async fn a_closed_day_is_an_error_and_never_a_short_answer(place: &Place) {
    let index = place.open().await;
    store(&index, vec![event(1), event_at(2, "2026-11-19T12:00:00Z")]).await;
    place.ask("POST", &format!("{}-events-2026.11.20/_close", place.prefix()), None).await;
    for error in [
        index.search(&scope(Expr::All), None, 10).await.unwrap_err(),
        index.count(&count(vec![])).await.unwrap_err(),
        index.fate(&[PROJECT], id(2)).await.unwrap_err(),
        index.balance(date(2026, 11, 20)).await.unwrap_err(),
        index.put(vec![document(event(3), 3)]).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Terminal { .. }) && error.to_string().contains("open the index"), "{error}");
    }
    assert_eq!(index.days().await.unwrap(), [date(2026, 11, 19), date(2026, 11, 20)]);
}

async fn a_day_that_another_process_dropped_is_made_anew(place: &Place) {
    let (index, other) = (place.open().await, place.open().await);
    store(&index, vec![event(1)]).await;
    other.drop_day(date(2026, 11, 20)).await.unwrap();
    index.flush().await.unwrap();
    assert_eq!(put_one(&index, &event(1), 1).await, Put::Stored);
    index.flush().await.unwrap();
    assert_eq!(found(&index, Expr::All).await, [1]);
    assert_eq!(found(&index, equals(schemas::query::FieldRef::new(Field::Level), keyword("error"))).await, [1], "in the right format");
}

async fn of_two_processes_that_put_the_same_event_one_stores_it(place: &Place) {
    let (index, other) = (place.open().await, place.open().await);
    let batch = |from: u64| (0..200).map(|n| document(event(n), from + n)).collect();
    let (one, two) = tokio::join!(index.put(batch(0)), other.put(batch(1_000)));
    for (n, (one, two)) in (0..200).zip(one.unwrap().into_iter().zip(two.unwrap())) {
        let first = (Put::Stored, Put::Duplicate { of: position(n) });
        let second = (Put::Duplicate { of: position(1_000 + n) }, Put::Stored);
        assert!((&one, &two) == (&first.0, &first.1) || (&one, &two) == (&second.0, &second.1), "{n}: {one:?} {two:?}");
    }
    index.flush().await.unwrap();
    assert_eq!(index.count(&count(vec![])).await.unwrap().total, 200);
}

async fn every_field_is_mapped_as_its_type(place: &Place) {
    let index = place.open().await;
    store(&index, vec![event(1)]).await;
    let fields: Vec<&str> = Field::ALL.iter().map(|field| field.ecs()).collect();
    let path = format!("{}-events-*/_field_caps?fields={}", place.prefix(), fields.join(","));
    let caps = place.ask("GET", &path, None).await;
    for field in Field::ALL {
        let expected = match field.kind() {
            _ if *field == Field::Message => "text",
            Type::Keyword => "keyword",
            Type::Long => "long",
            Type::Bool => "boolean",
            Type::Millis => "date",
            Type::Tags => "flattened",
        };
        let found = caps["fields"][field.ecs()].as_object().unwrap_or_else(|| panic!("{field:?} is not mapped"));
        assert_eq!(found.keys().collect::<Vec<_>>(), [expected], "{field:?}");
    }
}

async fn people_find_events_by_their_words(place: &Place) {
    let index = place.open().await;
    let shown = with(event(1), |e| {
        e.error.message = Some("Connection REFUSED by payments".into());
        e.exceptions = handled(false);
        e.exceptions[0].kind = Some("ConnectionError".into());
        e.exceptions[0].value = e.error.message.clone();
        let frame = |function: &str, line| schemas::event::Frame {
            function: Some(function.into()),
            filename: Some("pay.py".into()),
            lineno: Some(line),
            ..Default::default()
        };
        let frames = vec![frame("main", 1), frame("charge", 42)];
        e.exceptions[0].stacktrace = Some(schemas::event::Stacktrace { frames, ..Default::default() });
        e.tags.insert("tenant.name".into(), "acme".into());
    });
    store(&index, vec![shown, event(2)]).await;
    let search = |query: Value| async move {
        let path = format!("{}-events-*/_search", place.prefix());
        place.ask("POST", &path, Some(&json!({ "query": query }))).await["hits"]["hits"].take()
    };
    for query in [
        json!({ "query_string": { "query": "refused" } }),
        json!({ "query_string": { "query": "Charge" } }),
        json!({ "query_string": { "query": "labels.tenant.name:acme AND log.level:error" } }),
        json!({ "match_phrase": { "error.message": "refused by payments" } }),
        json!({ "wildcard": { "message.keyword": "*REFUSED*" } }),
    ] {
        let hits = search(query.clone()).await;
        assert_eq!(hits.as_array().unwrap().len(), 1, "{query}");
        let source = &hits[0]["_source"];
        assert_eq!(source["@timestamp"], "2026-11-20T12:00:00Z");
        let trace = "ConnectionError: Connection REFUSED by payments\n  at charge (pay.py:42)\n  at main (pay.py:1)\n";
        assert_eq!(source["error.stack_trace"], trace);
        assert_eq!(source["labels"], json!({ "tenant.name": "acme" }));
    }
}

async fn odd_times_and_addresses_are_stored(place: &Place) {
    let index = place.open().await;
    let times = [
        "0001-01-01T00:00:00Z",
        "-000044-03-15T00:00:00Z",
        "9999-12-30T21:59:59.999Z",
        "1970-01-01T00:00:02.020Z",
        "1969-12-31T23:59:59.9995Z",
    ];
    let odd = times.iter().enumerate().map(|(n, time)| {
        with(event(n as u64), |e| {
            e.timestamp = at(time);
            e.user = Some(schemas::event::User { ip_address: Some("{{auto}}".into()), ..Default::default() });
        })
    });
    store(&index, odd.collect()).await;
    let all = storage::index::Scope { millis: i64::MIN..i64::MAX, ..scope(Expr::All) };
    let hits = hits(&index, &all).await;
    assert_eq!(hits.iter().map(number).collect::<Vec<_>>(), [2, 3, 4, 0, 1], "newest first");
    assert_eq!(hits[1].cursor.millis, 2_020);
}

async fn health_tells_a_red_index(place: &Place) {
    let index = place.open().await;
    index.health().await.unwrap();
    // No node has this name: the shard is never placed.
    let nowhere = json!({ "settings": { "index.routing.allocation.require._name": "nowhere" }, "mappings": {} });
    place.ask("PUT", &format!("{}-events-2026.11.01?wait_for_active_shards=0", place.prefix()), Some(&nowhere)).await;
    let error = index.health().await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let error = index.search(&scope(Expr::All), None, 10).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
}

async fn more_groups_and_users_than_one_answer_holds_are_counted_exactly(place: &Place) {
    const GROUPS: u64 = 10_400;
    let index = place.open().await;
    // One event a group, but 100 of them have a second one, on another day.
    let of = |number: u64, group: u64, time: &str| {
        with(event_at(number, time), |e| {
            e.error.message = Some(format!("message {group:05}"));
            e.user = user(&format!("user {group}"));
            e.service = Some(format!("service {}", group % 2));
        })
    };
    let first = (0..GROUPS).map(|n| of(n, n, "2026-11-20T12:00:00Z"));
    let second = (0..100).map(|n| of(GROUPS + n, n * 97, "2026-11-19T12:00:00Z"));
    for part in first.chain(second).collect::<Vec<_>>().chunks(2_000) {
        store(&index, part.to_vec()).await;
    }
    let by = vec![schemas::query::FieldRef::new(Field::Message)];
    let asked = storage::index::Count { limit: 101, users: true, ..count(by) };
    let counted = index.count(&asked).await.unwrap();
    assert_eq!((counted.total, counted.groups_total, counted.error_bound, counted.users), (10_500, GROUPS, 0, Some(GROUPS)));
    for (n, group) in counted.groups[..100].iter().enumerate() {
        assert_eq!((&group.key[0], group.count, group.users), (&keyword(&format!("message {:05}", n * 97)), 2, Some(1)));
    }
    assert_eq!((&counted.groups[100].key[0], counted.groups[100].count), (&keyword("message 00001"), 1));
    let halves = storage::index::Count { users: true, ..count(vec![schemas::query::FieldRef::new(Field::Service)]) };
    let users: Vec<_> = index.count(&halves).await.unwrap().groups.iter().map(|group| group.users).collect();
    assert_eq!(users, [Some(GROUPS / 2), Some(GROUPS / 2)]);
}
