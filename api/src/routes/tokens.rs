//! API tokens.

use axum::{Json, extract::State};
use http::StatusCode;
use schemas::catalog::{Role, Token};
use serde::Deserialize;
use storage::catalog::tokens;

use super::projects;
use crate::{Api, access::Admin, answer::token::NewToken, body, problem::Answer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    role: Role,
}

/// `POST /api/v1/tokens`
pub(super) async fn create(
    _: Admin,
    State(api): State<Api>,
    body::Json(Create { role }): body::Json<Create>,
) -> Answer<(StatusCode, Json<NewToken>)> {
    let mut bytes = [0; 32];
    projects::random(&mut bytes)?;
    let token = Token::secret(bytes);
    let Token { created_at, .. } = tokens::create(api.catalog(), &token, role, api.now()).await?;
    Ok((StatusCode::CREATED, Json(NewToken { token, role, created_at })))
}
