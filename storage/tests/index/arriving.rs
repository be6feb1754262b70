//! What `arrivals` promises: what was stored since, by position.

use std::sync::Arc;

use schemas::{
    event::Event,
    fields::Field,
    ids::ProjectId,
    query::{Expr, FieldRef},
    record::Position,
};
use storage::index::{Document, Index, Marks, Scope};

use super::{Store, events::*};

async fn put(index: &Arc<dyn Index>, events: Vec<(Event, u32, u64)>) {
    let document = |(event, partition, offset)| Document::new(event, Position { partition, offset });
    index.put(events.into_iter().map(document).collect()).await.unwrap();
    index.flush().await.unwrap();
}

fn marks(marks: &[(u32, u64)]) -> Marks {
    marks.iter().copied().collect()
}

pub(crate) async fn what_was_stored_since_comes_by_receipt_whatever_its_time(store: &dyn Store) {
    let index = store.open().await;
    let all = scope(Expr::All);
    let none = index.arrivals(&all, None, 10).await.unwrap();
    assert_eq!((none.hits.len(), none.total, none.marks), (0, 0, Marks::new()));
    put(&index, vec![(event_at(1, "2026-11-20T12:00:00Z"), 0, 5), (event_at(2, "2026-11-20T12:00:01Z"), 0, 6)]).await;
    let start = index.arrivals(&all, None, 10).await.unwrap();
    assert_eq!((start.hits.len(), start.total, &start.marks), (0, 0, &marks(&[(0, 6)])));
    let nothing = index.arrivals(&all, Some(&start.marks), 10).await.unwrap();
    assert_eq!((nothing.hits.len(), nothing.total, &nothing.marks), (0, 0, &start.marks));
    let old = with(event_at(3, "2026-11-20T12:00:03Z"), |e| e.timestamp = at("2026-08-25T00:00:00Z"));
    // A processor that was late stores what was received the day before.
    let late = event_at(4, "2026-11-19T23:00:00Z");
    put(&index, vec![(old, 0, 7), (event_at(5, "2026-11-20T12:00:02Z"), 0, 8), (late, 0, 9)]).await;
    let since = index.arrivals(&all, Some(&start.marks), 10).await.unwrap();
    assert_eq!(since.hits.iter().map(number).collect::<Vec<_>>(), [4, 5, 3]);
    assert_eq!(since.hits.iter().map(|hit| hit.position.offset).collect::<Vec<_>>(), [9, 8, 7]);
    assert_eq!((since.total, &since.marks), (3, &marks(&[(0, 9)])));
    let capped = index.arrivals(&all, Some(&start.marks), 2).await.unwrap();
    assert_eq!((capped.hits.iter().map(number).collect::<Vec<_>>(), capped.total, &capped.marks), (vec![4, 5], 3, &since.marks));
    assert_eq!(index.arrivals(&all, Some(&since.marks), 10).await.unwrap().total, 0);
    let everything = index.arrivals(&all, Some(&Marks::new()), 10).await.unwrap();
    assert_eq!((everything.total, everything.marks), (5, since.marks));
}

pub(crate) async fn partitions_are_followed_each_by_itself(store: &dyn Store) {
    let index = store.open().await;
    let all = scope(Expr::All);
    put(&index, vec![(event(1), 0, 100), (event(2), 1, 3)]).await;
    let start = index.arrivals(&all, None, 10).await.unwrap().marks;
    assert_eq!(start, marks(&[(0, 100), (1, 3)]));
    // The first of them is behind the other partition's offsets, and the last of a partition that is new.
    put(&index, vec![(event(3), 1, 4), (event(4), 0, 101), (event(5), 7, 0)]).await;
    let since = index.arrivals(&all, Some(&start), 10).await.unwrap();
    assert_eq!(numbers(&since.hits), [3, 4, 5]);
    assert_eq!(since.marks, marks(&[(0, 101), (1, 4), (7, 0)]));
    let one = index.arrivals(&all, Some(&marks(&[(0, 101), (1, 3), (7, 0)])), 10).await.unwrap();
    assert_eq!(numbers(&one.hits), [3]);
}

pub(crate) async fn arrivals_keep_to_their_scope_and_marks_do_not(store: &dyn Store) {
    let index = store.open().await;
    let tagged = |n: u64| with(event(n), |e| e.service = Some("shop".into()));
    let start = marks(&[(0, 0)]);
    let elsewhere = with(tagged(2), |e| e.project = ProjectId(8));
    put(&index, vec![(event(1), 0, 1), (elsewhere, 0, 2), (tagged(3), 0, 3), (event(4), 0, 4)]).await;
    let shop = scope(equals(FieldRef::new(Field::Service), keyword("shop")));
    let since = index.arrivals(&shop, Some(&start), 10).await.unwrap();
    assert_eq!((numbers(&since.hits), since.total, &since.marks), (vec![3], 1, &marks(&[(0, 4)])));
    let nobody = Scope { projects: Vec::new(), ..shop };
    let since = index.arrivals(&nobody, Some(&start), 10).await.unwrap();
    assert_eq!((since.hits.len(), since.total, since.marks), (0, 0, marks(&[(0, 4)])));
}
