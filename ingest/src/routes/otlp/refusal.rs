//! Refusals as OpenTelemetry's exporters know them: a `google.rpc.Status`, in HTTP and in gRPC.
//!
//! Exporters send again after 429, 502, 503 and 504, and after these statuses of gRPC: `DEADLINE_EXCEEDED`,
//! `UNAVAILABLE`, and `RESOURCE_EXHAUSTED` with `RetryInfo`. They never do so after 400.

use axum::response::Response;
use data_encoding::BASE64_NOPAD;
use http::{HeaderValue, StatusCode, header};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use schemas::wire::otlp::{self, Format};

use super::{grpc, media_type};
use crate::refusal::{Refusal, answer};

/// What `grpc-message` may not hold plain.
const NOT_PLAIN: &AsciiSet = &CONTROLS.add(b'%');

impl Refusal {
    /// The answer over HTTP, in the words of the request.
    pub(in crate::routes) fn into_otlp(self, format: Format) -> Response {
        let body = otlp::refused(format, self.code_of_grpc(), &self.sentence(), self.retry_seconds);
        let mut response = answer(self.status, media_type(format), body);
        if let Some(seconds) = self.retry_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    /// The answer over gRPC.
    pub(in crate::routes) fn into_grpc(self) -> Response {
        let (code, sentence) = (self.code_of_grpc(), self.sentence());
        let details = otlp::refused(Format::Protobuf, code, &sentence, self.retry_seconds);
        let mut response = grpc::response(axum::body::Body::empty());
        let headers = response.headers_mut();
        headers.insert("grpc-status", code.into());
        headers.insert("grpc-message", text(utf8_percent_encode(&sentence, NOT_PLAIN).to_string()));
        headers.insert("grpc-status-details-bin", text(BASE64_NOPAD.encode(&details)));
        if self.status == StatusCode::NOT_IMPLEMENTED {
            headers.insert("grpc-accept-encoding", HeaderValue::from_static(grpc::ENCODINGS));
        }
        response
    }

    fn sentence(&self) -> String {
        std::iter::once(self.detail.as_ref()).chain(self.causes.iter().map(String::as_str)).collect::<Vec<_>>().join(": ")
    }

    /// The number of `google.rpc.Code`.
    fn code_of_grpc(&self) -> i32 {
        match self.status.as_u16() {
            401 => 16,       // UNAUTHENTICATED
            403 => 7,        // PERMISSION_DENIED
            408 | 504 => 4,  // DEADLINE_EXCEEDED
            413 | 429 => 8,  // RESOURCE_EXHAUSTED
            400..=499 => 3,  // INVALID_ARGUMENT
            501 => 12,       // UNIMPLEMENTED
            502 | 503 => 14, // UNAVAILABLE
            _ => 13,         // INTERNAL
        }
    }
}

fn text(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("refused"))
}
