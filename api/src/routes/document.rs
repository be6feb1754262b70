//! The description of the API, and a page to read it. No secret: both are there for everyone.

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, header};
use serde_json::Value;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::Api;

const PATH: &str = "/api/v1/openapi.json";

/// All of the page comes from here. Its styles are inline, its scripts are not.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn router(document: &Value) -> Router<Api> {
    let text = bytes::Bytes::from(document.to_string());
    let policy = SetResponseHeaderLayer::overriding(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    let page = SwaggerUi::new("/api/docs").config(Config::new([PATH]).validator_url("none"));
    Router::new().route(PATH, get(move || async move { answer(text) })).merge(Router::from(page).layer(policy))
}

fn answer(text: bytes::Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}
