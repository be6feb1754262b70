//! What can be asked for: the fields of queries, and the values that they have, for completion.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use schemas::{
    fields::{Field, Type},
    limits,
    query::{Expr, FieldError, FieldRef, Piece, Test, Value, Wildcard},
};
use storage::index::{Count, Scope};

use crate::{
    Api,
    access::Viewer,
    answer::fields::{Described, Fields, Found, Values},
    describe,
    params::Params,
    problem::{Answer, Problem},
    scope,
    times::stamp,
};

/// Longest beginning of a value that is completed, in bytes.
const PREFIX_BYTES: usize = 200;
/// Most values of one answer.
const VALUES: usize = 100;

/// `GET /api/v1/fields`
#[utoipa::path(
    get,
    path = "/api/v1/fields",
    tag = "queries",
    summary = "The fields of queries",
    responses((status = 200, description = "Done", body = Fields)),
)]
pub(super) async fn list(_: Viewer, RawQuery(query): RawQuery) -> Answer<Json<Fields>> {
    Params::read(query.as_deref(), &[])?;
    Ok(Json(Fields { fields: Field::ALL.iter().copied().map(Described::new).collect() }))
}

/// `GET /api/v1/fields/{field}/values`: most frequent first; of `tags` the keys.
#[utoipa::path(
    get,
    path = "/api/v1/fields/{field}/values",
    tag = "queries",
    summary = "Values of a field that begin with a prefix",
    params(("field" = String, Path, description = "Name of a field; tags for the keys of tags", example = "service"), ("prefix" = Option<String>, Query, description = "What the values begin with, letter by letter; nothing in it is a wildcard", example = "che"), describe::Projects, describe::Asked, describe::Between, ("limit" = Option<u64>, Query, minimum = 1, maximum = 100, description = "Most of one answer; 20 without it")),
    responses((status = 200, description = "Done", body = Values)),
)]
pub(super) async fn values(
    viewer: Viewer,
    State(api): State<Api>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Json<Values>> {
    let params = Params::read(query.as_deref(), &["prefix", "project", "query", "from", "to", "limit"])?;
    let field = match name.parse::<FieldRef>() {
        Ok(field) => Some(field),
        Err(FieldError::NoKey) => None,
        Err(error) => return Err(Problem::new(http::StatusCode::BAD_REQUEST, "invalid_path", error.to_string())),
    };
    if let Some(field) = field.as_ref().filter(|field| !field.field.splits()) {
        let message = format!("nearly every event has another {field}; there is nothing to complete");
        return Err(Problem::new(http::StatusCode::BAD_REQUEST, "invalid_path", message));
    }
    let prefix = params.one("prefix")?.unwrap_or_default();
    if prefix.len() > PREFIX_BYTES {
        return Err(Problem::parameter("prefix", format!("it has at most {PREFIX_BYTES} bytes")));
    }
    let limit = params.number("limit", 1..=VALUES, 20)?;
    let scope = scope::read(&api, &viewer, &params, api.now()).await?;
    let (from, to) = (stamp(scope.millis.start), stamp(scope.millis.end));
    let (values, more) = match &field {
        Some(field) => of_field(&api, field, scope, prefix, limit).await?,
        None => keys(&api, &scope, prefix, limit).await?,
    };
    let field = field.map_or_else(|| Field::Tags.name().to_owned(), |field| field.to_string());
    let query = scope::Understood::of(&params)?;
    Ok(Json(Values { query, field, from, to, values, more }))
}

/// The keys of tags, and whether there are more.
async fn keys(api: &Api, scope: &Scope, prefix: &str, limit: usize) -> Answer<(Vec<Found>, bool)> {
    let Some(mut keys) = api.index().tag_keys(scope, prefix, limit + 1).await? else {
        let message = format!("more than {} keys of tags begin with this: give more of it, or less time", limits::TAG_KEYS);
        return Err(Problem::parameter("prefix", message));
    };
    let more = keys.len() > limit;
    keys.truncate(limit);
    Ok((keys.into_iter().map(|(key, count)| Found { value: key.into(), count }).collect(), more))
}

/// The values of a field, and whether there are more.
async fn of_field(api: &Api, field: &FieldRef, mut scope: Scope, prefix: &str, limit: usize) -> Answer<(Vec<Found>, bool)> {
    let text = matches!(field.field.kind(), Type::Keyword | Type::Tags);
    if text && !prefix.is_empty() {
        let begins = Wildcard(vec![Piece::Literal(prefix.to_owned()), Piece::AnyMany]);
        scope.expr = Expr::And(vec![scope.expr, Expr::Field(field.clone(), Test::Wildcard(begins))]);
    }
    // Numbers have no prefixes: they are chosen from all that are answered.
    let asked = if text { limit } else { limits::GROUPS };
    let counted = api.index().count(&Count { by: vec![field.clone()], limit: asked, ..Count::of(scope) }).await?;
    let mut more = counted.groups_total > counted.groups.len() as u64;
    let each = counted.groups.into_iter().filter_map(|group| Some((group.key.into_iter().next()?, group.weight)));
    let mut found: Vec<Found> = each.map(|(value, count)| Found { value: json(value), count }).collect();
    if !text {
        found.retain(|found| found.value.to_string().starts_with(prefix));
        more |= found.len() > limit;
        found.truncate(limit);
    }
    Ok((found, more))
}

fn json(value: Value) -> serde_json::Value {
    match value {
        Value::Keyword(text) => text.into(),
        Value::Long(number) | Value::Millis(number) => number.into(),
        Value::Bool(yes) => yes.into(),
    }
}
