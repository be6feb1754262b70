//! Storing events: what is there already is told from what is new by the document's id, `project-event id`.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use elasticsearch::http::Method;
use futures::{StreamExt, TryStreamExt};
use jiff::{Timestamp, civil::Date, tz::Offset};
use schemas::{
    ids::{EventId, ProjectId},
    limits,
    outcome::Outcome,
    record::Position,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ElasticIndex,
    document::{self, Scratch},
    lock,
    template::{ERASED, POSITION},
};
use crate::{
    Error, Result,
    elastic::Cause,
    index::{Document, Put},
};

/// Where a bulk request is cut, in bytes. Elasticsearch does best with 5 to 15 MB.
const BULK_BYTES: usize = 6 << 20;
/// Bulk requests under way at once: one is indexed while the next one is on the wire.
const BULKS_AT_ONCE: usize = 2;

/// What is needed of a document once it is sent, or of a record to look for its document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    /// Its place in the batch.
    place: usize,
    project: ProjectId,
    id: EventId,
    received_at: Timestamp,
    position: Position,
}

impl Sent {
    fn of(place: usize, document: &Document) -> Self {
        let Document { event, position, .. } = document;
        Self { place, project: event.project, id: event.id, received_at: event.received_at, position: *position }
    }

    pub(super) fn of_outcome(place: usize, outcome: &Outcome) -> Self {
        let Outcome { project, event_id: id, received_at, position, .. } = outcome;
        Self { place, project: *project, id: *id, received_at: *received_at, position: *position }
    }

    fn document_id(&self) -> String {
        format!("{}-{}", self.project, self.id)
    }

    /// What storing this record comes to when `first` is there.
    fn put_beside(&self, first: Stored) -> Put {
        let Stored { position, slim, erased, .. } = first;
        match position == self.position {
            true if erased => Put::Ended,
            true => Put::Unchanged { slim },
            false => Put::Duplicate { of: position },
        }
    }
}

/// What is stored under a document's id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stored {
    pub(super) position: Position,
    received_at: Timestamp,
    slim: bool,
    /// Whether it was erased, or replaced by another one.
    erased: bool,
}

/// The day of a time, UTC.
pub(super) fn day(time: Timestamp) -> Date {
    Offset::UTC.to_datetime(time).date()
}

impl ElasticIndex {
    pub(super) async fn put_documents(&self, documents: Vec<Document>) -> Result<Vec<Put>> {
        let mut puts = vec![Put::Ended; documents.len()];
        let mut days: BTreeMap<Date, Vec<(Sent, Document)>> = BTreeMap::new();
        for (place, document) in documents.into_iter().enumerate() {
            let sent = Sent::of(place, &document);
            days.entry(day(sent.received_at)).or_default().push((sent, document));
        }
        // Day by day, so that an id that stands in the batch on both sides of midnight is seen.
        for (day, documents) in days {
            self.put_day(day, documents, &mut puts).await?;
        }
        Ok(puts)
    }

    async fn put_day(&self, day: Date, mut documents: Vec<(Sent, Document)>, puts: &mut [Put]) -> Result<()> {
        let index = self.name("events", day);
        self.prepare(&index, &self.events, self.options.shards).await?;
        for neighbour in [day.yesterday(), day.tomorrow()].into_iter().flatten() {
            self.take_known(&self.name("events", neighbour), &mut documents, puts).await?;
        }
        self.take_ended(day, &mut documents).await?;
        // An id that comes again waits for the first: of two requests under way either may win.
        let mut seen = HashSet::with_capacity(documents.len());
        let (first, again): (Vec<_>, Vec<_>) = documents.into_iter().partition(|(sent, _)| seen.insert((sent.project, sent.id)));
        for documents in [first, again] {
            self.create(&index, documents, puts).await?;
        }
        Ok(())
    }

    /// Takes out the documents whose id is in a neighbouring day within [`limits::DEDUPLICATION_HOURS`].
    ///
    /// Another process that puts the same id on the other side of midnight at this very moment is not seen. Records
    /// of one id are in one partition, which one process reads at a time.
    async fn take_known(&self, index: &str, documents: &mut Vec<(Sent, Document)>, puts: &mut [Put]) -> Result<()> {
        if documents.is_empty() || !self.is_there(index).await? {
            return Ok(());
        }
        let sent: Vec<Sent> = documents.iter().map(|(sent, _)| *sent).collect();
        let stored = self.stored(index, &sent).await?;
        let mut stored = stored.into_iter();
        documents.retain(|(sent, _)| {
            let near = stored.next().flatten().filter(|stored| is_near(stored.received_at, sent.received_at));
            if let Some(stored) = near {
                puts[sent.place] = sent.put_beside(stored);
            }
            near.is_none()
        });
        Ok(())
    }

    /// Takes out the documents whose record has an outcome; what is answered about them is [`Put::Ended`] already.
    async fn take_ended(&self, day: Date, documents: &mut Vec<(Sent, Document)>) -> Result<()> {
        let asked = |(_, document): &&(Sent, Document)| document.may_have_ended;
        let positions: Vec<Position> = documents.iter().filter(asked).map(|(sent, _)| sent.position).collect();
        if positions.is_empty() {
            return Ok(());
        }
        let ended = self.have_ended(day, &positions).await?;
        let mut ended = ended.into_iter();
        documents.retain(|(_, document)| !(document.may_have_ended && ended.next().unwrap_or_default()));
        Ok(())
    }

    pub(super) async fn is_there(&self, index: &str) -> Result<bool> {
        if lock(&self.ready).contains(index) {
            return Ok(true);
        }
        let doing = format!("looking for index {index}");
        let reply = self.client.ask(&doing, Method::Head, index, None).await?;
        if reply.status == 404 {
            return Ok(false);
        }
        reply.accept(&doing)?;
        // It was made or looked at by whoever writes to it.
        Ok(true)
    }

    async fn create(&self, index: &str, documents: Vec<(Sent, Document)>, puts: &mut [Put]) -> Result<()> {
        let parts = futures::stream::iter(cut(documents)).map(|part| self.create_part(index, part));
        let mut answers = parts.buffer_unordered(BULKS_AT_ONCE);
        while let Some(answers) = answers.try_next().await? {
            for (place, put) in answers {
                puts[place] = put;
            }
        }
        Ok(())
    }

    async fn create_part(&self, index: &str, documents: Vec<(Sent, Document)>) -> Result<Vec<(usize, Put)>> {
        let sent: Vec<Sent> = documents.iter().map(|(sent, _)| *sent).collect();
        let doing = format!("storing {} events in {index}", sent.len());
        let body = tokio::task::spawn_blocking(move || body(&documents)).await.map_err(|e| Error::terminal(&doing, e))?;
        let items = self.bulk(&doing, index, body, sent.len()).await?;
        let mut puts = Vec::with_capacity(sent.len());
        let mut known = Vec::new();
        for (sent, item) in sent.into_iter().zip(items) {
            match item {
                None => puts.push((sent.place, Put::Stored)),
                Some(cause) if cause.status == 409 => known.push(sent),
                Some(cause) if cause.is_of_document() => {
                    let reason = format!("Elasticsearch refuses the document: {}", cause.kind);
                    puts.push((sent.place, Put::Refused { reason }));
                }
                Some(cause) => return Err(self.bulk_failed(index, cause, &doing)),
            }
        }
        if !known.is_empty() {
            let stored = self.stored(index, &known).await?;
            for (sent, stored) in known.into_iter().zip(stored) {
                let stored = stored.ok_or_else(|| Error::retryable(&doing, "an event went away while its double was put"))?;
                puts.push((sent.place, sent.put_beside(stored)));
            }
        }
        Ok(puts)
    }

    /// Sends lines of `create` or of `index` and gives the cause for each one that did not make its document.
    pub(super) async fn bulk(&self, doing: &str, index: &str, body: Bytes, expected: usize) -> Result<Vec<Option<Cause>>> {
        #[derive(Deserialize)]
        struct Answer {
            items: Vec<Item>,
        }
        #[derive(Deserialize)]
        struct Item {
            #[serde(alias = "index")]
            create: Created,
        }
        #[derive(Deserialize)]
        struct Created {
            status: u16,
            #[serde(default)]
            error: Value,
        }
        let path = format!("{index}/_bulk?filter_path=items.*.status,items.*.error");
        let answer: Answer = self.client.lines(doing, &path, body).await?;
        if answer.items.len() != expected {
            return Err(Error::retryable(doing, format_args!("{} of {expected} documents were answered", answer.items.len())));
        }
        let cause = |created: Created| (created.status >= 300).then(|| Cause::of_error(created.status, &created.error));
        Ok(answer.items.into_iter().map(|item| cause(item.create)).collect())
    }

    /// The error of a bulk request of which an item failed for no fault of its own.
    pub(super) fn bulk_failed(&self, index: &str, cause: Cause, doing: &str) -> Error {
        if cause.is_missing_index() {
            // Another process dropped the day: make it anew at the next try.
            lock(&self.ready).remove(index);
        }
        cause.into_error_without_reason(doing)
    }

    /// What is stored under these ids, whether visible to searches or not.
    pub(super) async fn stored(&self, index: &str, sent: &[Sent]) -> Result<Vec<Option<Stored>>> {
        #[derive(Deserialize)]
        struct Answer {
            docs: Vec<Found>,
        }
        #[derive(Deserialize)]
        struct Found {
            #[serde(rename = "_source")]
            source: Option<Source>,
            error: Option<Value>,
        }
        #[derive(Deserialize)]
        struct Source {
            #[serde(rename = "belfry.position")]
            position: Position,
            #[serde(rename = "event.ingested")]
            received_at: Timestamp,
            #[serde(rename = "belfry.slim", default)]
            slim: bool,
            #[serde(rename = "belfry.erased", default)]
            erased: bool,
        }
        let doing = format!("looking for {} events in {index}", sent.len());
        const SLIM: &str = "belfry.slim";
        let path = format!(
            "{index}/_mget?_source_includes={POSITION},event.ingested,{SLIM},{ERASED}&filter_path=docs.found,docs._source,docs.error.type"
        );
        let ids: Vec<String> = sent.iter().map(Sent::document_id).collect();
        let reply = self.client.ask(&doing, Method::Post, &path, Some(&json!({ "ids": ids }))).await?;
        let answer: Answer = reply.accept(&doing)?.parse(&doing)?;
        if answer.docs.len() != sent.len() {
            return Err(Error::retryable(doing, "some documents were not answered"));
        }
        let read = |found: Found| match (found.source, found.error) {
            (Some(Source { position, received_at, slim, erased }), _) => Ok(Some(Stored { position, received_at, slim, erased })),
            (None, None) => Ok(None),
            (None, Some(error)) => match Cause::of_error(503, &error) {
                cause if cause.is_missing_index() => Ok(None),
                cause => Err(cause.into_error_without_reason(&doing)),
            },
        };
        answer.docs.into_iter().map(read).collect()
    }
}

/// Whether two times of receipt are near enough for a repeated id to be the same event.
fn is_near(one: Timestamp, other: Timestamp) -> bool {
    const NEAR_MILLIS: u64 = limits::DEDUPLICATION_HOURS as u64 * 3_600_000;
    one.as_millisecond().abs_diff(other.as_millisecond()) <= NEAR_MILLIS
}

/// Parts of about [`BULK_BYTES`]; none is empty.
fn cut(documents: Vec<(Sent, Document)>) -> Vec<Vec<(Sent, Document)>> {
    let mut parts = Vec::new();
    let mut bytes = usize::MAX;
    for (sent, document) in documents {
        let more = document::estimate(&document);
        if bytes.saturating_add(more) > BULK_BYTES {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += more;
        let part: &mut Vec<_> = parts.last_mut().expect("the first document opens a part");
        part.push((sent, document));
    }
    parts
}

fn body(documents: &[(Sent, Document)]) -> Bytes {
    let mut scratch = Scratch::default();
    let mut out = Vec::with_capacity(documents.iter().map(|(_, document)| document::estimate(document)).sum());
    for (_, document) in documents {
        document::write(document, &mut scratch, &mut out);
    }
    out.into()
}
