//! Deploy markers of a project.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use http::StatusCode;
use jiff::Timestamp;
use schemas::{catalog::Deploy, limits, release::Release};
use serde::{Deserialize, Serialize};
use storage::catalog::deploys;
use utoipa::ToSchema;

use super::{projects, services::invalid};
use crate::{
    Api,
    access::{Member, Viewer},
    body,
    params::Params,
    problem::{Answer, Problem},
    times,
};

/// Deploys, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Deploys {
    deploys: Vec<Deploy>,
    /// Whether there are older ones.
    more: bool,
}

/// A deploy to be noted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDeploy)]
pub(super) struct Post {
    release: String,
    environment: Option<String>,
    commit: Option<String>,
    at: Option<Timestamp>,
    url: Option<String>,
    name: Option<String>,
}

/// `GET /api/v1/projects/{project}/deploys`
#[utoipa::path(
    get,
    path = "/api/v1/projects/{project}/deploys",
    tag = "projects",
    summary = "Deploys, newest first",
    params(("project" = String, Path, description = "Number or slug", example = "shop"), ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Most of one answer; 100 without it")),
    responses((status = 200, description = "Done", body = Deploys)),
)]
pub(super) async fn list(
    viewer: Viewer,
    State(api): State<Api>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Json<Deploys>> {
    let params = Params::read(query.as_deref(), &["limit"])?;
    let limit = params.number("limit", 1..=limits::PROJECT_DEPLOYS, 100)?;
    let project = projects::find(&api, &viewer, &name).await?;
    let mut deploys = deploys::list(api.catalog(), project.id, limit + 1).await?;
    let more = deploys.len() > limit;
    deploys.truncate(limit);
    Ok(Json(Deploys { deploys, more }))
}

/// `POST /api/v1/projects/{project}/deploys`: 201 when it is new, 200 when it was known. Without a commit, the one that the
/// release names counts.
#[utoipa::path(
    post,
    path = "/api/v1/projects/{project}/deploys",
    tag = "projects",
    summary = "Note a deploy",
    params(("project" = String, Path, description = "Number or slug", example = "shop")),
    request_body = Post,
    responses((status = 201, description = "It is new", body = Deploy), (status = 200, description = "It was known", body = Deploy)),
)]
pub(super) async fn create(
    member: Member,
    State(api): State<Api>,
    Path(name): Path<String>,
    body::Json(post): body::Json<Post>,
) -> Answer<(StatusCode, Json<Deploy>)> {
    let project = projects::find(&api, &member, &name).await?.id;
    let Post { release, environment, commit, at, url, name } = post;
    // Events name them trimmed.
    let (release, environment) = (release.trim().to_owned(), environment.map(|environment| environment.trim().to_owned()));
    let now = api.now();
    let at = at.unwrap_or(now);
    if !times::possible(at.as_millisecond()) || at.as_millisecond() > times::open_end(now) {
        return Err(Problem::pointer("/at", "it must lie between 1970 and now"));
    }
    let commit = commit.or_else(|| Release::parse(&release).commit());
    let id = Deploy::id_of(project, &release, environment.as_deref(), at);
    let deploy = Deploy { id, project, release, environment, commit, at, url, name };
    deploy.check().map_err(invalid)?;
    let new = deploys::add(api.catalog(), &deploy).await?;
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, Json(deploy)))
}
