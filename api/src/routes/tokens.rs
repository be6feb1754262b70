//! API tokens: made, listed without their secrets, revoked. Only with a token for all projects.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use http::StatusCode;
use schemas::{
    catalog::{Role, Token},
    limits,
};
use serde::Deserialize;
use storage::catalog::tokens;
use utoipa::ToSchema;

use super::projects;
use crate::{
    Api,
    access::{Admin, Everywhere, Reach},
    answer::token::{Listed, NewToken, Tokens},
    body,
    params::{Params, short},
    problem::{Answer, Problem},
    scope,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreateToken)]
pub(super) struct Create {
    role: Role,
    /// Numbers or slugs; without it, all projects, later ones too.
    projects: Option<Vec<String>>,
}

/// `GET /api/v1/tokens`: newest first.
#[utoipa::path(
    get,
    path = "/api/v1/tokens",
    tag = "tokens",
    summary = "API tokens, without their secrets",
    responses((status = 200, description = "Done", body = Tokens)),
)]
pub(super) async fn list(_: Everywhere<Admin>, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Tokens>> {
    Params::read(query.as_deref(), &[])?;
    let tokens = tokens::list(api.catalog()).await?;
    Ok(Json(Tokens { tokens: tokens.into_iter().map(Listed::from).collect() }))
}

/// `POST /api/v1/tokens`: the only answer with the secret.
#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    tag = "tokens",
    summary = "Make a token",
    request_body = Create,
    responses((status = 201, description = "Made", body = NewToken), (status = 409, description = "limit_reached")),
)]
pub(super) async fn create(
    all: Everywhere<Admin>,
    State(api): State<Api>,
    body::Json(Create { role, projects }): body::Json<Create>,
) -> Answer<(StatusCode, Json<NewToken>)> {
    let projects = match projects {
        None => None,
        Some(names) => Some(bound(&api, &all, names).await?),
    };
    if tokens::list(api.catalog()).await?.len() >= limits::TOKENS {
        let detail = format!("there are {} tokens, the most there can be; revoke one", limits::TOKENS);
        return Err(Problem::new(StatusCode::CONFLICT, "limit_reached", detail));
    }
    let mut bytes = [0; 32];
    projects::random(&mut bytes)?;
    let secret = Token::secret(bytes);
    let token = tokens::create(api.catalog(), &secret, role, projects, api.now()).await?;
    Ok((StatusCode::CREATED, Json(NewToken { token: secret, listed: token.into() })))
}

/// The projects that a token is to be bound to.
async fn bound(api: &Api, reach: &Reach, names: Vec<String>) -> Answer<Vec<schemas::ids::ProjectId>> {
    if names.is_empty() || names.len() > limits::TOKEN_PROJECTS {
        let message = format!("it must have 1 to {} projects; leave it out for all", limits::TOKEN_PROJECTS);
        return Err(Problem::pointer("/projects", message));
    }
    let mut ids = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let Some(project) = scope::by_name(api, reach, name).await? else {
            return Err(Problem::pointer(format!("/projects/{number}"), format!("there is no project {:?}", short(name))));
        };
        ids.push(project.id);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// `DELETE /api/v1/tokens/{id}`: from then on it opens nothing.
#[utoipa::path(
    delete,
    path = "/api/v1/tokens/{id}",
    tag = "tokens",
    summary = "Revoke a token",
    params(("id" = String, Path, description = "Id of the token, as listed", example = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")),
    responses((status = 204, description = "Gone")),
)]
pub(super) async fn revoke(_: Everywhere<Admin>, State(api): State<Api>, Path(id): Path<String>) -> Answer<StatusCode> {
    let is_id = id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit());
    if is_id && tokens::revoke(api.catalog(), &id).await? {
        tracing::info!(token = id, "a token is revoked");
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::not_found("there is no such token; its id is not its secret, the list of tokens shows it"))
}
