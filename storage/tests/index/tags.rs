//! Which tags there are.

use std::sync::Arc;

use schemas::{
    fields::Field,
    ids::ProjectId,
    query::{Expr, FieldRef},
};
use storage::index::{Index, Scope};

use super::{Store, events::*};

async fn keys(index: &Arc<dyn Index>, scope: &Scope, prefix: &str, limit: usize) -> Vec<(String, u64)> {
    index.tag_keys(scope, prefix, limit).await.unwrap().unwrap()
}

fn counted(keys: &[(&str, u64)]) -> Vec<(String, u64)> {
    keys.iter().map(|(key, count)| ((*key).to_owned(), *count)).collect()
}

fn tagged(number: u64, keys: &[&str]) -> schemas::event::Event {
    with(event(number), |e| e.tags = keys.iter().map(|key| ((*key).to_owned(), format!("{number}"))).collect())
}

pub(crate) async fn keys_of_tags_come_by_count_and_then_by_name(store_of: &dyn Store) {
    let index = store_of.open().await;
    store(&index, vec![tagged(1, &["tenant", "zone"]), tagged(2, &["tenant", "team", "zone"]), tagged(3, &["tenant"])]).await;
    // The same keys in another segment and on another day.
    let later = with(event_at(4, "2026-11-21T12:00:00Z"), |e| e.tags = [("zone".to_owned(), "a=b".to_owned())].into());
    assert_eq!(put_one(&index, &later, 10).await, storage::index::Put::Stored);
    index.flush().await.unwrap();
    let all = scope(Expr::All);
    assert_eq!(keys(&index, &all, "", 10).await, counted(&[("tenant", 3), ("zone", 3), ("team", 1)]));
    assert_eq!(keys(&index, &all, "", 2).await, counted(&[("tenant", 3), ("zone", 3)]));
    assert_eq!(keys(&index, &all, "te", 10).await, counted(&[("tenant", 3), ("team", 1)]));
    assert_eq!(keys(&index, &all, "Te", 10).await, []);
    assert_eq!(keys(&index, &all, "tenant", 10).await, counted(&[("tenant", 3)]));
}

pub(crate) async fn keys_of_tags_are_those_of_the_events_in_scope(store_of: &dyn Store) {
    let index = store_of.open().await;
    let other = with(tagged(3, &["secret"]), |e| e.project = ProjectId(8));
    let debug = with(tagged(2, &["a", "b"]), |e| e.severity = schemas::event::Severity::Debug);
    store(&index, vec![tagged(1, &["a"]), debug, other]).await;
    assert_eq!(keys(&index, &scope(Expr::All), "", 10).await, counted(&[("a", 2), ("b", 1)]));
    let debug = equals(FieldRef::new(Field::Level), keyword("debug"));
    assert_eq!(keys(&index, &scope(debug), "", 10).await, counted(&[("a", 1), ("b", 1)]));
    let before = Scope { millis: 0..noon().as_millisecond(), ..scope(Expr::All) };
    assert_eq!(keys(&index, &before, "", 10).await, []);
    let nobody = Scope { projects: Vec::new(), ..scope(Expr::All) };
    assert_eq!(keys(&index, &nobody, "", 10).await, []);
}

pub(crate) async fn hostile_prefixes_are_taken_literally(store_of: &dyn Store) {
    let index = store_of.open().await;
    let hostile = hostile();
    let events = hostile.iter().enumerate().map(|(n, key)| tagged(n as u64, &[key.as_str()]));
    store(&index, events.collect()).await;
    for prefix in &hostile {
        let mut expected: Vec<&str> = hostile.iter().map(String::as_str).filter(|key| key.starts_with(prefix.as_str())).collect();
        expected.sort_unstable();
        let found = keys(&index, &scope(Expr::All), prefix, 100).await;
        assert_eq!(found.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), expected, "{prefix:?}");
    }
}
