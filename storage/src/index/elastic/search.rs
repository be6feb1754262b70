//! Questions that are answered with events.

use schemas::{
    fields::Field,
    ids::{EventId, ProjectId},
    record::Position,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ElasticIndex, newest, query,
    template::{ORIGINAL, POSITION},
};
use crate::{
    Result,
    elastic::Answer,
    index::{Cursor, Hit, Page, Scope},
};

/// Most events in one answer of Elasticsearch, whatever is asked for.
const EVENTS_AT_ONCE: usize = 1_000;

#[derive(Debug, Deserialize)]
struct Found {
    #[serde(rename = "_source")]
    source: Source,
    /// `@timestamp`, event id and project.
    sort: (i64, EventId, ProjectId),
}

#[derive(Debug, Deserialize)]
struct Source {
    #[serde(rename = "event.original")]
    original: String,
    #[serde(rename = "belfry.position")]
    position: Position,
}

impl From<Found> for Hit {
    fn from(found: Found) -> Self {
        let (millis, id, project) = found.sort;
        let cursor = Cursor { millis, id, project };
        Self { json: found.source.original.into_bytes(), position: found.source.position, cursor }
    }
}

impl ElasticIndex {
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
            "sort": newest::order(),
        });
        loop {
            // One more than is wanted tells whether there are more.
            let size = (limit - hits.len()).min(EVENTS_AT_ONCE) + 1;
            body["size"] = size.into();
            if let Some(cursor) = after {
                body["search_after"] = json!([cursor.millis, cursor.id, cursor.project]);
            }
            let answer: Answer<Found> = self.client.search(doing, &self.pattern("events"), &body).await?;
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
