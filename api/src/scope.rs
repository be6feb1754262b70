//! Which events a request is about: projects, query and time range.

use jiff::{Timestamp, tz::TimeZone};
use schemas::{
    catalog::Project,
    ids::ProjectId,
    query::{self, Expr},
};
use serde::Serialize;
use storage::{catalog::projects, index::Scope};
use utoipa::ToSchema;

use crate::{
    Api,
    access::Reach,
    params::{Params, short},
    problem::{Answer, Problem},
    times,
};

/// How the parameter `query` was understood: the same question as the language writes it, e.g. `level:error cart` for
/// `severity:ERROR AND (cart)`. `*` is every event.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = UnderstoodQuery, examples("level:error cart"))]
pub(crate) struct Understood(String);

impl Understood {
    /// As the answer says it.
    pub(crate) fn of(params: &Params) -> Answer<Self> {
        Ok(Self(expr(params)?.to_string()))
    }
}

/// The scope of a request with the parameters `project`, `query`, `from`, `to`.
pub(crate) async fn read(api: &Api, reach: &Reach, params: &Params, now: Timestamp) -> Answer<Scope> {
    read_in(api, reach, params, now, &TimeZone::UTC).await
}

/// The same where days and times that say no zone are of this one.
pub(crate) async fn read_in(api: &Api, reach: &Reach, params: &Params, now: Timestamp, zone: &TimeZone) -> Answer<Scope> {
    let millis = times::range_in(params, now, zone)?;
    let expr = expr(params)?;
    Ok(Scope { projects: of_projects(api, reach, params).await?, millis, expr })
}

/// The parameter `query`.
pub(crate) fn expr(params: &Params) -> Answer<Expr> {
    let text = params.one("query")?.unwrap_or_default();
    query::parse(text).map_err(|error| Problem::query("query", error))
}

/// The parameter `project`: numbers or slugs. Without it, every project that the token may see.
pub(crate) async fn of_projects(api: &Api, reach: &Reach, params: &Params) -> Answer<Vec<ProjectId>> {
    let mut ids = match chosen(api, reach, params).await? {
        Some(ids) => ids,
        None => all(api, reach).await?.into_iter().map(|project| project.id).collect(),
    };
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The same for lists of the catalog: `None` for whatever there is, also of projects that are not there any more.
pub(crate) async fn chosen(api: &Api, reach: &Reach, params: &Params) -> Answer<Option<Vec<ProjectId>>> {
    let mut ids = Vec::new();
    for name in params.all("project") {
        match by_name(api, reach, name).await? {
            Some(project) => ids.push(project.id),
            None => return Err(Problem::parameter("project", format!("there is no project {:?}", short(name)))),
        }
    }
    if ids.is_empty() {
        return Ok(reach.bound().map(<[ProjectId]>::to_vec));
    }
    Ok(Some(ids))
}

/// Every project that the token may see.
pub(crate) async fn all(api: &Api, reach: &Reach) -> Answer<Vec<Project>> {
    match reach.bound() {
        None => Ok(projects::list(api.catalog()).await?),
        Some(ids) => Ok(projects::get(api.catalog(), ids).await?.into_iter().flatten().collect()),
    }
}

/// The project with this number or slug, if the token may see it.
pub(crate) async fn by_name(api: &Api, reach: &Reach, name: &str) -> Answer<Option<Project>> {
    let found = match name.parse::<ProjectId>() {
        Ok(id) => projects::get(api.catalog(), &[id]).await?.into_iter().next().flatten(),
        Err(_) => projects::find(api.catalog(), name).await?,
    };
    Ok(reach.own(found, |project| project.id))
}
