//! `POST /api/{project}/envelope/`: one event and what goes with it, as Sentry's SDKs send them.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    response::Response,
};
use http::StatusCode;
use schemas::{
    ids::{EventId, ProjectId},
    limits,
    record::Kind,
    wire::{
        envelope::{self, Envelope, EnvelopeError, Item, ItemType},
        security, sentry_event,
    },
};
use serde_json::json;
use storage::log::Entry;

use super::{Arrived, Route, missing_key, project, serve};
use crate::{
    Shared, attachments,
    credentials::{Credentials, same},
    heavy, origin,
    pack::{self, Sender},
    quota::Admitted,
    refusal::{Refusal, answer},
};

mod within;

use within::within;

/// Most bytes of client reports in one envelope (Relay).
const CLIENT_REPORT_BYTES: usize = 100 << 10;

/// The handler.
pub(super) async fn post(State(shared): State<Arc<Shared>>, path: Result<Path<String>, PathRejection>, request: Request) -> Response {
    let work = Arc::clone(&shared);
    serve(&shared, Route::Envelope, async move {
        let named = project(path)?;
        let arrived = Arrived::read(&work, request, Some(named), limits::ENVELOPE_BYTES).await?;
        take(&work, arrived, Some(named)).await
    })
    .await
}

/// Stores what an envelope brings and answers with its event's id.
pub(super) async fn take(shared: &Shared, mut arrived: Arrived, named: Option<ProjectId>) -> Result<Response, Refusal> {
    let project = match &arrived.project {
        Some(project) => Arc::clone(project),
        None => admit_by_dsn(shared, &arrived, named).await?,
    };
    let mut sender = arrived.sender(shared, project.id);
    let mut claim = shared.claim(&project);
    let body = std::mem::take(&mut arrived.body.bytes);
    let Arrived { credentials, body: memory, .. } = arrived;
    let id = project.id;
    let packed = heavy::run_sized(body.len(), move || {
        let envelope = envelope::parse(body).map_err(|error| refuse(&error))?;
        check_dsn(&envelope, &credentials, id)?;
        describe(&mut sender, &envelope, &credentials);
        check_sizes(&envelope)?;
        let within = within(&envelope, &mut claim);
        Ok((pack(&envelope, &within, &sender)?, claim))
    })
    .await;
    let (packed, mut claim) = packed.inspect_err(|refusal| project.count_refused(refusal))?;
    let mut lease = memory.lease;
    lease.shrink(packed.entries.iter().map(|entry| entry.bytes.len()).sum());
    shared.store(&mut claim, packed.entries).await?;
    drop(lease);
    let mut response = accepted(packed.id);
    if let Some(limits) = claim.rate_limits() {
        response.headers_mut().insert("x-sentry-rate-limits", limits);
    }
    Ok(response)
}

/// 200 and never another 2xx: the Java SDK takes any other for a failure.
pub(super) fn accepted(id: Option<EventId>) -> Response {
    let body = match id {
        Some(id) => json!({ "id": id }),
        None => json!({}),
    };
    answer(StatusCode::OK, "application/json", body.to_string())
}

/// For clients that show their key nowhere but in the envelope's first line.
async fn admit_by_dsn(shared: &Shared, arrived: &Arrived, named: Option<ProjectId>) -> Result<Arc<Admitted>, Refusal> {
    let dsn = envelope::first_dsn(&arrived.body.bytes).ok_or_else(missing_key)?;
    if named.is_some_and(|named| named != dsn.project) {
        return Err(mismatch("project id"));
    }
    let project = shared.admission.admit(&dsn.public_key, Some(dsn.project)).await?;
    origin::check(&project, &arrived.parts.headers).inspect_err(|refusal| project.count_refused(refusal))?;
    Ok(project)
}

/// The DSN of the headers must be that of the request. Its host may be any: there are proxies.
fn check_dsn(envelope: &Envelope, credentials: &Credentials, project: ProjectId) -> Result<(), Refusal> {
    match &envelope.headers.dsn {
        Some(dsn) if dsn.project != project => Err(mismatch("project id")),
        Some(dsn) if credentials.key.as_ref().is_some_and(|key| !same(key, &dsn.public_key)) => Err(mismatch("public key")),
        _ => Ok(()),
    }
}

fn mismatch(what: &str) -> Refusal {
    Refusal::bad_request("dsn_mismatch", "invalid event envelope").because(format!("{what} header mismatch"))
}

fn refuse(error: &EnvelopeError) -> Refusal {
    match error {
        EnvelopeError::Empty => super::empty_body(),
        _ if error.status() == 413 => Refusal::too_large(error.to_string()),
        _ => Refusal::bad_request("invalid_envelope", "invalid event envelope").because(error.to_string()),
    }
}

/// Adds what the envelope says about its sender.
fn describe(sender: &mut Sender, envelope: &Envelope, credentials: &Credentials) {
    sender.sent_at = envelope.headers.sent_at;
    if credentials.client.is_none()
        && let Some(name) = &envelope.headers.sdk_name
    {
        let version = envelope.headers.sdk_version.as_deref().unwrap_or_default();
        let client = format!("{name}/{version}");
        sender.client = Some(client.trim_end_matches('/').chars().take(limits::NAME_CHARS).collect());
    }
}

/// An envelope ready for the log.
struct Packed {
    entries: Vec<Entry>,
    /// The event's id, or that of the event that the items belong to.
    id: Option<EventId>,
}

/// Whether the items that have limits of their own keep to them.
fn check_sizes(envelope: &Envelope) -> Result<(), Refusal> {
    let reports = envelope.items.iter().filter(|item| item.headers.kind == ItemType::ClientReport);
    if reports.map(|item| item.payload.len()).sum::<usize>() > CLIENT_REPORT_BYTES {
        return Err(Refusal::too_large(format!("envelope exceeded size limits for type 'client_report' ({CLIENT_REPORT_BYTES} bytes)")));
    }
    let reports = envelope.items.iter().find(|item| item.headers.kind == ItemType::UserReport && item.payload.len() > limits::EVENT_BYTES);
    if reports.is_some() {
        return Err(Refusal::too_large(format!("envelope exceeded size limits for type 'user_report' ({} bytes)", limits::EVENT_BYTES)));
    }
    check_sessions(envelope)
}

/// Sessions are few and short.
fn check_sessions(envelope: &Envelope) -> Result<(), Refusal> {
    let (mut items, mut bytes) = (0, 0);
    for item in envelope.items.iter().filter(|item| is_session(item.headers.kind)) {
        (items, bytes) = (items + 1, bytes + item.payload.len());
        if items > limits::SESSION_ITEMS {
            return Err(Refusal::too_large(format!("envelope has more than {} items of sessions", limits::SESSION_ITEMS)));
        }
        if bytes > limits::SESSIONS_BYTES || item.payload.len() > limits::EVENT_BYTES {
            let (one, all) = (limits::EVENT_BYTES, limits::SESSIONS_BYTES);
            let message = format!("envelope exceeded size limits for type '{}' ({one} bytes each, {all} in all)", item.headers.kind);
            return Err(Refusal::too_large(message));
        }
    }
    Ok(())
}

/// One record for each item that is within the limits.
fn pack(envelope: &Envelope, within: &[bool], sender: &Sender) -> Result<Packed, Refusal> {
    let event = envelope.items.iter().find(|item| item.headers.kind.is_kept_event());
    let said = envelope.headers.event_id.or_else(|| sentry_event::event_id(&event?.payload));
    let id = said.map_or_else(pack::new_id, Ok)?;
    let said = said.or_else(|| event.map(|_| id));
    let mut entries = Vec::with_capacity(envelope.items.len());
    let mut files = 0;
    let items = envelope.items.iter().enumerate().zip(within).filter(|(_, within)| **within);
    for ((index, item), _) in items {
        files += usize::from(item.headers.kind == ItemType::Attachment);
        if item.headers.kind == ItemType::Attachment && files <= limits::ENVELOPE_ATTACHMENTS && said.is_some() {
            entries.extend(attachments::records(sender, id, item));
        } else {
            entries.push(entry(sender, id, index, item));
        }
    }
    Ok(Packed { entries, id: said })
}

fn is_session(kind: ItemType) -> bool {
    matches!(kind, ItemType::Session | ItemType::Sessions)
}

fn entry(sender: &Sender, id: EventId, index: usize, item: &Item) -> Entry {
    let Item { headers, payload } = item;
    match headers.kind {
        ItemType::Event => sender.kept(id, Kind::SentryEvent, &headers.type_name, payload),
        ItemType::Security | ItemType::RawSecurity => sender.kept(id, Kind::SecurityReport, &headers.type_name, &security::item(payload)),
        ItemType::Feedback => sender.kept(id, Kind::Feedback, &headers.type_name, payload),
        ItemType::UserReport => sender.kept(item_id(id, index, item), Kind::UserReport, &headers.type_name, payload),
        ItemType::ClientReport => sender.kept(item_id(id, index, item), Kind::ClientReport, &headers.type_name, payload),
        kind if is_session(kind) => sender.kept(item_id(id, index, item), Kind::Session, &headers.type_name, payload),
        _ => sender.counted(item_id(id, index, item), &headers.type_name, payload.len(), headers.item_count),
    }
}

/// Items besides the event get ids of their own, the same ones when the envelope is sent again.
fn item_id(id: EventId, index: usize, item: &Item) -> EventId {
    let place = (index as u64).to_be_bytes();
    let length = (item.payload.len() as u64).to_be_bytes();
    EventId::from_parts(&[&id.0, item.headers.type_name.as_bytes(), &place, &length])
}
