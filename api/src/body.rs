//! JSON bodies, strictly: unknown fields are errors, and every error says where.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Request, rejection::BytesRejection},
};
use http::StatusCode;
use schemas::nearest::nearest;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::problem::{Answer, Problem};

/// Longest body of administration.
pub(crate) const BODY_BYTES: usize = 64 << 10;

/// A body of at most `BYTES` bytes that is a `T`.
pub(crate) struct Json<T, const BYTES: usize = BODY_BYTES>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync, const BYTES: usize> FromRequest<S> for Json<T, BYTES> {
    type Rejection = Problem;

    async fn from_request(mut request: Request, state: &S) -> Answer<Self> {
        DefaultBodyLimit::max(BYTES).apply(&mut request);
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| rejected(&rejection, BYTES))?;
        read(&bytes).map(Self)
    }
}

fn rejected(rejection: &BytesRejection, most: usize) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("the body has more than {most} bytes"))
        }
        status => Problem::new(status, "invalid_body", "the body could not be read whole"),
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Answer<T> {
    // Serde would take an array for a struct, field by field.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::pointer("", "a JSON object is expected"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        let message = error.into_inner().to_string();
        match meant(&message) {
            Some(known) => Problem::pointer(pointer, format!("{message}; did you mean `{known}`?")),
            None => Problem::pointer(pointer, message),
        }
    })?;
    json.end().map_err(|error| Problem::pointer("", error.to_string()))?;
    Ok(value)
}

/// What was meant by an unknown field or variant. Serde names it and those that it knows between backticks.
fn meant(message: &str) -> Option<&str> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut names = message.split('`').skip(1).step_by(2);
    nearest(names.next()?, names)
}

/// A JSON pointer (RFC 6901).
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => {}
        }
    }
    pointer
}
