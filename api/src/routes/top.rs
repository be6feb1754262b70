//! The most frequent values of one or two fields.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use schemas::{
    fields::Field,
    ids::{EventId, Fingerprint, ProjectId},
    limits,
    query::{FieldRef, Value},
};
use storage::index::{self, Count, Scope};

use crate::{
    Api,
    access::Viewer,
    answer::{
        group::{Group, estimated_users},
        rate::change,
        top::{Example, Top, TopGroup},
    },
    describe,
    params::Params,
    problem::{Answer, Problem},
    recount, scope,
    times::{self, stamp},
    titles::{self, Titled},
};

/// `GET /api/v1/stats/top`
#[utoipa::path(
    get,
    path = "/api/v1/stats/top",
    tag = "stats",
    summary = "The most frequent values of a field or two",
    params(describe::Projects, describe::Asked, describe::Between, ("by" = String, Query, description = "One field or two, between commas", example = "error.type"), ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Most of one answer; 5 without it")),
    responses((status = 200, description = "Done", body = Top)),
)]
pub(super) async fn top(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Top>> {
    let params = Params::read(query.as_deref(), &["project", "query", "from", "to", "by", "limit"])?;
    let by = fields(&params, 2)?;
    if by.is_empty() {
        return Err(Problem::parameter("by", "it is needed: one or two fields, like by=error.type or by=service,level"));
    }
    let limit = params.number("limit", 1..=limits::GROUPS, 5)?;
    let now = api.now();
    let scope = scope::read(&api, &viewer, &params, now).await?;
    let Scope { millis, .. } = scope.clone();
    let before = times::before(&millis, now);
    let count = Count { by: by.clone(), limit, users: true, newest: true, ..Count::of(scope) };
    let counted = api.index().count(&count).await?;
    let keys: Vec<Vec<Value>> = counted.groups.iter().map(|group| group.key.clone()).collect();
    let (previous, issues) = futures::try_join!(recount::within(&api, &count, &keys, before.clone()), issues(&api, &by, &counted.groups))?;
    let total = counted.weight;
    let one = |(group, titled): (index::Group, Option<Titled>)| {
        let (issue, title) = titled.map(|titled| (titled.id, titled.title)).unzip();
        let previous_count = previous.weight(&group.key);
        let users = group.users.unwrap_or_default();
        TopGroup {
            share: group.weight as f64 / total.max(1) as f64,
            users,
            users_estimated: estimated_users(users),
            previous_count,
            change: change(previous_count, group.weight),
            example: group.newest.map(|(id, project)| Example { id, project }),
            issue,
            title,
            group: Group::new(&by, group),
        }
    };
    Ok(Json(Top {
        query: scope::Understood::of(&params)?,
        from: stamp(millis.start),
        to: stamp(millis.end),
        previous_from: stamp(before.start),
        total,
        estimated: total != counted.total,
        groups: counted.groups.into_iter().zip(issues).map(one).collect(),
        groups_total: counted.groups_total,
        error_bound: counted.error_bound,
    }))
}

/// The issues of groups by fingerprint; a fingerprint of several projects counts for that of its newest event.
async fn issues(api: &Api, by: &[FieldRef], groups: &[index::Group]) -> Answer<Vec<Option<Titled>>> {
    let Some(place) = by.iter().position(|field| field.field == Field::Fingerprint) else {
        return Ok(groups.iter().map(|_| None).collect());
    };
    let pair = |group: &index::Group| {
        let Some(Value::Keyword(fingerprint)) = group.key.get(place) else { return None };
        let (_, project): (EventId, ProjectId) = group.newest?;
        Some((project, fingerprint.parse::<Fingerprint>().ok()?))
    };
    let pairs: Vec<Option<(ProjectId, Fingerprint)>> = groups.iter().map(pair).collect();
    let wanted: Vec<(ProjectId, Fingerprint)> = pairs.iter().flatten().cloned().collect();
    let mut found = titles::of(api, &wanted).await?.into_iter();
    Ok(pairs.into_iter().map(|pair| pair.and_then(|_| found.next().flatten())).collect())
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
