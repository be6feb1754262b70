//! Events that were stored since, found by the positions of their records.

use schemas::{
    fields::Field,
    ids::{EventId, ProjectId},
    record::Position,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ElasticIndex, query,
    template::{ORIGINAL, POSITION},
};
use crate::{
    Result,
    elastic::Answer,
    index::{Arrivals, Cursor, Hit, Marks, Scope},
};

/// Most partitions of a log that are followed.
const PARTITIONS: usize = 10_000;

#[derive(Debug, Deserialize)]
struct Found {
    #[serde(rename = "_source")]
    source: Source,
    /// Receipt, partition, offset, `@timestamp`, event id and project.
    sort: (i64, u32, u64, i64, EventId, ProjectId),
}

#[derive(Debug, Deserialize)]
struct Source {
    #[serde(rename = "event.original")]
    original: String,
}

impl From<Found> for Hit {
    fn from(found: Found) -> Self {
        let (_, partition, offset, millis, id, project) = found.sort;
        let position = Position { partition, offset };
        Self { json: found.source.original.into_bytes(), position, cursor: Cursor { millis, id, project } }
    }
}

#[derive(Debug, Deserialize)]
struct Partitions {
    partitions: Buckets,
}

#[derive(Debug, Deserialize)]
struct Buckets {
    buckets: Vec<Partition>,
}

#[derive(Debug, Deserialize)]
struct Partition {
    key: u32,
    last: Last,
}

#[derive(Debug, Deserialize)]
struct Last {
    /// A whole number below 2^53, as aggregations answer numbers.
    value: f64,
}

impl ElasticIndex {
    pub(super) async fn arrived(&self, scope: &Scope, after: Option<&Marks>, limit: usize) -> Result<Arrivals> {
        let (partition, offset) = (format!("{POSITION}.partition"), format!("{POSITION}.offset"));
        let last = json!({ "max": { "field": offset } });
        // The condition comes after the aggregation: how far the log is known does not depend on it.
        let wanted = if after.is_some() { query::scope(scope)? } else { json!({ "match_none": {} }) };
        let mut body = json!({
            "track_total_hits": true,
            "size": limit,
            "query": behind(after, &partition, &offset),
            "post_filter": wanted,
            "aggs": { "partitions": { "terms": { "field": partition, "size": PARTITIONS }, "aggs": { "last": last } } },
            "_source": [ORIGINAL],
            "sort": [
                { Field::ReceivedAt.ecs(): "asc" },
                { partition.as_str(): "asc" },
                { offset.as_str(): "asc" },
                { Field::Timestamp.ecs(): "asc" },
                { Field::Id.ecs(): "asc" },
                { Field::Project.ecs(): "asc" },
            ],
        });
        if after.is_none() {
            body["size"] = 0.into();
        }
        let answer: Answer<Found, Partitions> = self.client.search("following the index", &self.pattern("events"), &body).await?;
        let mut marks = after.cloned().unwrap_or_default();
        let total = answer.total();
        for Partition { key, last } in answer.aggregations.into_iter().flat_map(|found| found.partitions.buckets) {
            let mark = marks.entry(key).or_default();
            *mark = (last.value as u64).max(*mark);
        }
        Ok(Arrivals { hits: answer.hits.hits.into_iter().map(Hit::from).collect(), total, marks })
    }
}

/// The records behind the marks; without marks all.
fn behind(after: Option<&Marks>, partition: &str, offset: &str) -> Value {
    let Some(after) = after.filter(|after| !after.is_empty()) else { return json!({ "match_all": {} }) };
    let beyond = |(number, mark): (&u32, &u64)| json!({ "bool": { "filter": [{ "term": { partition: number } }, { "range": { offset: { "gt": mark } } }] } });
    let mut either: Vec<Value> = after.iter().map(beyond).collect();
    let known: Vec<&u32> = after.keys().collect();
    either.push(json!({ "bool": { "must_not": [{ "terms": { partition: known } }] } }));
    json!({ "bool": { "filter": [{ "bool": { "should": either } }] } })
}
