//! From a record of the log to an event, or to what it leaves instead: decompression under a cap, then the reader for
//! its kind.
//!
//! Never for what an event should look like; that is the stages' work.

use std::borrow::Cow;

use schemas::{
    catalog::Feedback,
    event::Event,
    limits,
    outcome::{Kind as Ending, Reason},
    record::{Attachment, Codec, Kind, Record},
    tally::{Origin, Tally},
    wire::{ReadError, client_report, feedback, native, otlp, security, sentry_event, session},
};
use zstd::bulk::Decompressor;

use crate::{context::Ended, normalize::names};

/// Longest name of an item in the detail of an outcome, in bytes.
const NAME: usize = 40;

/// What a record says.
#[derive(Debug, PartialEq)]
pub(crate) enum Reading {
    /// An error, for the stages.
    Event(Box<Event>),
    /// Something else, to be kept beside events.
    Aside(Aside),
    /// Facts that are only summed, and where their record ends.
    Tallies(Vec<Tally>, Ended),
}

/// What a record leaves instead of an event. As it was sent until [`crate::scrub::aside`] has seen it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Aside {
    /// A user's words.
    Feedback(Feedback),
    /// A part of a file.
    Attachment {
        /// Which part of which file.
        of: Attachment,
        /// What the part holds.
        bytes: Vec<u8>,
    },
}

impl Aside {
    /// What it is, for the detail of its record's outcome.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Feedback(_) => "feedback".to_owned(),
            Self::Attachment { of, .. } => format!("part {} of {} of attachment {}", of.part + 1, of.parts, of.id),
        }
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Feedback(feedback) => feedback.message.len() + (1 << 10),
            Self::Attachment { bytes, .. } => bytes.len() + (1 << 10),
        }
    }
}

/// What is kept between payloads: the memory of a decompressor.
#[derive(Default)]
pub(crate) struct Decoder(Option<Decompressor<'static>>);

impl Decoder {
    /// What a record says, or where it ends without saying anything.
    pub(crate) fn read(&mut self, record: &Record) -> Result<Reading, Ended> {
        let (id, project, now) = (record.event_id, record.project, record.received_at);
        let event = |event: Result<Event, ReadError>| Ok(Reading::Event(Box::new(event?)));
        match record.kind {
            Kind::SentryEvent => event(sentry_event::read(&self.payload(record)?, id, project, now)),
            Kind::NativeEvent => event(native::read(&self.payload(record)?, id, project, now)),
            Kind::OtlpLog => event(otlp::read_log(&self.payload(record)?, id, project, now)),
            Kind::OtlpSpan => event(otlp::read_span(&self.payload(record)?, id, project, now)),
            Kind::UserReport => Ok(Reading::Aside(Aside::Feedback(feedback::report(&self.payload(record)?, project, now)?))),
            Kind::Feedback => Ok(Reading::Aside(Aside::Feedback(feedback::event(&self.payload(record)?, id, project, now)?))),
            Kind::Attachment => {
                let missing = || Ended::dead(Reason::InvalidRecord, "a part of a file that does not say of which");
                let of = record.attachment.clone().ok_or_else(missing)?;
                Ok(Reading::Aside(Aside::Attachment { of, bytes: self.payload(record)?.into_owned() }))
            }
            Kind::SecurityReport => event(security::read(&self.payload(record)?, id, project, now)),
            Kind::Unsupported => Err(dropped(Reason::UnsupportedItem, name(&record.item_type))),
            Kind::Session => sessions(&self.payload(record)?, record),
            Kind::ClientReport => Ok(losses(&self.payload(record)?, record)),
        }
    }

    /// The payload, decompressed.
    pub(crate) fn payload<'r>(&mut self, record: &'r Record) -> Result<Cow<'r, [u8]>, Ended> {
        if record.codec == Codec::Identity {
            return Ok(Cow::Borrowed(&record.payload));
        }
        let invalid = |cause: &dyn std::fmt::Display| Ended::dead(Reason::InvalidEncoding, format!("decompressing the payload: {cause}"));
        let bytes = usize::try_from(record.payload_bytes).unwrap_or(usize::MAX);
        if bytes > limits::EVENT_BYTES {
            return Err(invalid(&format_args!("{bytes} bytes are more than the limit of {}", limits::EVENT_BYTES)));
        }
        if self.0.is_none() {
            self.0 = Some(Decompressor::new().map_err(|error| Ended::dead(Reason::Internal, format!("making a decompressor: {error}")))?);
        }
        let decompressor = self.0.as_mut().expect("was made above");
        decompressor.decompress(&record.payload, bytes).map(Cow::Owned).map_err(|error| invalid(&error))
    }
}

/// How many things a record stands for: what a client's report adds up to, else what ingest counted.
pub(crate) fn quantity(record: &Record) -> u64 {
    if record.kind != Kind::ClientReport {
        return record.quantity;
    }
    let payload = Decoder::default().payload(record);
    let report = payload.ok().and_then(|payload| client_report::read(&payload).ok());
    report.map_or(0, |report| report.total()).max(record.quantity)
}

impl From<ReadError> for Ended {
    fn from(error: ReadError) -> Self {
        Self::dead(error.reason, error.detail)
    }
}

fn dropped(reason: Reason, detail: String) -> Ended {
    Ended { kind: Ending::Dropped, reason, detail }
}

/// A name out of a payload, made harmless.
fn name(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')).take(NAME).collect()
}

fn origin(record: &Record) -> Origin {
    let Record { project, event_id, received_at, sent_at, .. } = *record;
    Origin { project, record: event_id, received_at, sent_at }
}

/// What a session or counted sessions tell. Names follow the rules for events, so that both can be put side by side.
fn sessions(payload: &[u8], record: &Record) -> Result<Reading, Ended> {
    let check = |attributes: &mut session::Attributes| {
        names::release(&mut attributes.release);
        names::environment(&mut attributes.environment);
    };
    let (tallies, detail) = match session::read(payload)? {
        session::Session::Update(mut update) => {
            check(&mut update.attributes);
            (update.tallies(&origin(record)), "session")
        }
        session::Session::Aggregates(mut aggregates) => {
            check(&mut aggregates.attributes);
            (aggregates.tallies(&origin(record)), "sessions")
        }
    };
    Ok(Reading::Tallies(tallies, Ended { kind: Ending::Stored, reason: Reason::Accepted, detail: detail.to_owned() }))
}

/// What a client says it lost. The report itself is not kept, readable or not.
fn losses(payload: &[u8], record: &Record) -> Reading {
    match client_report::read(payload) {
        Ok(report) => Reading::Tallies(report.tallies(&origin(record)), dropped(Reason::ClientReport, report.to_string())),
        Err(_) => Reading::Tallies(Vec::new(), dropped(Reason::ClientReport, "a report that can't be read".to_owned())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use bytes::Bytes;
    use schemas::{
        ids::{EventId, ProjectId},
        tally::Measure,
    };

    use super::*;

    fn record(kind: Kind, codec: Codec, payload: Vec<u8>, payload_bytes: u64) -> Record {
        Record {
            project: ProjectId(1),
            event_id: EventId([7; 16]),
            received_at: "2026-11-23T12:00:00Z".parse().unwrap(),
            kind,
            item_type: "event".into(),
            payload: Bytes::from(payload),
            codec,
            payload_bytes,
            sent_at: None,
            client_address: None,
            client: None,
            quantity: 1,
            attachment: None,
        }
    }

    fn reason(record: &Record) -> (Ending, Reason) {
        let ended = Decoder::default().read(record).unwrap_err();
        (ended.kind, ended.reason)
    }

    #[test]
    fn events_are_read_plain_and_compressed() {
        let json = br#"{"message":"hello"}"#.to_vec();
        let zstd = zstd::bulk::compress(&json, 1).unwrap();
        let mut decoder = Decoder::default();
        for record in
            [record(Kind::SentryEvent, Codec::Identity, json.clone(), 19), record(Kind::SentryEvent, Codec::Zstd, zstd, json.len() as u64)]
        {
            let Reading::Event(event) = decoder.read(&record).unwrap() else { panic!("not an event") };
            assert_eq!(event.message.unwrap().formatted, "hello");
        }
    }

    #[test]
    fn telemetry_is_read_by_its_kind() {
        use schemas::wire::otlp::{Format, Options, Signal, split};
        let attributes = r#""attributes":[{"key":"exception.message","value":{"stringValue":"hello"}}]"#;
        let log = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{{attributes}}}]}}]}}]}}"#);
        let span = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"events":[{{"name":"exception",{attributes}}}]}}]}}]}}]}}"#);
        for (signal, body) in [(Signal::Logs, log), (Signal::Traces, span)] {
            let options = Options { project: ProjectId(1), errors: false };
            let payload = split(signal, Format::Json, &body.into(), &options).unwrap().items.remove(0).payload;
            let record = record(signal.kind(), Codec::Identity, payload.to_vec(), payload.len() as u64);
            let Ok(Reading::Event(event)) = Decoder::default().read(&record) else { panic!("no event") };
            assert_eq!(event.exceptions[0].value.as_deref(), Some("hello"));
        }
        let broken = record(Kind::OtlpLog, Codec::Identity, vec![0x0a, 9], 2);
        assert_eq!(reason(&broken), (Ending::DeadLettered, Reason::InvalidEvent));
    }

    #[test]
    fn each_way_to_be_unreadable_has_its_reason() {
        let bomb = zstd::bulk::compress(&vec![0; 4 << 20], 1).unwrap();
        for (record, expected) in [
            (record(Kind::SentryEvent, Codec::Identity, b"{\"a\":\"b".to_vec(), 7), Reason::InvalidJson),
            (record(Kind::SentryEvent, Codec::Identity, b"[]".to_vec(), 2), Reason::InvalidEvent),
            (record(Kind::SentryEvent, Codec::Zstd, b"not zstd".to_vec(), 100), Reason::InvalidEncoding),
            (record(Kind::SentryEvent, Codec::Zstd, bomb.clone(), 100), Reason::InvalidEncoding),
            (record(Kind::SentryEvent, Codec::Zstd, bomb, 4 << 20), Reason::InvalidEncoding),
        ] {
            assert_eq!(reason(&record), (Ending::DeadLettered, expected));
        }
    }

    #[test]
    fn what_is_not_kept_is_dropped_and_counted() {
        let mut unsupported = record(Kind::Unsupported, Codec::Identity, Vec::new(), 0);
        unsupported.item_type = "trans<action>".into();
        let ended = Decoder::default().read(&unsupported).unwrap_err();
        assert_eq!((ended.kind, ended.reason, ended.detail.as_str()), (Ending::Dropped, Reason::UnsupportedItem, "transaction"));

        let json = br#"{"discarded_events":[{"reason":"queue_overflow","category":"error","quantity":3},{"reason":"<b>","category":"error","quantity":1}]}"#;
        let report = record(Kind::ClientReport, Codec::Identity, json.to_vec(), json.len() as u64);
        let Reading::Tallies(lost, ended) = Decoder::default().read(&report).unwrap() else { panic!("facts") };
        assert_eq!(
            (ended.kind, ended.reason, ended.detail.as_str()),
            (Ending::Dropped, Reason::ClientReport, "b/error 1, queue_overflow/error 3")
        );
        assert_eq!(lost.iter().map(|tally| tally.counts.get(Measure::Lost)).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(quantity(&report), 4);

        let unreadable = record(Kind::ClientReport, Codec::Identity, b"[".to_vec(), 1);
        let ended = dropped(Reason::ClientReport, "a report that can't be read".into());
        assert_eq!(Decoder::default().read(&unreadable), Ok(Reading::Tallies(Vec::new(), ended)));
        assert_eq!(quantity(&unreadable), 1);
    }

    #[test]
    fn sessions_are_read_with_names_as_events_have_them() {
        let json = |release: &str| format!(r#"{{"sid":"1","init":true,"attrs":{{"release":"{release}","environment":" staging "}}}}"#);
        for (sent, kept) in [("shop@1", "shop@1"), ("a/b", ""), ("latest", "")] {
            let json = json(sent);
            let session = record(Kind::Session, Codec::Identity, json.clone().into_bytes(), json.len() as u64);
            let Reading::Tallies(tallies, ended) = Decoder::default().read(&session).unwrap() else { panic!("facts") };
            assert_eq!((ended.kind, ended.reason), (Ending::Stored, Reason::Accepted));
            assert_eq!(tallies[0].names, [kept, "staging"]);
        }
        let broken = record(Kind::Session, Codec::Identity, b"[]".to_vec(), 2);
        assert_eq!(reason(&broken), (Ending::DeadLettered, Reason::InvalidEvent));
    }
}
