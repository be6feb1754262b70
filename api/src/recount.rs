//! Counting known groups again: in another window, or in another part of the events.

use std::{collections::HashMap, ops::Range};

use schemas::query::{Expr, FieldRef, Test, Value};
use storage::index::{Count, Group, Scope};

use crate::{Api, problem::Answer};

/// Most groups that one count asks for: each is a condition, or two.
const AT_ONCE: usize = 250;

/// Groups by their keys.
#[derive(Debug, Default)]
pub(crate) struct Recounted(HashMap<String, Group>);

impl Recounted {
    /// The group with this key, if it has an event.
    pub(crate) fn get(&self, key: &[Value]) -> Option<&Group> {
        self.0.get(&name(key))
    }

    /// Its weight.
    pub(crate) fn weight(&self, key: &[Value]) -> u64 {
        self.get(key).map_or(0, |group| group.weight)
    }
}

/// Values have no hash.
fn name(key: &[Value]) -> String {
    format!("{key:?}")
}

/// Events of any of these groups.
pub(crate) fn any_of<'a>(by: &[FieldRef], keys: impl IntoIterator<Item = &'a [Value]>) -> Expr {
    let equal = |(field, value): (&FieldRef, &Value)| Expr::Field(field.clone(), Test::Equals(value.clone()));
    let group = |key: &[Value]| Expr::And(by.iter().zip(key).map(equal).collect());
    Expr::Or(keys.into_iter().map(group).collect())
}

/// The groups of `count` with these keys.
pub(crate) async fn of(api: &Api, count: &Count, keys: &[Vec<Value>]) -> Answer<Recounted> {
    let mut found = HashMap::new();
    for part in keys.chunks(AT_ONCE) {
        let wanted = any_of(&count.by, part.iter().map(Vec::as_slice));
        let expr = Expr::And(vec![count.scope.expr.clone(), wanted]);
        let scope = Scope { expr, ..count.scope.clone() };
        let counted = api.index().count(&Count { scope, limit: part.len(), ..count.clone() }).await?;
        found.extend(counted.groups.into_iter().map(|group| (name(&group.key), group)));
    }
    Ok(Recounted(found))
}

/// The same, of the fields of `count` alone and in another window.
pub(crate) async fn within(api: &Api, count: &Count, keys: &[Vec<Value>], millis: Range<i64>) -> Answer<Recounted> {
    let scope = Scope { millis, ..count.scope.clone() };
    of(api, &Count { by: count.by.clone(), ..Count::of(scope) }, keys).await
}
