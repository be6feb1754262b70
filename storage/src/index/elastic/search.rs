//! Questions that are answered with events.

use elasticsearch::http::Method;
use schemas::{
    fields::Field,
    ids::{EventId, ProjectId},
    record::Position,
};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::{Value, json};

use super::{
    ElasticIndex, Shards,
    query,
    template::{ORIGINAL, POSITION},
};
use crate::{
    Error, Result,
    index::{Cursor, Hit, Page, Scope},
};

/// Most events in one answer of Elasticsearch, whatever is asked for.
const EVENTS_AT_ONCE: usize = 1_000;

/// An answer to a search: what was found, read as `S`, and what was counted, read as `A`.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "S: DeserializeOwned, A: DeserializeOwned"))]
pub(super) struct Answer<S, A = IgnoredAny> {
    #[serde(flatten)]
    pub(super) shards: Shards,
    pub(super) hits: Hits<S>,
    /// Missing when no index is there to be asked.
    pub(super) aggregations: Option<A>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Hits<S> {
    total: Option<Total>,
    pub(super) hits: Vec<Found<S>>,
}

#[derive(Debug, Deserialize)]
struct Total {
    value: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Found<S> {
    #[serde(rename = "_source")]
    pub(super) source: S,
    /// `@timestamp`, event id and project, when sorted by them.
    #[serde(default = "nothing")]
    sort: (i64, EventId, ProjectId),
}

fn nothing() -> (i64, EventId, ProjectId) {
    (0, EventId([0; 16]), ProjectId(0))
}

#[derive(Debug, Deserialize)]
struct Source {
    #[serde(rename = "event.original")]
    original: String,
    #[serde(rename = "belfry.position")]
    position: Position,
}

impl From<Found<Source>> for Hit {
    fn from(found: Found<Source>) -> Self {
        let (millis, id, project) = found.sort;
        let cursor = Cursor { millis, id, project };
        Self { json: found.source.original.into_bytes(), position: found.source.position, cursor }
    }
}

impl<S, A> Answer<S, A> {
    /// How many there are in all, when that was asked for.
    pub(super) fn total(&self) -> u64 {
        self.hits.total.as_ref().map_or(0, |total| total.value)
    }
}

impl ElasticIndex {
    /// Asks the indices that match this pattern. Fails unless every shard answered in time.
    pub(super) async fn ask<S, A>(&self, doing: &str, indices: &str, body: &Value) -> Result<Answer<S, A>>
    where
        S: DeserializeOwned,
        A: DeserializeOwned,
    {
        // No index holds nothing; one that is closed holds what can't be answered now, and is refused.
        let wide = "allow_no_indices=true&expand_wildcards=open,closed&allow_partial_search_results=false";
        let path = format!("{indices}/_search?{wide}");
        let answer: Answer<S, A> = self.client.json(doing, Method::Post, &path, Some(body)).await?;
        answer.shards.check(doing)?;
        Ok(answer)
    }

    pub(super) async fn search_page(&self, scope: &Scope, after: Option<Cursor>, limit: usize) -> Result<Page> {
        if scope.projects.is_empty() || scope.millis.is_empty() {
            // The condition is checked all the same: what can't be asked is an error everywhere.
            query::expression(&scope.expr)?;
            return Ok(Page { hits: Vec::new(), more: false });
        }
        self.page("searching events", query::scope(scope)?, after, limit).await
    }

    pub(super) async fn get_all(&self, projects: &[ProjectId], id: EventId) -> Result<Vec<Hit>> {
        if projects.is_empty() {
            return Ok(Vec::new());
        }
        let query = json!({ "bool": { "filter": [query::projects(projects), { "term": { Field::Id.ecs(): id } }] } });
        let page = self.page(&format!("looking for event {id}"), query, None, usize::MAX).await?;
        Ok(page.hits)
    }

    /// The events that `query` finds, asked for in parts.
    async fn page(&self, doing: &str, query: Value, mut after: Option<Cursor>, limit: usize) -> Result<Page> {
        let mut hits: Vec<Hit> = Vec::new();
        let mut body = json!({
            "track_total_hits": false,
            "query": query,
            "_source": [ORIGINAL, POSITION],
            "sort": [
                { Field::Timestamp.ecs(): "desc" },
                { Field::Id.ecs(): "desc" },
                { Field::Project.ecs(): "desc" },
            ],
        });
        loop {
            // One more than is wanted tells whether there are more.
            let size = (limit - hits.len()).min(EVENTS_AT_ONCE) + 1;
            body["size"] = size.into();
            if let Some(cursor) = after {
                body["search_after"] = json!([cursor.millis, cursor.id, cursor.project]);
            }
            let answer: Answer<Source> = self.ask(doing, &self.pattern("events"), &body).await?;
            let found = answer.hits.hits.len();
            hits.extend(answer.hits.hits.into_iter().map(Hit::from).take(size - 1));
            let more = found == size;
            if !more || hits.len() == limit {
                return Ok(Page { hits, more });
            }
            after = hits.last().map(|hit| hit.cursor);
        }
    }
}
