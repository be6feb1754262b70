//! From a request in JSON down to its records, each written anew in Protobuf.
//!
//! The outer layers are slices of the text; only one record at a time is ever read whole, and an odd one is mended or
//! rejected by itself. Names may be written as in Protobuf (`trace_id`); unknown ones are read over.

use std::{borrow::Cow, fmt};

use bytes::Bytes;
use prost::Message;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{RequestError, Signal, split::Splitter};
use crate::{
    limits,
    wire::{
        json::{JsonError, malformed, read_tree, repair, shallow},
        tree::Tree,
    },
};

mod record;
mod value;

/// Longest record, resource or scope in JSON. What it becomes is shorter; a span may have many events.
const RECORD_BYTES: usize = 2 * limits::EVENT_BYTES;
/// Deepest nesting that is read of a record; what lies deeper is left out.
const DEPTH: usize = limits::JSON_DEPTH - 8;

const NOT_READ: &str = "a record is no JSON object, or longer than 2 MiB";

/// Gives each record to the splitter.
pub(super) fn walk(body: &Bytes, signal: Signal, splitter: &mut Splitter) -> Result<(), RequestError> {
    match serde_json::from_slice(body) {
        Ok(request) => request_of(&request, signal, splitter),
        Err(strict) => {
            let repaired = match repair(body) {
                Err(JsonError::TooDeep) => {
                    let cut = shallow(body, DEPTH);
                    repair(&cut).map(|repaired| repaired.or(Some(cut)))
                }
                repaired => repaired,
            };
            let repaired = repaired.map_err(|error| json_error(&error))?.ok_or_else(|| json_error(&malformed(strict)))?;
            let request = serde_json::from_slice(&repaired).map_err(|error| json_error(&malformed(error)))?;
            request_of(&request, signal, splitter)
        }
    }
}

fn request_of(request: &Members<'_>, signal: Signal, splitter: &mut Splitter) -> Result<(), RequestError> {
    let (groups, scopes, records) = match signal {
        Signal::Logs => ("resourcelogs", "scopelogs", "logrecords"),
        Signal::Traces => ("resourcespans", "scopespans", "spans"),
    };
    for group in request.list(groups, limits::OTLP_GROUPS)? {
        let group = members(group)?;
        splitter.resource(group.part("resource", value::resource));
        for scope in group.list(scopes, limits::OTLP_GROUPS)? {
            let scope = members(scope)?;
            splitter.scope(scope.part("scope", value::scope));
            for record in scope.list(records, limits::OTLP_RECORDS)? {
                match encoded(record, signal) {
                    Some(record) => splitter.record(&record)?,
                    None => splitter.rejected(NOT_READ)?,
                }
            }
        }
    }
    Ok(())
}

fn encoded(record: &RawValue, signal: Signal) -> Option<Bytes> {
    tree(record, |tree| match (tree, signal) {
        (Tree::Object(object), Signal::Logs) => Some(record::log(object).encode_to_vec().into()),
        (Tree::Object(object), Signal::Traces) => Some(record::span(object).encode_to_vec().into()),
        _ => None,
    })
}

/// Reads a value, however deep it is.
fn tree<R>(raw: &RawValue, take: impl Fn(Tree<'_>) -> Option<R>) -> Option<R> {
    let bytes = raw.get().as_bytes();
    if bytes.len() > RECORD_BYTES {
        return None;
    }
    match read_tree(bytes, &take) {
        Err(JsonError::TooDeep) => read_tree(&shallow(bytes, DEPTH), &take).ok().flatten(),
        read => read.ok().flatten(),
    }
}

fn members(raw: &RawValue) -> Result<Members<'_>, RequestError> {
    serde_json::from_str(raw.get()).map_err(|error| json_error(&malformed(error)))
}

fn json_error(error: &JsonError) -> RequestError {
    RequestError::Json(error.to_string())
}

/// A name without what writers of OTLP disagree about: `traceId`, `trace_id`, `TraceID`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

/// Names and values of an object that nobody has looked into. Null has none.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(held, _)| held == name).map(|(_, value)| *value)
    }

    /// The elements of a list. A missing one and null are empty.
    fn list(&self, name: &str, most: usize) -> Result<Vec<&'a RawValue>, RequestError> {
        let Some(raw) = self.get(name) else { return Ok(Vec::new()) };
        let Elements(list) = serde_json::from_str(raw.get()).map_err(|error| json_error(&malformed(error)))?;
        if list.len() > most { Err(RequestError::TooMany) } else { Ok(list) }
    }

    /// Resource or scope in Protobuf; nothing at all when it is missing or null, `None` when it can't be read.
    fn part<M: Message>(&self, name: &str, read: fn(Tree<'_>) -> Option<M>) -> Option<Bytes> {
        let Some(raw) = self.get(name) else { return Some(Bytes::new()) };
        tree(raw, |tree| read(tree).map(|message| message.encode_to_vec().into()))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Members<'de>, E> {
        Ok(Members(Vec::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some((name, value)) = entries.next_entry::<Cow<'de, str>, &RawValue>()? {
            if members.len() < limits::FREE_ENTRIES {
                members.push((plain(&name), value));
            }
        }
        Ok(Members(members))
    }
}

/// Elements of a list that nobody has looked into, one more than are allowed at most. Null and `{}` have none.
struct Elements<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ElementsVisitor)
    }
}

struct ElementsVisitor;

impl<'de> Visitor<'de> for ElementsVisitor {
    type Value = Elements<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Elements<'de>, E> {
        Ok(Elements(Vec::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Elements<'de>, A::Error> {
        let mut list = Vec::new();
        while list.len() <= limits::OTLP_RECORDS {
            match items.next_element()? {
                Some(item) => list.push(item),
                None => return Ok(Elements(list)),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Elements(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Elements<'de>, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Elements(Vec::new()))
    }
}
