//! Jobs: work that a processor does, ordered here.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use jiff::Timestamp;
use schemas::{
    ids::{EventId, ProjectId},
    job::{Job, Progress, State as Stands, Task},
    limits,
    rules::RuleSet,
};
use serde::{Deserialize, Serialize};
use storage::catalog::jobs;
use utoipa::ToSchema;

use super::{part, projects};
use crate::{
    Api,
    access::{Member, Reach, Viewer},
    body, describe,
    params::Params,
    problem::{Answer, Problem},
    scope, times,
};

/// Days that are looked at unless told otherwise.
const DAYS: i64 = 7;

/// What to preview.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PreviewRules)]
pub(super) struct Preview {
    /// Instead of the project's own rules.
    rules: RuleSet,
    /// From then; without it, the last seven days
    from: Option<Timestamp>,
    /// until then; without it, until now.
    to: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Jobs {
    jobs: Vec<Job>,
}

/// `POST /api/v1/projects/{project}/rules/preview`: which groups would split and merge. 202 with the job.
#[utoipa::path(
    post,
    path = "/api/v1/projects/{project}/rules/preview",
    tag = "rules",
    summary = "Which groups would split and merge under rules: a job",
    params(("project" = String, Path, description = "Number or slug", example = "shop")),
    request_body = Preview,
    responses((status = 202, description = "Ordered", body = Job, headers(("location" = String, description = "Where the job is"))), (status = 409, description = "limit_reached")),
)]
pub(super) async fn preview(
    member: Member,
    State(api): State<Api>,
    Path(name): Path<String>,
    body::Json(asked): body::Json<Preview, { limits::RULES_BYTES }>,
) -> Answer<Response> {
    let project = projects::find(&api, &member, &name).await?;
    let errors = asked.rules.check();
    if !errors.is_empty() {
        return Err(Problem::rules_at("/rules", errors));
    }
    let to = asked.to.unwrap_or_else(|| times::stamp(times::open_end(api.now())));
    let from = asked.from.unwrap_or_else(|| times::stamp(to.as_millisecond() - DAYS * 24 * times::HOUR));
    if from >= to {
        return Err(Problem::pointer("/from", "it must lie before `to`"));
    }
    times::check(from.as_millisecond()..to.as_millisecond())?;
    order(&api, project.id, Task::PreviewGrouping { rules: Box::new(asked.rules), from, to }).await
}

/// Orders a job. 202 with it.
pub(super) async fn order(api: &Api, project: ProjectId, task: Task) -> Answer<Response> {
    let mut id = [0; 16];
    projects::random(&mut id)?;
    let job = Job {
        id: EventId(id),
        project,
        created_at: api.now(),
        task,
        state: Stands::Waiting,
        progress: Progress::default(),
        lease: None,
        attempts: 0,
        outcome: None,
        error: None,
        ended_at: None,
    };
    if !jobs::order(api.catalog(), &job).await? {
        let detail = format!("{} jobs of this project are unfinished; wait for one or call it off", limits::JOBS_WAITING);
        return Err(Problem::new(StatusCode::CONFLICT, "limit_reached", detail));
    }
    let place = format!("/api/v1/jobs/{}", job.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], shown(job)).into_response())
}

/// `GET /api/v1/jobs`: the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/jobs",
    tag = "jobs",
    summary = "Jobs, newest first",
    params(describe::Projects, ("limit" = Option<u64>, Query, minimum = 1, maximum = 100, description = "Most of one answer; 20 without it")),
    responses((status = 200, description = "Done", body = Jobs)),
)]
pub(super) async fn list(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Jobs>> {
    let params = Params::read(query.as_deref(), &["project", "limit"])?;
    let limit = params.number("limit", 1..=100, 20)?;
    let projects = scope::chosen(&api, &viewer, &params).await?;
    let jobs = jobs::list(api.catalog(), projects, limit).await?;
    Ok(Json(Jobs { jobs: jobs.into_iter().map(|job| shown(job).0).collect() }))
}

/// `GET /api/v1/jobs/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/jobs/{id}",
    tag = "jobs",
    summary = "One job",
    params(("id" = String, Path, description = "Id of the job", example = "00000000000000000000000000000001")),
    responses((status = 200, description = "Done", body = Job)),
)]
pub(super) async fn one(viewer: Viewer, State(api): State<Api>, Path(id): Path<String>) -> Answer<Json<Job>> {
    find(&api, &viewer, &id).await.map(shown)
}

/// `DELETE /api/v1/jobs/{id}`: calls it off; one that has ended stays as it is.
#[utoipa::path(
    delete,
    path = "/api/v1/jobs/{id}",
    tag = "jobs",
    summary = "Call a job off",
    params(("id" = String, Path, description = "Id of the job", example = "00000000000000000000000000000001")),
    responses((status = 200, description = "Done", body = Job)),
)]
pub(super) async fn cancel(member: Member, State(api): State<Api>, Path(id): Path<String>) -> Answer<Json<Job>> {
    let job = find(&api, &member, &id).await?;
    jobs::cancel(api.catalog(), job.id, api.now()).await?.map(shown).ok_or_else(missing)
}

/// A job as it may be seen: without whom it is about.
fn shown(mut job: Job) -> Json<Job> {
    job.task.forget();
    Json(job)
}

async fn find(api: &Api, reach: &Reach, id: &str) -> Answer<Job> {
    let found = jobs::get(api.catalog(), part(id)?).await?;
    reach.own(found, |job| job.project).ok_or_else(missing)
}

fn missing() -> Problem {
    Problem::not_found(format!("there is no such job; jobs are kept for {} days", limits::JOB_DAYS))
}
