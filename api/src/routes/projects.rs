//! Projects.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use http::{StatusCode, request::Parts};
use schemas::{
    catalog::{AllowedOrigin, Project, ProjectSettings},
    ids::PublicKey,
    limits,
    quota::{Limit, SpikeProtection},
};
use serde::Deserialize;
use storage::catalog::projects;
use utoipa::ToSchema;

use crate::{
    Api,
    access::{Admin, Everywhere, Reach, Viewer},
    answer::project::{Key, NewProject, Projects},
    body, host,
    params::{Params, short},
    problem::{Answer, Problem},
    scope,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreateProject)]
pub(super) struct Create {
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangeProject)]
pub(super) struct Change {
    name: Option<String>,
    enabled: Option<bool>,
    settings: Option<ChangeSettings>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeSettings {
    scrub_ip_addresses: Option<bool>,
    allowed_origins: Option<Vec<String>>,
    attachment_bytes: Option<u64>,
    attachment_days: Option<u32>,
    limits: Option<Vec<Limit>>,
    spike_protection: Option<SpikeProtection>,
    otlp_errors: Option<bool>,
}

/// `GET /api/v1/projects`
#[utoipa::path(
    get,
    path = "/api/v1/projects",
    tag = "projects",
    summary = "Projects",
    responses((status = 200, description = "Done", body = Projects)),
)]
pub(super) async fn list(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Projects>> {
    Params::read(query.as_deref(), &[])?;
    Ok(Json(Projects { projects: scope::all(&api, &viewer).await? }))
}

/// `GET /api/v1/projects/{project}`
#[utoipa::path(
    get,
    path = "/api/v1/projects/{project}",
    tag = "projects",
    summary = "One project",
    params(("project" = String, Path, description = "Number or slug", example = "shop")),
    responses((status = 200, description = "Done", body = Project)),
)]
pub(super) async fn one(viewer: Viewer, State(api): State<Api>, Path(name): Path<String>) -> Answer<Json<Project>> {
    find(&api, &viewer, &name).await.map(Json)
}

/// `POST /api/v1/projects`
#[utoipa::path(
    post,
    path = "/api/v1/projects",
    tag = "projects",
    summary = "Make a project with its first key",
    request_body = Create,
    responses((status = 201, description = "Made", body = NewProject), (status = 409, description = "limit_reached")),
)]
pub(super) async fn create(
    _: Everywhere<Admin>,
    State(api): State<Api>,
    parts: Parts,
    body::Json(Create { name }): body::Json<Create>,
) -> Answer<(StatusCode, Json<NewProject>)> {
    let name = checked(&name)?;
    if projects::list(api.catalog()).await?.len() >= limits::PROJECTS {
        let detail = format!("there are {} projects, the most there can be", limits::PROJECTS);
        return Err(Problem::new(StatusCode::CONFLICT, "limit_reached", detail));
    }
    let (project, key) = projects::create(api.catalog(), name, draw_key()?, api.now()).await?;
    let address = host::address(&parts, api.options().public_url.as_deref());
    Ok((StatusCode::CREATED, Json(NewProject { project, key: Key::new(key, &address) })))
}

/// `PATCH /api/v1/projects/{project}`
#[utoipa::path(
    patch,
    path = "/api/v1/projects/{project}",
    tag = "projects",
    summary = "Change a project",
    params(("project" = String, Path, description = "Number or slug", example = "shop")),
    request_body = Change,
    responses((status = 200, description = "Done", body = Project)),
)]
pub(super) async fn change(
    admin: Admin,
    State(api): State<Api>,
    Path(name): Path<String>,
    body::Json(change): body::Json<Change>,
) -> Answer<Json<Project>> {
    let project = find(&api, &admin, &name).await?;
    let name = change.name.as_deref().map(checked).transpose()?;
    if let Some(settings) = &change.settings {
        settings.check()?;
    }
    let updated = projects::update(api.catalog(), project.id, |project| {
        if let Some(name) = name {
            name.clone_into(&mut project.name);
        }
        project.enabled = change.enabled.unwrap_or(project.enabled);
        if let Some(settings) = &change.settings {
            settings.apply(&mut project.settings);
        }
    });
    updated.await?.map(Json).ok_or_else(missing)
}

impl ChangeSettings {
    fn check(&self) -> Answer<()> {
        let origins = self.allowed_origins.as_deref().unwrap_or_default();
        if origins.len() > limits::PROJECT_ORIGINS {
            let message = format!("it must have at most {} origins", limits::PROJECT_ORIGINS);
            return Err(Problem::pointer("/settings/allowed_origins", message));
        }
        for (number, origin) in origins.iter().enumerate() {
            if let Err(error) = origin.parse::<AllowedOrigin>() {
                return Err(Problem::pointer(format!("/settings/allowed_origins/{number}"), format!("{error}, not {:?}", short(origin))));
            }
        }
        if self.attachment_days.is_some_and(|days| days == 0 || days > limits::ATTACHMENT_DAYS_MOST) {
            let message = format!("it must be a whole number from 1 to {}", limits::ATTACHMENT_DAYS_MOST);
            return Err(Problem::pointer("/settings/attachment_days", message));
        }
        limits_at("/settings/limits", self.limits.as_deref())?;
        let spikes = self.spike_protection.as_ref().map_or(Ok(()), SpikeProtection::check);
        spikes.map_err(|error| Problem::pointer(format!("/settings/spike_protection{}", error.pointer), error.message))
    }

    fn apply(&self, settings: &mut ProjectSettings) {
        settings.scrub_ip_addresses = self.scrub_ip_addresses.unwrap_or(settings.scrub_ip_addresses);
        if let Some(origins) = &self.allowed_origins {
            // Checked before.
            settings.allowed_origins = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
        }
        settings.otlp_errors = self.otlp_errors.unwrap_or(settings.otlp_errors);
        settings.attachment_bytes = self.attachment_bytes.or(settings.attachment_bytes);
        settings.attachment_days = self.attachment_days.or(settings.attachment_days);
        if let Some(limits) = &self.limits {
            settings.limits.clone_from(limits);
        }
        if let Some(spike_protection) = &self.spike_protection {
            settings.spike_protection.clone_from(spike_protection);
        }
    }
}

/// Refuses limits that can't be used; `pointer` is where they stand.
pub(super) fn limits_at(pointer: &str, limits: Option<&[Limit]>) -> Answer<()> {
    let checked = Limit::check(limits.unwrap_or_default());
    checked.map_err(|error| Problem::pointer(format!("{pointer}{}", error.pointer), error.message))
}

/// The project of the path, by number or slug, if the token may see it.
pub(super) async fn find(api: &Api, reach: &Reach, name: &str) -> Answer<Project> {
    scope::by_name(api, reach, name).await?.ok_or_else(missing)
}

/// A new key.
pub(super) fn draw_key() -> Answer<PublicKey> {
    let mut bytes = [0; 16];
    random(&mut bytes)?;
    Ok(PublicKey::from_bytes(bytes))
}

/// Fills `bytes` with what nobody can guess.
pub(super) fn random(bytes: &mut [u8]) -> Answer<()> {
    getrandom::fill(bytes).map_err(|error| Problem::from(storage::Error::terminal("drawing random bytes", error)))
}

fn missing() -> Problem {
    Problem::not_found("there is no such project")
}

fn checked(name: &str) -> Answer<&str> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > limits::NAME_CHARS || name.chars().any(char::is_control) {
        let message =
            format!("it must have 1 to {} characters, none of them control characters, not {:?}", limits::NAME_CHARS, short(name));
        return Err(Problem::pointer("/name", message));
    }
    Ok(name)
}
