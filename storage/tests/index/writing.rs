//! What `put` and `flush` promise.

use schemas::{ids::ProjectId, limits, query::Expr};
use storage::index::{Document, Put};

use super::{Store, events::*, reopen};

pub(crate) async fn an_event_is_found_after_a_flush_byte_for_byte(store: &dyn Store) {
    let index = store.open().await;
    let json = b" {\"odd\" :\n\"json \\u00e9 \xc3\xa9\",\"n\":1.50}".to_vec();
    let stored = Document {
        may_have_ended: false,
        event: event(1),
        json: json.clone(),
        position: schemas::record::Position { partition: 3, offset: 1 << 40 },
    };
    assert_eq!(index.put(vec![stored.clone()]).await.unwrap(), [Put::Stored]);
    index.flush().await.unwrap();
    let hit = hits(&index, &scope(Expr::All)).await.remove(0);
    assert_eq!((&hit.json, hit.position), (&json, stored.position));
    assert_eq!((hit.cursor.millis, hit.cursor.id, hit.cursor.project), (noon().as_millisecond(), id(1), PROJECT));
    assert_eq!(index.get(&[PROJECT], id(1)).await.unwrap(), [hit]);
}

pub(crate) async fn an_empty_batch_does_nothing(store: &dyn Store) {
    let index = store.open().await;
    assert_eq!(index.put(Vec::new()).await.unwrap(), []);
    index.record(Vec::new()).await.unwrap();
    index.flush().await.unwrap();
    index.health().await.unwrap();
    assert_eq!(index.days().await.unwrap(), []);
    assert_eq!(hits(&index, &scope(Expr::All)).await, []);
}

pub(crate) async fn a_batch_is_answered_in_order(store: &dyn Store) {
    let index = store.open().await;
    let batch = (0..500).map(|n| document(event(n / 2), n)).collect();
    let puts = index.put(batch).await.unwrap();
    for (n, put) in (0..500).zip(puts) {
        let expected = if n % 2 == 0 { Put::Stored } else { Put::Duplicate { of: position(n - 1) } };
        assert_eq!(put, expected, "{n}");
    }
    index.flush().await.unwrap();
    assert_eq!(found(&index, Expr::All).await, (0..250).collect::<Vec<_>>());
}

pub(crate) async fn the_same_record_again_changes_nothing(store: &dyn Store) {
    let index = store.open().await;
    let puts = index.put(vec![document(event(1), 5), document(event(1), 5)]).await.unwrap();
    assert_eq!(puts, [Put::Stored, Put::Unchanged { slim: false }]);
    assert_eq!(put_one(&index, &event(1), 5).await, Put::Unchanged { slim: false });
    index.flush().await.unwrap();
    assert_eq!(put_one(&index, &event(1), 5).await, Put::Unchanged { slim: false });
    let index = reopen(store, index).await;
    assert_eq!(put_one(&index, &event(1), 5).await, Put::Unchanged { slim: false });
    index.flush().await.unwrap();
    assert_eq!(found(&index, Expr::All).await, [1]);
}

pub(crate) async fn the_same_id_from_another_record_is_a_duplicate_of_the_first(store: &dyn Store) {
    let index = store.open().await;
    let puts = index.put(vec![document(event(1), 5), document(event(1), 6)]).await.unwrap();
    assert_eq!(puts, [Put::Stored, Put::Duplicate { of: position(5) }]);
    assert_eq!(put_one(&index, &event(1), 7).await, Put::Duplicate { of: position(5) });
    index.flush().await.unwrap();
    assert_eq!(put_one(&index, &event(1), 8).await, Put::Duplicate { of: position(5) });
    let index = reopen(store, index).await;
    let changed = with(event(1), |e| e.service = Some("other".into()));
    assert_eq!(put_one(&index, &changed, 9).await, Put::Duplicate { of: position(5) });
    index.flush().await.unwrap();
    let stored = hits(&index, &scope(Expr::All)).await;
    assert_eq!(stored.len(), 1);
    assert_eq!((&stored[0].json, stored[0].position), (&document(event(1), 5).json, position(5)));
}

pub(crate) async fn a_repeated_id_is_recognised_across_midnight_for_24_hours(store: &dyn Store) {
    for flush in [false, true] {
        let index = store.open().await;
        let base = if flush { 100 } else { 0 };
        let first = |n| event_at(base + n, "2026-11-20T23:59:59.999Z");
        for n in 1..=5 {
            assert_eq!(put_one(&index, &first(n), base + n).await, Put::Stored);
        }
        if flush {
            index.flush().await.unwrap();
        }
        let index = if flush { reopen(store, index).await } else { index };
        for (n, again, duplicate) in [
            (1, "2026-11-21T00:00:00Z", true),
            (2, "2026-11-21T23:59:59.999Z", true),
            (3, "2026-11-22T00:00:00Z", false),
            (4, "2026-11-19T23:59:59.999Z", true),
            (5, "2026-11-19T23:59:59.998Z", false),
        ] {
            let expected = if duplicate { Put::Duplicate { of: position(base + n) } } else { Put::Stored };
            assert_eq!(put_one(&index, &event_at(base + n, again), base + 50 + n).await, expected, "{again}, flushed first: {flush}");
        }
        assert_eq!(put_one(&index, &first(1), base + 1).await, Put::Unchanged { slim: false });
        index.flush().await.unwrap();
        let all = hits(&index, &scope(Expr::All)).await;
        assert_eq!(all.len(), if flush { 14 } else { 7 });
        index.close().await.unwrap();
    }
}

pub(crate) async fn an_id_says_nothing_about_another_project(store: &dyn Store) {
    let index = store.open().await;
    let other = with(event(1), |e| e.project = ProjectId(8));
    assert_eq!(put_one(&index, &event(1), 1).await, Put::Stored);
    assert_eq!(put_one(&index, &other, 2).await, Put::Stored);
    index.flush().await.unwrap();
    let third = with(event(1), |e| e.project = ProjectId(9));
    assert_eq!(put_one(&index, &third, 3).await, Put::Stored);
    assert_eq!(put_one(&index, &other, 4).await, Put::Duplicate { of: position(2) });
    index.flush().await.unwrap();
    let all = index.get(&[PROJECT, ProjectId(8), ProjectId(9)], id(1)).await.unwrap();
    assert_eq!(all.iter().map(|hit| hit.cursor.project.0).collect::<Vec<_>>(), [9, 8, 7]);
}

pub(crate) async fn what_was_flushed_survives_a_restart(store: &dyn Store) {
    let index = store.open().await;
    let mut flushed = Vec::new();
    for n in 0..20 {
        let event = with(event_at(n, &format!("2026-11-{:02}T01:02:03.456789Z", n + 1)), |e| e.service = Some("checkout".into()));
        assert_eq!(put_one(&index, &event, n).await, Put::Stored);
        if n % 3 == 0 {
            index.flush().await.unwrap();
        }
        flushed.push(n);
    }
    index.flush().await.unwrap();
    let before = hits(&index, &scope(Expr::All)).await;
    let index = reopen(store, index).await;
    assert_eq!(hits(&index, &scope(Expr::All)).await, before);
    assert_eq!(numbers(&before), flushed);
    assert_eq!(index.days().await.unwrap().len(), 20);
}

pub(crate) async fn after_an_end_without_flush_everything_can_be_put_again(store: &dyn Store) {
    let index = store.open().await;
    assert_eq!(put_one(&index, &event(1), 1).await, Put::Stored);
    index.flush().await.unwrap();
    assert_eq!(put_one(&index, &event(2), 2).await, Put::Stored);
    drop(index);
    let index = store.open().await;
    assert_eq!(put_one(&index, &event(1), 1).await, Put::Unchanged { slim: false });
    assert!(matches!(put_one(&index, &event(2), 2).await, Put::Stored | Put::Unchanged { .. }));
    index.flush().await.unwrap();
    assert_eq!(found(&index, Expr::All).await, [1, 2]);
}

pub(crate) async fn hostile_values_are_kept_byte_for_byte(store: &dyn Store) {
    let index = store.open().await;
    let mut events = Vec::new();
    for (n, text) in hostile().into_iter().enumerate() {
        events.push(with(event(n as u64), |e| {
            e.service = Some(text.clone());
            e.error.message = Some(text.repeat(300));
            e.tags.insert(text.clone(), text.clone());
            e.extra.insert(text.clone(), serde_json::Value::String(text));
        }));
    }
    let expected: Vec<Vec<u8>> = events.iter().map(|event| serde_json::to_vec(event).unwrap()).collect();
    super::events::store(&index, events).await;
    let stored = hits(&index, &scope(Expr::All)).await;
    assert_eq!(stored.len(), expected.len());
    for hit in stored {
        assert_eq!(hit.json, expected[number(&hit) as usize]);
    }
}

pub(crate) async fn the_largest_event_is_stored_and_leaves_the_others_alone(store: &dyn Store) {
    let index = store.open().await;
    let large = with(event(1), |e| {
        e.message = Some(schemas::event::Message { formatted: "needle in a haystack ".repeat(400), ..Default::default() });
        for n in 0..limits::TAGS {
            e.tags.insert(format!("{n}{}", "k".repeat(limits::TAG_KEY_CHARS)), "v".repeat(limits::TAG_VALUE_CHARS));
        }
        e.extra.insert("blob".into(), serde_json::Value::String("\u{1F514}".repeat(limits::EVENT_BYTES / 4)));
    });
    let puts = index.put(vec![document(event(0), 0), document(large.clone(), 1), document(event(2), 2)]).await.unwrap();
    assert_eq!(puts, [Put::Stored, Put::Stored, Put::Stored]);
    index.flush().await.unwrap();
    assert_eq!(found(&index, Expr::Text(schemas::query::Phrase::new("needle in"))).await, [1]);
    assert_eq!(index.get(&[PROJECT], id(1)).await.unwrap()[0].json, serde_json::to_vec(&large).unwrap());
    assert_eq!(found(&index, Expr::All).await, [0, 1, 2]);
}
