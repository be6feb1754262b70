//! Who asks: tokens, what their roles may do and which projects they may see. An extractor stands for a role, so
//! that no route forgets; it is also what projects are found with.

use std::ops::Deref;

use axum::extract::FromRequestParts;
use http::{HeaderMap, StatusCode, header, request::Parts};
use schemas::{
    catalog::{Role, Token},
    ids::ProjectId,
    issue::merges::By,
};
use storage::catalog::tokens;
use subtle::ConstantTimeEq;

use crate::{
    Api,
    problem::{Answer, Problem},
    session,
};

/// Longest token that is looked up.
pub(crate) const TOKEN_BYTES: usize = 1_024;

/// Anyone with a token.
pub(crate) struct Viewer(Reach);

/// Who may triage.
pub(crate) struct Member(Reach);

/// Who may everything.
pub(crate) struct Admin(Reach);

/// The same with a token for all projects: for what belongs to none of them.
pub(crate) struct Everywhere<Role>(Role);

/// Which projects a token may see. Made of tokens only, and asked by whatever finds projects: what a token may not see
/// is for it as if it were not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reach {
    projects: Option<Vec<ProjectId>>,
    by: By,
}

impl Reach {
    /// Whether it sees this project.
    pub(crate) fn sees(&self, project: ProjectId) -> bool {
        self.projects.as_ref().is_none_or(|projects| projects.contains(&project))
    }

    /// What was found, if its project may be seen.
    pub(crate) fn own<T>(&self, found: Option<T>, project: impl FnOnce(&T) -> ProjectId) -> Option<T> {
        found.filter(|found| self.sees(project(found)))
    }

    /// Refuses a token that is bound to projects.
    pub(crate) fn sees_all(&self) -> Answer<()> {
        if self.projects.is_none() {
            return Ok(());
        }
        let detail = "this is about all projects, and the token is for some of them: take one for all";
        Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
    }

    /// The projects that it is bound to; `None`: all that there are.
    pub(crate) fn bound(&self) -> Option<&[ProjectId]> {
        self.projects.as_deref()
    }

    /// Whose token it is, for what is kept of changes.
    pub(crate) fn by(&self) -> &By {
        &self.by
    }
}

macro_rules! extractor {
    ($name:ident) => {
        impl FromRequestParts<Api> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, api: &Api) -> Answer<Self> {
                require(parts, api, Role::$name).await.map(Self)
            }
        }

        impl Deref for $name {
            type Target = Reach;

            fn deref(&self) -> &Reach {
                &self.0
            }
        }
    };
}

extractor!(Viewer);
extractor!(Member);
extractor!(Admin);

impl<Role> FromRequestParts<Api> for Everywhere<Role>
where
    Role: FromRequestParts<Api, Rejection = Problem> + Deref<Target = Reach>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Answer<Self> {
        let role = Role::from_request_parts(parts, api).await?;
        role.sees_all().map(|()| Self(role))
    }
}

impl<Role: Deref<Target = Reach>> Deref for Everywhere<Role> {
    type Target = Reach;

    fn deref(&self) -> &Reach {
        &self.0
    }
}

/// The id of the token in these headers, which were let in: what the list of tokens names it by.
pub(crate) fn id(headers: &HeaderMap) -> String {
    let secret = bearer(headers).map(str::to_owned).or_else(|| session::token(headers));
    Token::hash_of(&secret.unwrap_or_default())
}

async fn require(parts: &Parts, api: &Api, role: Role) -> Answer<Reach> {
    let reach = match bearer(&parts.headers) {
        Some(secret) => let_in(secret, api, role).await?,
        None => {
            let Some(secret) = session::token(&parts.headers) else {
                return Err(unauthorized("this needs a token: send the header Authorization: Bearer TOKEN, or sign in"));
            };
            session::check_site(&parts.method, &parts.headers, &parts.uri, api.options().public_url.as_deref())?;
            let_in(&secret, api, role).await?
        }
    };
    Ok(reach)
}

/// What a token sees, if it is known, has asked seldom enough, and its role is high enough.
pub(crate) async fn let_in(secret: &str, api: &Api, role: Role) -> Answer<Reach> {
    let holder = holder(secret, api).await?;
    if holder.is_some() {
        api.rates().take(&Token::hash_of(secret), api.now().as_millisecond()).map_err(Problem::too_many_requests)?;
    }
    match holder {
        None => Err(unauthorized("this token is not known")),
        Some((held, _)) if held < role => {
            let detail = format!("this needs the role {}, the token has {}", name(role), name(held));
            Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
        }
        Some((_, reach)) => Ok(reach),
    }
}

/// What the token's holder may do and see.
async fn holder(secret: &str, api: &Api) -> Answer<Option<(Role, Reach)>> {
    if secret.is_empty() || secret.len() > TOKEN_BYTES {
        return Ok(None);
    }
    let bootstrap = api.options().bootstrap_token.as_deref().unwrap_or_default();
    // Hashes, so that the time does not tell the length either.
    let same = Token::hash_of(secret).as_bytes().ct_eq(Token::hash_of(bootstrap).as_bytes());
    if !bootstrap.is_empty() && bool::from(same) {
        return Ok(Some((Role::Admin, Reach { projects: None, by: By { token: None, role: Role::Admin } })));
    }
    let found = tokens::find(api.catalog(), secret).await?;
    Ok(found.map(|Token { role, projects, hash, .. }| (role, Reach { projects, by: By { token: Some(hash), role } })))
}

/// The token of `Authorization: Bearer TOKEN`; of the scheme any case is fine.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
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
