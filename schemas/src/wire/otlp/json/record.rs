//! Log records and spans.

use super::{
    plain,
    value::{any, attributes, enumeration, id, list, nano, text},
};
use crate::wire::{
    otlp::proto::{LogRecord, Span, SpanEvent, SpanStatus},
    tree::{Object, Tree},
};

/// A log record.
pub(super) fn log(object: Object<'_>) -> LogRecord {
    let mut log = LogRecord::default();
    for (name, value) in object {
        match plain(&name).as_str() {
            "timeunixnano" => log.time_unix_nano = nano(&value),
            "observedtimeunixnano" => log.observed_time_unix_nano = nano(&value),
            "severitynumber" => log.severity_number = enumeration(&value, &SEVERITIES),
            "severitytext" => log.severity_text = text(value),
            "body" => log.body = any(value),
            "attributes" => log.attributes = attributes(value),
            "traceid" => log.trace_id = id(&value, 16),
            "spanid" => log.span_id = id(&value, 8),
            "eventname" => log.event_name = text(value),
            _ => {}
        }
    }
    log
}

/// A span.
pub(super) fn span(object: Object<'_>) -> Span {
    let mut span = Span::default();
    for (name, value) in object {
        match plain(&name).as_str() {
            "traceid" => span.trace_id = id(&value, 16),
            "spanid" => span.span_id = id(&value, 8),
            "parentspanid" => span.parent_span_id = id(&value, 8),
            "name" => span.name = text(value),
            "kind" => span.kind = enumeration(&value, &KINDS),
            "starttimeunixnano" => span.start_time_unix_nano = nano(&value),
            "endtimeunixnano" => span.end_time_unix_nano = nano(&value),
            "attributes" => span.attributes = attributes(value),
            "events" => span.events = list(value).into_iter().filter_map(event).collect(),
            "status" => span.status = status(value),
            _ => {}
        }
    }
    span
}

fn event(value: Tree<'_>) -> Option<SpanEvent> {
    let Tree::Object(object) = value else { return None };
    let mut event = SpanEvent::default();
    for (name, value) in object {
        match plain(&name).as_str() {
            "timeunixnano" => event.time_unix_nano = nano(&value),
            "name" => event.name = text(value),
            "attributes" => event.attributes = attributes(value),
            _ => {}
        }
    }
    Some(event)
}

fn status(value: Tree<'_>) -> Option<SpanStatus> {
    let Tree::Object(object) = value else { return None };
    let mut status = SpanStatus::default();
    for (name, value) in object {
        match plain(&name).as_str() {
            "message" => status.message = text(value),
            "code" => status.code = enumeration(&value, &STATUS_CODES),
            _ => {}
        }
    }
    Some(status)
}

/// The names of `SeverityNumber` without their prefix, each with its number; three more numbers follow each.
const SEVERITIES: [(&str, i32); 6] = [("TRACE", 1), ("DEBUG", 5), ("INFO", 9), ("WARN", 13), ("ERROR", 17), ("FATAL", 21)];
const KINDS: [(&str, i32); 5] = [("INTERNAL", 1), ("SERVER", 2), ("CLIENT", 3), ("PRODUCER", 4), ("CONSUMER", 5)];
const STATUS_CODES: [(&str, i32); 2] = [("OK", 1), ("ERROR", 2)];
