//! What clients send, described for them and their tools. No secret: whoever may send has no token.

use axum::response::{IntoResponse, Response};
use http::header;
use schemas::wire::native::SCHEMA;

/// `GET /api/v1/schemas/event.json`
#[utoipa::path(
    get,
    path = "/api/v1/schemas/event.json",
    tag = "description",
    summary = "The JSON Schema of native events",
    responses((status = 200, description = "Done", body = Object, content_type = "application/schema+json")),
    security(())
)]
pub(super) async fn event() -> Response {
    ([(header::CONTENT_TYPE, "application/schema+json")], SCHEMA).into_response()
}
