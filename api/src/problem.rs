//! What went wrong, as clients see it: `application/problem+json` (RFC 9457). It never shows what is inside.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use schemas::{query::ParseError, rules::RuleError};
use serde::Serialize;
use utoipa::ToSchema;

/// An answer that is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
    /// What the server's log calls the request; also in the header `x-request-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    request_id: Option<Box<str>>,
    /// Seconds after which trying again may help; also in the header `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    errors: Vec<InputError>,
}

/// What is wrong with one part of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum InputError {
    /// A parameter of the query string.
    Parameter { parameter: String, message: String },
    /// A query text.
    Query {
        parameter: String,
        message: String,
        position: Position,
        /// What is understood at this place.
        expected: String,
        /// The field or value that may have been meant.
        #[serde(skip_serializing_if = "Option::is_none")]
        nearest: Option<String>,
    },
    /// A value of the body, by JSON pointer.
    Pointer { pointer: String, message: String },
    /// A rule.
    Rule(RuleError),
}

/// A code that problems have, for people and for the description of the API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code {
    pub(crate) name: &'static str,
    pub(crate) status: u16,
}

const fn code(name: &'static str, status: u16) -> Code {
    Code { name, status }
}

/// Every code; docs/api.md says what each means and what helps.
pub(crate) const CODES: &[Code] = &[
    code("invalid_parameter", 400),
    code("invalid_query", 400),
    code("invalid_body", 400),
    code("invalid_path", 400),
    code("invalid_header", 400),
    code("invalid_rules", 400),
    code("too_much", 400),
    code("cursor_of_another_query", 400),
    code("unauthorized", 401),
    code("forbidden", 403),
    code("cross_site", 403),
    code("not_found", 404),
    code("method_not_allowed", 405),
    code("already_rotated", 409),
    code("limit_reached", 409),
    code("not_merged", 409),
    code("changed_since", 409),
    code("stale_revision", 412),
    code("too_large", 413),
    code("too_many_requests", 429),
    code("internal", 500),
    code("no_trial", 501),
    code("unavailable", 503),
    code("query_too_slow", 503),
    code("no_room", 507),
];

/// The part of a query text that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = QueryPosition)]
pub(crate) struct Position {
    /// Its first byte, from 0.
    start: usize,
    /// The byte behind its last one; `start` where something is missing.
    end: usize,
    /// Its first character, from 1.
    column: usize,
}

pub(crate) type Answer<T> = Result<T, Problem>;

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self {
            kind: "about:blank",
            title,
            status: status.as_u16(),
            code,
            detail: detail.into(),
            request_id: None,
            retry_after: None,
            errors: Vec::new(),
        }
    }

    /// A parameter of the query string can't be used.
    pub(crate) fn parameter(parameter: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let problem = Self::new(StatusCode::BAD_REQUEST, "invalid_parameter", format!("{parameter}: {message}"));
        problem.with(InputError::Parameter { parameter: parameter.to_owned(), message })
    }

    /// The query text in a parameter can't be read.
    pub(crate) fn query(parameter: &str, error: ParseError) -> Self {
        let ParseError { span, column, message, expected, nearest } = error;
        let detail = format!("{parameter}: at character {column}: {message}");
        let problem = Self::new(StatusCode::BAD_REQUEST, "invalid_query", detail);
        let position = Position { start: span.start, end: span.end, column };
        problem.with(InputError::Query { parameter: parameter.to_owned(), message, position, expected, nearest })
    }

    /// A cursor is one, but of a list that was asked for otherwise.
    pub(crate) fn cursor(message: impl Into<String>) -> Self {
        let message = format!("{}; begin again without it", message.into());
        let problem = Self::new(StatusCode::BAD_REQUEST, "cursor_of_another_query", format!("cursor: {message}"));
        problem.with(InputError::Parameter { parameter: "cursor".to_owned(), message })
    }

    /// A value of the body can't be used.
    pub(crate) fn pointer(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let (pointer, message) = (pointer.into(), message.into());
        let place = if pointer.is_empty() { "the body" } else { pointer.as_str() };
        let problem = Self::new(StatusCode::BAD_REQUEST, "invalid_body", format!("{place}: {message}"));
        problem.with(InputError::Pointer { pointer, message })
    }

    /// Rules can't be used; `errors` are not none.
    pub(crate) fn rules(errors: Vec<RuleError>) -> Self {
        let detail = errors.first().map_or_else(String::new, |first| format!("{}: {}", first.pointer, first.message));
        let mut problem = Self::new(StatusCode::BAD_REQUEST, "invalid_rules", detail);
        problem.errors = errors.into_iter().map(InputError::Rule).collect();
        problem
    }

    /// The same of rules that stand within a body, at `pointer`.
    pub(crate) fn rules_at(pointer: &str, mut errors: Vec<RuleError>) -> Self {
        for error in &mut errors {
            error.pointer.insert_str(0, pointer);
        }
        Self::rules(errors)
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// The token has asked too often.
    pub(crate) fn too_many_requests(seconds: u16) -> Self {
        let detail = format!("this token asks too often; try again in {seconds} s");
        Self { retry_after: Some(seconds), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail) }
    }

    /// To be tried again after so many seconds.
    fn again(mut self, seconds: u16) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// With the id of the request.
    pub(crate) fn of_request(mut self, id: &str) -> Self {
        self.request_id = Some(id.into());
        self
    }

    fn with(mut self, error: InputError) -> Self {
        self.errors.push(error);
        self
    }
}

impl From<storage::Error> for Problem {
    fn from(error: storage::Error) -> Self {
        match &error {
            storage::Error::Retryable { .. } => {
                tracing::warn!(%error, "a request could not be answered");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the storage can't be reached now; try again in a moment")
                    .again(2)
            }
            storage::Error::Full { .. } => {
                tracing::error!(%error, "a request could not be answered");
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "no_room", "there is no room for it; the server's log says what is full")
            }
            storage::Error::TooMuch { cause, .. } => Self::new(StatusCode::BAD_REQUEST, "too_much", cause.clone()),
            storage::Error::Damaged { .. } | storage::Error::Mismatch { .. } | storage::Error::Terminal { .. } => {
                tracing::error!(%error, "a request could not be answered");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server failed; its log says why")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).expect("a problem has only text and numbers");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self.status {
            401 => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"belfry\""));
            }
            403 => {
                let value = HeaderValue::from_static("Bearer realm=\"belfry\", error=\"insufficient_scope\"");
                headers.insert(header::WWW_AUTHENTICATE, value);
            }
            _ => {}
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}
