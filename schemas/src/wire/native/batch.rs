//! From a body to the JSON of each event, without looking into them.

use std::fmt;

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::BatchError;
use crate::{limits, wire::json};

/// The events of a body, and whether they were a list (else one event by itself).
pub(super) fn payloads(body: &Bytes, content_type: Option<&str>) -> Result<(Vec<Bytes>, bool), BatchError> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    if text.is_empty() {
        return Err(BatchError::Empty);
    }
    if is_lines(content_type) {
        return Ok((lines(body, text)?, true));
    }
    if text[0] == b'[' {
        return Ok((array(body, text)?, true));
    }
    // Lines may come as `application/json` too: then the first of them is JSON by itself, and another follows.
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if first.len() < text.len() && serde_json::from_slice::<IgnoredAny>(first).is_ok() {
        return Ok((lines(body, text)?, true));
    }
    Ok((vec![body.slice_ref(text)], false))
}

fn is_lines(content_type: Option<&str>) -> bool {
    let media = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let names = ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/json-lines"];
    names.iter().any(|name| media.eq_ignore_ascii_case(name))
}

fn lines(body: &Bytes, text: &[u8]) -> Result<Vec<Bytes>, BatchError> {
    let mut lines = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        if lines.len() == limits::NATIVE_BATCH_EVENTS {
            return Err(BatchError::TooManyEvents);
        }
        lines.push(body.slice_ref(line));
    }
    Ok(lines)
}

fn array(body: &Bytes, text: &[u8]) -> Result<Vec<Bytes>, BatchError> {
    let strict = match serde_json::from_slice::<Elements<'_>>(text) {
        Ok(elements) => return elements.slices(body),
        Err(error) => error,
    };
    let Some(repaired) = json::repair(text).map_err(BatchError::Json)? else {
        return Err(BatchError::Json(json::malformed(strict)));
    };
    let body = Bytes::from(repaired);
    serde_json::from_slice::<Elements<'_>>(&body).map_err(|error| BatchError::Json(json::malformed(error)))?.slices(&body)
}

/// The elements of an array as they are written. One more than allowed is enough to know.
struct Elements<'a>(Vec<&'a RawValue>);

impl Elements<'_> {
    fn slices(self, body: &Bytes) -> Result<Vec<Bytes>, BatchError> {
        if self.0.len() > limits::NATIVE_BATCH_EVENTS {
            return Err(BatchError::TooManyEvents);
        }
        Ok(self.0.into_iter().map(|raw| body.slice_ref(raw.get().as_bytes())).collect())
    }
}

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ElementsVisitor)
    }
}

struct ElementsVisitor;

impl<'de> Visitor<'de> for ElementsVisitor {
    type Value = Elements<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Elements<'de>, A::Error> {
        let mut elements = Vec::new();
        while elements.len() <= limits::NATIVE_BATCH_EVENTS {
            match items.next_element::<&RawValue>()? {
                Some(raw) => elements.push(raw),
                None => return Ok(Elements(elements)),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Elements(elements))
    }
}
