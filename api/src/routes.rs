//! The routes, one file each.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    response::Response,
    routing::{any, delete, get, patch, post},
};
use http::{HeaderValue, StatusCode, header};

use crate::{
    Api, body,
    problem::{Answer, Problem},
};

mod attachments;
mod dead_letters;
mod deploys;
mod events;
mod explain;
mod feedback;
mod filters;
mod issues;
mod jobs;
mod keys;
mod ledger;
mod projects;
mod rates;
mod rules;
mod schemas;
mod services;
mod sessions;
mod summary;
mod tokens;
mod top;
mod traces;
mod trend;
mod trial;
mod usage;

pub(crate) fn router() -> Router<Api> {
    Router::new()
        .route("/api/v1/events/{id}", get(events::one))
        .route("/api/v1/events/{id}/outcome", get(events::outcome))
        .route("/api/v1/events/{id}/explain", get(explain::explain))
        .route("/api/v1/events/{id}/attachments", get(attachments::list))
        .route("/api/v1/events/{id}/attachments/{attachment}", get(attachments::one))
        .route("/api/v1/feedback", get(feedback::list))
        .route("/api/v1/issues", get(issues::list))
        .route("/api/v1/issues/{id}", get(issues::one))
        .route("/api/v1/stats/trend", get(trend::trend))
        .route("/api/v1/stats/top", get(top::top))
        .route("/api/v1/stats/rates", get(rates::rates))
        .route("/api/v1/stats/summary", get(summary::summary))
        .route("/api/v1/sessions", get(sessions::sessions))
        .route("/api/v1/client-reports", get(sessions::client_reports))
        .route("/api/v1/ledger", get(ledger::ledger))
        .route("/api/v1/dead-letters", get(dead_letters::list))
        .route("/api/v1/dead-letters/{position}", get(dead_letters::one))
        .route("/api/v1/schemas/event.json", get(schemas::event))
        .route("/api/v1/projects", get(projects::list).post(projects::create))
        .route("/api/v1/projects/{project}", get(projects::one).patch(projects::change))
        .route("/api/v1/projects/{project}/keys", get(keys::list).post(keys::create))
        .route("/api/v1/projects/{project}/keys/{key}", patch(keys::change))
        .route("/api/v1/projects/{project}/keys/{key}/rotate", post(keys::rotate))
        .route("/api/v1/projects/{project}/deploys", get(deploys::list).post(deploys::create))
        .route("/api/v1/projects/{project}/usage", get(usage::usage))
        .route("/api/v1/projects/{project}/filters", get(filters::filters))
        .route("/api/v1/projects/{project}/rules", get(rules::of_project).put(rules::set_of_project))
        .route("/api/v1/projects/{project}/rules/try", post(trial::run))
        .route("/api/v1/projects/{project}/rules/preview", post(jobs::preview))
        .route("/api/v1/jobs", get(jobs::list))
        .route("/api/v1/jobs/{id}", get(jobs::one).delete(jobs::cancel))
        .route("/api/v1/rules", get(rules::of_all).put(rules::set_of_all))
        .route("/api/v1/services", get(services::list))
        .route("/api/v1/services/{name}", get(services::one).put(services::put).delete(services::remove))
        .route("/api/v1/traces/{id}", get(traces::one))
        .route("/api/v1/tokens", get(tokens::list).post(tokens::create))
        .route("/api/v1/tokens/{id}", delete(tokens::revoke))
        .method_not_allowed_fallback(method_not_allowed)
        // Ingest answers other methods of this path; a fallback here would stand in its way.
        .route("/api/v1/events", get(events::list))
        .route("/api/v1", any(not_found))
        .route("/api/v1/", any(not_found))
        .route("/api/v1/{*rest}", any(not_found))
        .layer(DefaultBodyLimit::max(body::BODY_BYTES))
}

async fn not_found() -> Problem {
    Problem::not_found("there is nothing at this path")
}

async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this path does not take this method")
}

/// Answers hold what users did: nobody keeps them, and no browser takes them for something else.
pub(crate) async fn security_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A part of the path, read by itself.
fn part<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Answer<T> {
    text.parse().map_err(|error: T::Err| Problem::new(StatusCode::BAD_REQUEST, "invalid_path", error.to_string()))
}
