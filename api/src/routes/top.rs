//! The most frequent values of one or two fields.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use schemas::{fields::Field, limits, query::FieldRef};
use storage::index::Count;

use crate::{
    Api,
    access::Viewer,
    answer::{group::Group, top::Top},
    params::Params,
    problem::{Answer, Problem},
    scope,
    times::stamp,
};

/// `GET /api/v1/stats/top`
pub(super) async fn top(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Top>> {
    let params = Params::read(query.as_deref(), &["project", "query", "from", "to", "by", "limit"])?;
    let by = fields(&params, 2)?;
    if by.is_empty() {
        return Err(Problem::parameter("by", "it is needed: one or two fields, like by=error.type or by=service,level"));
    }
    let limit = params.number("limit", 1..=limits::GROUPS, 5)?;
    let scope = scope::read(&api, &viewer, &params, api.now()).await?;
    let (from, to) = (stamp(scope.millis.start), stamp(scope.millis.end));
    let counted = api.index().count(&Count { by: by.clone(), limit, ..Count::of(scope) }).await?;
    Ok(Json(Top {
        from,
        to,
        total: counted.weight,
        estimated: counted.weight != counted.total,
        groups: counted.groups.into_iter().map(|group| Group::new(&by, group)).collect(),
        groups_total: counted.groups_total,
        error_bound: counted.error_bound,
    }))
}

/// The parameter `by`: at most so many different fields.
pub(super) fn fields(params: &Params, most: usize) -> Answer<Vec<FieldRef>> {
    let mut fields = Vec::new();
    for name in params.all("by") {
        let field: FieldRef = name.parse().map_err(|error: schemas::query::FieldError| Problem::parameter("by", error.to_string()))?;
        if matches!(field.field, Field::Id | Field::Timestamp | Field::ReceivedAt) {
            return Err(Problem::parameter("by", format!("nearly every event has another {field}; there is nothing to group")));
        }
        if fields.contains(&field) {
            return Err(Problem::parameter("by", format!("{field} stands twice")));
        }
        fields.push(field);
    }
    if fields.len() > most {
        return Err(Problem::parameter("by", format!("it takes {most} field(s) at most")));
    }
    Ok(fields)
}
