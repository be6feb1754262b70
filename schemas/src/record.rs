//! What the event log holds: one item of one request, as bytes that outlive this version of the program.

use bytes::Bytes;
use jiff::Timestamp;
use prost::Message;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{EventId, ProjectId},
    limits,
};

#[allow(missing_docs, unreachable_pub, clippy::all, clippy::unwrap_used)]
mod proto {
    include!(concat!(env!("OUT_DIR"), "/belfry.record.v1.rs"));
}

/// The newest format that is written and read here.
pub const VERSION: u32 = 1;

/// Where a record stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub struct Position {
    /// Part of the log, from 0. Records of one event id are always in one partition.
    pub partition: u32,
    /// Number within the partition, from 0, without gaps in the embedded log.
    pub offset: u64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.partition, self.offset)
    }
}

/// What a record's payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A Sentry event in JSON.
    SentryEvent,
    /// An event of the native API in JSON.
    NativeEvent,
    /// An item that is not kept, only counted. Its payload is empty.
    Unsupported,
    /// A client's report of what it lost, in JSON.
    ClientReport,
    /// An OpenTelemetry log record: a `LogsData` with one resource, one scope and one record, in Protobuf.
    OtlpLog,
    /// An exception of an OpenTelemetry span: a `TracesData` with one resource, one scope and one span with at most one
    /// event, in Protobuf.
    OtlpSpan,
    /// A browser's report about a page's policies, in JSON.
    SecurityReport,
    /// What a user wrote about an event, in JSON, in the older form.
    UserReport,
    /// What a user wrote, as an event in JSON.
    Feedback,
    /// An update of one session, or counts of many, in JSON.
    Session,
    /// A part of a file that belongs to an event.
    Attachment,
}

impl Kind {
    /// The snake-case name, for metrics and people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SentryEvent => "sentry_event",
            Self::NativeEvent => "native_event",
            Self::Unsupported => "unsupported",
            Self::ClientReport => "client_report",
            Self::OtlpLog => "otlp_log",
            Self::OtlpSpan => "otlp_span",
            Self::SecurityReport => "security_report",
            Self::UserReport => "user_report",
            Self::Feedback => "feedback",
            Self::Session => "session",
            Self::Attachment => "attachment",
        }
    }

    fn stored(self) -> proto::Kind {
        match self {
            Self::SentryEvent => proto::Kind::SentryEvent,
            Self::NativeEvent => proto::Kind::NativeEvent,
            Self::Unsupported => proto::Kind::Unsupported,
            Self::ClientReport => proto::Kind::ClientReport,
            Self::OtlpLog => proto::Kind::OtlpLog,
            Self::OtlpSpan => proto::Kind::OtlpSpan,
            Self::SecurityReport => proto::Kind::SecurityReport,
            Self::UserReport => proto::Kind::UserReport,
            Self::Feedback => proto::Kind::Feedback,
            Self::Session => proto::Kind::Session,
            Self::Attachment => proto::Kind::Attachment,
        }
    }

    fn read(stored: proto::Kind) -> Option<Self> {
        Some(match stored {
            proto::Kind::SentryEvent => Self::SentryEvent,
            proto::Kind::NativeEvent => Self::NativeEvent,
            proto::Kind::Unsupported => Self::Unsupported,
            proto::Kind::ClientReport => Self::ClientReport,
            proto::Kind::OtlpLog => Self::OtlpLog,
            proto::Kind::OtlpSpan => Self::OtlpSpan,
            proto::Kind::SecurityReport => Self::SecurityReport,
            proto::Kind::UserReport => Self::UserReport,
            proto::Kind::Feedback => Self::Feedback,
            proto::Kind::Session => Self::Session,
            proto::Kind::Attachment => Self::Attachment,
            proto::Kind::Unspecified => return None,
        })
    }
}

/// How a payload is encoded. Encoding itself is done by who reads and writes payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// As it came.
    Identity,
    /// One Zstandard frame with its content size.
    Zstd,
}

/// Which part of which file a payload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The same for all parts of one file.
    pub id: EventId,
    /// Name of the file as the client wrote it.
    pub filename: String,
    /// Media type as the client wrote it.
    pub content_type: Option<String>,
    /// What the file is, e.g. `event.attachment`, `event.minidump`.
    pub attachment_type: String,
    /// Number of this part, from 0.
    pub part: u32,
    /// How many parts there are, from 1.
    pub parts: u32,
    /// Length of the whole file.
    pub file_bytes: u64,
}

/// One item of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Whose it is.
    pub project: ProjectId,
    /// Its id, the client's or ours.
    pub event_id: EventId,
    /// When ingest took it; microseconds are kept.
    pub received_at: Timestamp,
    /// What the payload is.
    pub kind: Kind,
    /// The item's type as the client wrote it.
    pub item_type: String,
    /// The item's bytes, encoded.
    pub payload: Bytes,
    /// How the payload is encoded.
    pub codec: Codec,
    /// Length of the payload before encoding.
    pub payload_bytes: u64,
    /// The client's clock when it sent the item.
    pub sent_at: Option<Timestamp>,
    /// The sender's address.
    pub client_address: Option<String>,
    /// The sender's software.
    pub client: Option<String>,
    /// How many things it stands for.
    pub quantity: u64,
    /// Only with [`Kind::Attachment`].
    pub attachment: Option<Attachment>,
}

/// Why bytes are not a record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Longer than [`limits::RECORD_BYTES`].
    #[error("a record of {0} bytes is longer than the limit of {limit}", limit = limits::RECORD_BYTES)]
    TooLong(usize),
    /// Not Protobuf, or not this message.
    #[error("not a record: {0}")]
    Malformed(#[from] prost::DecodeError),
    /// Written by a newer program.
    #[error("the record has format {0}, this program reads up to {VERSION}: use the newer program")]
    Newer(u32),
    /// A field has a value that it can't have.
    #[error("the record's field {0} is not valid")]
    Field(&'static str),
}

impl Record {
    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        proto::Record {
            version: VERSION,
            project: self.project.0,
            event_id: Bytes::copy_from_slice(&self.event_id.0),
            received_at_us: self.received_at.as_microsecond(),
            kind: self.kind.stored().into(),
            item_type: self.item_type.clone(),
            payload: self.payload.clone(),
            codec: match self.codec {
                Codec::Identity => proto::Codec::Identity,
                Codec::Zstd => proto::Codec::Zstd,
            }
            .into(),
            payload_bytes: self.payload_bytes,
            sent_at_us: self.sent_at.map_or(0, Timestamp::as_microsecond),
            client_address: self.client_address.clone().unwrap_or_default(),
            client: self.client.clone().unwrap_or_default(),
            quantity: self.quantity,
            attachment: self.attachment.as_ref().map(Attachment::stored),
        }
        .encode_to_vec()
    }

    /// Reads the stored form; the payload shares the memory of `bytes`.
    pub fn decode(bytes: Bytes) -> Result<Self, RecordError> {
        if bytes.len() > limits::RECORD_BYTES {
            return Err(RecordError::TooLong(bytes.len()));
        }
        let stored = proto::Record::decode(bytes)?;
        if stored.version > VERSION {
            return Err(RecordError::Newer(stored.version));
        }
        let timestamp = |us, field| Timestamp::from_microsecond(us).map_err(|_| RecordError::Field(field));
        Ok(Self {
            kind: Kind::read(stored.kind()).ok_or(RecordError::Field("kind"))?,
            codec: match proto::Codec::try_from(stored.codec) {
                Ok(proto::Codec::Identity) => Codec::Identity,
                Ok(proto::Codec::Zstd) => Codec::Zstd,
                Err(_) => return Err(RecordError::Field("codec")),
            },
            project: ProjectId(stored.project),
            event_id: EventId(stored.event_id.as_ref().try_into().map_err(|_| RecordError::Field("event_id"))?),
            received_at: timestamp(stored.received_at_us, "received_at_us")?,
            item_type: stored.item_type,
            payload: stored.payload,
            payload_bytes: stored.payload_bytes,
            sent_at: match stored.sent_at_us {
                0 => None,
                us => Some(timestamp(us, "sent_at_us")?),
            },
            client_address: Some(stored.client_address).filter(|s| !s.is_empty()),
            client: Some(stored.client).filter(|s| !s.is_empty()),
            quantity: stored.quantity.max(1),
            attachment: stored.attachment.map(Attachment::read).transpose()?,
        })
    }
}

impl Attachment {
    fn stored(&self) -> proto::Attachment {
        proto::Attachment {
            id: Bytes::copy_from_slice(&self.id.0),
            filename: self.filename.clone(),
            content_type: self.content_type.clone().unwrap_or_default(),
            attachment_type: self.attachment_type.clone(),
            part: self.part,
            parts: self.parts,
            file_bytes: self.file_bytes,
        }
    }

    fn read(stored: proto::Attachment) -> Result<Self, RecordError> {
        if stored.part >= stored.parts {
            return Err(RecordError::Field("attachment.part"));
        }
        Ok(Self {
            id: EventId(stored.id.as_ref().try_into().map_err(|_| RecordError::Field("attachment.id"))?),
            filename: stored.filename,
            content_type: Some(stored.content_type).filter(|s| !s.is_empty()),
            attachment_type: stored.attachment_type,
            part: stored.part,
            parts: stored.parts,
            file_bytes: stored.file_bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Record {
        Record {
            project: ProjectId(42),
            event_id: "fc6d8c0c43fc4630ad850ee518f1b9d0".parse().unwrap(),
            received_at: "2026-11-23T12:00:00.123456Z".parse().unwrap(),
            kind: Kind::SentryEvent,
            item_type: "event".into(),
            payload: Bytes::from_static(b"{}"),
            codec: Codec::Identity,
            payload_bytes: 2,
            sent_at: Some("2026-11-23T11:59:59Z".parse().unwrap()),
            client_address: Some("203.0.113.7".into()),
            client: Some("sentry.python/2.75.0".into()),
            quantity: 1,
            attachment: None,
        }
    }

    /// Bytes of version 1, worked out from the field numbers of `record.proto`. They must be readable for ever.
    const GOLDEN_V1: &str = concat!(
        "0801",                                         // version = 1
        "102a",                                         // project = 42
        "1a10fc6d8c0c43fc4630ad850ee518f1b9d0",         // event_id
        "20c0a4c8aa859e9803",                           // received_at_us
        "2801",                                         // kind = SENTRY_EVENT
        "32056576656e74",                               // item_type = "event"
        "3a027b7d",                                     // payload = "{}"
        "4802",                                         // payload_bytes = 2
        "50c0db83aa859e9803",                           // sent_at_us
        "5a0b3230332e302e3131332e37",                   // client_address
        "621473656e7472792e707974686f6e2f322e37352e30", // client
        "6801",                                         // quantity = 1
    );

    #[test]
    fn version_1_is_read_and_written_as_ever() {
        assert_eq!(HEXLOWER.encode(&sample().encode()), GOLDEN_V1);
        let golden = HEXLOWER.decode(GOLDEN_V1.as_bytes()).unwrap();
        assert_eq!(Record::decode(golden.into()).unwrap(), sample());
    }

    #[test]
    fn a_part_of_a_file_is_read_back_and_must_be_one_of_its_parts() {
        let mut attachment = Attachment {
            id: EventId([9; 16]),
            filename: "crash.dmp".into(),
            content_type: None,
            attachment_type: "event.minidump".into(),
            part: 1,
            parts: 2,
            file_bytes: 1_500_000,
        };
        let record = |attachment: &Attachment| Record { kind: Kind::Attachment, attachment: Some(attachment.clone()), ..sample() };
        assert_eq!(Record::decode(record(&attachment).encode().into()).unwrap(), record(&attachment));
        attachment.part = 2;
        let error = Record::decode(record(&attachment).encode().into()).unwrap_err();
        assert!(error.to_string().contains("attachment.part"), "{error}");
    }

    #[test]
    fn a_newer_version_is_refused_by_name() {
        let mut bytes = sample().encode();
        bytes[1] = 2;
        let error = Record::decode(bytes.into()).unwrap_err();
        assert!(error.to_string().contains("format 2"), "{error}");
    }

    #[test]
    fn fields_with_impossible_values_are_named() {
        for (field, value, name) in [(3_u8, vec![0x1a, 1, 0], "event_id"), (5, vec![0x28, 99], "kind"), (8, vec![0x40, 9], "codec")] {
            let mut bytes = sample().encode();
            bytes.extend(value);
            let error = Record::decode(bytes.into()).unwrap_err().to_string();
            assert!(error.contains(name), "field {field}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = Record::decode(bytes.into());
        }

        #[test]
        fn what_is_written_is_read_back(
            project in 1_u64.., event_id: [u8; 16], received in 0_i64..4_000_000_000_000_000, payload: Vec<u8>,
            item_type in "[a-z_]{1,20}", sent in proptest::option::of(1_i64..4_000_000_000_000_000),
            client in proptest::option::of(".{1,50}"), quantity in 1_u64..1000,
        ) {
            let record = Record {
                project: ProjectId(project),
                event_id: EventId(event_id),
                received_at: Timestamp::from_microsecond(received).unwrap(),
                kind: Kind::NativeEvent,
                item_type,
                payload_bytes: payload.len() as u64,
                payload: payload.into(),
                codec: Codec::Zstd,
                sent_at: sent.map(|us| Timestamp::from_microsecond(us).unwrap()),
                client_address: None,
                client,
                quantity,
                attachment: None,
            };
            prop_assert_eq!(Record::decode(record.encode().into()).unwrap(), record);
        }
    }
}
