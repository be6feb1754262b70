//! `POST /v1/logs` and `/v1/traces`, and the same below `/api/{project}/integration/otlp`: OpenTelemetry's exporters, in
//! Protobuf or JSON. What their records mean is decided in `schemas`.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    extract::{Path, Request, State, rejection::PathRejection},
    response::Response,
    routing::post,
};
use http::{HeaderMap, StatusCode, header};
use schemas::{
    category::Category,
    event::Severity,
    ids::ProjectId,
    limits,
    wire::otlp::{self, Format, RequestError, Signal},
};
use storage::log::Entry;

use super::{Arrived, Route, missing_key, project, serve};
use crate::{
    Shared, cors, heavy,
    pack::{self, Sender},
    quota::Claim,
    refusal::{Refusal, answer},
};

mod grpc;
mod refusal;

/// Everything that OpenTelemetry's exporters know, gRPC included.
pub(super) fn router() -> Router<Arc<Shared>> {
    let logs = || post(logs).options(cors::preflight);
    let traces = || post(traces).options(cors::preflight);
    let logs_of = || post(logs_of).options(cors::preflight);
    let traces_of = || post(traces_of).options(cors::preflight);
    Router::new()
        .route("/v1/logs", logs())
        .route("/v1/logs/", logs())
        .route("/v1/traces", traces())
        .route("/v1/traces/", traces())
        .route("/api/{project}/integration/otlp/v1/logs", logs_of())
        .route("/api/{project}/integration/otlp/v1/logs/", logs_of())
        .route("/api/{project}/integration/otlp/v1/traces", traces_of())
        .route("/api/{project}/integration/otlp/v1/traces/", traces_of())
        .route("/opentelemetry.proto.collector.logs.v1.LogsService/Export", post(grpc::logs))
        .route("/opentelemetry.proto.collector.trace.v1.TraceService/Export", post(grpc::traces))
}

type ProjectPath = Result<Path<String>, PathRejection>;

async fn logs(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    take(shared, Signal::Logs, Ok(None), request).await
}

async fn traces(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    take(shared, Signal::Traces, Ok(None), request).await
}

async fn logs_of(State(shared): State<Arc<Shared>>, path: ProjectPath, request: Request) -> Response {
    take(shared, Signal::Logs, project(path).map(Some), request).await
}

async fn traces_of(State(shared): State<Arc<Shared>>, path: ProjectPath, request: Request) -> Response {
    take(shared, Signal::Traces, project(path).map(Some), request).await
}

async fn take(shared: Arc<Shared>, signal: Signal, named: Result<Option<ProjectId>, Refusal>, request: Request) -> Response {
    let format = format(request.headers());
    let work = Arc::clone(&shared);
    serve(&shared, Route::Otlp(signal, format.unwrap_or(Format::Json)), async move {
        let format = format.ok_or_else(unsupported)?;
        let arrived = Arrived::receive(&work, request, named?, limits::OTLP_REQUEST_BYTES, limits::OTLP_REQUEST_BYTES).await?;
        let stored = store(&work, signal, format, arrived).await?;
        Ok(answer(StatusCode::OK, media_type(format), stored.answer(signal, format)))
    })
    .await
}

/// How the request is written, by its content type, whose parameters say nothing.
fn format(headers: &HeaderMap) -> Option<Format> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media_type = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media_type.as_str() {
        "application/x-protobuf" | "application/protobuf" => Some(Format::Protobuf),
        "application/json" => Some(Format::Json),
        _ => None,
    }
}

fn media_type(format: Format) -> &'static str {
    match format {
        Format::Protobuf => "application/x-protobuf",
        Format::Json => "application/json",
    }
}

fn unsupported() -> Refusal {
    let detail = "the content type must be application/x-protobuf or application/json";
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
}

/// What became of a request that is durable.
struct Stored {
    rejected: u64,
    reason: Cow<'static, str>,
}

impl Stored {
    fn answer(&self, signal: Signal, format: Format) -> Vec<u8> {
        otlp::accepted(signal, format, self.rejected, &self.reason)
    }
}

/// Makes the errors of a request durable, and counts the rest.
async fn store(shared: &Shared, signal: Signal, format: Format, mut arrived: Arrived) -> Result<Stored, Refusal> {
    let project = arrived.project.clone().ok_or_else(missing_key)?;
    let sender = arrived.sender(shared, project.id);
    let options = otlp::Options { project: project.id, errors: project.settings.otlp_errors };
    let body = std::mem::take(&mut arrived.body.bytes);
    let mut lease = arrived.body.lease;
    let mut claim = shared.claim(&project);
    let packed = heavy::run_sized(body.len(), move || {
        if format == Format::Json {
            // Where the text must be mended, it is there anew, and twice as long at most.
            lease.cover(body.len() * 3)?;
        }
        let split = otlp::split(signal, format, &body, &options).map_err(|error| refuse(&error))?;
        lease.cover(body.len() + split.items.iter().map(|item| item.payload.len()).sum::<usize>())?;
        let packed = pack(signal, &split, &sender, &mut claim)?;
        Ok((packed, lease, claim))
    })
    .await;
    let (packed, mut lease, mut claim) = packed.inspect_err(|refusal| project.count_refused(refusal))?;
    project.count_invalid(packed.invalid);
    lease.shrink(packed.entries.iter().map(|entry| entry.bytes.len()).sum());
    if !packed.entries.is_empty() || packed.stored.rejected > 0 {
        shared.store(&mut claim, packed.entries).await?;
    }
    Ok(packed.stored)
}

/// A request ready for the log.
struct Packed {
    entries: Vec<Entry>,
    /// How many log records or spans can't be read.
    invalid: u64,
    stored: Stored,
}

/// What is no error is only counted, and so no limit is asked for it. What is over a limit beside what is not is told
/// as rejected: an exporter sends a request again only as a whole.
fn pack(signal: Signal, split: &otlp::Split, sender: &Sender, claim: &mut Claim) -> Result<Packed, Refusal> {
    let kind = signal.kind();
    let mut entries = Vec::with_capacity(split.items.len() + 1);
    let mut stored = Stored { rejected: split.rejected, reason: split.reason.unwrap_or_default().into() };
    for item in &split.items {
        match claim.take(Category::Error, 1, || item.severity < Severity::Error) {
            Ok(()) => entries.push(sender.kept(item.id, kind, kind.as_str(), &item.payload)),
            Err(over) => {
                stored.rejected += 1;
                if stored.reason.is_empty() {
                    stored.reason = over.detail.clone().into();
                }
            }
        }
    }
    if split.uninteresting > 0 {
        entries.push(sender.counted(pack::new_id()?, kind.as_str(), 0, Some(split.uninteresting)));
    }
    Ok(Packed { entries, invalid: split.rejected, stored })
}

fn refuse(error: &RequestError) -> Refusal {
    match error.status() {
        413 => Refusal::too_large(error.to_string()),
        _ => Refusal::bad_request("invalid_request", error.to_string()),
    }
}
