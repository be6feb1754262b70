//! The newest event of a group, by the order that pages have.

use schemas::{
    fields::Field,
    ids::{EventId, ProjectId},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// What Elasticsearch says about the newest event.
#[derive(Debug, Deserialize)]
pub(super) struct Newest {
    hits: Hits,
}

#[derive(Debug, Deserialize)]
struct Hits {
    hits: Vec<Hit>,
}

#[derive(Debug, Deserialize)]
struct Hit {
    /// `@timestamp`, event id and project.
    sort: (i64, EventId, ProjectId),
}

impl Newest {
    pub(super) fn event(&self) -> Option<(EventId, ProjectId)> {
        self.hits.hits.first().map(|hit| (hit.sort.1, hit.sort.2))
    }
}

/// The order of pages.
pub(super) fn order() -> Value {
    json!([
        { Field::Timestamp.ecs(): "desc" },
        { Field::Id.ecs(): "desc" },
        { Field::Project.ecs(): "desc" },
    ])
}

/// The aggregation for [`Newest`].
pub(super) fn aggregation() -> Value {
    json!({ "top_hits": { "size": 1, "_source": false, "sort": order() } })
}
