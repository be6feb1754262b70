//! JSON bodies, strictly: unknown fields are errors, and every error says where.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::problem::{Answer, Problem};

/// Longest body of administration.
pub(crate) const BODY_BYTES: usize = 64 << 10;

/// A body that is a `T`.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Answer<Self> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| rejected(&rejection))?;
        read(&bytes).map(Self)
    }
}

fn rejected(rejection: &BytesRejection) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("the body has more than {BODY_BYTES} bytes"))
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
        Problem::pointer(pointer, error.into_inner().to_string())
    })?;
    json.end().map_err(|error| Problem::pointer("", error.to_string()))?;
    Ok(value)
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
