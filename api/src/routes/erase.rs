//! Forgetting a user: ordered here, done by a processor.

use axum::{extract::State, response::Response};
use http::HeaderMap;
use schemas::{
    ids::ProjectId,
    job::{Erase, Job, Subject, Task, What},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::jobs;
use crate::{
    Api,
    access::{self, Admin},
    body,
    params::short,
    problem::{Answer, Problem},
    scope,
};

/// Whom to forget, and how much of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EraseOrder)]
pub(super) struct Order {
    /// Number or slug; without it, all projects.
    project: Option<String>,
    user: Subject,
    what: What,
    /// Only count what would go.
    #[serde(default)]
    dry_run: bool,
}

/// `POST /api/v1/erase`: 202 with the job, whose outcome is the receipt. Nobody is told again whom it is about.
#[utoipa::path(
    post,
    path = "/api/v1/erase",
    tag = "jobs",
    summary = "Forget a user, their events or only who they are: a job",
    request_body = Order,
    responses((status = 202, description = "Ordered", body = Job, headers(("location" = String, description = "Where the job is"))), (status = 409, description = "limit_reached")),
)]
pub(super) async fn erase(
    admin: Admin,
    State(api): State<Api>,
    headers: HeaderMap,
    body::Json(Order { project, user, what, dry_run }): body::Json<Order>,
) -> Answer<Response> {
    if let Err((field, message)) = user.check() {
        let pointer = if field.is_empty() { "/user".to_owned() } else { format!("/user/{field}") };
        return Err(Problem::pointer(pointer, message));
    }
    let project = match &project {
        Some(name) => {
            let missing = || Problem::pointer("/project", format!("there is no project {:?}", short(name)));
            Some(scope::by_name(&api, &admin, name).await?.ok_or_else(missing)?.id)
        }
        None => admin.sees_all().map(|()| None)?,
    };
    let projects = project.into_iter().collect();
    let ordered_by = access::id(&headers);
    let task = Task::Erase(Erase { user: Some(user), what, dry_run, projects, all_projects: project.is_none(), ordered_by });
    tracing::info!(?what, dry_run, "an admin orders that a user be forgotten");
    jobs::order(&api, project.unwrap_or(ProjectId(0)), task).await
}
