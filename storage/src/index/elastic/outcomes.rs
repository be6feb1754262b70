//! Outcomes: a small document for each record that left no event, by its position.

use std::collections::BTreeMap;

use bytes::Bytes;
use elasticsearch::http::Method;
use futures::future;
use jiff::{Timestamp, civil::Date};
use schemas::{
    fields::Field,
    ids::{EventId, ProjectId},
    outcome::{Kind, Outcome, Reason},
    record::Position,
    tally::Tally,
};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::json;

use super::{
    ElasticIndex,
    put::{Sent, day},
    query,
    template::{KIND, POSITION, REASON},
};
use crate::{
    Error, Result,
    elastic::{Answer, Cause},
    index::{Balance, Fate},
};

/// Most outcomes in one request; each takes some 300 bytes.
const AT_ONCE: usize = 5_000;
/// Most fates of one id: what Elasticsearch gives in one answer.
const FATES: usize = 10_000;

/// An outcome as it is stored.
#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(rename = "@timestamp")]
    received_at: Timestamp,
    #[serde(rename = "belfry.position")]
    position: Position,
    #[serde(rename = "belfry.project")]
    project: ProjectId,
    #[serde(rename = "event.id")]
    event_id: EventId,
    #[serde(rename = "belfry.outcome.kind")]
    kind: Kind,
    #[serde(rename = "belfry.outcome.reason")]
    reason: Reason,
    #[serde(rename = "belfry.outcome.detail", default, skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(rename = "belfry.outcome.quantity")]
    quantity: u64,
}

#[derive(Deserialize)]
struct Found<S> {
    #[serde(rename = "_source")]
    source: S,
}

impl From<Outcome> for Entry {
    fn from(outcome: Outcome) -> Self {
        let Outcome { position, project, event_id, received_at, kind, reason, detail, quantity } = outcome;
        Self { received_at, position, project, event_id, kind, reason, detail, quantity }
    }
}

impl From<Entry> for Outcome {
    fn from(entry: Entry) -> Self {
        let Entry { received_at, position, project, event_id, kind, reason, detail, quantity } = entry;
        Self { position, project, event_id, received_at, kind, reason, detail, quantity }
    }
}

impl ElasticIndex {
    pub(super) async fn record_outcomes(&self, outcomes: &[Outcome]) -> Result<()> {
        let mut days: BTreeMap<Date, Vec<&Outcome>> = BTreeMap::new();
        for outcome in outcomes {
            days.entry(day(outcome.received_at)).or_default().push(outcome);
        }
        for (day, outcomes) in days {
            let index = self.name("outcomes", day);
            self.prepare(&index, &self.outcomes, 1).await?;
            let outcomes = self.without_events(day, outcomes).await?;
            // Before the outcomes: what is there already is not looked at again.
            let tallies: Vec<Tally> = outcomes.iter().filter_map(|outcome| Tally::of_filter(outcome)).collect();
            self.store_tallies(&tallies).await?;
            self.create_outcomes(&index, &outcomes).await?;
        }
        Ok(())
    }

    /// Stores outcomes in the index of their day. The outcome of a record that has one stays.
    pub(super) async fn create_outcomes(&self, index: &str, outcomes: &[&Outcome]) -> Result<()> {
        for outcomes in outcomes.chunks(AT_ONCE) {
            let doing = format!("storing {} outcomes in {index}", outcomes.len());
            let causes = self.bulk(&doing, index, body(outcomes), outcomes.len()).await?;
            // A conflict: the record's outcome is there already.
            if let Some(cause) = causes.into_iter().flatten().find(|cause| cause.status != 409) {
                return Err(self.bulk_failed(index, cause, &doing));
            }
        }
        Ok(())
    }

    pub(super) async fn fates(&self, projects: &[ProjectId], id: EventId) -> Result<Vec<Fate>> {
        #[derive(Deserialize)]
        struct Source {
            #[serde(rename = "belfry.position")]
            position: Position,
            #[serde(rename = "belfry.slim", default)]
            slim: bool,
        }
        if projects.is_empty() {
            return Ok(Vec::new());
        }
        let doing = format!("looking for what became of event {id}");
        let (events, outcomes) =
            future::try_join(self.of_id::<Source>(&doing, "events", projects, id), self.of_id::<Entry>(&doing, "outcomes", projects, id))
                .await?;
        let stored = |Source { position, slim }| (position, if slim { Fate::Counted(position) } else { Fate::Stored(position) });
        let stored = events.into_iter().map(stored);
        let ended = outcomes.into_iter().map(|entry| (entry.position, Fate::Ended(entry.into())));
        let mut fates: Vec<(Position, Fate)> = stored.chain(ended).collect();
        fates.sort_by_key(|(position, _)| *position);
        Ok(fates.into_iter().map(|(_, fate)| fate).collect())
    }

    async fn of_id<T: DeserializeOwned>(&self, doing: &str, kind: &str, projects: &[ProjectId], id: EventId) -> Result<Vec<T>> {
        let body = json!({
            "size": FATES,
            "track_total_hits": true,
            "query": { "bool": { "filter": [query::projects(projects), { "term": { Field::Id.ecs(): id } }] } },
            "_source": [POSITION, Field::Slim.ecs(), "belfry.project", "belfry.outcome", "event.id", "@timestamp"],
        });
        let answer: Answer<Found<T>> = self.client.search(doing, &self.pattern(kind), &body).await?;
        if answer.total() > FATES as u64 {
            return Err(Error::terminal(doing, format_args!("there are more than {FATES} records with this id")));
        }
        Ok(answer.hits.hits.into_iter().map(|hit| hit.source).collect())
    }

    pub(super) async fn balance_of(&self, day: Date) -> Result<Balance> {
        #[derive(Deserialize)]
        struct Split {
            ended: Buckets,
        }
        #[derive(Deserialize)]
        struct Buckets {
            buckets: Vec<Bucket>,
        }
        #[derive(Deserialize)]
        struct Bucket {
            key: Key,
            doc_count: u64,
        }
        #[derive(Deserialize)]
        struct Key {
            kind: Kind,
            reason: Reason,
        }
        let doing = format!("balancing {day}");
        let source = |name: &str, path: &str| json!({ name: { "terms": { "field": path } } });
        let sources = [source("kind", KIND), source("reason", REASON)];
        let combinations = Kind::ALL.len() * Reason::ALL.len();
        let split = json!({ "size": 0, "aggs": { "ended": { "composite": { "size": combinations, "sources": sources } } } });
        // What stands for an erased event has no project.
        let all = json!({ "size": 0, "track_total_hits": true, "query": { "exists": { "field": Field::Project.ecs() } } });
        let slim = json!({ "size": 0, "track_total_hits": true, "query": { "term": { Field::Slim.ecs(): true } } });
        // As patterns: a pattern may match nothing, a name may not.
        let [events, outcomes] = ["events", "outcomes"].map(|kind| self.name(kind, day) + "*");
        let (events, slim, ended) = future::try_join3(
            self.client.search::<IgnoredAny, IgnoredAny>(&doing, &events, &all),
            self.client.search::<IgnoredAny, IgnoredAny>(&doing, &events, &slim),
            self.client.search::<IgnoredAny, Split>(&doing, &outcomes, &split),
        )
        .await?;
        let whole = events.total().saturating_sub(slim.total());
        let stored = [((Kind::Stored, Reason::Accepted), whole), ((Kind::Counted, Reason::StormControl), slim.total())];
        let mut balance: BTreeMap<_, _> = stored.into_iter().filter(|(_, count)| *count > 0).collect();
        for Bucket { key, doc_count } in ended.aggregations.map_or_else(Vec::new, |split| split.ended.buckets) {
            *balance.entry((key.kind, key.reason)).or_default() += doc_count;
        }
        Ok(balance.into_iter().map(|((kind, reason), count)| (kind, reason, count)).collect())
    }
}

impl ElasticIndex {
    /// Those of these outcomes, received on `day`, whose records left no event there.
    async fn without_events<'a>(&self, day: Date, mut outcomes: Vec<&'a Outcome>) -> Result<Vec<&'a Outcome>> {
        let events = self.name("events", day);
        if !self.is_there(&events).await? {
            return Ok(outcomes);
        }
        let mut there = Vec::with_capacity(outcomes.len());
        for part in outcomes.chunks(AT_ONCE) {
            let sent: Vec<Sent> = part.iter().enumerate().map(|(place, outcome)| Sent::of_outcome(place, outcome)).collect();
            let stored = self.stored(&events, &sent).await?.into_iter().zip(part);
            there.extend(stored.map(|(stored, outcome)| stored.is_some_and(|stored| stored.position == outcome.position)));
        }
        let mut there = there.into_iter();
        outcomes.retain(|_| !there.next().unwrap_or_default());
        Ok(outcomes)
    }

    /// Which of these records have an outcome, whether visible to searches or not. They were received on `day`; an outcome
    /// of a record is kept with the day of its receipt.
    pub(super) async fn have_ended(&self, day: Date, positions: &[Position]) -> Result<Vec<bool>> {
        #[derive(Deserialize)]
        struct Answer {
            docs: Vec<Looked>,
        }
        #[derive(Deserialize)]
        struct Looked {
            #[serde(default)]
            found: bool,
            error: Option<serde_json::Value>,
        }
        let index = self.name("outcomes", day);
        let doing = format!("looking for {} outcomes in {index}", positions.len());
        let ids: Vec<String> = positions.iter().map(Position::to_string).collect();
        let path = format!("{index}/_mget?_source=false&filter_path=docs.found,docs.error.type");
        let reply = self.client.ask(&doing, Method::Post, &path, Some(&json!({ "ids": ids }))).await?;
        let answer: Answer = reply.accept(&doing)?.parse(&doing)?;
        if answer.docs.len() != positions.len() {
            return Err(Error::retryable(&doing, "some documents were not answered"));
        }
        let read = |looked: Looked| match looked.error.map(|error| Cause::of_error(503, &error)) {
            Some(cause) if !cause.is_missing_index() => Err(cause.into_error_without_reason(&doing)),
            _ => Ok(looked.found),
        };
        answer.docs.into_iter().map(read).collect()
    }
}

fn body(outcomes: &[&Outcome]) -> Bytes {
    let mut out = Vec::with_capacity(outcomes.len() * 320);
    for outcome in outcomes {
        let id = json!({ "create": { "_id": outcome.position.to_string() } });
        let entry = Entry::from((*outcome).clone());
        for line in [serde_json::to_vec(&id), serde_json::to_vec(&entry)] {
            out.extend_from_slice(&line.expect("an outcome is plain JSON"));
            out.push(b'\n');
        }
    }
    out.into()
}
