//! Lets scripts of any site send events: that is what a public key in a web page is for. Nothing can be read here.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};

/// Set on every answer, refusals included: a browser hides an answer without them from its script.
const ALWAYS: [(HeaderName, HeaderValue); 3] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("x-sentry-error, x-sentry-rate-limits, retry-after")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
];

/// Answers a browser's question whether it may send.
const PREFLIGHT: [(HeaderName, HeaderValue); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST")),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(
            "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, authentication, \
             authorization, content-encoding, transfer-encoding, sentry-trace, baggage",
        ),
    ),
    (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600")),
];

/// The answer to `OPTIONS`.
pub(crate) async fn preflight() -> Response {
    (StatusCode::OK, PREFLIGHT).into_response()
}

/// Adds what belongs on every answer.
pub(crate) async fn allow_all(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in ALWAYS {
        response.headers_mut().insert(name, value);
    }
    response
}
