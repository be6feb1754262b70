//! Turns items into what the log keeps: records with compressed payloads. Never looks into a payload.

use std::{cell::RefCell, net::IpAddr};

use bytes::Bytes;
use jiff::Timestamp;
use schemas::{
    ids::{EventId, ProjectId},
    limits,
    record::{Attachment, Codec, Kind, Record},
};
use storage::log::Entry;
use zstd::bulk::Compressor;

use crate::refusal::Refusal;

/// Shorter payloads are kept as they are.
const COMPRESS_FROM_BYTES: usize = 1 << 10;
/// zstd's fastest ordinary level. Payloads are read once or twice and live for a day.
const LEVEL: i32 = 1;
/// Most things that one item may say it stands for.
const QUANTITY: u64 = 100_000;

/// What all items of a request share.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    pub(crate) project: ProjectId,
    pub(crate) received_at: Timestamp,
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) client: Option<String>,
}

impl Sender {
    /// The record of an item that is kept, ready for the log.
    pub(crate) fn kept(&self, id: EventId, kind: Kind, item_type: &str, payload: &Bytes) -> Entry {
        let (encoded, codec) = compress(payload);
        let record = Record { payload: encoded, codec, payload_bytes: payload.len() as u64, ..self.record(id, kind, item_type) };
        finish(&record)
    }

    /// The record of a part of a file that belongs to an event.
    pub(crate) fn part(&self, event: EventId, part: Attachment, bytes: &Bytes) -> Entry {
        let (payload, codec) = compress(bytes);
        let record = self.record(event, Kind::Attachment, "attachment");
        finish(&Record { payload, codec, payload_bytes: bytes.len() as u64, attachment: Some(part), ..record })
    }

    /// The record of an item that is only counted.
    pub(crate) fn counted(&self, id: EventId, item_type: &str, length: usize, quantity: Option<u64>) -> Entry {
        let quantity = self::quantity(quantity);
        let record = self.record(id, Kind::Unsupported, item_type);
        finish(&Record { payload_bytes: length as u64, quantity, ..record })
    }

    fn record(&self, event_id: EventId, kind: Kind, item_type: &str) -> Record {
        Record {
            project: self.project,
            event_id,
            received_at: self.received_at,
            kind,
            item_type: item_type.chars().take(limits::SHORT_NAME_CHARS).collect(),
            payload: Bytes::new(),
            codec: Codec::Identity,
            payload_bytes: 0,
            sent_at: self.sent_at,
            client_address: self.address.map(|address| address.to_string()),
            client: self.client.clone(),
            quantity: 1,
            attachment: None,
        }
    }
}

/// How many things an item stands for, as it says.
pub(crate) fn quantity(said: Option<u64>) -> u64 {
    said.unwrap_or(1).clamp(1, QUANTITY)
}

fn finish(record: &Record) -> Entry {
    metrics::counter!("belfry_ingest_records_total", "kind" => record.kind.as_str()).increment(1);
    Entry { key: record.event_id, bytes: record.encode().into() }
}

/// A random id in the form of a UUID of version 4.
pub(crate) fn new_id() -> Result<EventId, Refusal> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|error| {
        tracing::error!(%error, "drawing an event id failed");
        Refusal::internal()
    })?;
    id[6] = id[6] & 0x0f | 0x40;
    id[8] = id[8] & 0x3f | 0x80;
    Ok(EventId(id))
}

/// A compressor and the space it writes to. Making one costs more than compressing an event.
struct Workshop {
    compressor: Compressor<'static>,
    space: Vec<u8>,
}

thread_local! {
    static WORKSHOP: RefCell<Option<Workshop>> = const { RefCell::new(None) };
}

/// The payload as the log keeps it: compressed when it is worth it.
fn compress(payload: &Bytes) -> (Bytes, Codec) {
    if payload.len() < COMPRESS_FROM_BYTES {
        return (payload.clone(), Codec::Identity);
    }
    let compressed = WORKSHOP.with_borrow_mut(|workshop| {
        if workshop.is_none() {
            *workshop = Some(Workshop { compressor: Compressor::new(LEVEL)?, space: Vec::new() });
        }
        let Some(Workshop { compressor, space }) = workshop else { return Ok(None) };
        space.clear();
        space.reserve(zstd::zstd_safe::compress_bound(payload.len()));
        let length = compressor.compress_to_buffer(payload, space)?;
        std::io::Result::Ok((length < payload.len()).then(|| Bytes::copy_from_slice(&space[..length])))
    });
    match compressed {
        Ok(Some(bytes)) => (bytes, Codec::Zstd),
        Ok(None) => (payload.clone(), Codec::Identity),
        Err(error) => {
            tracing::warn!(%error, "a payload could not be compressed, it is kept as it came");
            (payload.clone(), Codec::Identity)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sender() -> Sender {
        Sender {
            project: ProjectId(42),
            received_at: "2026-11-23T12:00:00.123456Z".parse().unwrap(),
            sent_at: None,
            address: Some("203.0.113.7".parse().unwrap()),
            client: Some("sentry.python/2.75.0".into()),
        }
    }

    #[test]
    fn a_long_payload_is_kept_compressed_with_its_size_in_the_frame() {
        let payload = Bytes::from(format!(r#"{{"message":"{}"}}"#, "connection refused ".repeat(500)));
        let entry = sender().kept(new_id().unwrap(), Kind::SentryEvent, "event", &payload);
        let record = Record::decode(entry.bytes).unwrap();
        assert_eq!((record.codec, record.payload_bytes), (Codec::Zstd, payload.len() as u64));
        let size = zstd::zstd_safe::get_frame_content_size(&record.payload).unwrap();
        assert_eq!(size, Some(payload.len() as u64));
        assert_eq!(zstd::bulk::decompress(&record.payload, payload.len()).unwrap(), payload);
    }

    #[test]
    fn short_payloads_and_such_that_do_not_shrink_are_kept_as_they_came() {
        let mut noise = vec![0; 4096];
        getrandom::fill(&mut noise).unwrap();
        for payload in [Bytes::from_static(b"{}"), Bytes::from(noise)] {
            let entry = sender().kept(new_id().unwrap(), Kind::SentryEvent, "event", &payload);
            let record = Record::decode(entry.bytes).unwrap();
            assert_eq!((record.codec, record.payload), (Codec::Identity, payload));
        }
    }

    #[test]
    fn the_longest_event_fits_the_longest_record() {
        let mut noise = vec![0; limits::EVENT_BYTES];
        getrandom::fill(&mut noise).unwrap();
        let sender = Sender { client: Some("€".repeat(limits::NAME_CHARS)), ..sender() };
        let entry = sender.kept(new_id().unwrap(), Kind::SentryEvent, &"€".repeat(limits::ENVELOPE_HEADER_BYTES), &noise.into());
        assert!(entry.bytes.len() <= limits::RECORD_BYTES, "{}", entry.bytes.len());
    }

    #[test]
    fn what_a_client_claims_to_have_sent_is_bounded() {
        for (claimed, kept) in [(None, 1), (Some(0), 1), (Some(7), 7), (Some(u64::MAX), 100_000)] {
            let entry = sender().counted(new_id().unwrap(), "log", 5, claimed);
            let record = Record::decode(entry.bytes).unwrap();
            assert_eq!((record.quantity, record.payload_bytes, record.payload.len()), (kept, 5, 0));
        }
    }

    #[test]
    fn made_ids_are_uuids_of_version_4() {
        let id = new_id().unwrap().to_string();
        assert_eq!(&id[12..13], "4");
        assert!("89ab".contains(&id[16..17]));
        assert_ne!(id, new_id().unwrap().to_string());
    }
}
