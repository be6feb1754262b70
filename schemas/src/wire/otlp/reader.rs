//! From one log record, or one span with one of its events, to an event.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::{
    attributes::{Exception, json, lossy, text},
    identity::is_id,
    proto::{AnyValue, KeyValue, LogRecord, LogsData, Scope, Span, SpanEvent, TracesData, any_value},
    resource::Reader,
    severity,
    split::STATUS_ERROR,
};
use crate::{
    event,
    event::{Call, Event, Mechanism, Message, Stacktrace},
    ids::{EventId, ProjectId},
    limits,
    outcome::Reason,
    wire::ReadError,
};
use data_encoding::HEXLOWER;

/// `SPAN_KIND_CLIENT` and `SPAN_KIND_PRODUCER`: the span is a call to another system.
const CALLS: [i32; 2] = [3, 4];

/// Reads a log record: a `LogsData` as [`super::split`] makes it.
pub fn read_log(payload: &[u8], id: EventId, project: ProjectId, received_at: Timestamp) -> Result<Event, ReadError> {
    let data: LogsData = decode(payload)?;
    let group = data.resource_logs.into_iter().next().unwrap_or_default();
    let scope = group.scope_logs.into_iter().next().unwrap_or_default();
    let log = scope.log_records.into_iter().next().ok_or_else(|| invalid("a LogsData without a log record"))?;
    let mut reader = Reader::new(Event::new(id, project, received_at));
    log_record(&mut reader, log);
    let scope = scope.scope.unwrap_or_default();
    reader.event.logger = Some(lossy(&scope.name)).filter(|name| !name.is_empty());
    around(&mut reader, scope, group.resource.map(|resource| resource.attributes).unwrap_or_default());
    Ok(finish(reader, false))
}

/// Reads an exception of a span: a `TracesData` as [`super::split`] makes it.
pub fn read_span(payload: &[u8], id: EventId, project: ProjectId, received_at: Timestamp) -> Result<Event, ReadError> {
    let data: TracesData = decode(payload)?;
    let group = data.resource_spans.into_iter().next().unwrap_or_default();
    let scope = group.scope_spans.into_iter().next().unwrap_or_default();
    let span = scope.spans.into_iter().next().ok_or_else(|| invalid("a TracesData without a span"))?;
    let is_call = CALLS.contains(&span.kind);
    let mut reader = Reader::new(Event::new(id, project, received_at));
    span_event(&mut reader, span, is_call);
    let mut scope = scope.scope.unwrap_or_default();
    let library = lossy(&std::mem::take(&mut scope.name));
    if !library.is_empty() {
        reader.keep("otel.scope.name".into(), library.into());
    }
    around(&mut reader, scope, group.resource.map(|resource| resource.attributes).unwrap_or_default());
    Ok(finish(reader, is_call))
}

fn decode<M: prost::Message + Default>(payload: &[u8]) -> Result<M, ReadError> {
    if payload.len() > limits::EVENT_BYTES {
        return Err(invalid("a record of more than 1 MiB"));
    }
    M::decode(Bytes::copy_from_slice(payload)).map_err(|error| invalid(&format!("invalid Protobuf: {error}")))
}

fn invalid(detail: &str) -> ReadError {
    ReadError { reason: Reason::InvalidEvent, detail: detail.to_owned() }
}

fn log_record(reader: &mut Reader, log: LogRecord) {
    let event = &mut reader.event;
    event.timestamp = [log.time_unix_nano, log.observed_time_unix_nano].into_iter().find_map(time).unwrap_or(event.received_at);
    event.severity = severity::of(&log);
    ids(event, &log.trace_id, &log.span_id);
    exception(event, &log.attributes);
    if let Some(body) = log.body {
        message(event, body);
    }
    let name = lossy(&log.event_name);
    if !name.is_empty() && name != "exception" {
        reader.keep("event.name".into(), name.into());
    }
    reader.attributes(log.attributes);
}

/// A text is the message. Anything else is kept as it is, and is the message only when nothing else says what happened.
fn message(event: &mut Event, body: AnyValue) {
    let formatted = match body.value {
        Some(any_value::Value::StringValue(text)) => lossy(&text),
        _ => {
            let Some(value) = json(body) else { return };
            let formatted = value.to_string();
            event.extra.insert("body".into(), value);
            if !event.exceptions.is_empty() {
                return;
            }
            formatted
        }
    };
    if !formatted.trim().is_empty() {
        event.message = Some(Message { formatted, ..Message::default() });
    }
}

/// The span's own severity does not exist: an exception is an error.
fn span_event(reader: &mut Reader, mut span: Span, is_call: bool) {
    let event = &mut reader.event;
    let happened = span.events.drain(..).next().unwrap_or_default();
    let times = [happened.time_unix_nano, span.end_time_unix_nano, span.start_time_unix_nano];
    event.timestamp = times.into_iter().find_map(time).unwrap_or(event.received_at);
    ids(event, &span.trace_id, &span.span_id);
    event.trace.parent_span_id = hex(&span.parent_span_id, 8);
    event.transaction = Some(lossy(&span.name)).filter(|name| !name.is_empty());
    if is_call {
        let nanos = span.end_time_unix_nano.checked_sub(span.start_time_unix_nano).filter(|_| span.start_time_unix_nano > 0);
        event.call =
            Some(Call { operation: event.transaction.clone(), duration_ms: nanos.map(|nanos| nanos as f64 / 1e6), ..Call::default() });
    }
    let SpanEvent { attributes, .. } = happened;
    exception(event, &attributes);
    let failed = span.status.filter(|status| status.code == STATUS_ERROR);
    if event.exceptions.is_empty() {
        let said = failed.map(|status| lossy(&status.message)).filter(|message| !message.trim().is_empty());
        let formatted = said.or_else(|| event.transaction.clone()).unwrap_or_else(|| "span failed".to_owned());
        event.message = Some(Message { formatted, ..Message::default() });
    }
    reader.attributes(attributes);
    reader.attributes(span.attributes);
}

/// Scope and resource, which are farther from the error than its own attributes.
fn around(reader: &mut Reader, scope: Scope, resource: Vec<KeyValue>) {
    let version = lossy(&scope.version);
    if !version.is_empty() {
        reader.keep("otel.scope.version".into(), version.into());
    }
    reader.attributes(scope.attributes);
    reader.attributes(resource);
}

/// The exception of the attributes `exception.*`. Its stack trace stays text here.
fn exception(event: &mut Event, attributes: &[KeyValue]) {
    let Some(exception) = Exception::of(attributes) else { return };
    let filled = |text: &Bytes| Some(lossy(text)).filter(|text| !text.trim().is_empty());
    let handled = escaped(attributes).map(|escaped| !escaped);
    event.exceptions.push(event::Exception {
        kind: filled(&exception.kind),
        value: filled(&exception.message),
        stacktrace: filled(&exception.stacktrace).map(|raw| Stacktrace { raw: Some(raw), ..Stacktrace::default() }),
        mechanism: Some(Mechanism { kind: Some("opentelemetry".into()), handled, ..Mechanism::default() }),
        ..event::Exception::default()
    });
}

/// `exception.escaped`, which Python sends as text.
fn escaped(attributes: &[KeyValue]) -> Option<bool> {
    let attribute = attributes.iter().find(|attribute| attribute.key.as_ref() == b"exception.escaped")?;
    match text(json(attribute.value.clone()?)?)?.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn ids(event: &mut Event, trace_id: &Bytes, span_id: &Bytes) {
    event.trace.trace_id = hex(trace_id, 16);
    event.trace.span_id = hex(span_id, 8);
}

fn hex(id: &Bytes, length: usize) -> Option<String> {
    is_id(id, length).then(|| HEXLOWER.encode(id))
}

/// A time, unless it is 0, which is none.
fn time(nanos: u64) -> Option<Timestamp> {
    Timestamp::from_nanosecond(nanos.into()).ok().filter(|_| nanos != 0)
}

/// Settles what depends on several attributes.
fn finish(mut reader: Reader, is_call: bool) -> Event {
    reader.http.settle(&mut reader.event, is_call);
    let event = &mut reader.event;
    if let Some(sdk) = &mut event.sdk {
        // Between the user's device and here may stand a collector, whose address is nobody's.
        sdk.settings.insert("infer_ip".into(), Value::from("never"));
    }
    event.user.take_if(|user| *user == event::User::default());
    event.source.take_if(|source| *source == event::Source::default());
    reader.event
}
