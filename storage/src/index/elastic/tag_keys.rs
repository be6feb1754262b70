//! Which tags there are, counted.

use schemas::limits;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;

use super::{ElasticIndex, query, template::TAG_KEYS};
use crate::{Result, index::Scope};

const DOING: &str = "listing the keys of tags";

#[derive(Debug, Default, Deserialize)]
struct Keys {
    keys: Buckets,
}

#[derive(Debug, Default, Deserialize)]
struct Buckets {
    sum_other_doc_count: u64,
    buckets: Vec<Bucket>,
}

#[derive(Debug, Deserialize)]
struct Bucket {
    key: String,
    doc_count: u64,
}

impl ElasticIndex {
    pub(super) async fn tag_keys_in(&self, scope: &Scope, prefix: &str, limit: usize) -> Result<Option<Vec<(String, u64)>>> {
        let condition = query::scope(scope)?;
        if scope.projects.is_empty() || scope.millis.is_empty() {
            return Ok(Some(Vec::new()));
        }
        // As many as there may be: what a shard leaves out would make counts too low.
        let mut terms = json!({ "field": TAG_KEYS, "size": limits::TAG_KEYS, "shard_size": limits::TAG_KEYS });
        if !prefix.is_empty() {
            terms["include"] = beginning(prefix).into();
        }
        let body = json!({ "size": 0, "query": condition, "aggs": { "keys": { "terms": terms } } });
        let answer = self.client.search::<IgnoredAny, Keys>(DOING, &self.pattern("events"), &body).await?;
        let Keys { keys } = answer.aggregations.unwrap_or_default();
        if keys.sum_other_doc_count > 0 {
            return Ok(None);
        }
        let mut found: Vec<(String, u64)> = keys.buckets.into_iter().map(|bucket| (bucket.key, bucket.doc_count)).collect();
        found.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        found.truncate(limit);
        Ok(Some(found))
    }
}

/// A pattern of Lucene for what begins with `prefix`, in which nothing else is special.
fn beginning(prefix: &str) -> String {
    let mut pattern = String::with_capacity(prefix.len() + 2);
    for c in prefix.chars() {
        if c.is_ascii() && !c.is_ascii_alphanumeric() {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push_str(".*");
    pattern
}
