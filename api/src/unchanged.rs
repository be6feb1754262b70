//! Answers that have not changed are not sent again: each JSON answer has an entity tag made of its bytes, and who names
//! it gets 304. What streams or is long has none.

use axum::{
    body::{self, Body},
    extract::Request,
    middleware::Next,
    response::Response,
};
use data_encoding::HEXLOWER;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body::Body as _;
use sha2::{Digest, Sha256};

/// Longest answer that is hashed: some milliseconds.
const MOST_BYTES: u64 = 1 << 20;

/// Gives a read answer its tag, and answers 304 to who has it.
pub(crate) async fn tagged(request: Request, next: Next) -> Response {
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    if !reading || response.status() != StatusCode::OK || response.headers().contains_key(header::CACHE_CONTROL) {
        return response;
    }
    let response = with_tag(response).await;
    let Some(tag) = response.headers().get(header::ETAG).cloned() else { return response };
    if known.is_some_and(|known| names(&known, &tag)) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ETAG, tag);
        return private(unchanged(headers));
    }
    private(response)
}

fn unchanged(headers: HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.headers_mut() = headers;
    response
}

async fn with_tag(response: Response) -> Response {
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let is_short = response.body().size_hint().exact().is_some_and(|bytes| bytes <= MOST_BYTES);
    if !is_json || !is_short || response.headers().contains_key(header::ETAG) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // It lies in memory already; a body whose length is known is not read from anywhere.
    let bytes = body::to_bytes(body, MOST_BYTES as usize).await.unwrap_or_default();
    let tag = format!("W/\"{}\"", HEXLOWER.encode(&Sha256::digest(&bytes)[..16]));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        parts.headers.insert(header::ETAG, tag);
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// For the client alone, and asked for each time: tokens are revoked and data is erased.
fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.append(header::VARY, HeaderValue::from_static("authorization, cookie"));
    response
}

/// Whether `If-None-Match` names this tag. Compared weakly (RFC 9110).
fn names(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else { return false };
    known.trim() == "*" || known.split(',').any(|known| plain(known) == plain(tag))
}
