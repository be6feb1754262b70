//! Reads a request's body under a cap, within a time, within the memory that all requests share.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;

use crate::{
    budget::{Budget, Lease},
    decode::too_large,
    refusal::Refusal,
};

use std::sync::Arc;

/// Bytes of a body and the memory they hold.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) bytes: Bytes,
    pub(crate) lease: Lease,
}

/// The whole body as it came over the wire, at most `cap` bytes.
pub(crate) async fn read(
    body: axum::body::Body,
    headers: &HeaderMap,
    budget: &Arc<Budget>,
    cap: usize,
    patience: Duration,
) -> Result<Body, Refusal> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > cap as u64) {
        return Err(too_large(cap));
    }
    match tokio::time::timeout(patience, collect(body, budget.lease(), cap)).await {
        Ok(body) => body,
        Err(_) => Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the request body took too long to arrive")),
    }
}

async fn collect(mut body: axum::body::Body, mut lease: Lease, cap: usize) -> Result<Body, Refusal> {
    let mut first = Bytes::new();
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|error| Refusal::bad_request("incomplete_body", "failed to read the request body").because(root_cause(&error)))?;
        let Ok(chunk) = frame.into_data() else { continue };
        let length = first.len() + all.len() + chunk.len();
        if length > cap {
            return Err(too_large(cap));
        }
        if first.is_empty() && all.is_empty() {
            // Most bodies are one chunk, which needs no copy.
            lease.cover(length)?;
            first = chunk;
        } else {
            lease.cover(length.next_power_of_two())?;
            if all.is_empty() {
                all.extend_from_slice(&std::mem::take(&mut first));
            }
            all.extend_from_slice(&chunk);
        }
    }
    Ok(Body { bytes: if all.is_empty() { first } else { all.into() }, lease })
}

/// The innermost error; the outer ones say only that it was a body.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
