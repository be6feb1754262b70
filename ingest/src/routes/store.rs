//! `POST /api/{project}/store/`: one event in JSON, as SDKs of before 2020 send it.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    response::Response,
};
use bytes::Bytes;
use data_encoding::BASE64_NOPAD;
use http::{StatusCode, header};
use jiff::Timestamp;
use schemas::{
    category::Category,
    event::Severity,
    ids::{EventId, ProjectId},
    limits,
    record::Kind,
    wire::{auth, json, peek, sentry_event},
};

use super::{
    Arrived, Route,
    envelope::{self, accepted},
    missing_key, project, serve,
};
use crate::{
    Shared,
    body::Body,
    budget::Lease,
    decode, heavy, pack,
    refusal::{Refusal, answer},
};

/// One transparent pixel.
const PIXEL: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x01D\0;";

/// The handler of the path with a project.
pub(super) async fn post(State(shared): State<Arc<Shared>>, path: Result<Path<String>, PathRejection>, request: Request) -> Response {
    let work = Arc::clone(&shared);
    serve(&shared, Route::Store, async move {
        let named = project(path)?;
        take(&work, request, Some(named)).await
    })
    .await
}

/// The handler of `GET`: the event stands in the query, as pages sent it that had nothing but an image to ask for.
pub(super) async fn get(State(shared): State<Arc<Shared>>, path: Result<Path<String>, PathRejection>, request: Request) -> Response {
    let work = Arc::clone(&shared);
    serve(&shared, Route::Store, async move {
        let (parts, _) = request.into_parts();
        let (credentials, project) = Arrived::admit(&work, &parts, Some(project(path)?)).await?;
        let missing = || Refusal::bad_request("missing_data", "missing parameter sentry_data");
        let data = parts.uri.query().and_then(|query| auth::parameter(query, "sentry_data")).ok_or_else(missing)?;
        // Not every page escaped the plus signs of base64.
        let data = if looks_like_object(data.as_bytes()) { data } else { data.replace(' ', "+") };
        let body = Body { bytes: data.into(), lease: work.budget.lease() };
        keep(&work, Arrived { parts, credentials, project, received_at: Timestamp::now(), body }).await?;
        Ok(answer(StatusCode::OK, "image/gif", PIXEL))
    })
    .await
}

/// The handler of `HEAD`, which asks and sends nothing.
pub(super) async fn head() -> Response {
    answer(StatusCode::OK, "image/gif", "")
}

/// The handler of the path without a project: the key says which it is.
pub(super) async fn post_legacy(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let work = Arc::clone(&shared);
    serve(&shared, Route::Store, async move { take(&work, request, None).await }).await
}

async fn take(shared: &Shared, request: Request, named: Option<ProjectId>) -> Result<Response, Refusal> {
    if is_envelope(&request) {
        let arrived = Arrived::read(shared, request, named, limits::ENVELOPE_BYTES).await?;
        return envelope::take(shared, arrived, named).await;
    }
    let arrived = Arrived::read(shared, request, named, limits::EVENT_BYTES).await?;
    keep(shared, arrived).await.map(|id| accepted(Some(id)))
}

/// Stores the one event that arrived.
async fn keep(shared: &Shared, mut arrived: Arrived) -> Result<EventId, Refusal> {
    let project = arrived.project.clone().ok_or_else(missing_key)?;
    let sender = arrived.sender(shared, project.id);
    let body = std::mem::take(&mut arrived.body.bytes);
    let mut lease = arrived.body.lease;
    let mut claim = shared.claim(&project);
    let packed = heavy::run_sized(body.len(), move || {
        let payload = decode_text(body, &mut lease)?;
        check(&payload)?;
        let id = sentry_event::event_id(&payload).map_or_else(pack::new_id, Ok)?;
        let lesser = || peek::severity(&payload).is_some_and(|severity| severity < Severity::Error);
        let within = claim.take(Category::Error, 1, lesser).is_ok();
        let entry = within.then(|| sender.kept(id, Kind::SentryEvent, "event", &payload));
        Ok((id, Vec::from_iter(entry), lease, claim))
    })
    .await;
    let (id, entries, lease, mut claim) = packed.inspect_err(|refusal| project.count_refused(refusal))?;
    shared.store(&mut claim, entries).await?;
    drop(lease);
    Ok(id)
}

fn is_envelope(request: &Request) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/x-sentry-envelope")
}

/// JSON as it is; what does not look like an object may be base64 of it, or base64 of zlib of it.
fn decode_text(body: Bytes, lease: &mut Lease) -> Result<Bytes, Refusal> {
    if looks_like_object(&body) {
        return Ok(body);
    }
    let packed: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let unpadded = packed.iter().rposition(|byte| *byte != b'=').map_or(&[][..], |last| &packed[..=last]);
    match BASE64_NOPAD.decode(unpadded) {
        Ok(bytes) if looks_like_object(&bytes) => Ok(bytes.into()),
        Ok(bytes) => decode::inflate(bytes, lease, limits::EVENT_BYTES),
        Err(_) => Ok(body),
    }
}

fn looks_like_object(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.trim_ascii_start().starts_with(b"{")
}

/// The sender waits for the answer here and may be told what is wrong; events in envelopes are judged later.
fn check(payload: &[u8]) -> Result<(), Refusal> {
    let invalid = || Refusal::bad_request("invalid_json", "invalid JSON data");
    json::check(payload).map_err(|error| invalid().because(error.to_string()))?;
    if looks_like_object(payload) { Ok(()) } else { Err(invalid().because("an event is an object")) }
}
