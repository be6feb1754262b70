//! `POST /api/v1/events`: events in our own words, one or many in a request.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use schemas::{
    category::Category,
    event::Severity,
    ids::{EventId, ProjectId},
    limits,
    record::Kind,
    wire::{
        native::{self, BatchError, ItemError, NativeItem},
        peek,
    },
};
use serde_json::json;
use storage::log::Entry;

use super::{Arrived, Route, missing_key, serve};
use crate::{
    Shared,
    committer::Part,
    heavy,
    pack::{self, Sender},
    quota::{Claim, Over},
    refusal::{ItemResult, Pointed, Refusal, answer},
};

const ACCEPTED: &str = "accepted";
const REJECTED: &str = "rejected";
/// Longest `Idempotency-Key`.
const IDEMPOTENCY_KEY_BYTES: usize = 255;

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
    let mut claim = shared.claim(&project);
    let once = Once::of(&arrived.parts.headers)?;
    let packed = heavy::run_sized(body.len(), move || {
        let packed = pack(&body, content_type.as_deref(), &sender, &once, &mut claim)?;
        Ok((packed, claim))
    })
    .await;
    let (mut packed, mut claim) = packed.inspect_err(|refusal| project.count_refused(refusal))?;
    project.count_invalid(packed.invalid);
    let mut lease = arrived.body.lease;
    lease.shrink(packed.entries.iter().map(|entry| entry.bytes.len()).sum());
    let taken = packed.entries.len();
    let parts = match shared.store_each(&mut claim, packed.entries).await {
        Ok(parts) => parts,
        Err(refusal) => {
            // A lone event has nothing to tell apart.
            let results = if packed.results.len() > 1 && taken == 0 { packed.results } else { Vec::new() };
            return Err(Refusal { results, ..refusal });
        }
    };
    drop(lease);
    take_back(&mut packed.results, &parts);
    respond(packed.results)
}

/// A batch may be longer than one append, and a later append may fail: says of which events that is so.
fn take_back(results: &mut [ItemResult], parts: &[Part]) {
    let mut accepted = results.iter_mut().enumerate().filter(|(_, result)| result.status == ACCEPTED);
    for Part { entries, result } in parts {
        for (index, item) in accepted.by_ref().take(*entries) {
            if let Err(refusal) = result {
                let again = refusal.retry_seconds.map_or_else(String::new, |seconds| format!("; send it again after {seconds} s"));
                let error = Pointed { pointer: format!("/{index}"), code: refusal.code, message: format!("{}{again}", refusal.detail) };
                *item = ItemResult { id: None, status: REJECTED, errors: vec![error] };
            }
        }
    }
}

/// What makes a request the same when it is sent again: the header `Idempotency-Key`.
struct Once(Option<String>);

impl Once {
    fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let Some(key) = headers.get("idempotency-key") else { return Ok(Self(None)) };
        let key = key.to_str().map(str::trim).ok().filter(|key| !key.is_empty() && key.len() <= IDEMPOTENCY_KEY_BYTES);
        let invalid = || format!("Idempotency-Key must have 1 to {IDEMPOTENCY_KEY_BYTES} visible ASCII characters");
        let key = key.ok_or_else(|| Refusal::bad_request("invalid_idempotency_key", invalid()))?;
        Ok(Self(Some(key.to_owned())))
    }

    /// The id of the event at this place of the request: the client's, else one that a repetition has too.
    fn id(&self, said: Option<EventId>, project: ProjectId, index: usize) -> Result<EventId, Refusal> {
        match (said, &self.0) {
            (Some(id), _) => Ok(id),
            (None, Some(key)) => {
                let (project, place) = (project.0.to_be_bytes(), (index as u64).to_be_bytes());
                Ok(EventId::from_parts(&[b"idempotency-key", &project, key.as_bytes(), &place]))
            }
            (None, None) => pack::new_id(),
        }
    }
}

/// A batch ready for the log.
struct Packed {
    entries: Vec<Entry>,
    results: Vec<ItemResult>,
    /// How many are no events.
    invalid: u64,
}

fn pack(body: &Bytes, content_type: Option<&str>, sender: &Sender, once: &Once, claim: &mut Claim) -> Result<Packed, Refusal> {
    let items = native::split(body, content_type).map_err(|error| refuse(&error))?;
    let mut packed = Packed { entries: Vec::with_capacity(items.len()), results: Vec::with_capacity(items.len()), invalid: 0 };
    for (index, item) in items.into_iter().enumerate() {
        packed.results.push(match item {
            Ok(NativeItem { id, payload }) => {
                let lesser = || peek::severity(&payload).is_some_and(|severity| severity < Severity::Error);
                if let Err(over) = claim.take(Category::Error, 1, lesser) {
                    packed.results.push(refused(over, index));
                    continue;
                }
                let id = once.id(id, sender.project, index)?;
                packed.entries.push(sender.kept(id, Kind::NativeEvent, "event", &payload));
                ItemResult { id: Some(id), status: ACCEPTED, errors: Vec::new() }
            }
            Err(ItemError { pointer, code, message }) => {
                packed.invalid += 1;
                ItemResult { id: None, status: REJECTED, errors: vec![Pointed { pointer, code, message }] }
            }
        });
    }
    Ok(packed)
}

/// An event that could be taken at another time.
fn refused(over: &Over, index: usize) -> ItemResult {
    let message = format!("{}; send it again after {} s", over.detail, over.seconds);
    let error = Pointed { pointer: format!("/{index}"), code: over.reason.as_str(), message };
    ItemResult { id: None, status: REJECTED, errors: vec![error] }
}

fn refuse(error: &BatchError) -> Refusal {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    Refusal::new(status, error.code(), error.to_string())
}

/// 200 when all events are durable, 207 when some are, 400 when none is.
fn respond(results: Vec<ItemResult>) -> Result<Response, Refusal> {
    let accepted = results.iter().filter(|result| result.status == ACCEPTED).count();
    let rejected = results.len() - accepted;
    if accepted == 0 && rejected > 0 {
        let refusal = Refusal::bad_request("invalid_events", "no event of the request can be taken");
        return Err(Refusal { results, ..refusal });
    }
    let status = if rejected == 0 { StatusCode::OK } else { StatusCode::MULTI_STATUS };
    let body = json!({ "accepted": accepted, "rejected": rejected, "results": results });
    Ok(answer(status, "application/json", body.to_string()))
}
