//! Events: a page, one, and what became of one.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Response},
};
use http::header;
use schemas::{catalog::Feedback, event::Event, ids::EventId, limits, outcome::Reason};
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::{
    catalog::feedback,
    index::{Cursor, Hit, Scope},
};
use utoipa::ToSchema;

use super::{part, traces};
use crate::{
    Api,
    access::Viewer,
    answer::outcome::{Outcomes, SLIM},
    cursor, describe,
    params::Params,
    problem::{Answer, Problem},
    scope,
};

/// From this many bytes on a page ends, full or not.
const PAGE_BYTES: usize = 16 << 20;
/// Most events that are held at once beyond that.
const STEP: usize = 100;

/// `GET /api/v1/events`
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "events",
    summary = "Events, newest first",
    params(describe::Projects, describe::Asked, describe::Between, ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Most of one answer; 50 without it"), describe::Paged),
    responses((status = 200, description = "Done", body = Page)),
)]
pub(super) async fn list(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Response> {
    let params = Params::read(query.as_deref(), &["project", "query", "from", "to", "limit", "cursor"])?;
    let limit = params.number("limit", 1..=limits::PAGE_EVENTS, 50)?;
    let after = cursor::event(&params)?;
    let scope = scope::read(&api, &viewer, &params, api.now()).await?;
    let end = Ended { query: scope::Understood::of(&params)?, cursor: cursor::of_event };
    page(&api, &scope, after, limit, end).await
}

/// What stands behind the events of a page.
pub(super) struct Ended<F> {
    pub(super) query: scope::Understood,
    /// Writes the cursor of the next page.
    pub(super) cursor: F,
}

/// One page of events as they are stored.
pub(super) async fn page(
    api: &Api,
    scope: &Scope,
    mut after: Option<Cursor>,
    limit: usize,
    end: Ended<impl FnOnce(Cursor) -> String>,
) -> Answer<Response> {
    let mut body = br#"{"events":["#.to_vec();
    let mut left = limit;
    let more = loop {
        let page = api.index().search(scope, after, left.min(STEP)).await?;
        left -= page.hits.len().min(left);
        after = page.hits.last().map(|hit| hit.cursor).or(after);
        append(&mut body, &page.hits);
        if !page.more || page.hits.is_empty() || left == 0 || body.len() >= PAGE_BYTES {
            break page.more;
        }
    };
    let next = after.filter(|_| more).map(end.cursor);
    body.extend_from_slice(format!("],\"query\":{},\"next\":{}}}", json!(end.query), json!(next)).as_bytes());
    Ok(raw(body))
}

/// The events as they are stored, without reading them.
fn append(body: &mut Vec<u8>, hits: &[Hit]) {
    for hit in hits {
        if !body.ends_with(b"[") {
            body.push(b',');
        }
        body.extend_from_slice(&hit.json);
    }
}

fn raw(body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// `GET /api/v1/events/{id}`: the event as it is stored, with what users wrote about it, how many others share its trace
/// and, of a slim one, why its payload is missing; of several projects the newest.
#[utoipa::path(
    get,
    path = "/api/v1/events/{id}",
    tag = "events",
    summary = "One event whole",
    params(("id" = String, Path, description = "Id of the event", example = "00000000000000000000000000000001"), describe::Projects),
    responses((status = 200, description = "Done", body = Detail)),
)]
pub(super) async fn one(viewer: Viewer, State(api): State<Api>, Path(id): Path<String>, RawQuery(query): RawQuery) -> Answer<Response> {
    let id: EventId = part(&id)?;
    let params = Params::read(query.as_deref(), &["project"])?;
    let projects = scope::of_projects(&api, &viewer, &params).await?;
    let hits = api.index().get(&projects, id).await?;
    match hits.into_iter().next() {
        Some(hit) => {
            let about = feedback::of_event(api.catalog(), hit.cursor.project, id).await?;
            let slim = is_slim(&hit.json);
            let siblings = traces::siblings(&api, &projects, &hit.json).await?;
            let mut json = with(hit.json, "feedback", &about);
            if let Some(siblings) = siblings {
                json = with(json, "siblings", &siblings);
            }
            Ok(raw(if slim { with(json, "payload", &Missing { missing: Reason::StormControl, why: SLIM }) } else { json }))
        }
        None => Err(Problem::not_found(format!("no event {id} is stored; it may still be in the log, see its outcome"))),
    }
}

/// One page, newest first.
#[derive(ToSchema)]
#[schema(as = EventPage)]
#[expect(dead_code, reason = "described here, written by hand: events are answered as they are stored")]
pub(super) struct Page {
    events: Vec<Event>,
    query: scope::Understood,
    next: Option<String>,
}

/// An event with what is known about it.
#[derive(ToSchema)]
#[schema(as = EventDetail)]
#[expect(dead_code, reason = "described here, written by hand: events are answered as they are stored")]
pub(super) struct Detail {
    #[serde(flatten)]
    event: Event,
    /// What users wrote about it.
    feedback: Vec<Feedback>,
    /// How many others share its trace.
    siblings: Option<traces::Siblings>,
    payload: Option<Missing>,
}

/// Why an event has no payload.
#[derive(Serialize, ToSchema)]
#[schema(as = MissingPayload)]
struct Missing {
    missing: Reason,
    why: &'static str,
}

/// Whether a stored event is without its payload.
fn is_slim(json: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Marked {
        #[serde(default)]
        slim: bool,
    }
    serde_json::from_slice(json).is_ok_and(|Marked { slim }| slim)
}

/// The JSON of an object, which has members, with one more.
fn with<T: Serialize>(mut json: Vec<u8>, name: &str, value: &T) -> Vec<u8> {
    json.pop();
    json.extend_from_slice(format!(",\"{name}\":").as_bytes());
    serde_json::to_writer(&mut json, value).expect("documents have only text keys and finite depth");
    json.push(b'}');
    json
}

/// `GET /api/v1/events/{id}/outcome`
#[utoipa::path(
    get,
    path = "/api/v1/events/{id}/outcome",
    tag = "events",
    summary = "What became of an event",
    params(("id" = String, Path, description = "Id of the event", example = "00000000000000000000000000000001"), describe::Projects),
    responses((status = 200, description = "Done", body = Outcomes)),
)]
pub(super) async fn outcome(
    viewer: Viewer,
    State(api): State<Api>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Json<Outcomes>> {
    let id: EventId = part(&id)?;
    let params = Params::read(query.as_deref(), &["project"])?;
    let projects = scope::of_projects(&api, &viewer, &params).await?;
    let fates = api.index().fate(&projects, id).await?;
    if fates.is_empty() {
        return Err(Problem::not_found(format!("nothing is known of event {id}; it may still be in the log: try again in a moment")));
    }
    Ok(Json(Outcomes { outcomes: fates.into_iter().map(Into::into).collect() }))
}
