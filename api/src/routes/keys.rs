//! The keys of a project.

use axum::{
    Json,
    extract::{Path, State},
};
use http::{StatusCode, request::Parts};
use jiff::{SignedDuration, Timestamp};
use schemas::{
    catalog::{self, Rotation},
    ids::{ProjectId, PublicKey},
    limits,
    quota::Limit,
};
use serde::Deserialize;
use storage::catalog::keys;
use utoipa::ToSchema;

use super::{part, projects};
use crate::{
    Api,
    access::{Admin, Member, Reach},
    answer::project::{Key, Keys},
    body, host,
    problem::{Answer, Problem},
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangeKey)]
pub(super) struct Change {
    enabled: Option<bool>,
    limits: Option<Vec<Limit>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RotateKey)]
pub(super) struct Rotate {
    overlap_hours: u32,
}

/// `GET /api/v1/projects/{project}/keys`: newest first. Not for viewers: a key lets its holder write.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{project}/keys",
    tag = "projects",
    summary = "The keys of a project, newest first",
    params(("project" = String, Path, description = "Number or slug", example = "shop")),
    responses((status = 200, description = "Done", body = Keys)),
)]
pub(super) async fn list(member: Member, State(api): State<Api>, Path(name): Path<String>, parts: Parts) -> Answer<Json<Keys>> {
    let project = projects::find(&api, &member, &name).await?;
    let address = address(&api, &parts);
    let keys = keys::list(api.catalog(), project.id).await?;
    Ok(Json(Keys { keys: keys.into_iter().map(|key| Key::new(key, &address)).collect() }))
}

/// `POST /api/v1/projects/{project}/keys`
#[utoipa::path(
    post,
    path = "/api/v1/projects/{project}/keys",
    tag = "projects",
    summary = "Make a key",
    params(("project" = String, Path, description = "Number or slug", example = "shop")),
    responses((status = 201, description = "Made", body = Key), (status = 409, description = "limit_reached")),
)]
pub(super) async fn create(
    admin: Admin,
    State(api): State<Api>,
    Path(name): Path<String>,
    parts: Parts,
) -> Answer<(StatusCode, Json<Key>)> {
    let project = projects::find(&api, &admin, &name).await?;
    room_for_one(&api, project.id).await?;
    let key = keys::create(api.catalog(), project.id, projects::draw_key()?, api.now()).await?;
    Ok((StatusCode::CREATED, Json(Key::new(key, &address(&api, &parts)))))
}

/// `PATCH /api/v1/projects/{project}/keys/{key}`
#[utoipa::path(
    patch,
    path = "/api/v1/projects/{project}/keys/{key}",
    tag = "projects",
    summary = "Change a key",
    params(("project" = String, Path, description = "Number or slug", example = "shop"), ("key" = String, Path, description = "The public key", example = "01010101010101010101010101010101")),
    request_body = Change,
    responses((status = 200, description = "Done", body = Key)),
)]
pub(super) async fn change(
    admin: Admin,
    State(api): State<Api>,
    Path((name, key)): Path<(String, String)>,
    parts: Parts,
    body::Json(change): body::Json<Change>,
) -> Answer<Json<Key>> {
    let key = find(&api, &admin, &name, &key).await?.key;
    projects::limits_at("/limits", change.limits.as_deref())?;
    let changed = keys::update(api.catalog(), &key, |key| {
        key.enabled = change.enabled.unwrap_or(key.enabled);
        if let Some(limits) = &change.limits {
            key.limits.clone_from(limits);
        }
    });
    let changed = changed.await?.ok_or_else(missing)?;
    Ok(Json(Key::new(changed, &address(&api, &parts))))
}

/// `POST /api/v1/projects/{project}/keys/{key}/rotate`: a new key like the old one, which is taken beside it for
/// `overlap_hours` more. Answers the new key.
#[utoipa::path(
    post,
    path = "/api/v1/projects/{project}/keys/{key}/rotate",
    tag = "projects",
    summary = "Replace a key, with an overlap",
    params(("project" = String, Path, description = "Number or slug", example = "shop"), ("key" = String, Path, description = "The public key", example = "01010101010101010101010101010101")),
    request_body = Rotate,
    responses((status = 201, description = "Made", body = Key), (status = 409, description = "already_rotated or limit_reached")),
)]
pub(super) async fn rotate(
    admin: Admin,
    State(api): State<Api>,
    Path((name, key)): Path<(String, String)>,
    parts: Parts,
    body::Json(Rotate { overlap_hours }): body::Json<Rotate>,
) -> Answer<(StatusCode, Json<Key>)> {
    let old = find(&api, &admin, &name, &key).await?;
    if overlap_hours > limits::ROTATION_HOURS {
        return Err(Problem::pointer("/overlap_hours", format!("it must be from 0 to {}", limits::ROTATION_HOURS)));
    }
    if let Some(rotation) = &old.rotated {
        let detail = format!("the key is rotated already: {} replaces it", rotation.to);
        return Err(Problem::new(StatusCode::CONFLICT, "already_rotated", detail));
    }
    room_for_one(&api, old.project).await?;
    let to = projects::draw_key()?;
    keys::create(api.catalog(), old.project, to.clone(), api.now()).await?;
    let new = keys::update(api.catalog(), &to, |key| key.limits.clone_from(&old.limits)).await?.ok_or_else(missing)?;
    let until = api.now().saturating_add(SignedDuration::from_hours(overlap_hours.into())).unwrap_or(Timestamp::MAX);
    // The old key last: whoever is interrupted before has one key more, and none that stops working.
    let rotation = Rotation { to, until };
    keys::update(api.catalog(), &old.key, |key| {
        if key.rotated.is_none() {
            key.rotated = Some(rotation.clone());
        }
    })
    .await?;
    Ok((StatusCode::CREATED, Json(Key::new(new, &address(&api, &parts)))))
}

/// The key of the path, if it is the project's.
async fn find(api: &Api, reach: &Reach, project: &str, key: &str) -> Answer<catalog::Key> {
    let project = projects::find(api, reach, project).await?;
    let key: PublicKey = part(key)?;
    keys::get(api.catalog(), &key).await?.filter(|key| key.project == project.id).ok_or_else(missing)
}

fn missing() -> Problem {
    Problem::not_found("the project has no such key")
}

async fn room_for_one(api: &Api, project: ProjectId) -> Answer<()> {
    if keys::list(api.catalog(), project).await?.len() >= limits::PROJECT_KEYS {
        let detail = format!("the project has {} keys, the most there can be; enable an old one", limits::PROJECT_KEYS);
        return Err(Problem::new(StatusCode::CONFLICT, "limit_reached", detail));
    }
    Ok(())
}

fn address(api: &Api, parts: &Parts) -> String {
    host::address(parts, api.options().public_url.as_deref())
}
