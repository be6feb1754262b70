//! Events as they are stored.

use std::time::Duration;

use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Response, Sse, sse::KeepAlive},
};
use futures::StreamExt;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use storage::index::{Marks, Scope};

use crate::{
    Api,
    access::Viewer,
    describe,
    live::{EVER, Reader, STREAMS, marks},
    params::{Params, short},
    problem::{Answer, Problem},
    scope,
};

/// How often a silent stream says that it is there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a stream goes on: then the client begins another one, and its token is looked at again.
const LONGEST: Duration = Duration::from_secs(3_600);
/// Most events that a client is told of what it missed.
const MISSED: usize = 100;

/// `GET /api/v1/live`: server-sent events. `open` comes first, then an `event` for each event that is stored, as it is
/// stored, and `left_out` with a number where the rate was too high or the client too slow.
#[utoipa::path(
    get,
    path = "/api/v1/live",
    tag = "events",
    summary = "Events as they are stored, as server-sent events: `event` with the event, `left_out` with the number of those left out",
    params(describe::Projects, describe::Asked, ("Last-Event-ID" = Option<String>, Header, description = "Id of the last event that came: what was stored since comes first")),
    responses((status = 200, description = "A stream that goes on for an hour at most", body = String, content_type = "text/event-stream")),
)]
pub(super) async fn live(viewer: Viewer, State(api): State<Api>, headers: HeaderMap, RawQuery(query): RawQuery) -> Answer<Response> {
    let params = Params::read(query.as_deref(), &["project", "query"])?;
    let expr = scope::expr(&params)?;
    let projects = scope::of_projects(&api, &viewer, &params).await?;
    let since = since(&headers)?;
    let Some(place) = api.live().place() else {
        let detail = format!("{STREAMS} live streams are open, and there may be no more; close one or ask for pages of events");
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail));
    };
    let scope = Scope { projects: projects.clone(), millis: EVER, expr };
    let start = api.index().arrivals(&scope, None, 0).await?.marks;
    let asked = (projects, params.one("query")?.unwrap_or_default().to_owned());
    let batches = api.live().join(api.shared_index(), asked, scope.clone(), start.clone());
    let mut reader = Reader::new(batches, since.as_ref().unwrap_or(&start), &json!({ "query": scope::Understood::of(&params)? }), place);
    if let Some(since) = since {
        // Whoever is listening already misses nothing of what is stored meanwhile.
        let missed = api.index().arrivals(&scope, Some(&since), MISSED).await?;
        reader.catch_up(since, missed);
    }
    let stop = api.live().stop();
    let ended = async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LONGEST) => {}
        }
    };
    let events = reader.events().take_until(Box::pin(ended));
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    // Proxies that collect answers before they pass them on would hold back everything.
    response.headers_mut().insert("x-accel-buffering", http::HeaderValue::from_static("no"));
    Ok(response)
}

/// The header `Last-Event-ID`.
fn since(headers: &HeaderMap) -> Answer<Option<Marks>> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let text = value.to_str().unwrap_or("?");
    marks::read(text).map(Some).ok_or_else(|| {
        let detail = format!("Last-Event-ID must be the id of an event of this stream, not {:?}; leave it out to begin now", short(text));
        Problem::new(StatusCode::BAD_REQUEST, "invalid_header", detail)
    })
}
