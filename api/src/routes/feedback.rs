//! What users wrote about errors.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use schemas::catalog::Feedback;
use serde::Serialize;
use storage::catalog::feedback;
use utoipa::ToSchema;

use crate::{Api, access::Viewer, cursor, describe, params::Params, problem::Answer, scope};

/// Most of one page.
const PAGE: usize = 500;

/// One page, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = FeedbackPage)]
pub(super) struct Page {
    feedback: Vec<Feedback>,
    next: Option<String>,
}

/// `GET /api/v1/feedback`
#[utoipa::path(
    get,
    path = "/api/v1/feedback",
    tag = "events",
    summary = "What users wrote, newest first",
    params(describe::Projects, ("limit" = Option<u64>, Query, minimum = 1, maximum = 500, description = "Most of one answer; 100 without it"), describe::Paged),
    responses((status = 200, description = "Done", body = Page)),
)]
pub(super) async fn list(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Page>> {
    let params = Params::read(query.as_deref(), &["project", "limit", "cursor"])?;
    let limit = params.number("limit", 1..=PAGE, 100)?;
    let after = cursor::feedback(&params)?;
    let projects = scope::chosen(&api, &viewer, &params).await?;
    let mut feedback = feedback::list(api.catalog(), projects, after, limit + 1).await?;
    let cut = feedback.len() > limit;
    feedback.truncate(limit);
    let last = feedback.last().filter(|_| cut);
    let next = last.map(|last| cursor::of_feedback(last.received_at.as_millisecond(), last.project, last.id));
    Ok(Json(Page { feedback, next }))
}
