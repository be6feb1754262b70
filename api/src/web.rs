//! The dashboard's files, which are built from `api/web` and are part of the binary. They hold nothing secret and run
//! nothing but their own scripts: what is shown comes from the API, by the session of the browser.

use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use data_encoding::HEXLOWER;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};
use tower_http::compression::CompressionLayer;

use crate::problem::Problem;

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Files;

/// The page that every view is on.
const PAGE: &str = "index.html";

/// Files below this have a hash of their content in their name.
const HASHED: &str = "assets/";

/// What is not the dashboard's: a wrong path there is an error, not a page.
const OTHERS: [&str; 6] = ["api", "v1", "healthz", "readyz", "metrics", "opentelemetry.proto.collector.logs.v1.LogsService"];

/// Scripts, styles and requests of this server only, nothing inline, no frame around it, and text that a script puts into
/// the page can't become markup.
const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; \
require-trusted-types-for 'script'";

/// Answers every path that no other route has: a file, or the page, which finds its view by the path itself.
pub fn dashboard() -> Router {
    Router::new().fallback(answer).layer(CompressionLayer::new().gzip(true))
}

async fn answer(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let first = path.split('/').next().unwrap_or_default();
    if OTHERS.contains(&first) || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::not_found("there is nothing at this path").into_response();
    }
    match Files::get(path).filter(|_| !path.is_empty()) {
        Some(file) => served(path, &file, request.headers()),
        // A file of another version: the page would be no script.
        None if path.starts_with(HASHED) => Problem::not_found("there is no such file; load the page anew").into_response(),
        None => match Files::get(PAGE) {
            Some(page) => served(PAGE, &page, request.headers()),
            None => Problem::not_found("this binary has no dashboard").into_response(),
        },
    }
}

fn served(path: &str, file: &EmbeddedFile, asked: &HeaderMap) -> Response {
    let tag = format!("W/\"{}\"", HEXLOWER.encode(&file.metadata.sha256_hash()[..16]));
    let known = asked.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let same = known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag));
    let mut response = Response::new(if same { Body::empty() } else { Body::from(file.data.clone().into_owned()) });
    if same {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let kept = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, kind(path)),
        (header::CACHE_CONTROL, kept),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// The media type of a file, by the ends of names that the build makes.
fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
