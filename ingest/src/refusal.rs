//! Why a request is not taken, and how that is said in each protocol. Never holds any of the request's content
//! beyond what a parser says about it.

use std::borrow::Cow;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use schemas::{ids::EventId, usage::Reason};
use serde::Serialize;
use serde_json::json;

use crate::quota::EVERYTHING;

/// A request that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// Stable, snake case.
    pub(crate) code: &'static str,
    pub(crate) detail: Cow<'static, str>,
    /// What was behind it, nearest first.
    pub(crate) causes: Vec<String>,
    /// What became of each event of a batch.
    pub(crate) results: Vec<ItemResult>,
    /// When to come again, for what is not the client's fault.
    pub(crate) retry_seconds: Option<u32>,
    /// What a Sentry SDK is told to hold back, when that is less than everything.
    pub(crate) rate_limits: Option<Box<HeaderValue>>,
}

/// What is wrong with one place of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Pointed {
    /// JSON pointer.
    pub(crate) pointer: String,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// What became of one event of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ItemResult {
    /// The client's id or the one that was made, for an accepted event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<EventId>,
    /// `accepted` or `rejected`.
    pub(crate) status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<Pointed>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, detail: detail.into(), causes: Vec::new(), results: Vec::new(), retry_seconds: None, rate_limits: None }
    }

    pub(crate) fn bad_request(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    pub(crate) fn unauthorized(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, detail)
    }

    /// A key or project that may not send; the reason is Relay's word for it.
    pub(crate) fn rejected(code: &'static str, reason: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, format!("event submission rejected with_reason: {reason}"))
    }

    pub(crate) fn too_large(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    /// Not now. 503 for clients that send again after it; Sentry SDKs get a 429, which keeps them from losing more.
    pub(crate) fn later(code: &'static str, detail: impl Into<Cow<'static, str>>, seconds: u32) -> Self {
        Self { retry_seconds: Some(seconds), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail) }
    }

    /// The sender sends more than it may: 429 in every protocol.
    pub(crate) fn over(code: &'static str, detail: impl Into<Cow<'static, str>>, seconds: u32) -> Self {
        Self { retry_seconds: Some(seconds), ..Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail) }
    }

    /// A fault of ours; what it was stands in our log, never in the answer.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "internal error")
    }

    pub(crate) fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// As what the refused things are counted.
    pub(crate) fn reason(&self) -> Reason {
        match (Reason::from_name(self.code), self.status) {
            (Some(reason), _) => reason,
            (None, StatusCode::PAYLOAD_TOO_LARGE) => Reason::TooLarge,
            (None, status) if status.is_client_error() => Reason::Invalid,
            (None, _) => Reason::Internal,
        }
    }

    /// As Sentry's SDKs know it: `{"detail", "causes"}`.
    pub(crate) fn into_sentry(self) -> Response {
        let status = if self.retry_seconds.is_some() { StatusCode::TOO_MANY_REQUESTS } else { self.status };
        let body =
            if self.causes.is_empty() { json!({ "detail": self.detail }) } else { json!({ "detail": self.detail, "causes": self.causes }) };
        let mut response = answer(status, "application/json", body.to_string());
        if let Some(seconds) = self.retry_seconds {
            let everything = || header_value(format!("{seconds}:{EVERYTHING}:organization:{}", self.code));
            response.headers_mut().insert("x-sentry-rate-limits", self.rate_limits.map_or_else(everything, |limits| *limits));
            // An SDK that knows this header alone would hold back errors too.
            if self.code != Reason::LogShort.as_str() {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
        }
        response
    }

    /// As `application/problem+json` (RFC 9457).
    pub(crate) fn into_problem(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or_default();
        let detail = std::iter::once(self.detail.into_owned()).chain(self.causes).collect::<Vec<_>>().join(": ");
        let errors: Vec<&Pointed> = self.results.iter().flat_map(|result| &result.errors).collect();
        let mut body = json!({
            "type": "about:blank", "title": title, "status": self.status.as_u16(), "code": self.code, "detail": detail,
            "errors": errors,
        });
        if !self.results.is_empty() {
            body["results"] = json!(self.results);
        }
        let mut response = answer(self.status, "application/problem+json", body.to_string());
        if let Some(seconds) = self.retry_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// A whole answer. Never compressed: some SDKs can't read compressed answers.
pub(crate) fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, content_type)], body.into()).into_response();
    if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, br, zstd"));
    }
    response
}

fn header_value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("made of digits, our own constants and colons")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_sentry_sdk_is_told_which_categories_to_hold_back_in_whole_seconds() {
        let response = Refusal::later("log_full", "the event log has no room", 60).into_sentry();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["retry-after"], "60");
        let limits = response.headers()["x-sentry-rate-limits"].to_str().unwrap();
        let fields: Vec<&str> = limits.split(':').collect();
        assert_eq!([fields[0], fields[2], fields[3]], ["60", "organization", "log_full"]);
        assert!(fields[1].split(';').any(|category| category == "error"));
    }

    #[test]
    fn a_sentry_sdk_never_gets_retry_after_with_another_status() {
        for refusal in [Refusal::internal(), Refusal::too_large("x"), Refusal::bad_request("x", "y")] {
            assert!(refusal.into_sentry().headers().get("retry-after").is_none());
        }
    }

    #[test]
    fn other_clients_get_503_and_send_again() {
        let response = Refusal::later("log_full", "the event log has no room", 60).into_problem();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["retry-after"], "60");
    }
}
