//! `POST /api/{project}/security/`, `/csp-report/` and `/nel/`: what browsers report about pages, by themselves.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use schemas::{
    category::Category,
    limits,
    record::Kind,
    wire::{
        auth,
        security::{self, Report, Surroundings},
    },
};
use storage::log::Entry;

use super::{Arrived, Route, missing_key, project, serve};
use crate::{
    Shared,
    pack::{self, Sender},
    quota::Claim,
    refusal::{Refusal, answer},
};

/// What browsers call their reports. Others come from programs that mean another path.
const MEDIA_TYPES: [&str; 3] = ["application/json", "application/csp-report", "application/reports+json"];

/// The handler.
pub(super) async fn post(State(shared): State<Arc<Shared>>, path: Result<Path<String>, PathRejection>, request: Request) -> Response {
    let work = Arc::clone(&shared);
    serve(&shared, Route::Security, async move {
        let named = project(path)?;
        check_media_type(request.headers())?;
        let arrived = Arrived::read(&work, request, Some(named), limits::SECURITY_BYTES).await?;
        let project = arrived.project.clone().ok_or_else(missing_key)?;
        let sender = arrived.sender(&work, project.id);
        let mut claim = work.claim(&project);
        let packed = pack(&arrived.body.bytes, &surroundings(&arrived), &sender, &mut claim);
        let entries = packed.inspect_err(|refusal| project.count_refused(refusal))?;
        work.store(&mut claim, entries).await?;
        Ok(answer(StatusCode::OK, "application/json", ""))
    })
    .await
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let named = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = named.split(';').next().unwrap_or_default().trim();
    if MEDIA_TYPES.iter().any(|known| known.eq_ignore_ascii_case(media_type)) {
        return Ok(());
    }
    let refusal = Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "unsupported media type");
    Err(refusal.because(format!("it is none of {}", MEDIA_TYPES.join(", "))))
}

/// The query says what the report does not.
fn surroundings(arrived: &Arrived) -> Surroundings {
    let query = arrived.parts.uri.query().unwrap_or_default();
    Surroundings {
        release: auth::parameter(query, "sentry_release"),
        environment: auth::parameter(query, "sentry_environment"),
        user_agent: arrived.credentials.agent.clone(),
    }
}

/// One record for each report that is within the limits.
fn pack(body: &[u8], around: &Surroundings, sender: &Sender, claim: &mut Claim) -> Result<Vec<Entry>, Refusal> {
    let invalid = |detail: String| Refusal::bad_request("invalid_json", "invalid JSON data").because(detail);
    let reports = security::split(body, around).map_err(|error| invalid(error.detail))?;
    if reports.len() > limits::SECURITY_REPORTS {
        return Err(Refusal::too_large(format!("more than {} reports", limits::SECURITY_REPORTS)));
    }
    let mut entries = Vec::with_capacity(reports.len());
    for report in &reports {
        if claim.take(Category::Security, 1, || false).is_err() {
            continue;
        }
        let id = pack::new_id()?;
        entries.push(match report {
            Report::Kept(payload) => sender.kept(id, Kind::SecurityReport, "security", payload),
            Report::Network(length) => sender.counted(id, "nel", *length, None),
        });
    }
    Ok(entries)
}
