//! The session of a browser: signing in with a token, who is signed in, signing out.

use axum::{
    Json,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header, request::Parts};
use schemas::catalog::Role;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Api,
    access::{self, Viewer},
    answer::session::Session,
    body, host,
    params::Params,
    problem::Answer,
    session,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignIn)]
pub(super) struct SignIn {
    /// The token that the session stands for.
    token: String,
}

/// `GET /api/v1/session`
#[utoipa::path(
    get,
    path = "/api/v1/session",
    tag = "session",
    summary = "What the token or session may do",
    responses((status = 200, description = "Done", body = Session)),
)]
pub(super) async fn one(viewer: Viewer, RawQuery(query): RawQuery) -> Answer<Json<Session>> {
    Params::read(query.as_deref(), &[])?;
    Ok(Json(Session::of(&viewer)))
}

/// `POST /api/v1/session`: from a page of this server only, so that no other site can sign anyone in.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    tag = "session",
    summary = "Sign a browser in: the answer sets a cookie, which stands for the token from then on",
    request_body = SignIn,
    responses(
        (status = 200, description = "Signed in", body = Session),
        (status = 401, description = "unauthorized"),
        (status = 403, description = "cross_site"),
        (status = 429, description = "too_many_requests"),
        (status = 503, description = "unavailable"),
    ),
    security(())
)]
pub(super) async fn create(State(api): State<Api>, parts: Parts, body::Json(SignIn { token }): body::Json<SignIn>) -> Answer<Response> {
    own_site(&api, &parts)?;
    let token = token.trim();
    let reach = access::let_in(token, &api, Role::Viewer).await?;
    let cookie = session::cookie(token, is_secure(&api, &parts));
    Ok(([(header::SET_COOKIE, cookie)], Json(Session::of(&reach))).into_response())
}

/// `DELETE /api/v1/session`: a browser whose token is not known any more can sign out too.
#[utoipa::path(
    delete,
    path = "/api/v1/session",
    tag = "session",
    summary = "Sign a browser out",
    responses((status = 204, description = "The cookie is gone"), (status = 403, description = "cross_site")),
    security(())
)]
pub(super) async fn end(State(api): State<Api>, parts: Parts) -> Answer<Response> {
    own_site(&api, &parts)?;
    let cookie = session::ended(is_secure(&api, &parts));
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

fn own_site(api: &Api, parts: &Parts) -> Answer<()> {
    session::check_site(&parts.method, &parts.headers, &parts.uri, api.options().public_url.as_deref())
}

/// Whether the browser came by https, as far as the operator or a proxy tells.
fn is_secure(api: &Api, parts: &Parts) -> bool {
    let forwarded = parts.headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    forwarded || host::address(parts, api.options().public_url.as_deref()).starts_with("https://")
}
