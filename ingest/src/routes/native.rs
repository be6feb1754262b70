//! `POST /api/v1/events`: events in our own words, one or many in a request.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use bytes::Bytes;
use http::{StatusCode, header};
use schemas::{
    limits,
    record::Kind,
    wire::native::{self, BatchError, ItemError, NativeItem},
};
use serde_json::json;
use storage::log::Entry;

use super::{Arrived, Route, missing_key, serve};
use crate::{
    Shared, heavy,
    pack::{self, Sender},
    refusal::{ItemResult, Pointed, Refusal, answer},
};

/// The handler.
pub(super) async fn post(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let work = Arc::clone(&shared);
    serve(&shared, Route::Native, async move { take(&work, request).await }).await
}

async fn take(shared: &Shared, request: Request) -> Result<Response, Refusal> {
    let mut arrived = Arrived::read(shared, request, None, limits::NATIVE_BATCH_BYTES).await?;
    let project = arrived.project.clone().ok_or_else(missing_key)?;
    let sender = arrived.sender(shared, project.id);
    let content_type = arrived.parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = std::mem::take(&mut arrived.body.bytes);
    let packed = heavy::run_sized(body.len(), move || pack(&body, content_type.as_deref(), &sender)).await?;
    let mut lease = arrived.body.lease;
    lease.shrink(packed.entries.iter().map(|entry| entry.bytes.len()).sum());
    let accepted = packed.entries.len();
    shared.committer.commit(packed.entries).await?;
    drop(lease);
    respond(packed.results, accepted)
}

/// A batch ready for the log.
struct Packed {
    entries: Vec<Entry>,
    results: Vec<ItemResult>,
}

fn pack(body: &Bytes, content_type: Option<&str>, sender: &Sender) -> Result<Packed, Refusal> {
    let items = native::split(body, content_type).map_err(|error| refuse(&error))?;
    let mut packed = Packed { entries: Vec::with_capacity(items.len()), results: Vec::with_capacity(items.len()) };
    for item in items {
        packed.results.push(match item {
            Ok(NativeItem { id, payload }) => {
                let id = id.map_or_else(pack::new_id, Ok)?;
                packed.entries.push(sender.kept(id, Kind::NativeEvent, "event", &payload));
                ItemResult { id: Some(id), status: "accepted", errors: Vec::new() }
            }
            Err(ItemError { pointer, code, message }) => {
                ItemResult { id: None, status: "rejected", errors: vec![Pointed { pointer, code, message }] }
            }
        });
    }
    Ok(packed)
}

fn refuse(error: &BatchError) -> Refusal {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    Refusal::new(status, error.code(), error.to_string())
}

/// 200 when all events are durable, 207 when some are, 400 when none is.
fn respond(results: Vec<ItemResult>, accepted: usize) -> Result<Response, Refusal> {
    let rejected = results.len() - accepted;
    if accepted == 0 && rejected > 0 {
        let refusal = Refusal::bad_request("invalid_events", "no event of the request can be taken");
        return Err(Refusal { results, ..refusal });
    }
    let status = if rejected == 0 { StatusCode::OK } else { StatusCode::MULTI_STATUS };
    let body = json!({ "accepted": accepted, "rejected": rejected, "results": results });
    Ok(answer(status, "application/json", body.to_string()))
}
