//! What happened in one request, across services: the events that share its trace or correlation id.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use schemas::{
    fields::Field,
    ids::{IssueId, ProjectId},
    limits,
    query::{Expr, FieldRef, Test, Value},
};
use serde::Serialize;
use storage::{
    catalog::issues,
    index::{Count, Cursor, Scope},
};
use utoipa::ToSchema;

use crate::{
    Api,
    access::Viewer,
    answer::trace::{Stored, Trace},
    describe,
    params::Params,
    problem::{Answer, Problem},
    scope,
    times::{self, stamp},
};

/// How far back is looked unless the request says otherwise, in days.
const DAYS: i64 = 30;
/// Most whole events that are held at once.
const STEP: usize = 100;
/// Hex digits of a trace id.
const TRACE_DIGITS: usize = 32;

/// `GET /api/v1/traces/{id}`: of more than `limit` events the newest.
#[utoipa::path(
    get,
    path = "/api/v1/traces/{id}",
    tag = "events",
    summary = "The events of one request, across services",
    params(("id" = String, Path, description = "Trace or correlation id", example = "771a43a4192642ef9b1c0d2e3f405162"), describe::Projects, describe::Between, ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Most of one answer; 100 without it")),
    responses((status = 200, description = "Done", body = Trace)),
)]
pub(super) async fn one(viewer: Viewer, State(api): State<Api>, Path(id): Path<String>, RawQuery(query): RawQuery) -> Answer<Json<Trace>> {
    let params = Params::read(query.as_deref(), &["project", "from", "to", "limit"])?;
    let limit = params.number("limit", 1..=limits::PAGE_EVENTS, 100)?;
    let now = api.now();
    let to = times::time(&params, "to", now)?.unwrap_or(times::open_end(now));
    let from = times::time(&params, "from", now)?.unwrap_or(to - DAYS * 24 * times::HOUR);
    let millis = times::check(from.max(0)..to)?;
    let id = id.trim();
    if id.is_empty() || id.len() > limits::KEYWORD_BYTES {
        let message = format!("an id has 1 to {} bytes", limits::KEYWORD_BYTES);
        return Err(Problem::new(http::StatusCode::BAD_REQUEST, "invalid_path", message));
    }
    let scope = Scope { projects: scope::of_projects(&api, &viewer, &params).await?, millis, expr: sharing(id) };
    let (mut events, more) = newest(&api, &scope, limit).await?;
    events.reverse();
    let issues = issues_of(&api, &events).await?;
    let events = events.into_iter().zip(issues).map(|(event, issue)| event.answer(issue)).collect();
    let id = as_trace_id(id).unwrap_or_else(|| id.to_owned());
    Ok(Json(Trace { id, from: stamp(scope.millis.start), to: stamp(scope.millis.end), events, more }))
}

/// How many other events share an id with this one, and by which id they are found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Siblings {
    trace: String,
    events: u64,
}

/// The siblings of a stored event within a day of it; nothing of an event without such an id.
pub(super) async fn siblings(api: &Api, projects: &[ProjectId], json: &[u8]) -> Answer<Option<Siblings>> {
    let Stored { timestamp, trace: schemas::event::Trace { trace_id, correlation_id, .. }, .. } = read(json)?;
    let either = [&trace_id, &correlation_id].into_iter().flatten().map(|id| sharing(id)).collect();
    let Some(trace) = trace_id.or(correlation_id) else { return Ok(None) };
    let (at, day) = (timestamp.as_millisecond(), 24 * times::HOUR);
    let scope = Scope { projects: projects.to_vec(), millis: at - day..at + day, expr: Expr::Or(either) };
    let counted = api.index().count(&Count { limit: 1, ..Count::of(scope) }).await?;
    Ok(Some(Siblings { trace, events: counted.total.saturating_sub(1) }))
}

fn read(json: &[u8]) -> Answer<Stored> {
    Ok(serde_json::from_slice(json).map_err(|error| storage::Error::terminal("reading a stored event", error))?)
}

/// Events of this id: trace ids are kept as lower-case hex digits, correlation ids as they came.
fn sharing(id: &str) -> Expr {
    let equals = |field, id: &str| Expr::Field(FieldRef::new(field), Test::Equals(Value::Keyword(id.to_owned())));
    let mut either = Vec::new();
    for id in [Some(id.to_owned()), as_trace_id(id).filter(|plain| plain != id)].into_iter().flatten() {
        either.push(equals(Field::TraceId, &id));
        either.push(equals(Field::CorrelationId, &id));
    }
    Expr::Or(either)
}

/// The id as traces are kept, if it can be one.
fn as_trace_id(id: &str) -> Option<String> {
    let plain: String = id.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    (plain.len() == TRACE_DIGITS && plain.bytes().all(|b| b.is_ascii_hexdigit())).then_some(plain)
}

/// The newest events of a scope, newest first, and whether there are more.
async fn newest(api: &Api, scope: &Scope, limit: usize) -> Answer<(Vec<Stored>, bool)> {
    let mut events = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = api.index().search(scope, after, (limit - events.len()).min(STEP)).await?;
        after = page.hits.last().map(|hit| hit.cursor);
        for hit in &page.hits {
            events.push(read(&hit.json)?);
        }
        if !page.more || page.hits.is_empty() || events.len() >= limit {
            return Ok((events, page.more));
        }
    }
}

/// The issues of these events, in order.
async fn issues_of(api: &Api, events: &[Stored]) -> Answer<Vec<Option<IssueId>>> {
    let mut groups: Vec<_> = events.iter().filter_map(Stored::group).collect();
    groups.sort_unstable();
    groups.dedup();
    let found = issues::of_fingerprints(api.catalog(), &groups).await?;
    let of = |event: &Stored| found[groups.binary_search(&event.group()?).ok()?].clone();
    Ok(events.iter().map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_ids_are_found_in_any_case_and_form() {
        let plain = "771a43a4192642ef9b1c0d2e3f405162";
        for id in [plain, "771A43A4192642EF9B1C0D2E3F405162", "771a43a4-1926-42ef-9b1c-0d2e3f405162"] {
            assert_eq!(as_trace_id(id).as_deref(), Some(plain), "{id}");
        }
        assert_eq!(as_trace_id("order-17"), None);
        assert_eq!(as_trace_id(&plain[1..]), None);
    }
}
