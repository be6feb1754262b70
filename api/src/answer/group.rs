//! A group of events with the same values in some fields.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemas::query::{FieldRef, Value};
use serde::Serialize;
use storage::index;
use utoipa::ToSchema;

use crate::times::stamp;

/// The values of the fields that it was split by.
pub(crate) type Key = BTreeMap<String, serde_json::Value>;

/// Up to how many users are counted exactly.
const EXACT_USERS: u64 = 40_000;

/// Whether a number of users is an estimate, rarely wrong by more than 3 %.
pub(crate) fn estimated_users(users: u64) -> bool {
    users > EXACT_USERS
}

/// How many events have these values. An estimate, and marked as one, when some of them were left out by sampling.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Group {
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub(crate) key: Key,
    pub(crate) count: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
}

impl Group {
    pub(crate) fn new(by: &[FieldRef], group: index::Group) -> Self {
        let (first, last) = group.seen;
        let estimated = group.weight != group.count;
        Self { key: key(by, group.key), count: group.weight, estimated, first_seen: stamp(first), last_seen: stamp(last) }
    }
}

pub(crate) fn key(by: &[FieldRef], values: Vec<Value>) -> Key {
    by.iter().map(ToString::to_string).zip(values.into_iter().map(json)).collect()
}

fn json(value: Value) -> serde_json::Value {
    match value {
        Value::Keyword(text) => text.into(),
        Value::Long(number) => number.into(),
        Value::Bool(yes) => yes.into(),
        Value::Millis(millis) => stamp(millis).to_string().into(),
    }
}
