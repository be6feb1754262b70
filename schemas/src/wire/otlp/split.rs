//! Which records of a request are errors, and each such record as a payload of its own. Records are looked at and put
//! behind their resource and scope as they came, never written anew.

use bytes::Bytes;
use prost::Message;

use super::{
    Options, OtlpItem, RequestError, Signal, Split,
    attributes::Exception,
    fields::{self, Fields},
    identity::{self, Ordinals},
    proto, severity,
};
use crate::{event::Severity, ids::EventId, limits};

/// `STATUS_CODE_ERROR`.
pub(super) const STATUS_ERROR: i32 = 2;
/// Numbers of the fields of a span that hold its events and its links.
const EVENTS: u32 = 11;
const LINKS: u32 = 13;

const TOO_LONG: &str = "a record with its resource and scope is longer than 1 MiB";
const BROKEN: &str = "a record is no valid Protobuf, or nested too deeply";
const BROKEN_PART: &str = "a resource or scope is no valid Protobuf, nested too deeply or longer than 1 MiB";

/// Takes a request's records, one after the other, behind the resource and the scope that they belong to.
pub(super) struct Splitter {
    signal: Signal,
    options: Options,
    resource: Part,
    scope: Part,
    records: usize,
    bytes: usize,
    ordinals: Ordinals,
    split: Split,
}

/// A resource or a scope.
struct Part {
    content: Bytes,
    digest: EventId,
    valid: bool,
}

impl Part {
    fn new<M: Message + Default>(content: Option<Bytes>) -> Self {
        let valid = content.filter(|content| content.len() <= limits::EVENT_BYTES && M::decode(content.clone()).is_ok());
        Self {
            valid: valid.is_some(),
            digest: EventId::from_parts(&[valid.as_deref().unwrap_or_default()]),
            content: valid.unwrap_or_default(),
        }
    }

    fn written(&self) -> usize {
        if self.content.is_empty() { 0 } else { fields::written(1, self.content.len()) }
    }

    fn write(&self, output: &mut Vec<u8>) {
        if !self.content.is_empty() {
            fields::write(output, 1, &self.content);
        }
    }
}

impl Splitter {
    pub(super) fn new(signal: Signal, options: Options) -> Self {
        let empty = || Part::new::<proto::Resource>(Some(Bytes::new()));
        Self {
            signal,
            options,
            resource: empty(),
            scope: empty(),
            records: 0,
            bytes: 0,
            ordinals: Ordinals::default(),
            split: Split::default(),
        }
    }

    /// The records that follow belong to this resource, and to no scope yet. `None`: it can't be read.
    pub(super) fn resource(&mut self, content: Option<Bytes>) {
        self.resource = Part::new::<proto::Resource>(content);
        self.scope(Some(Bytes::new()));
    }

    /// The records that follow belong to this scope. `None`: it can't be read.
    pub(super) fn scope(&mut self, content: Option<Bytes>) {
        self.scope = Part::new::<proto::Scope>(content);
    }

    /// A log record or a span in Protobuf.
    pub(super) fn record(&mut self, record: &Bytes) -> Result<(), RequestError> {
        self.count()?;
        let taken = match self.signal {
            _ if !self.resource.valid || !self.scope.valid => Err(Rejected(BROKEN_PART)),
            Signal::Logs => self.log(record),
            Signal::Traces => self.span(record),
        };
        match taken {
            Ok(0) => self.split.uninteresting += 1,
            Ok(_) => {}
            Err(Rejected(reason)) => self.reject(reason),
        }
        if self.split.items.len() > limits::OTLP_RECORDS {
            return Err(RequestError::TooMany);
        }
        if self.bytes > limits::OTLP_REQUEST_BYTES { Err(RequestError::TooLong) } else { Ok(()) }
    }

    /// A record that is none.
    pub(super) fn rejected(&mut self, reason: &'static str) -> Result<(), RequestError> {
        self.count()?;
        self.reject(reason);
        Ok(())
    }

    pub(super) fn finish(self) -> Split {
        self.split
    }

    fn count(&mut self) -> Result<(), RequestError> {
        self.records += 1;
        if self.records > limits::OTLP_RECORDS { Err(RequestError::TooMany) } else { Ok(()) }
    }

    fn reject(&mut self, reason: &'static str) {
        self.split.rejected += 1;
        self.split.reason.get_or_insert(reason);
    }

    /// How many errors a log record holds.
    fn log(&mut self, record: &Bytes) -> Result<usize, Rejected> {
        let log: proto::LogRecord = decode(record)?;
        let key = match Exception::of(&log.attributes) {
            Some(exception) => match identity::span_of(&log.trace_id, &log.span_id) {
                Some(span) => identity::of_exception(self.options.project, span, &exception),
                None => self.record_key(&[record]),
            },
            None if self.options.errors && severity::is_error(&log) => self.record_key(&[record]),
            None => return Ok(0),
        };
        let id = self.ordinals.next(key);
        self.push(id, severity::of(&log), &[record])?;
        Ok(1)
    }

    /// How many errors a span holds.
    fn span(&mut self, record: &Bytes) -> Result<usize, Rejected> {
        let exceptions = exceptions(record)?;
        if exceptions.is_empty() && !self.options.errors {
            return Ok(0);
        }
        let bare = bare(record)?;
        let span: proto::Span = decode(&bare)?;
        if exceptions.is_empty() {
            if span.status.is_none_or(|status| status.code != STATUS_ERROR) {
                return Ok(0);
            }
            let key = self.record_key(&[&bare]);
            self.push(Ordinals::default().next(key), Severity::Error, &[&bare])?;
            return Ok(1);
        }
        let mut ordinals = Ordinals::default();
        let count = exceptions.len();
        // One that can't be taken does not hold up the others.
        let taken = exceptions.into_iter().map(|event| self.span_event(&span, &bare, &event, &mut ordinals));
        taken.fold(Ok(count), Result::and)
    }

    fn span_event(&mut self, span: &proto::Span, bare: &Bytes, content: &Bytes, ordinals: &mut Ordinals) -> Result<usize, Rejected> {
        let event: proto::SpanEvent = decode(content)?;
        let exception = Exception::of(&event.attributes).unwrap_or_default();
        let key = match identity::span_of(&span.trace_id, &span.span_id) {
            Some(span) => identity::of_exception(self.options.project, span, &exception),
            None => self.record_key(&[bare, content]),
        };
        let mut head = Vec::with_capacity(8);
        fields::write_head(&mut head, EVENTS, content.len());
        self.push(ordinals.next(key), Severity::Error, &[bare, &head, content])?;
        Ok(1)
    }

    fn record_key(&self, record: &[&[u8]]) -> EventId {
        identity::of_record(self.options.project, self.resource.digest, self.scope.digest, record)
    }

    /// Adds a record, given in pieces.
    fn push(&mut self, id: EventId, severity: Severity, record: &[&[u8]]) -> Result<(), Rejected> {
        let record_bytes = record.iter().map(|piece| piece.len()).sum();
        let scope_bytes = self.scope.written() + fields::written(2, record_bytes);
        let group_bytes = self.resource.written() + fields::written(2, scope_bytes);
        let bytes = fields::written(1, group_bytes);
        if bytes > limits::EVENT_BYTES {
            return Err(Rejected(TOO_LONG));
        }
        self.bytes += bytes;
        if self.bytes > limits::OTLP_REQUEST_BYTES {
            // Refused as a whole by the caller.
            return Ok(());
        }
        let mut payload = Vec::with_capacity(bytes);
        fields::write_head(&mut payload, 1, group_bytes);
        self.resource.write(&mut payload);
        fields::write_head(&mut payload, 2, scope_bytes);
        self.scope.write(&mut payload);
        fields::write_head(&mut payload, 2, record_bytes);
        record.iter().for_each(|piece| payload.extend_from_slice(piece));
        self.split.items.push(OtlpItem { id, severity, payload: payload.into() });
        Ok(())
    }
}

/// Why a record can't be taken.
struct Rejected(&'static str);

impl From<fields::Broken> for Rejected {
    fn from(_: fields::Broken) -> Self {
        Self(BROKEN)
    }
}

fn decode<M: Message + Default>(bytes: &Bytes) -> Result<M, Rejected> {
    if bytes.len() > limits::EVENT_BYTES {
        return Err(Rejected(TOO_LONG));
    }
    M::decode(bytes.clone()).map_err(|_| Rejected(BROKEN))
}

/// The events of a span that are exceptions, at most [`limits::OTLP_GROUPS`].
fn exceptions(span: &Bytes) -> Result<Vec<Bytes>, Rejected> {
    let mut found = Vec::new();
    for field in Fields::of(span.clone()) {
        let field = field?;
        let Some(event) = field.content.filter(|_| field.number == EVENTS) else { continue };
        // An event that is broken is found out when it is read, if its name can be.
        let name = Fields::of(event.clone()).map_while(Result::ok).filter(|field| field.number == 2).last();
        if name.is_some_and(|name| name.content.as_deref() == Some(b"exception")) && found.len() < limits::OTLP_GROUPS {
            found.push(event);
        }
    }
    Ok(found)
}

/// A span without its events and links.
fn bare(span: &Bytes) -> Result<Bytes, Rejected> {
    let mut bare = Vec::with_capacity(span.len().min(1 << 10));
    for field in Fields::of(span.clone()) {
        let field = field?;
        if field.number != EVENTS && field.number != LINKS {
            bare.extend_from_slice(&field.whole);
        }
    }
    Ok(bare.into())
}
