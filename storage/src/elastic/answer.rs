//! Answers to searches, and whether they are whole.

use std::time::Duration;

use elasticsearch::http::Method;
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::Value;

use super::{Cause, Client};
use crate::{Error, Result};

/// An answer to a search: what was found, each read as `H`, and what was counted, read as `A`.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "H: DeserializeOwned, A: DeserializeOwned"))]
pub(crate) struct Answer<H, A = IgnoredAny> {
    #[serde(flatten)]
    shards: Shards,
    pub(crate) hits: Hits<H>,
    /// Missing when no index is there to be asked.
    pub(crate) aggregations: Option<A>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Hits<H> {
    total: Option<Total>,
    pub(crate) hits: Vec<H>,
}

#[derive(Debug, Deserialize)]
struct Total {
    value: u64,
}

impl<H, A> Answer<H, A> {
    /// How many there are in all, when that was asked for.
    pub(crate) fn total(&self) -> u64 {
        self.hits.total.as_ref().map_or(0, |total| total.value)
    }
}

/// Whether all shards took part in an answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Shards {
    #[serde(rename = "_shards")]
    shards: ShardCounts,
    #[serde(default)]
    timed_out: bool,
}

#[derive(Debug, Deserialize)]
struct ShardCounts {
    failed: u64,
    #[serde(default)]
    failures: Vec<Value>,
}

impl Shards {
    /// Elasticsearch answers 200 when some shards failed: an answer that is short without saying so.
    fn check(&self, doing: &str) -> Result<()> {
        if self.timed_out {
            return Err(Error::retryable(doing, "the time that Elasticsearch gives itself ran out"));
        }
        if self.shards.failed > 0 {
            let first = self.shards.failures.first().unwrap_or(&Value::Null);
            let doing = format!("{doing}: {} shards failed", self.shards.failed);
            return Err(Cause::of_error(503, &first["reason"]).into_error(&doing));
        }
        Ok(())
    }
}

/// What Elasticsearch says of a shard that no node has started yet, as in the first moments of a new day's index.
const NOT_STARTED: &str = "no_shard_available_action_exception";
/// How long a search waits before each new try when a shard is not started yet.
const START_WAITS: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(200), Duration::from_millis(400), Duration::from_millis(800)];

impl Client {
    /// Asks the indices that match this pattern. Fails unless every shard answered in time; waits a little for those
    /// that are being started.
    pub(crate) async fn search<H, A>(&self, doing: &str, indices: &str, body: &Value) -> Result<Answer<H, A>>
    where
        H: DeserializeOwned,
        A: DeserializeOwned,
    {
        for wait in START_WAITS {
            match self.search_once(doing, indices, body).await {
                Err(Error::Retryable { cause, .. }) if cause.contains(NOT_STARTED) => tokio::time::sleep(wait).await,
                answer => return answer,
            }
        }
        self.search_once(doing, indices, body).await
    }

    async fn search_once<H, A>(&self, doing: &str, indices: &str, body: &Value) -> Result<Answer<H, A>>
    where
        H: DeserializeOwned,
        A: DeserializeOwned,
    {
        // No index holds nothing; one that is closed holds what can't be answered now, and is refused.
        let wide = "allow_no_indices=true&expand_wildcards=open,closed&allow_partial_search_results=false";
        let path = format!("{indices}/_search?{wide}");
        let answer: Answer<H, A> = self.json(doing, Method::Post, &path, Some(body)).await?;
        answer.shards.check(doing)?;
        Ok(answer)
    }

    /// Makes what was written to these indices visible to searches.
    pub(crate) async fn refresh(&self, names: &[String]) -> Result<()> {
        // Elasticsearch reads request lines of 4 KiB; a name has 120 bytes at most.
        for names in names.chunks(25) {
            let doing = format!("refreshing {}", names.join(","));
            let path = format!("{}/_refresh?ignore_unavailable=true", names.join(","));
            let done: Shards = self.json(&doing, Method::Post, &path, None).await?;
            done.check(&doing)?;
        }
        Ok(())
    }

    /// Whether every shard of the indices that match this pattern is held by some node.
    pub(crate) async fn health(&self, indices: &str) -> Result<()> {
        #[derive(Deserialize)]
        struct Health {
            status: String,
        }
        let doing = format!("asking for the health of {indices}");
        let path = format!("_cluster/health/{indices}?filter_path=status&timeout=5s");
        let health: Health = self.json(&doing, Method::Get, &path, None).await?;
        if health.status == "red" {
            return Err(Error::retryable(doing, "some shards have no node that holds them"));
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(answer: Value) -> Result<()> {
        serde_json::from_value::<Answer<IgnoredAny>>(answer).unwrap().shards.check("asking")
    }

    #[test]
    fn a_short_answer_is_an_error() {
        let hits = json!({ "hits": [] });
        assert!(check(json!({ "timed_out": false, "_shards": { "failed": 0 }, "hits": hits })).is_ok());
        let late = check(json!({ "timed_out": true, "_shards": { "failed": 0 }, "hits": hits })).unwrap_err();
        assert!(late.is_retryable(), "{late}");
        let failures = json!([{ "shard": 0, "reason": { "type": "circuit_breaking_exception", "reason": "data too large" } }]);
        let failed = check(json!({ "timed_out": false, "_shards": { "failed": 2, "failures": failures }, "hits": hits })).unwrap_err();
        assert!(failed.is_retryable() && failed.to_string().contains("2 shards failed") && failed.to_string().contains("data too large"));
    }
}
