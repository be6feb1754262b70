//! Envelopes: a line of headers, then items, each a line of headers and a payload.
//!
//! `headers \n (item-headers \n payload [\n])*`, as <https://develop.sentry.dev/sdk/data-model/envelopes/> has it and
//! Relay reads it. Payloads are not looked into here.

use bytes::{Buf, Bytes};
use jiff::Timestamp;

use crate::{
    ids::EventId,
    limits,
    wire::{dsn::Dsn, json::JsonError},
};

mod headers;
mod item_type;

pub use item_type::ItemType;

/// What one request carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// About all items.
    pub headers: Headers,
    /// In the order sent, at most [`limits::ENVELOPE_ITEMS`].
    pub items: Vec<Item>,
}

/// About all items of an envelope.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers {
    /// The id of the event that the items belong to; wins over the payload's.
    pub event_id: Option<EventId>,
    /// Where the client means to write. Must agree with the address and the key used.
    pub dsn: Option<Dsn>,
    /// The client's clock when it sent. `None` also when it can't be read.
    pub sent_at: Option<Timestamp>,
    /// `sentry.python`, ...
    pub sdk_name: Option<String>,
    /// Version of the SDK.
    pub sdk_version: Option<String>,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// About the payload.
    pub headers: ItemHeaders,
    /// A slice of the body.
    pub payload: Bytes,
}

/// About one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemHeaders {
    /// What the payload is.
    pub kind: ItemType,
    /// The type as the client wrote it.
    pub type_name: String,
    /// Media type of the payload.
    pub content_type: Option<String>,
    /// Name of an attached file.
    pub filename: Option<String>,
    /// `event.minidump`, `event.view_hierarchy`, ...
    pub attachment_type: Option<String>,
    /// How many things a container holds, as the client counts.
    pub item_count: Option<u64>,
}

/// Why a body is not an envelope, or not one that is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// No bytes.
    #[error("empty request body")]
    Empty,
    /// The first line is not a JSON object with headers of their types.
    #[error("invalid envelope headers: {0}")]
    Headers(JsonError),
    /// The header line of the item with this number, from 0, is not a JSON object with headers of their types.
    #[error("invalid headers of envelope item {0}: {1}")]
    ItemHeaders(usize, JsonError),
    /// A header line is longer than [`limits::ENVELOPE_HEADER_BYTES`].
    #[error("a header line of the envelope is longer than {limit} bytes", limit = limits::ENVELOPE_HEADER_BYTES)]
    HeaderTooLong,
    /// The item with this number says that it is longer than what follows.
    #[error("envelope item {0} is cut short: its length goes beyond the body")]
    CutShort(usize),
    /// The item with this number does not end with a newline where its length says.
    #[error("envelope item {0} has no newline after its length")]
    MissingNewline(usize),
    /// More than [`limits::ENVELOPE_ITEMS`].
    #[error("the envelope has more than {limit} items", limit = limits::ENVELOPE_ITEMS)]
    TooManyItems,
    /// More than one item of the kinds that are events by themselves.
    #[error("the envelope has more than one event: {0} comes second")]
    TooManyEvents(ItemType),
    /// An item that is an event by itself is longer than [`limits::EVENT_BYTES`].
    #[error("envelope exceeded size limits for type '{0}' ({limit} bytes)", limit = limits::EVENT_BYTES)]
    TooLong(ItemType),
}

impl EnvelopeError {
    /// The HTTP status that it means: 413 for size and number of events, else 400.
    pub fn status(&self) -> u16 {
        match self {
            Self::TooManyEvents(_) | Self::TooLong(_) => 413,
            _ => 400,
        }
    }
}

/// Reads a whole envelope, decompressed. Payloads share the memory of `body`.
pub fn parse(mut body: Bytes) -> Result<Envelope, EnvelopeError> {
    if body.is_empty() {
        return Err(EnvelopeError::Empty);
    }
    let line = header_line(&body)?;
    let headers = headers::envelope(line).map_err(EnvelopeError::Headers)?;
    body.advance(after_newline(&body, line.len()));
    let mut items = Vec::new();
    let mut events = 0;
    while !body.is_empty() {
        if items.len() == limits::ENVELOPE_ITEMS {
            return Err(EnvelopeError::TooManyItems);
        }
        let item = next_item(&mut body, items.len())?;
        if item.headers.kind.is_event() {
            events += 1;
            if item.payload.len() > limits::EVENT_BYTES {
                return Err(EnvelopeError::TooLong(item.headers.kind));
            }
            if events > 1 {
                return Err(EnvelopeError::TooManyEvents(item.headers.kind));
            }
        }
        items.push(item);
    }
    Ok(Envelope { headers, items })
}

/// The DSN of the headers, without reading on. `None` also when the first line can't be read.
pub fn first_dsn(body: &[u8]) -> Option<Dsn> {
    headers::envelope(header_line(body).ok()?).ok()?.dsn
}

/// Takes one item off the front of `rest`.
fn next_item(rest: &mut Bytes, number: usize) -> Result<Item, EnvelopeError> {
    let line = header_line(rest)?;
    let (headers, length) = headers::item(line).map_err(|error| EnvelopeError::ItemHeaders(number, error))?;
    let start = after_newline(rest, line.len());
    let available = rest.len() - start;
    let length = match length {
        Some(length) => usize::try_from(length).ok().filter(|l| *l <= available).ok_or(EnvelopeError::CutShort(number))?,
        None => memchr::memchr(b'\n', &rest[start..]).unwrap_or(available),
    };
    let end = start + length;
    if rest.get(end).is_some_and(|byte| *byte != b'\n') {
        return Err(EnvelopeError::MissingNewline(number));
    }
    let payload = rest.slice(start..end);
    rest.advance(after_newline(rest, end));
    Ok(Item { headers, payload })
}

/// What stands before the first newline or the end.
fn header_line(bytes: &[u8]) -> Result<&[u8], EnvelopeError> {
    let window = &bytes[..bytes.len().min(limits::ENVELOPE_HEADER_BYTES + 1)];
    match memchr::memchr(b'\n', window) {
        Some(end) => Ok(&bytes[..end]),
        None if bytes.len() > limits::ENVELOPE_HEADER_BYTES => Err(EnvelopeError::HeaderTooLong),
        None => Ok(bytes),
    }
}

/// The place behind the newline at `end`, or the end of the bytes.
fn after_newline(bytes: &[u8], end: usize) -> usize {
    (end + 1).min(bytes.len())
}
