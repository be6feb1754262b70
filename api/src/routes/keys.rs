//! The keys of a project.

use axum::{
    Json,
    extract::{Path, State},
};
use http::{StatusCode, request::Parts};
use schemas::{ids::PublicKey, limits};
use serde::Deserialize;
use storage::catalog::keys;

use super::{part, projects};
use crate::{
    Api,
    access::{Admin, Member},
    answer::project::{Key, Keys},
    body, host,
    problem::{Answer, Problem},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    enabled: bool,
}

/// `GET /api/v1/projects/{project}/keys`: newest first. Not for viewers: a key lets its holder write.
pub(super) async fn list(_: Member, State(api): State<Api>, Path(name): Path<String>, parts: Parts) -> Answer<Json<Keys>> {
    let project = projects::find(&api, &name).await?;
    let address = address(&api, &parts);
    let keys = keys::list(api.catalog(), project.id).await?;
    Ok(Json(Keys { keys: keys.into_iter().map(|key| Key::new(key, &address)).collect() }))
}

/// `POST /api/v1/projects/{project}/keys`
pub(super) async fn create(_: Admin, State(api): State<Api>, Path(name): Path<String>, parts: Parts) -> Answer<(StatusCode, Json<Key>)> {
    let project = projects::find(&api, &name).await?;
    if keys::list(api.catalog(), project.id).await?.len() >= limits::PROJECT_KEYS {
        let detail = format!("the project has {} keys, the most there can be; enable an old one", limits::PROJECT_KEYS);
        return Err(Problem::new(StatusCode::CONFLICT, "limit_reached", detail));
    }
    let key = keys::create(api.catalog(), project.id, projects::draw_key()?, api.now()).await?;
    Ok((StatusCode::CREATED, Json(Key::new(key, &address(&api, &parts)))))
}

/// `PATCH /api/v1/projects/{project}/keys/{key}`
pub(super) async fn change(
    _: Admin,
    State(api): State<Api>,
    Path((name, key)): Path<(String, String)>,
    parts: Parts,
    body::Json(change): body::Json<Change>,
) -> Answer<Json<Key>> {
    let project = projects::find(&api, &name).await?;
    let key: PublicKey = part(&key)?;
    let missing = || Problem::not_found("the project has no such key");
    keys::get(api.catalog(), &key).await?.filter(|key| key.project == project.id).ok_or_else(missing)?;
    let changed = keys::update(api.catalog(), &key, |key| key.enabled = change.enabled).await?.ok_or_else(missing)?;
    Ok(Json(Key::new(changed, &address(&api, &parts))))
}

fn address(api: &Api, parts: &Parts) -> String {
    host::address(parts, api.options().public_url.as_deref())
}
