//! Rules of one project and of all projects: read, and replaced as a whole.

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use schemas::{ids::ProjectId, limits, rules::RuleSet};
use storage::catalog::rules::{self, Revised};

use super::projects;
use crate::{
    Api,
    access::{Admin, Everywhere, Viewer},
    body, describe,
    params::short,
    problem::{Answer, Problem},
};

type Body = body::Json<RuleSet, { limits::RULES_BYTES }>;

/// `GET /api/v1/rules`
#[utoipa::path(
    get,
    path = "/api/v1/rules",
    tag = "rules",
    summary = "The rules of all projects",
    responses((status = 200, description = "Done", body = RuleSet, headers(("etag" = String, description = "The revision")))),
)]
pub(super) async fn of_all(_: Everywhere<Viewer>, State(api): State<Api>) -> Answer<Response> {
    get(&api, None).await
}

/// `GET /api/v1/projects/{project}/rules`
#[utoipa::path(
    get,
    path = "/api/v1/projects/{project}/rules",
    tag = "rules",
    summary = "The rules of a project",
    params(("project" = String, Path, description = "Number or slug", example = "shop")),
    responses((status = 200, description = "Done", body = RuleSet, headers(("etag" = String, description = "The revision")))),
)]
pub(super) async fn of_project(viewer: Viewer, State(api): State<Api>, Path(name): Path<String>) -> Answer<Response> {
    let project = projects::find(&api, &viewer, &name).await?;
    get(&api, Some(project.id)).await
}

/// `PUT /api/v1/rules`
#[utoipa::path(
    put,
    path = "/api/v1/rules",
    tag = "rules",
    summary = "Replace the rules of all projects",
    params(describe::IfMatch),
    request_body = RuleSet,
    responses((status = 200, description = "Done", body = RuleSet, headers(("etag" = String, description = "The revision"))), (status = 412, description = "stale_revision")),
)]
pub(super) async fn set_of_all(_: Everywhere<Admin>, State(api): State<Api>, headers: HeaderMap, body: Body) -> Answer<Response> {
    put(&api, None, &headers, body).await
}

/// `PUT /api/v1/projects/{project}/rules`
#[utoipa::path(
    put,
    path = "/api/v1/projects/{project}/rules",
    tag = "rules",
    summary = "Replace the rules of a project",
    params(("project" = String, Path, description = "Number or slug", example = "shop"), describe::IfMatch),
    request_body = RuleSet,
    responses((status = 200, description = "Done", body = RuleSet, headers(("etag" = String, description = "The revision"))), (status = 412, description = "stale_revision")),
)]
pub(super) async fn set_of_project(
    admin: Admin,
    State(api): State<Api>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Response> {
    let project = projects::find(&api, &admin, &name).await?;
    put(&api, Some(project.id), &headers, body).await
}

async fn get(api: &Api, of: Option<ProjectId>) -> Answer<Response> {
    let found = rules::get(api.catalog(), &[of]).await?;
    Ok(answer(found.into_iter().next().unwrap_or_default()))
}

async fn put(api: &Api, of: Option<ProjectId>, headers: &HeaderMap, body::Json(rules): Body) -> Answer<Response> {
    let revision = expected(headers)?;
    let errors = rules.check();
    if !errors.is_empty() {
        return Err(Problem::rules(errors));
    }
    let changed = rules::put(api.catalog(), of, rules, revision).await?;
    changed.map(answer).ok_or_else(|| {
        let detail = "someone else changed the rules since; read them again and set them with the new revision";
        Problem::new(StatusCode::PRECONDITION_FAILED, "stale_revision", detail)
    })
}

/// The rules, their revision as entity tag.
fn answer(revised: Revised) -> Response {
    ([(header::ETAG, format!("\"{}\"", revised.revision))], Json(revised.rules)).into_response()
}

/// The revision that `If-Match` asks for. A proxy that compresses makes the tag a weak one; it means the same here.
fn expected(headers: &HeaderMap) -> Answer<Option<u64>> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let tag = text.strip_prefix("W/").unwrap_or(text);
    let revision = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).and_then(|tag| tag.parse().ok());
    revision.map(Some).ok_or_else(|| {
        let detail = format!("If-Match must be the ETag that came with the rules, such as \"3\" in quotes, not {:?}", short(text));
        Problem::new(StatusCode::BAD_REQUEST, "invalid_header", detail)
    })
}
