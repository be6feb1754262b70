//! Merging issues, splitting them and taking that back.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use http::StatusCode;
use schemas::{
    ids::{Fingerprint, IssueId},
    issue::{
        Issue,
        merges::{Change, Refused},
    },
    limits,
};
use serde::Deserialize;
use storage::catalog::{self, issues::merges};
use utoipa::ToSchema;

use super::issues::find;
use crate::{
    Api,
    access::{Member, Viewer},
    answer::issue::{Changed, History},
    body, issues,
    params::{Params, short},
    problem::{Answer, Problem},
};

/// Changes of an issue that are shown.
const CHANGES: usize = 100;
/// Longest body that names issues or fingerprints.
const BODY_BYTES: usize = 256 << 10;

/// Issues to be merged into the one of the path.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IssueMerge)]
pub(super) struct Merge {
    /// Their ids.
    issues: Vec<String>,
}

/// What to take out of the issue of the path.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IssueSplit)]
pub(super) struct Split {
    /// Fingerprints of issues that were merged into it; each becomes the issue again that it made.
    fingerprints: Vec<Fingerprint>,
}

/// What to take back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IssueUndo)]
pub(super) struct Undo {
    /// The id of the change.
    change: u64,
}

/// `POST /api/v1/issues/{id}/merge`
#[utoipa::path(
    post,
    path = "/api/v1/issues/{id}/merge",
    tag = "issues",
    summary = "Makes issues parts of another",
    params(("id" = String, Path, description = "Id of the issue", example = "shop-7F3K9")),
    request_body = Merge,
    responses((status = 200, description = "Done", body = Changed), (status = 409, description = "not_merged, changed_since, limit_reached")),
)]
pub(super) async fn merge(
    member: Member,
    State(api): State<Api>,
    Path(id): Path<String>,
    body::Json(Merge { issues }): body::Json<Merge, BODY_BYTES>,
) -> Answer<Json<Changed>> {
    let (_, into) = find(&api, &member, &id).await?;
    check_length("/issues", issues.len())?;
    let mut ids = Vec::with_capacity(issues.len());
    for (n, text) in issues.iter().enumerate() {
        let missing = || Problem::pointer(format!("/issues/{n}"), format!("there is no issue {:?}", short(text)));
        ids.push(issues::id(text).ok_or_else(missing)?);
    }
    let found = catalog::issues::get(api.catalog(), &ids).await?;
    for (n, (issue, text)) in found.into_iter().zip(&issues).enumerate() {
        let pointer = format!("/issues/{n}");
        let Some(issue) = member.own(issue, |issue| issue.project) else {
            return Err(Problem::pointer(pointer, format!("there is no issue {:?}", short(text))));
        };
        if issue.project != into.project {
            return Err(Problem::pointer(pointer, format!("{} is of another project; issues are merged within one", issue.id)));
        }
    }
    let done = merges::merge(api.catalog(), into.project, &into.id, &ids, api.now(), member.by()).await?;
    changed(&api, &into, done).await
}

/// `POST /api/v1/issues/{id}/split`
#[utoipa::path(
    post,
    path = "/api/v1/issues/{id}/split",
    tag = "issues",
    summary = "Makes issues of their own of parts of an issue",
    params(("id" = String, Path, description = "Id of the issue", example = "shop-7F3K9")),
    request_body = Split,
    responses((status = 200, description = "Done", body = Changed), (status = 409, description = "not_merged, changed_since, limit_reached")),
)]
pub(super) async fn split(
    member: Member,
    State(api): State<Api>,
    Path(id): Path<String>,
    body::Json(Split { fingerprints }): body::Json<Split, BODY_BYTES>,
) -> Answer<Json<Changed>> {
    let (_, whole) = find(&api, &member, &id).await?;
    check_length("/fingerprints", fingerprints.len())?;
    if let Some(n) = fingerprints.iter().position(|fingerprint| !whole.fingerprints.contains(fingerprint)) {
        return Err(Problem::pointer(format!("/fingerprints/{n}"), "the issue has no such fingerprint"));
    }
    let done = merges::split(api.catalog(), whole.project, &whole.id, &fingerprints, api.now(), member.by()).await?;
    changed(&api, &whole, done).await
}

/// `POST /api/v1/issues/{id}/undo`
#[utoipa::path(
    post,
    path = "/api/v1/issues/{id}/undo",
    tag = "issues",
    summary = "Takes a change of merged issues back",
    params(("id" = String, Path, description = "Id of the issue", example = "shop-7F3K9")),
    request_body = Undo,
    responses((status = 200, description = "Done", body = Changed), (status = 409, description = "not_merged, changed_since, limit_reached")),
)]
pub(super) async fn undo(
    member: Member,
    State(api): State<Api>,
    Path(id): Path<String>,
    body::Json(Undo { change }): body::Json<Undo>,
) -> Answer<Json<Changed>> {
    let (asked, issue) = find(&api, &member, &id).await?;
    let done = merges::undo(api.catalog(), issue.project, &asked, change, api.now(), member.by()).await?;
    changed(&api, &Issue { id: asked, ..issue }, done).await
}

/// `GET /api/v1/issues/{id}/history`
#[utoipa::path(
    get,
    path = "/api/v1/issues/{id}/history",
    tag = "issues",
    summary = "What people merged, split and undid at an issue, newest first",
    params(("id" = String, Path, description = "Id of the issue", example = "shop-7F3K9")),
    responses((status = 200, description = "Done", body = History)),
)]
pub(super) async fn history(
    viewer: Viewer,
    State(api): State<Api>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Json<History>> {
    Params::read(query.as_deref(), &[])?;
    let (asked, issue) = find(&api, &viewer, &id).await?;
    let merges = merges::of(api.catalog(), [issue.project]).await?;
    let changes = merges.get(&issue.project).map_or_else(Vec::new, |merges| merges.history(&asked).take(CHANGES).cloned().collect());
    Ok(Json(History { changes }))
}

fn check_length(pointer: &str, length: usize) -> Answer<()> {
    if (1..=limits::ISSUE_FINGERPRINTS).contains(&length) {
        return Ok(());
    }
    Err(Problem::pointer(pointer, format!("it must have 1 to {} entries, not {length}", limits::ISSUE_FINGERPRINTS)))
}

/// The issue after a change, or why there was none.
async fn changed(api: &Api, issue: &Issue, done: Result<Option<Change>, Refused>) -> Answer<Json<Changed>> {
    let change = done.map_err(|reason| refused(&reason))?;
    let now = catalog::issues::get(api.catalog(), std::slice::from_ref::<IssueId>(&issue.id)).await?.into_iter().next().flatten();
    let issue = now.ok_or_else(|| Problem::not_found("there is no such issue"))?;
    Ok(Json(Changed { issue, change }))
}

fn refused(refused: &Refused) -> Problem {
    let detail = refused.to_string();
    match refused {
        Refused::NoPart(_) | Refused::NoIssue(_) | Refused::NoFingerprint(_) => Problem::new(StatusCode::CONFLICT, "not_merged", detail),
        Refused::Unknown(_) => Problem::not_found(detail),
        Refused::Moved { .. } | Refused::HasParts { .. } => Problem::new(StatusCode::CONFLICT, "changed_since", detail),
        Refused::TooManyFingerprints(_) | Refused::TooMany => Problem::new(StatusCode::CONFLICT, "limit_reached", detail),
    }
}
