//! The service catalogue: who answers for which service.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use http::StatusCode;
use schemas::{
    catalog::{Invalid, Service},
    limits,
};
use serde::{Deserialize, Serialize};
use storage::catalog::services::{self, Changed};
use utoipa::ToSchema;

use crate::{
    Api,
    access::{Admin, Everywhere, Viewer},
    body,
    params::{Params, short},
    problem::{Answer, Problem},
};

/// Every entry, by name.
#[derive(Serialize, ToSchema)]
pub(super) struct Services {
    services: Vec<Service>,
}

/// An entry; its name stands in the path.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PutService)]
pub(super) struct Put {
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    owner: Option<String>,
    team: Option<String>,
    tier: Option<String>,
    repository: Option<String>,
    runbook: Option<String>,
}

/// `GET /api/v1/services`
#[utoipa::path(
    get,
    path = "/api/v1/services",
    tag = "services",
    summary = "The service catalogue",
    responses((status = 200, description = "Done", body = Services)),
)]
pub(super) async fn list(_: Everywhere<Viewer>, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Services>> {
    Params::read(query.as_deref(), &[])?;
    Ok(Json(Services { services: services::get(api.catalog()).await?.services }))
}

/// `GET /api/v1/services/{name}`
#[utoipa::path(
    get,
    path = "/api/v1/services/{name}",
    tag = "services",
    summary = "One entry",
    params(("name" = String, Path, description = "Name of the entry", example = "cart")),
    responses((status = 200, description = "Done", body = Service)),
)]
pub(super) async fn one(_: Everywhere<Viewer>, State(api): State<Api>, Path(name): Path<String>) -> Answer<Json<Service>> {
    let found = services::get(api.catalog()).await?.services.into_iter().find(|service| service.name == name);
    found.map(Json).ok_or_else(|| missing(&name))
}

/// `PUT /api/v1/services/{name}`
#[utoipa::path(
    put,
    path = "/api/v1/services/{name}",
    tag = "services",
    summary = "Add or replace an entry",
    params(("name" = String, Path, description = "Name of the entry", example = "cart")),
    request_body = Put,
    responses((status = 201, description = "It is new", body = Service), (status = 200, description = "It is replaced", body = Service), (status = 409, description = "limit_reached")),
)]
pub(super) async fn put(
    _: Everywhere<Admin>,
    State(api): State<Api>,
    Path(name): Path<String>,
    body::Json(put): body::Json<Put>,
) -> Answer<(StatusCode, Json<Service>)> {
    let Put { services, paths, owner, team, tier, repository, runbook } = put;
    let service = Service { name, services, paths, owner, team, tier, repository, runbook };
    service.check().map_err(invalid)?;
    match services::put(api.catalog(), &service).await? {
        Changed::Added => Ok((StatusCode::CREATED, Json(service))),
        Changed::Full => {
            let detail =
                format!("the service catalogue has room for {} entries and {} bytes in all", limits::SERVICES, limits::SERVICES_BYTES);
            Err(Problem::new(StatusCode::CONFLICT, "limit_reached", detail))
        }
        Changed::Replaced | Changed::Removed | Changed::Absent => Ok((StatusCode::OK, Json(service))),
    }
}

/// `DELETE /api/v1/services/{name}`
#[utoipa::path(
    delete,
    path = "/api/v1/services/{name}",
    tag = "services",
    summary = "Take an entry away",
    params(("name" = String, Path, description = "Name of the entry", example = "cart")),
    responses((status = 204, description = "Gone")),
)]
pub(super) async fn remove(_: Everywhere<Admin>, State(api): State<Api>, Path(name): Path<String>) -> Answer<StatusCode> {
    match services::remove(api.catalog(), &name).await? {
        Changed::Absent => Err(missing(&name)),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// What is wrong with a value of the body.
pub(super) fn invalid(error: Invalid) -> Problem {
    Problem::pointer(error.pointer, error.message)
}

fn missing(name: &str) -> Problem {
    Problem::not_found(format!("the service catalogue of the API has no entry {:?}", short(name)))
}
