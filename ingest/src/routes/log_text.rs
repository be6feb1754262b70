//! `POST /api/v1/logs/text`: the text of a log; each stack trace in it becomes an event.
//!
//! Ids come from the content, so that a text that is sent again gives the same events.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use schemas::{
    category::Category,
    event::Severity,
    ids::EventId,
    limits,
    record::Kind,
    wire::{
        auth,
        log_text::{self, Defaults},
    },
};
use serde_json::json;
use storage::log::Entry;

use super::{Arrived, Route, missing_key, serve};
use crate::{
    Shared, heavy,
    pack::Sender,
    quota::Claim,
    refusal::{Refusal, answer},
};

/// The handler.
pub(super) async fn post(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let work = Arc::clone(&shared);
    serve(&shared, Route::LogText, async move { take(&work, request).await }).await
}

async fn take(shared: &Shared, request: Request) -> Result<Response, Refusal> {
    let mut arrived = Arrived::read(shared, request, None, limits::LOG_TEXT_BYTES).await?;
    let project = arrived.project.clone().ok_or_else(missing_key)?;
    let sender = arrived.sender(shared, project.id);
    let defaults = defaults(arrived.parts.uri.query().unwrap_or_default()).inspect_err(|refusal| project.count_refused(refusal))?;
    let body = std::mem::take(&mut arrived.body.bytes);
    let mut claim = shared.claim(&project);
    let packed = heavy::run_sized(body.len(), move || {
        let packed = pack(&String::from_utf8_lossy(&body), &defaults, &sender, &mut claim)?;
        Ok((packed, claim))
    })
    .await;
    let (packed, mut claim) = packed.inspect_err(|refusal| project.count_refused(refusal))?;
    let mut lease = arrived.body.lease;
    lease.shrink(packed.entries.iter().map(|entry| entry.bytes.len()).sum());
    shared.store(&mut claim, packed.entries).await?;
    drop(lease);
    Ok(respond(&packed.ids, packed.over.as_ref()))
}

/// What the query says of the whole text.
fn defaults(query: &str) -> Result<Defaults, Refusal> {
    let text = |name| auth::parameter(query, name).filter(|value| !value.is_empty());
    let offset = text("offset").map(|offset| offset.parse::<u64>()).transpose();
    Ok(Defaults {
        service: text("service"),
        environment: text("environment"),
        release: text("release"),
        host: text("host"),
        platform: text("platform"),
        source: text("source"),
        offset: offset
            .map_err(|_| Refusal::bad_request("invalid_offset", "the query parameter offset is no whole number from 0"))?
            .unwrap_or_default(),
    })
}

/// The traces of a text ready for the log.
struct Packed {
    entries: Vec<Entry>,
    ids: Vec<EventId>,
    over: Option<Over>,
}

/// What limits did not let in.
struct Over {
    events: usize,
    /// Up to which byte of the text all was taken.
    consumed: usize,
    seconds: u32,
}

fn pack(text: &str, defaults: &Defaults, sender: &Sender, claim: &mut Claim) -> Result<Packed, Refusal> {
    let found = log_text::split(text, sender.received_at, true);
    if found.items.len() > limits::NATIVE_BATCH_EVENTS {
        let detail = format!("more than {} stack traces: send the text in several requests", limits::NATIVE_BATCH_EVENTS);
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_events", detail));
    }
    let mut packed = Packed { entries: Vec::with_capacity(found.items.len()), ids: Vec::with_capacity(found.items.len()), over: None };
    for (item, (id, json)) in found.items.iter().zip(log_text::events(&found.items, sender.project, defaults)) {
        let lesser = || item.severity.is_some_and(|severity| severity < Severity::Error);
        match claim.take(Category::Error, 1, lesser) {
            Ok(()) => {
                packed.entries.push(sender.kept(id, Kind::NativeEvent, "event", &json));
                packed.ids.push(id);
            }
            Err(over) => {
                let known = packed.over.get_or_insert(Over { events: 0, consumed: item.record, seconds: 0 });
                known.events += 1;
                known.consumed = known.consumed.min(item.record);
                known.seconds = known.seconds.max(over.seconds);
            }
        }
    }
    Ok(packed)
}

/// 200 when all is durable; 207 when limits held some back: from `consumed` on, it can be sent again after a while.
fn respond(ids: &[EventId], over: Option<&Over>) -> Response {
    let Some(over) = over else {
        return answer(StatusCode::OK, "application/json", json!({ "accepted": ids.len(), "ids": ids }).to_string());
    };
    let body = json!({ "accepted": ids.len(), "ids": ids, "rejected": over.events, "consumed": over.consumed });
    let mut response = answer(StatusCode::MULTI_STATUS, "application/json", body.to_string());
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(over.seconds));
    response
}
