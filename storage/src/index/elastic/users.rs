//! How many users or other values: Elasticsearch estimates distinct values, and the estimate decides whether they are
//! few enough to be counted one by one.

use std::collections::HashMap;

use schemas::{
    fields::Field,
    query::{FieldRef, Value},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value as Json, json};

use super::{
    ElasticIndex,
    count::{Buckets, DOING, Number, group_path},
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

/// Most pairs of bucket and user that are counted one by one.
const PAIRS: usize = 400_000;
/// Up to how many users the estimate for one of many buckets is precise. It takes eight bytes for each.
const PRECISE: u64 = 3_000;

/// The aggregation that estimates users.
pub(super) fn estimate() -> Json {
    json!({ "cardinality": { "field": Field::ecs(USERS), "precision_threshold": 40_000 } })
}

/// Names in the answer are not needed.
type Keys = Parts<Map<String, Json>>;

impl ElasticIndex {
    /// How many values of `field` the events have that `query` finds.
    pub(super) async fn values_exactly(&self, query: &Json, field: &FieldRef, estimate: u64) -> Result<u64> {
        if estimate == 0 || estimate > COUNTED {
            return Ok(estimate);
        }
        let keys: Keys = self.groups(query, &sources(std::slice::from_ref(field)), BUCKETS_AT_ONCE, None, &json!({})).await?;
        Ok(keys.buckets.len() as u64)
    }

    /// The same of each of these fields.
    pub(super) async fn distinct(&self, query: &Json, fields: &[FieldRef]) -> Result<Vec<u64>> {
        if fields.is_empty() {
            return Ok(Vec::new());
        }
        let estimate = |field| json!({ "cardinality": { "field": group_path(field), "precision_threshold": 40_000 } });
        let estimates: Map<String, Json> = fields.iter().enumerate().map(|(n, field)| (n.to_string(), estimate(field))).collect();
        let body = json!({ "size": 0, "track_total_hits": false, "query": query, "aggs": estimates });
        let answer = self.client.search::<IgnoredAny, HashMap<String, Number>>(DOING, &self.pattern("events"), &body).await?;
        let estimates = answer.aggregations.unwrap_or_default();
        let mut numbers = Vec::with_capacity(fields.len());
        for (n, field) in fields.iter().enumerate() {
            let estimate = estimates.get(&n.to_string()).map_or(0, Number::whole);
            // Of a key of `labels` Elasticsearch may estimate none where there are some.
            let estimate = if field.key.is_some() { estimate.max(1) } else { estimate };
            numbers.push(self.values_exactly(query, field, estimate).await?);
        }
        Ok(numbers)
    }

    /// The users of each bucket: pairs are counted one by one up to [`PAIRS`], and estimated beyond.
    pub(super) async fn users_over_time(&self, query: &Json, buckets: Buckets) -> Result<Vec<u64>> {
        let mut sources = sources(&[FieldRef::new(USERS)]);
        sources.insert(0, json!({ "bucket": { "date_histogram": buckets.histogram() } }));
        let (mut users, mut pairs, mut after) = (vec![0; buckets.number], 0, None);
        loop {
            let keys: Keys = self.groups(query, &sources, BUCKETS_AT_ONCE, after, &json!({})).await?;
            for part in &keys.buckets {
                let start = part.key.get("bucket").and_then(Json::as_i64);
                if let Some(place) = start.and_then(|start| buckets.place(start)) {
                    users[place] += 1;
                }
            }
            pairs += keys.buckets.len();
            after = keys.after_key;
            if keys.buckets.len() < BUCKETS_AT_ONCE || after.is_none() {
                return Ok(users);
            }
            if pairs > PAIRS {
                return self.users_over_time_about(query, buckets).await;
            }
        }
    }

    async fn users_over_time_about(&self, query: &Json, buckets: Buckets) -> Result<Vec<u64>> {
        #[derive(Deserialize)]
        struct Answer {
            over_time: OverTime,
        }
        #[derive(Deserialize)]
        struct OverTime {
            buckets: Vec<Bucket>,
        }
        #[derive(Deserialize)]
        struct Bucket {
            key: i64,
            users: Number,
        }
        let estimate = json!({ "cardinality": { "field": Field::ecs(USERS), "precision_threshold": PRECISE } });
        let over_time = json!({ "date_histogram": buckets.histogram(), "aggs": { "users": estimate } });
        let body = json!({ "size": 0, "track_total_hits": false, "query": query, "aggs": { "over_time": over_time } });
        let answer = self.client.search::<IgnoredAny, Answer>(DOING, &self.pattern("events"), &body).await?;
        let mut users = vec![0; buckets.number];
        for bucket in answer.aggregations.into_iter().flat_map(|answer| answer.over_time.buckets) {
            if let Some(place) = buckets.place(bucket.key) {
                users[place] = bucket.users.whole();
            }
        }
        Ok(users)
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
