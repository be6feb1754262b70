//! Which events a request is about: projects, query and time range.

use jiff::Timestamp;
use schemas::{
    catalog::Project,
    ids::ProjectId,
    query::{self, Expr},
};
use storage::{catalog::projects, index::Scope};

use crate::{
    Api,
    params::{Params, short},
    problem::{Answer, Problem},
    times,
};

/// The scope of a request with the parameters `project`, `query`, `from`, `to`.
pub(crate) async fn read(api: &Api, params: &Params, now: Timestamp) -> Answer<Scope> {
    let millis = times::range(params, now)?;
    let expr = expr(params)?;
    Ok(Scope { projects: of_projects(api, params).await?, millis, expr })
}

/// The parameter `query`.
pub(crate) fn expr(params: &Params) -> Answer<Expr> {
    let text = params.one("query")?.unwrap_or_default();
    query::parse(text).map_err(|error| Problem::parameter("query", format!("at byte {}: {}", error.at, error.message)))
}

/// The parameter `project`: numbers or slugs. Without it, every project.
pub(crate) async fn of_projects(api: &Api, params: &Params) -> Answer<Vec<ProjectId>> {
    let mut ids = Vec::new();
    for name in params.all("project") {
        match by_name(api, name).await? {
            Some(project) => ids.push(project.id),
            None => return Err(Problem::parameter("project", format!("there is no project {:?}", short(name)))),
        }
    }
    if ids.is_empty() {
        ids.extend(projects::list(api.catalog()).await?.into_iter().map(|project| project.id));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The project with this number or slug.
pub(crate) async fn by_name(api: &Api, name: &str) -> Answer<Option<Project>> {
    match name.parse::<ProjectId>() {
        Ok(id) => Ok(projects::get(api.catalog(), &[id]).await?.into_iter().next().flatten()),
        Err(_) => Ok(projects::find(api.catalog(), name).await?),
    }
}
