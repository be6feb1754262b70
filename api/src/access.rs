//! Who asks: bearer tokens and what their roles may do. An extractor stands for a role, so that no route forgets.

use axum::extract::FromRequestParts;
use http::{StatusCode, header, request::Parts};
use schemas::catalog::{Role, Token};
use storage::catalog::tokens;
use subtle::ConstantTimeEq;

use crate::{
    Api,
    problem::{Answer, Problem},
};

/// Longest token that is looked up.
const TOKEN_BYTES: usize = 1_024;

/// Anyone with a token.
pub(crate) struct Viewer;

/// Who may triage.
pub(crate) struct Member;

/// Who may everything.
pub(crate) struct Admin;

impl FromRequestParts<Api> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Answer<Self> {
        require(parts, api, Role::Viewer).await.map(|()| Self)
    }
}

impl FromRequestParts<Api> for Member {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Answer<Self> {
        require(parts, api, Role::Member).await.map(|()| Self)
    }
}

impl FromRequestParts<Api> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Answer<Self> {
        require(parts, api, Role::Admin).await.map(|()| Self)
    }
}

async fn require(parts: &Parts, api: &Api, role: Role) -> Answer<()> {
    let Some(secret) = bearer(parts) else {
        return Err(unauthorized("this needs a token: send the header Authorization: Bearer TOKEN"));
    };
    match role_of(secret, api).await? {
        None => Err(unauthorized("this token is not known")),
        Some(held) if held < role => {
            let detail = format!("this needs the role {}, the token has {}", name(role), name(held));
            Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
        }
        Some(_) => Ok(()),
    }
}

async fn role_of(secret: &str, api: &Api) -> Answer<Option<Role>> {
    if secret.is_empty() || secret.len() > TOKEN_BYTES {
        return Ok(None);
    }
    let bootstrap = api.options().bootstrap_token.as_deref().unwrap_or_default();
    // Hashes, so that the time does not tell the length either.
    let same = Token::hash_of(secret).as_bytes().ct_eq(Token::hash_of(bootstrap).as_bytes());
    if !bootstrap.is_empty() && bool::from(same) {
        return Ok(Some(Role::Admin));
    }
    Ok(tokens::find(api.catalog(), secret).await?.map(|token| token.role))
}

/// The token of `Authorization: Bearer TOKEN`; of the scheme any case is fine.
fn bearer(parts: &Parts) -> Option<&str> {
    let (scheme, token) = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
}

pub(crate) fn name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Member => "member",
        Role::Admin => "admin",
    }
}
