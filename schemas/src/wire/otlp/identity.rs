//! Ids of errors, made of what they say: the same bytes sent again have the same ids.
//!
//! An exception within a trace has one id whether it comes as a log record or as an event of a span; SDKs send both.

use std::collections::HashMap;

use bytes::Bytes;

use super::attributes::Exception;
use crate::ids::{EventId, ProjectId};

/// How often each error was met, so that equal ones beside each other have ids of their own.
#[derive(Default)]
pub(super) struct Ordinals(HashMap<EventId, u32>);

impl Ordinals {
    /// The id of the next error with this key.
    pub(super) fn next(&mut self, key: EventId) -> EventId {
        let ordinal = self.0.entry(key).or_default();
        let id = EventId::from_parts(&[&key.0, &ordinal.to_be_bytes()]);
        *ordinal += 1;
        id
    }
}

/// The span that something belongs to; both ids have their length and are not all zero.
pub(super) fn span_of<'a>(trace_id: &'a Bytes, span_id: &'a Bytes) -> Option<(&'a [u8], &'a [u8])> {
    (is_id(trace_id, 16) && is_id(span_id, 8)).then_some((trace_id.as_ref(), span_id.as_ref()))
}

/// Whether it is an id of OpenTelemetry.
pub(super) fn is_id(id: &[u8], length: usize) -> bool {
    id.len() == length && id.iter().any(|byte| *byte != 0)
}

/// The key of an exception within a span. Of its type the last name counts: Python's SDK logs `BadOrder` and records
/// `shop.orders.BadOrder`.
pub(super) fn of_exception(project: ProjectId, (trace_id, span_id): (&[u8], &[u8]), exception: &Exception) -> EventId {
    let (kind, message) = (exception.kind.trim_ascii(), exception.message.trim_ascii());
    let kind = kind.rsplit(|byte| *byte == b'.').next().unwrap_or(kind);
    EventId::from_parts(&[b"otlp exception", &project.0.to_be_bytes(), trace_id, span_id, kind, message])
}

/// The key of any other error: all that is known of it, times included.
pub(super) fn of_record(project: ProjectId, resource: EventId, scope: EventId, record: &[&[u8]]) -> EventId {
    let project = project.0.to_be_bytes();
    let mut parts: Vec<&[u8]> = vec![b"otlp record", &project, &resource.0, &scope.0];
    parts.extend(record);
    EventId::from_parts(&parts)
}
