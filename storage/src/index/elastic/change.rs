//! Events that are replaced or erased, by their ids. Of an erased one a mark stays under its document's id, without
//! anything of the event but the record that it came from: a record that is read again is recognised by it at no cost.
//!
//! Never by query: each document is written if nobody wrote it since it was read.

use bytes::Bytes;
use elasticsearch::http::Method;
use jiff::{Timestamp, civil::Date};
use schemas::{
    event::Event,
    fields::Field,
    ids::{EventId, ProjectId},
    outcome::{Kind, Outcome, Reason},
    record::Position,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ElasticIndex, document, query,
    template::{ERASED, ORIGINAL, POSITION},
};
use crate::{
    Error, Result,
    elastic::{Answer, Cause},
    index::{Change, Decide, Document, Wanted},
};

/// Events of one answer while a day is looked through.
const SCANNED: usize = 500;
/// Events that are read and written at once; few have more than 100 KB.
const CHANGED: usize = 100;

/// A document as it is read to be changed.
#[derive(Deserialize)]
struct Found {
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "_seq_no")]
    number: Option<u64>,
    #[serde(rename = "_primary_term")]
    term: Option<u64>,
    #[serde(rename = "_source")]
    source: Option<Source>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Source {
    /// Missing of what stands for an erased event.
    #[serde(rename = "event.original")]
    original: Option<String>,
    #[serde(rename = "belfry.position")]
    position: Position,
    #[serde(rename = "event.ingested")]
    received_at: Timestamp,
}

/// What a batch comes to.
#[derive(Default)]
struct Changes {
    outcomes: Vec<Outcome>,
    body: Vec<u8>,
    documents: usize,
}

impl ElasticIndex {
    pub(super) async fn scan_day(&self, day: Date, projects: &[ProjectId], wanted: &Wanted) -> Result<Vec<(ProjectId, EventId)>> {
        #[derive(Deserialize)]
        struct Hit {
            #[serde(rename = "_source")]
            source: Original,
            sort: (EventId, ProjectId),
        }
        #[derive(Deserialize)]
        struct Original {
            #[serde(rename = "event.original")]
            json: String,
        }
        let mut found = Vec::new();
        if projects.is_empty() {
            return Ok(found);
        }
        let doing = format!("looking through {day}");
        // As a pattern, which may match nothing.
        let pattern = self.name("events", day) + "*";
        let mut body = json!({
            "size": SCANNED,
            "track_total_hits": false,
            "query": query::projects(projects),
            "_source": [ORIGINAL],
            "sort": [{ Field::Id.ecs(): "asc" }, { Field::Project.ecs(): "asc" }],
        });
        loop {
            let answer: Answer<Hit> = self.client.search(&doing, &pattern, &body).await?;
            let hits = answer.hits.hits;
            let Some((id, project)) = hits.last().map(|hit| hit.sort) else { return Ok(found) };
            found.extend(hits.iter().filter(|hit| wanted(hit.source.json.as_bytes())).map(|hit| (hit.sort.1, hit.sort.0)));
            body["search_after"] = json!([id, project]);
        }
    }

    pub(super) async fn change_day(&self, day: Date, events: &[(ProjectId, EventId)], decide: &Decide) -> Result<()> {
        let index = self.name("events", day);
        if events.is_empty() || !self.is_there(&index).await? {
            return Ok(());
        }
        let outcomes = self.name("outcomes", day);
        self.prepare(&outcomes, &self.outcomes, 1).await?;
        for events in events.chunks(CHANGED) {
            self.change_some(&index, &outcomes, events, decide).await?;
        }
        self.client.refresh(&[index.clone(), outcomes]).await?;
        // What went is in no answer any more. This takes it out of the segments that have lost many; it goes on in the background.
        let doing = format!("expunging what was erased from {index}");
        let path = format!("{index}/_forcemerge?only_expunge_deletes=true&wait_for_completion=false");
        self.client.ask(&doing, Method::Post, &path, None).await?.accept(&doing)?;
        Ok(())
    }

    async fn change_some(&self, index: &str, outcomes: &str, events: &[(ProjectId, EventId)], decide: &Decide) -> Result<()> {
        let doing = format!("changing {} events in {index}", events.len());
        let mut changes = Changes::default();
        for found in self.read_to_change(&doing, index, events).await? {
            changes.add(&found, decide).map_err(|cause| Error::terminal(&doing, cause))?;
        }
        // First: an event is never gone without a word.
        self.create_outcomes(outcomes, &changes.outcomes.iter().collect::<Vec<_>>()).await?;
        if changes.documents == 0 {
            return Ok(());
        }
        let causes = self.bulk(&doing, index, Bytes::from(changes.body), changes.documents).await?;
        match causes.into_iter().flatten().next() {
            None => Ok(()),
            Some(cause) if cause.status == 409 => Err(Error::retryable(&doing, "another process changes them too")),
            Some(cause) => Err(self.bulk_failed(index, cause, &doing)),
        }
    }

    async fn read_to_change(&self, doing: &str, index: &str, events: &[(ProjectId, EventId)]) -> Result<Vec<Found>> {
        #[derive(Deserialize)]
        struct Answer {
            docs: Vec<Found>,
        }
        let path = format!("{index}/_mget?_source_includes={ORIGINAL},{POSITION},event.ingested");
        let ids: Vec<String> = events.iter().map(|(project, id)| format!("{project}-{id}")).collect();
        let reply = self.client.ask(doing, Method::Post, &path, Some(&json!({ "ids": ids }))).await?;
        let answer: Answer = reply.accept(doing)?.parse(doing)?;
        match answer.docs.iter().find_map(|found| found.error.as_ref()) {
            Some(error) => Err(Cause::of_error(503, error).into_error_without_reason(doing)),
            None => Ok(answer.docs),
        }
    }
}

impl Changes {
    fn add(&mut self, found: &Found, decide: &Decide) -> Result<(), String> {
        let Found { id, number: Some(number), term: Some(term), source: Some(source), .. } = found else { return Ok(()) };
        let Some(original) = &source.original else { return Ok(()) };
        let change = decide(original.as_bytes());
        if change == Change::Keep {
            return Ok(());
        }
        let action = json!({ "index": { "_id": id, "if_seq_no": number, "if_primary_term": term } });
        self.body.extend_from_slice(format!("{action}\n").as_bytes());
        self.documents += 1;
        match change {
            Change::Replace(event) if name(&event) == *id => {
                document::write_replacement(&Document::new(*event, source.position), &mut self.body);
            }
            Change::Replace(_) | Change::Keep => return Err("an event can only be replaced by one with its project and id".into()),
            Change::Erase => {
                let (project, event_id) = named(id).ok_or("a document without an event's id")?;
                let Source { position, received_at, .. } = *source;
                let (kind, reason) = (Kind::Erased, Reason::ErasureRequest);
                self.outcomes.push(Outcome { position, project, event_id, received_at, kind, reason, detail: None, quantity: 1 });
                let mark = json!({ POSITION: position, "event.ingested": received_at, ERASED: true });
                self.body.extend_from_slice(format!("{mark}\n").as_bytes());
            }
        }
        Ok(())
    }
}

fn name(event: &Event) -> String {
    format!("{}-{}", event.project, event.id)
}

fn named(id: &str) -> Option<(ProjectId, EventId)> {
    let (project, event) = id.split_once('-')?;
    Some((project.parse().ok()?, event.parse().ok()?))
}
