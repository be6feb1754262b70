//! OpenTelemetry's logs and traces (OTLP), in Protobuf and in JSON: which of their records are errors, each with an id
//! of its own, and what such a record says.
//!
//! An error is a log record with attributes `exception.*` or an event of a span with the name `exception`; with
//! [`Options::errors`] also a log record of severity ERROR and more and a span with status ERROR. The rest is only
//! counted. One odd record never costs its neighbours: it is mended or rejected by itself. Never for metrics.

use bytes::Bytes;

use crate::{
    event::Severity,
    ids::{EventId, ProjectId},
    limits,
    record::Kind,
};

mod answer;
mod attributes;
mod fields;
mod http;
mod identity;
mod json;
mod protobuf;
mod reader;
mod resource;
mod severity;
mod split;

pub use answer::{accepted, refused};
pub use reader::{read_log, read_span};
use split::Splitter;

#[allow(missing_docs, unreachable_pub, clippy::all, clippy::unwrap_used)]
mod proto {
    include!(concat!(env!("OUT_DIR"), "/belfry.otlp.v1.rs"));
}

/// What a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// `ExportLogsServiceRequest`.
    Logs,
    /// `ExportTraceServiceRequest`.
    Traces,
}

impl Signal {
    /// What a record of it becomes.
    pub fn kind(self) -> Kind {
        match self {
            Self::Logs => Kind::OtlpLog,
            Self::Traces => Kind::OtlpSpan,
        }
    }
}

/// How a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `application/x-protobuf`, and gRPC.
    Protobuf,
    /// `application/json`.
    Json,
}

/// What the split must know beside the request.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Whose the records are. Ids are made of it, so that no project meets another's.
    pub project: ProjectId,
    /// Whether log records of severity ERROR and more and spans with status ERROR are errors without an exception too.
    pub errors: bool,
}

/// A request, taken apart.
#[derive(Debug, Default)]
pub struct Split {
    /// The errors.
    pub items: Vec<OtlpItem>,
    /// How many log records or spans hold no error.
    pub uninteresting: u64,
    /// How many log records or spans can't be taken.
    pub rejected: u64,
    /// Why the first of them can't.
    pub reason: Option<&'static str>,
}

/// One error of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpItem {
    /// The same each time that the same error is sent, and for one exception that is sent as a log record and as an
    /// event of a span.
    pub id: EventId,
    /// How bad it is.
    pub severity: Severity,
    /// `LogsData` or `TracesData` in Protobuf with one resource, one scope and one record; [`read_log`] or
    /// [`read_span`] takes it.
    pub payload: Bytes,
}

/// Why a request can't be taken apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not Protobuf, or not this message.
    #[error("invalid Protobuf: the request is cut or not an OTLP export request")]
    Protobuf,
    /// Not JSON, or not this message.
    #[error("{0}")]
    Json(String),
    /// More than [`limits::OTLP_RECORDS`] or [`limits::OTLP_GROUPS`].
    #[error(
        "more than {records} records, or more than {groups} resources or scopes: send them in several requests",
        records = limits::OTLP_RECORDS, groups = limits::OTLP_GROUPS
    )]
    TooMany,
    /// The records are longer than [`limits::OTLP_REQUEST_BYTES`], each with its resource.
    #[error("the records with their resources are longer than {limit} bytes: send them in several requests", limit = limits::OTLP_REQUEST_BYTES)]
    TooLong,
}

impl RequestError {
    /// The HTTP status that it means.
    pub fn status(&self) -> u16 {
        match self {
            Self::Protobuf | Self::Json(_) => 400,
            Self::TooMany | Self::TooLong => 413,
        }
    }
}

/// Finds the errors of a request. An empty request in Protobuf holds none.
pub fn split(signal: Signal, format: Format, body: &Bytes, options: &Options) -> Result<Split, RequestError> {
    let mut splitter = Splitter::new(signal, *options);
    match format {
        Format::Protobuf => protobuf::walk(body, &mut splitter)?,
        Format::Json => json::walk(body, signal, &mut splitter)?,
    }
    Ok(splitter.finish())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
