//! What every answer has: an id to ask about, a problem where something went wrong, and an end. A request that takes
//! too long or panics is answered like any other.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use data_encoding::HEXLOWER;
use futures::FutureExt;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use storage::asked;
use tracing::Instrument;

use crate::{Api, problem::Problem};

const REQUEST_ID: &str = "x-request-id";
/// Longest id that is taken from a client.
const ID_BYTES: usize = 128;

/// Answers one request.
pub(crate) async fn answer(State(api): State<Api>, request: Request, next: Next) -> Response {
    let id = given(request.headers()).unwrap_or_else(drawn);
    let span = tracing::info_span!("request", id);
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let limit = reading.then_some(api.options().query_seconds).filter(|seconds| *seconds > 0);
    let answering = AssertUnwindSafe(in_time(limit, next.run(request))).catch_unwind();
    let response = async {
        answering.await.unwrap_or_else(|_| {
            tracing::error!("a request panicked");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server failed; its log says why").into_response()
        })
    };
    finish(response.instrument(span).await, &id)
}

/// The answer, or that there is none after so many seconds. Work that goes on elsewhere is told to stop.
async fn in_time(limit: Option<u64>, answering: impl Future<Output = Response>) -> Response {
    let Some(seconds) = limit else { return answering.await };
    match tokio::time::timeout(Duration::from_secs(seconds), asked::watched(answering)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!(seconds, "a question took too long");
            let narrower = "ask for a shorter time, fewer projects, a narrower query, or a smaller limit";
            let detail = format!("the answer took longer than {seconds} s; {narrower}");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "query_too_slow", detail).into_response()
        }
    }
}

/// The id that the client gave, if it is one that can stand in a log.
fn given(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    (!id.is_empty() && id.len() <= ID_BYTES && id.bytes().all(plain)).then(|| id.to_owned())
}

fn drawn() -> String {
    let mut bytes = [0; 16];
    // Without randomness there is an id all the same; it only tells less.
    let _ = getrandom::fill(&mut bytes);
    HEXLOWER.encode(&bytes)
}

fn finish(mut response: Response, id: &str) -> Response {
    if let Some(problem) = problem_of(&mut response) {
        let was = std::mem::replace(&mut response, problem.of_request(id).into_response());
        for (name, value) in was.headers() {
            if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
                response.headers_mut().insert(name, value.clone());
            }
        }
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The problem that a response tells of, or stands for: libraries refuse in words of their own.
fn problem_of(response: &mut Response) -> Option<Problem> {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return Some(problem);
    }
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => ("not_found", "there is nothing at this path"),
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "this path does not take this method"),
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "the body is too long"),
        status if status.is_client_error() => ("invalid_path", "the path can't be read"),
        _ => ("internal", "the server failed; its log says why"),
    };
    Some(Problem::new(status, code, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_ids_are_taken() {
        let of = |text: &str| {
            HeaderValue::from_bytes(text.as_bytes())
                .ok()
                .and_then(|value| given(&[(REQUEST_ID.parse().ok()?, value)].into_iter().collect()))
        };
        assert_eq!(of("4f9c-1_a.Z").as_deref(), Some("4f9c-1_a.Z"));
        for bad in ["", "a b", "a\"b", "ä", "a\u{7f}", &"x".repeat(ID_BYTES + 1)] {
            assert_eq!(of(bad), None, "{bad:?}");
        }
    }
}
