//! How many users: Elasticsearch estimates distinct values, and the estimate decides whether they are few enough to
//! be counted one by one.

use std::collections::HashMap;

use schemas::{
    fields::Field,
    query::{FieldRef, Value},
};
use serde_json::{Map, Value as Json, json};

use super::{
    ElasticIndex,
    groups::{BUCKETS_AT_ONCE, Parts, read_keys, sources, within},
};
use crate::{
    Result,
    index::{Group, USERS},
};

/// Up to this estimate users are counted one by one: the promised 40,000 and the error of the estimate.
const COUNTED: u64 = 42_000;
/// Most requests for the users of groups; the groups with the most events come first.
const REQUESTS: usize = 32;

/// The aggregation that estimates users.
pub(super) fn estimate() -> Json {
    json!({ "cardinality": { "field": Field::ecs(USERS), "precision_threshold": 40_000 } })
}

/// Names in the answer are not needed.
type Keys = Parts<Map<String, Json>>;

impl ElasticIndex {
    /// Users of all events that `query` finds.
    pub(super) async fn users_exactly(&self, query: &Json, estimate: u64) -> Result<u64> {
        if estimate == 0 || estimate > COUNTED {
            return Ok(estimate);
        }
        let keys: Keys = self.groups(query, &sources(&[FieldRef::new(USERS)]), BUCKETS_AT_ONCE, None, &json!({})).await?;
        Ok(keys.buckets.len() as u64)
    }

    /// Replaces the estimates of these groups by counts, where few enough users are estimated.
    pub(super) async fn users_of(&self, query: &Json, by: &[FieldRef], groups: &mut [Group]) -> Result<()> {
        let mut fields = by.to_vec();
        fields.push(FieldRef::new(USERS));
        for places in parts(groups) {
            let query = within(query, by, places.iter().map(|place| groups[*place].key.as_slice()))?;
            let keys: Keys = self.groups(&query, &sources(&fields), BUCKETS_AT_ONCE, None, &json!({})).await?;
            if keys.buckets.len() == BUCKETS_AT_ONCE {
                // More than estimated: what is missing here would be missing in the counts.
                continue;
            }
            let mut users: HashMap<String, u64> = HashMap::new();
            for key in &keys.buckets {
                *users.entry(text(&read_keys(by, &key.key)?)).or_default() += 1;
            }
            for place in places {
                groups[place].users = Some(users.get(&text(&groups[place].key)).copied().unwrap_or_default());
            }
        }
        Ok(())
    }
}

/// Places of groups, in parts whose users fit into one answer.
fn parts(groups: &[Group]) -> Vec<Vec<usize>> {
    let mut parts: Vec<Vec<usize>> = Vec::new();
    let mut room = 0;
    for (place, group) in groups.iter().enumerate() {
        let users = group.users.unwrap_or_default();
        if users == 0 || users > COUNTED {
            continue;
        }
        // The estimate may be a little low.
        let needed = users + users / 20 + 1;
        if needed > room {
            if parts.len() == REQUESTS {
                break;
            }
            parts.push(Vec::new());
            room = BUCKETS_AT_ONCE as u64;
        }
        room = room.saturating_sub(needed);
        parts.last_mut().expect("there is no room before the first part").push(place);
    }
    parts
}

/// Values have no hash.
fn text(key: &[Value]) -> String {
    format!("{key:?}")
}
