//! What `search` and `get` promise about order and pages.

use schemas::{ids::ProjectId, query::Expr};
use storage::index::{Cursor, Scope};

use super::{Store, events::*};

pub(crate) async fn events_come_newest_first(store: &dyn Store) {
    let index = store.open().await;
    let minutes = [5, 3, 59, 0, 17];
    let events = minutes.iter().map(|m| event_at(*m, &format!("2026-11-20T12:{m:02}:00Z"))).collect();
    super::events::store(&index, events).await;
    let page = index.search(&scope(Expr::All), None, 3).await.unwrap();
    assert_eq!(page.hits.iter().map(number).collect::<Vec<_>>(), [59, 17, 5]);
    assert!(page.more);
    let rest = index.search(&scope(Expr::All), Some(page.hits[2].cursor), 2).await.unwrap();
    assert_eq!(rest.hits.iter().map(number).collect::<Vec<_>>(), [3, 0]);
    assert!(!rest.more, "a page that ends with the last event is the last one");
    let none = index.search(&scope(Expr::All), Some(rest.hits[1].cursor), 2).await.unwrap();
    assert!(none.hits.is_empty() && !none.more);
}

pub(crate) async fn pages_of_equal_times_neither_skip_nor_repeat(store: &dyn Store) {
    let index = store.open().await;
    let mut events = Vec::new();
    for n in 0..60_u64 {
        let day = 18 + n % 3;
        events.push(with(event_at(n / 2, &format!("2026-11-{day}T08:00:00Z")), |e| {
            e.project = ProjectId(1 + n % 2);
            // Microseconds are below what order goes by.
            e.timestamp = at(&format!("2026-11-17T10:00:00.00{}{:03}Z", n % 4 / 2, 999 - n));
        }));
    }
    let mut expected: Vec<(i64, [u8; 16], u64)> = events.iter().map(|e| (e.timestamp.as_millisecond(), e.id.0, e.project.0)).collect();
    expected.sort_by(|a, b| b.cmp(a));
    super::events::store(&index, events).await;
    let scope = Scope { projects: vec![ProjectId(1), ProjectId(2)], ..scope(Expr::All) };
    for limit in [1, 7, 59, 60] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = index.search(&scope, after, limit).await.unwrap();
            seen.extend(page.hits.iter().map(|h| (h.cursor.millis, h.cursor.id.0, h.cursor.project.0)));
            assert_eq!(page.more, seen.len() < expected.len(), "limit {limit}, after {}", seen.len());
            if !page.more {
                break;
            }
            assert_eq!(page.hits.len(), limit);
            after = page.hits.last().map(|hit| hit.cursor);
        }
        assert_eq!(seen, expected, "limit {limit}");
    }
    let nowhere = Cursor { millis: 0, id: id(0), project: ProjectId(1) };
    assert_eq!(index.search(&scope, Some(nowhere), 10).await.unwrap().hits, []);
}

pub(crate) async fn an_event_that_is_older_than_its_day_is_found_by_its_time(store: &dyn Store) {
    let index = store.open().await;
    let old = with(event_at(1, "2026-11-20T12:00:00Z"), |e| e.timestamp = at("2026-08-25T00:00:00Z"));
    let future = with(event_at(2, "2026-11-19T12:00:00Z"), |e| e.timestamp = at("2026-11-21T00:00:59Z"));
    super::events::store(&index, vec![old, future, event_at(3, "2026-11-20T11:00:00Z")]).await;
    let between = |from: &str, to: &str| Scope { millis: at(from).as_millisecond()..at(to).as_millisecond(), ..scope(Expr::All) };
    assert_eq!(numbers(&hits(&index, &between("2026-08-25T00:00:00Z", "2026-08-26T00:00:00Z")).await), [1]);
    assert_eq!(numbers(&hits(&index, &between("2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z")).await), [2]);
    let newest = index.search(&scope(Expr::All), None, 1).await.unwrap();
    assert_eq!(number(&newest.hits[0]), 2);
}

pub(crate) async fn an_id_is_found_on_every_day_newest_first(store: &dyn Store) {
    let index = store.open().await;
    let days = ["2026-11-02T12:00:00Z", "2026-11-20T12:00:00Z", "2026-11-11T12:00:00Z"];
    let mut events: Vec<_> = days.iter().map(|day| event_at(1, day)).collect();
    events.push(with(event(1), |e| e.project = ProjectId(8)));
    events.push(event(2));
    super::events::store(&index, events).await;
    let offsets = |hits: Vec<storage::index::Hit>| hits.iter().map(|hit| hit.position.offset).collect::<Vec<_>>();
    assert_eq!(offsets(index.get(&[PROJECT], id(1)).await.unwrap()), [1, 2, 0]);
    assert_eq!(offsets(index.get(&[PROJECT, ProjectId(8)], id(1)).await.unwrap()), [3, 1, 2, 0]);
    assert_eq!(offsets(index.get(&[ProjectId(8)], id(2)).await.unwrap()), [0; 0]);
    assert_eq!(offsets(index.get(&[], id(1)).await.unwrap()), [0; 0]);
    assert_eq!(offsets(index.get(&[PROJECT], id(99)).await.unwrap()), [0; 0]);
}
