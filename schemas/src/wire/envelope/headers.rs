//! Header lines: one JSON object each, from the first byte of the line to the last.

use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Headers, ItemHeaders, ItemType};
use crate::{
    ids::EventId,
    wire::{
        dsn::Dsn,
        json::{self, Json, JsonError},
    },
};

/// A known key that comes twice is an error, as serde has it; unknown keys are read over.
#[derive(Deserialize)]
struct WireHeaders {
    event_id: Option<EventId>,
    dsn: Option<Dsn>,
    sent_at: Option<Json>,
    sdk: Option<Json>,
}

#[derive(Deserialize)]
struct WireItemHeaders {
    #[serde(rename = "type")]
    type_name: String,
    length: Option<u64>,
    content_type: Option<String>,
    filename: Option<String>,
    attachment_type: Option<String>,
    item_count: Option<u64>,
}

pub(super) fn envelope(line: &[u8]) -> Result<Headers, JsonError> {
    let wire: WireHeaders = object(line)?;
    let sdk = |key: &str| wire.sdk.as_ref().and_then(|sdk| sdk.0.get(key)).and_then(Value::as_str).map(str::to_owned);
    Ok(Headers {
        event_id: wire.event_id,
        dsn: wire.dsn,
        sent_at: wire.sent_at.as_ref().and_then(|sent_at| sent_at.0.as_str()).and_then(|text| text.parse::<Timestamp>().ok()),
        sdk_name: sdk("name"),
        sdk_version: sdk("version"),
    })
}

/// The headers of an item, and the length of its payload if it says one.
pub(super) fn item(line: &[u8]) -> Result<(ItemHeaders, Option<u64>), JsonError> {
    let wire: WireItemHeaders = object(line)?;
    let headers = ItemHeaders {
        kind: ItemType::from_name(&wire.type_name),
        type_name: wire.type_name,
        content_type: wire.content_type,
        filename: wire.filename,
        attachment_type: wire.attachment_type,
        item_count: wire.item_count,
    };
    Ok((headers, wire.length))
}

/// Reads the line; nothing may stand before or after the object.
fn object<T: DeserializeOwned>(line: &[u8]) -> Result<T, JsonError> {
    if line.first() != Some(&b'{') || line.last() != Some(&b'}') {
        return Err(JsonError::Malformed("expected one object and nothing else on the line".into()));
    }
    json::read(line)
}
