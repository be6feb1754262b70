//! `LogsService/Export` and `TraceService/Export` of gRPC.
//!
//! A unary call is one message behind five bytes over HTTP/2, its status in the trailers. It is read here and not by a
//! gRPC library, so that message and decompression stay under the caps and the memory that all requests share; a
//! library's decompression ends only when the message does.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, Full};
use jiff::Timestamp;
use schemas::{
    limits,
    wire::otlp::{Format, Signal},
};

use super::super::{Arrived, Route, count, serve};
use crate::{
    Shared, body,
    decode::{self, Encoding},
    refusal::Refusal,
};

/// Flag and length before a message.
const HEAD_BYTES: usize = 5;
/// What messages may be compressed with.
pub(super) const ENCODINGS: &str = "identity,gzip,zstd,deflate";

pub(super) async fn logs(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    export(shared, Signal::Logs, request).await
}

pub(super) async fn traces(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    export(shared, Signal::Traces, request).await
}

async fn export(shared: Arc<Shared>, signal: Signal, request: Request) -> Response {
    let deadline = deadline(request.headers());
    let work = Arc::clone(&shared);
    let served = serve(&shared, Route::Grpc(signal), async move {
        let arrived = receive(&work, request).await?;
        let stored = super::store(&work, signal, Format::Protobuf, arrived).await?;
        Ok(accepted(&stored.answer(signal, Format::Protobuf)))
    });
    match deadline {
        None => served.await,
        // What is late goes on all the same, and is recognised by its ids when it comes again.
        Some(deadline) => tokio::time::timeout(deadline, served).await.unwrap_or_else(|_| {
            Refusal::new(StatusCode::GATEWAY_TIMEOUT, "deadline_exceeded", "the call took longer than its grpc-timeout").into_grpc()
        }),
    }
}

/// Reads a call down to its message. Its key is checked before its body is looked at.
async fn receive(shared: &Shared, request: Request) -> Result<Arrived, Refusal> {
    let (parts, body) = request.into_parts();
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.starts_with("application/grpc") {
        return Err(super::unsupported());
    }
    let (credentials, project) = Arrived::admit(shared, &parts, None).await?;
    let read = read(shared, &parts.headers, body).await;
    let (received_at, body) = read.inspect_err(|refusal| count(&project, refusal))?;
    Ok(Arrived { parts, credentials, project, received_at, body })
}

async fn read(shared: &Shared, headers: &HeaderMap, body: Body) -> Result<(Timestamp, body::Body), Refusal> {
    let cap = limits::OTLP_REQUEST_BYTES;
    let mut body = body::read(body, headers, &shared.budget, cap + HEAD_BYTES, shared.body_patience).await?;
    let received_at = Timestamp::now();
    let (compressed, message) = message(&body.bytes)?;
    let encoding = if compressed { encoding(headers)? } else { None };
    body.bytes = message;
    Ok((received_at, decode::decode(body, encoding, cap).await?))
}

/// Whether the one message is compressed, and the message.
fn message(body: &Bytes) -> Result<(bool, Bytes), Refusal> {
    let invalid = |cause: &str| Refusal::bad_request("invalid_grpc", "the call is not one gRPC message").because(cause);
    let Some((&[flag, a, b, c, d], message)) = body.split_first_chunk() else { return Err(invalid("it ends too early")) };
    if usize::try_from(u32::from_be_bytes([a, b, c, d])).ok() != Some(message.len()) {
        return Err(invalid("it has another length than it says"));
    }
    match flag {
        0 | 1 => Ok((flag == 1, body.slice(HEAD_BYTES..))),
        _ => Err(invalid("its flag is neither 0 nor 1")),
    }
}

fn encoding(headers: &HeaderMap) -> Result<Option<Encoding>, Refusal> {
    let name = headers.get("grpc-encoding").and_then(|name| name.to_str().ok()).unwrap_or("identity");
    Encoding::named(name).filter(|encoding| *encoding != Some(Encoding::Brotli)).ok_or_else(|| {
        let detail = format!("unsupported grpc-encoding: it is none of {ENCODINGS}");
        Refusal::new(StatusCode::NOT_IMPLEMENTED, "unsupported_encoding", detail)
    })
}

/// What `grpc-timeout` says: up to eight digits and a unit.
fn deadline(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number = digits.parse::<u32>().ok().filter(|_| digits.len() <= 8)?;
    Some(match unit {
        "H" => Duration::from_secs(u64::from(number) * 3600),
        "M" => Duration::from_secs(u64::from(number) * 60),
        "S" => Duration::from_secs(number.into()),
        "m" => Duration::from_millis(number.into()),
        "u" => Duration::from_micros(number.into()),
        "n" => Duration::from_nanos(number.into()),
        _ => return None,
    })
}

/// One message, and behind it that all is well.
fn accepted(message: &[u8]) -> Response {
    let mut framed = BytesMut::with_capacity(HEAD_BYTES + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).expect("an answer is a few hundred bytes"));
    framed.put_slice(message);
    let trailers = HeaderMap::from_iter([(http::HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"))]);
    response(Body::new(Full::new(framed.freeze()).with_trailers(async { Some(Ok(trailers)) })))
}

/// gRPC answers 200 and says in `grpc-status` what it means.
pub(super) fn response(body: Body) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_read_in_all_units_and_odd_ones_are_none() {
        let read = |text: &str| deadline(&HeaderMap::from_iter([(http::HeaderName::from_static("grpc-timeout"), text.parse().unwrap())]));
        for (text, expected) in [("10S", 10_000), ("1M", 60_000), ("250m", 250), ("2H", 7_200_000), ("1000u", 1)] {
            assert_eq!(read(text), Some(Duration::from_millis(expected)), "{text}");
        }
        for odd in ["", "S", "10", "-1S", "123456789S", "1 S", "1D"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_call_is_one_whole_message() {
        let read = |bytes: &'static [u8]| message(&Bytes::from_static(bytes)).map_err(|refusal| refusal.status.as_u16());
        assert_eq!(read(b"\0\0\0\0\0"), Ok((false, Bytes::new())));
        assert_eq!(read(b"\x01\0\0\0\x02ab"), Ok((true, Bytes::from_static(b"ab"))));
        for odd in [&b""[..], b"\0\0\0\0", b"\0\0\0\0\x02a", b"\0\0\0\0\x01ab", b"\x02\0\0\0\0", b"\0\xff\xff\xff\xff"] {
            assert_eq!(read(odd), Err(400), "{odd:?}");
        }
    }
}
