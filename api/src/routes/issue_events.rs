//! The events of an issue: a page, and what stands next to one.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    response::Response,
};
use schemas::{ids::EventId, limits};
use storage::index::Hit;

use super::{events, issues as route, part};
use crate::{
    Api,
    access::Viewer,
    answer::issue::{Neighbour, Neighbours},
    cursor, describe,
    issues::{self, detail},
    params::Params,
    problem::{Answer, Problem},
    scope,
    times::stamp,
};

/// `GET /api/v1/issues/{id}/events`: without a range over its whole life.
#[utoipa::path(
    get,
    path = "/api/v1/issues/{id}/events",
    tag = "issues",
    summary = "Events of an issue, newest first; without a range of its whole life",
    params(("id" = String, Path, description = "Id of the issue", example = "shop-7F3K9"), describe::Asked, describe::Between, ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Most of one answer; 50 without it"), describe::Paged),
    responses((status = 200, description = "Done", body = events::Page)),
)]
pub(super) async fn list(viewer: Viewer, State(api): State<Api>, Path(id): Path<String>, RawQuery(query): RawQuery) -> Answer<Response> {
    let params = Params::read(query.as_deref(), &["query", "from", "to", "limit", "cursor"])?;
    let limit = params.number("limit", 1..=limits::PAGE_EVENTS, 50)?;
    let expr = scope::expr(&params)?;
    let (_, issue) = route::find(&api, &viewer, &id).await?;
    let mark = cursor::mark(&[issue.project], &[issue.id.as_str(), params.one("query")?.unwrap_or_default()]);
    let after = cursor::issue_event(&params, &mark)?;
    let scope = issues::scope_of(&issue, &expr, route::range(&api, &params, &issue)?);
    let end = events::Ended { query: scope::Understood::of(&params)?, cursor: |end| cursor::of_issue_event(end, &mark) };
    events::page(&api, &scope, after, limit, end).await
}

/// `GET /api/v1/issues/{id}/events/{event}/neighbours`
#[utoipa::path(
    get,
    path = "/api/v1/issues/{id}/events/{event}/neighbours",
    tag = "issues",
    summary = "The next newer and the next older event of an issue",
    params(("id" = String, Path, description = "Id of the issue", example = "shop-7F3K9"), ("event" = EventId, Path, description = "Id of an event of the issue"), describe::Asked, describe::Between),
    responses((status = 200, description = "Done", body = Neighbours)),
)]
pub(super) async fn neighbours(
    viewer: Viewer,
    State(api): State<Api>,
    Path((id, event)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer<Json<Neighbours>> {
    let event: EventId = part(&event)?;
    let params = Params::read(query.as_deref(), &["query", "from", "to"])?;
    let expr = scope::expr(&params)?;
    let (_, issue) = route::find(&api, &viewer, &id).await?;
    let scope = issues::scope_of(&issue, &expr, route::range(&api, &params, &issue)?);
    let hit = api.index().get(&[issue.project], event).await?.into_iter().next();
    let own = hit.filter(|hit| belongs(hit, &issue));
    let Some(hit) = own else { return Err(Problem::not_found(format!("this issue has no event {event}"))) };
    let (next, previous) = detail::neighbours(&api, &scope, &hit).await?;
    let neighbour = |hit: Hit| Neighbour { id: hit.cursor.id, timestamp: stamp(hit.cursor.millis) };
    let query = scope::Understood::of(&params)?;
    Ok(Json(Neighbours { query, issue: issue.id, next: next.map(neighbour), previous: previous.map(neighbour) }))
}

/// Whether an event is one of the issue's.
fn belongs(hit: &Hit, issue: &schemas::issue::Issue) -> bool {
    let event = serde_json::from_slice::<schemas::event::Event>(&hit.json);
    event.is_ok_and(|event| event.fingerprint().is_some_and(|fingerprint| issue.fingerprints.contains(fingerprint)))
}
