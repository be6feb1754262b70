//! The native API: events in our own words, one or many, in JSON.
//!
//! Attributes have the names of the canonical event and those that requirements list beside them. What is odd is an
//! error that names its place. Unknown attributes are kept under `extra`.

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    json::{self, JsonError},
    tree::Tree,
};
use crate::{
    event::Event,
    ids::{EventId, ProjectId},
    limits,
    outcome::Reason,
};

mod batch;
mod names;
mod reader;

pub use super::ReadError;
pub use names::names;
use reader::Fault;

/// The JSON Schema of an event, for people and their tools. The reader is stricter in one thing only: an attribute
/// that is given under two names must have one value.
pub const SCHEMA: &str = include_str!("../../json/event.schema.json");

/// One event of a body, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeItem {
    /// The client's id for it.
    pub id: Option<EventId>,
    /// Its JSON; [`read`] takes it.
    pub payload: Bytes,
}

/// What is wrong with one event of a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {message}")]
pub struct ItemError {
    /// JSON pointer from the body: `/3/timestamp`; in lines, as if they were a list.
    pub pointer: String,
    /// `invalid_json`, `not_an_object`, `invalid_value`, `missing_field` or `too_large`.
    pub code: &'static str,
    /// For people, with the accepted names.
    pub message: String,
}

/// Why a body holds no events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Nothing in it.
    #[error("the request body is empty: send an event, a list of events, or one event a line")]
    Empty,
    /// Not JSON as a whole.
    #[error("{0}")]
    Json(JsonError),
    /// More than [`limits::NATIVE_BATCH_EVENTS`].
    #[error("more than {limit} events: send them in several requests", limit = limits::NATIVE_BATCH_EVENTS)]
    TooManyEvents,
}

impl BatchError {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_body",
            Self::Json(_) => "invalid_json",
            Self::TooManyEvents => "too_many_events",
        }
    }

    /// The HTTP status that it means.
    pub fn status(&self) -> u16 {
        match self {
            Self::TooManyEvents => 413,
            _ => 400,
        }
    }
}

/// Finds and checks the events of a body: an object, a list of objects, or one object a line (by content type, or
/// when the first line is JSON by itself). One bad event does not spoil the others. [`read`] takes every payload
/// that comes out of here.
pub fn split(body: &Bytes, content_type: Option<&str>) -> Result<Vec<Result<NativeItem, ItemError>>, BatchError> {
    let (payloads, is_list) = batch::payloads(body, content_type)?;
    let item = |(index, payload): (usize, Bytes)| {
        event(&payload, EventId([0; 16]), ProjectId(0), Timestamp::UNIX_EPOCH)
            .map(|(_, id)| NativeItem { id, payload })
            .map_err(|fault| item_error(fault, is_list.then_some(index)))
    };
    Ok(payloads.into_iter().enumerate().map(item).collect())
}

/// Reads an event. The given id wins over the payload's.
pub fn read(payload: &[u8], id: EventId, project: ProjectId, received_at: Timestamp) -> Result<Event, ReadError> {
    event(payload, id, project, received_at).map(|(event, _)| event).map_err(|fault| ReadError {
        reason: if fault.code == "invalid_json" { Reason::InvalidJson } else { Reason::InvalidEvent },
        detail: item_error(fault, None).to_string(),
    })
}

fn item_error(fault: Fault, index: Option<usize>) -> ItemError {
    let pointer = index.map_or(fault.pointer.clone(), |index| format!("/{index}{}", fault.pointer));
    ItemError { pointer, code: fault.code, message: fault.message }
}

fn event(payload: &[u8], id: EventId, project: ProjectId, received_at: Timestamp) -> Result<(Event, Option<EventId>), Fault> {
    let whole = |code, message| Fault { pointer: String::new(), code, message };
    if payload.len() > limits::EVENT_BYTES {
        return Err(whole("too_large", format!("an event of more than {} bytes", limits::EVENT_BYTES)));
    }
    let read = |tree: Tree<'_>| match tree {
        Tree::Object(object) => reader::read(object, id, project, received_at),
        _ => Err(whole("not_an_object", "an event is a JSON object".into())),
    };
    json::read_tree(payload, read).unwrap_or_else(|error| Err(whole("invalid_json", error.to_string())))
}
