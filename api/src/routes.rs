//! The routes, one file each.

use axum::{Router, extract::DefaultBodyLimit, routing::any};
use http::StatusCode;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, body, describe,
    problem::{Answer, Problem},
};

mod attachments;
mod compare;
mod dead_letters;
mod deploys;
mod document;
mod erase;
mod events;
mod explain;
mod export;
mod feedback;
mod fields;
mod filters;
mod heatmap;
mod impact;
mod issue_events;
mod issue_merges;
mod issue_tags;
mod issues;
mod jobs;
mod keys;
mod ledger;
mod live;
mod projects;
mod rates;
mod rules;
mod schemas;
mod services;
mod session;
mod sessions;
mod summary;
mod tokens;
mod top;
mod traces;
mod trend;
mod trial;
mod usage;

pub(crate) use export::EXPORTS;

/// Every route with its description.
fn described() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(events::one))
        .routes(routes!(events::outcome))
        .routes(routes!(explain::explain))
        .routes(routes!(attachments::list))
        .routes(routes!(attachments::one))
        .routes(routes!(feedback::list))
        .routes(routes!(issue_tags::tags))
        .routes(routes!(trend::trend))
        .routes(routes!(top::top))
        .routes(routes!(rates::rates))
        .routes(routes!(summary::summary))
        .routes(routes!(heatmap::heatmap))
        .routes(routes!(compare::compare))
        .routes(routes!(impact::impact))
        .routes(routes!(fields::list))
        .routes(routes!(fields::values))
        .routes(routes!(sessions::sessions))
        .routes(routes!(sessions::client_reports))
        .routes(routes!(ledger::ledger))
        .routes(routes!(dead_letters::list))
        .routes(routes!(dead_letters::one))
        .routes(routes!(schemas::event))
        .routes(routes!(projects::list, projects::create))
        .routes(routes!(projects::one, projects::change))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::change))
        .routes(routes!(keys::rotate))
        .routes(routes!(deploys::list, deploys::create))
        .routes(routes!(usage::usage))
        .routes(routes!(filters::filters))
        .routes(routes!(rules::of_project, rules::set_of_project))
        .routes(routes!(trial::run))
        .routes(routes!(jobs::preview))
        .routes(routes!(erase::erase))
        .routes(routes!(export::export))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::one, jobs::cancel))
        .routes(routes!(rules::of_all, rules::set_of_all))
        .routes(routes!(services::list))
        .routes(routes!(services::one, services::put, services::remove))
        .routes(routes!(traces::one))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(session::one, session::create, session::end))
        .routes(routes!(issues::list))
        .routes(routes!(issues::one))
        .routes(routes!(issue_events::list))
        .routes(routes!(issue_events::neighbours))
        .routes(routes!(issue_merges::history))
        .routes(routes!(issue_merges::merge))
        .routes(routes!(issue_merges::split))
        .routes(routes!(issue_merges::undo))
        .routes(routes!(live::live))
}

/// Ingest answers other methods of these paths; a fallback for methods would stand in its way.
fn shared() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(events::list))
}

/// The routes, and the description of all of them and of others.
pub(crate) fn router(also: &serde_json::Value) -> (Router<Api>, serde_json::Value) {
    let (router, mut document) = described().split_for_parts();
    let (shared, more) = shared().split_for_parts();
    document.merge(more);
    let mut document = describe::complete(document);
    describe::join(&mut document, also);
    let router = router
        .merge(document::router(&document))
        .method_not_allowed_fallback(method_not_allowed)
        .merge(shared)
        .route("/api/v1", any(not_found))
        .route("/api/v1/", any(not_found))
        .route("/api/v1/{*rest}", any(not_found))
        .layer(DefaultBodyLimit::max(body::BODY_BYTES));
    (router, document)
}

async fn not_found() -> Problem {
    Problem::not_found("there is nothing at this path")
}

async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this path does not take this method")
}

/// A part of the path, read by itself.
fn part<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Answer<T> {
    text.parse().map_err(|error: T::Err| Problem::new(StatusCode::BAD_REQUEST, "invalid_path", error.to_string()))
}
