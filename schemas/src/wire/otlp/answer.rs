//! What an OTLP client is answered, in the words of its request.

use bytes::Bytes;
use prost::Message;
use serde_json::json;

use super::{
    Format, Signal,
    proto::{Any, Duration, ExportResponse, PartialSuccess, RetryInfo, Status},
};

const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

/// The answer to a request whose records are durable but for `rejected` ones. When all are, it says nothing.
pub fn accepted(signal: Signal, format: Format, rejected: u64, reason: &str) -> Vec<u8> {
    let rejected = i64::try_from(rejected).unwrap_or(i64::MAX);
    match format {
        Format::Protobuf if rejected == 0 => Vec::new(),
        Format::Protobuf => {
            let partial_success = Some(PartialSuccess { rejected, error_message: reason.to_owned() });
            ExportResponse { partial_success }.encode_to_vec()
        }
        Format::Json if rejected == 0 => b"{}".to_vec(),
        Format::Json => {
            let name = if signal == Signal::Logs { "rejectedLogRecords" } else { "rejectedSpans" };
            // 64-bit numbers are texts in Protobuf's JSON.
            json!({ "partialSuccess": { name: rejected.to_string(), "errorMessage": reason } }).to_string().into_bytes()
        }
    }
}

/// A `google.rpc.Status`; with `retry_seconds` it says when to come again.
pub fn refused(format: Format, code: i32, message: &str, retry_seconds: Option<u32>) -> Vec<u8> {
    match format {
        Format::Protobuf => {
            let details = retry_seconds.map(|seconds| {
                let retry_delay = Some(Duration { seconds: seconds.into() });
                Any { type_url: RETRY_INFO.to_owned(), value: Bytes::from(RetryInfo { retry_delay }.encode_to_vec()) }
            });
            Status { code, message: message.to_owned(), details: details.into_iter().collect() }.encode_to_vec()
        }
        Format::Json => {
            let details: Vec<_> =
                retry_seconds.map(|seconds| json!({ "@type": RETRY_INFO, "retryDelay": format!("{seconds}s") })).into_iter().collect();
            json!({ "code": code, "message": message, "details": details }).to_string().into_bytes()
        }
    }
}
