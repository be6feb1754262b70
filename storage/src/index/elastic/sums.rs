//! Facts that are summed: an index of their own a day, a document each by its key. Plain `composite` and `sum`
//! aggregations, so that no group is guessed.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
};

use bytes::Bytes;
use data_encoding::HEXLOWER;
use jiff::civil::Date;
use schemas::{
    fields::Field,
    query::Value,
    tally::{Counts, Dimension, Measure, Tally},
};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::{Map, Value as Json, json};

use super::{
    ElasticIndex,
    groups::BUCKETS_AT_ONCE,
    put::day,
    query,
    template::{SUBJECT, USER_HASH, count_path, dimension_path},
};
use crate::{
    Error, Result,
    index::{
        Row, Sum, Summed,
        sums::{ALL_GROUPS, DOING, too_many},
    },
};

/// Most facts in one request; each takes some 300 bytes.
const AT_ONCE: usize = 5_000;
/// Most conditions on groups in one request; Elasticsearch allows 1,024 at the least.
const CONDITIONS: usize = 900;
/// Most pairs of a row and a user that are counted one by one.
const PAIRS: usize = 400_000;
/// Most rows whose users are estimated at once: each estimate takes memory.
const ESTIMATES: usize = 1_000;
/// The name of the bucket over time among the parts of a key.
const START: &str = "start";

#[derive(Debug, Deserialize)]
struct Composite<F> {
    groups: Parts<F>,
}

#[derive(Debug, Deserialize)]
struct Parts<F> {
    after_key: Option<Map<String, Json>>,
    buckets: Vec<Part<F>>,
}

#[derive(Debug, Deserialize)]
struct Part<F> {
    key: Map<String, Json>,
    #[serde(flatten)]
    figures: F,
}

#[derive(Debug, Deserialize)]
struct Number {
    value: Option<f64>,
}

impl Number {
    fn whole(&self) -> u64 {
        self.value.unwrap_or_default() as u64
    }
}

/// Of a group, or of a row and a user: one sum.
#[derive(Debug, Deserialize)]
struct One {
    one: Number,
}

/// Of a row: distinct users, as they are estimated.
#[derive(Debug, Deserialize)]
struct Estimate {
    users: Number,
    bad: Crashed,
}

#[derive(Debug, Deserialize)]
struct Crashed {
    users: Number,
}

/// Users of each row, and those with a crash.
type Users = BTreeMap<String, (u64, u64)>;

impl ElasticIndex {
    pub(super) async fn store_tallies(&self, tallies: &[Tally]) -> Result<()> {
        let mut days: BTreeMap<Date, Vec<&Tally>> = BTreeMap::new();
        for tally in tallies {
            days.entry(day(tally.at)).or_default().push(tally);
        }
        for (day, tallies) in days {
            let index = self.name("tallies", day);
            self.prepare(&index, &self.tallies, 1).await?;
            for tallies in tallies.chunks(AT_ONCE) {
                let doing = format!("storing {} facts in {index}", tallies.len());
                let causes = self.bulk(&doing, &index, body(tallies), tallies.len()).await?;
                // A conflict: the fact is there already.
                if let Some(cause) = causes.into_iter().flatten().find(|cause| cause.status != 409) {
                    return Err(self.bulk_failed(&index, cause, &doing));
                }
            }
        }
        Ok(())
    }

    pub(super) async fn sum_tallies(&self, sum: &Sum) -> Result<Summed> {
        sum.check()?;
        if sum.is_empty() {
            return Ok(Summed { rows: Vec::new(), groups_total: 0 });
        }
        let mut groups = self.totals(sum).await?;
        let groups_total = groups.len() as u64;
        groups.truncate(sum.limit);
        let mut rows = Vec::new();
        for part in groups.chunks(if groups_total > sum.limit as u64 { CONDITIONS / sum.by.len().max(1) } else { usize::MAX }) {
            let mut query = scope(sum);
            if groups_total > sum.limit as u64 {
                query = within(&query, &sum.by, part);
            }
            let users = if sum.users { self.users_of_rows(&query, sum).await? } else { Users::new() };
            for Part { key, figures } in
                self.every::<Map<String, Json>>(&query, &sources(sum, true), &sums(), BUCKETS_AT_ONCE, None).await?
            {
                let users = sum.users.then(|| users.get(&text(&key)).copied().unwrap_or_default());
                rows.push(Row { start: start(sum, &key), key: read_key(&sum.by, &key)?, counts: counts(&figures), users });
            }
        }
        // Values have no hash.
        let ranks: HashMap<String, usize> = groups.iter().enumerate().map(|(rank, key)| (format!("{key:?}"), rank)).collect();
        rows.sort_by_cached_key(|row| (row.start, ranks.get(&format!("{:?}", row.key)).copied()));
        Ok(Summed { rows, groups_total })
    }

    /// Every group, those with most first.
    async fn totals(&self, sum: &Sum) -> Result<Vec<Vec<Value>>> {
        let figures = json!({ "one": { "sum": { "field": count_path(sum.subject.measure()) } } });
        let query = scope(sum);
        if sum.by.is_empty() {
            let body = json!({ "size": 0, "track_total_hits": true, "query": query });
            let answer = self.client.search::<IgnoredAny, IgnoredAny>(DOING, &self.pattern("tallies"), &body).await?;
            return Ok(if answer.total() > 0 { vec![Vec::new()] } else { Vec::new() });
        }
        let parts = self.every::<One>(&query, &sources(sum, false), &figures, BUCKETS_AT_ONCE, Some(ALL_GROUPS)).await?;
        if parts.len() > ALL_GROUPS {
            return Err(too_many());
        }
        let mut groups = Vec::with_capacity(parts.len());
        for part in parts {
            groups.push((read_key(&sum.by, &part.key)?, part.figures.one.whole()));
        }
        groups.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal)));
        Ok(groups.into_iter().map(|(key, _)| key).collect())
    }

    /// The users of each row: counted one by one when that is not too much, else estimated.
    async fn users_of_rows(&self, query: &Json, sum: &Sum) -> Result<Users> {
        let mut users = Users::new();
        let query = json!({ "bool": { "filter": [query, { "exists": { "field": USER_HASH } }] } });
        let mut pair = sources(sum, true);
        pair.push(json!({ "user": { "terms": { "field": USER_HASH } } }));
        let crashed = json!({ "one": { "sum": { "field": count_path(Measure::Crashed) } } });
        let pairs = self.every::<One>(&query, &pair, &crashed, BUCKETS_AT_ONCE, Some(PAIRS)).await?;
        if pairs.len() <= PAIRS {
            for Part { mut key, figures } in pairs {
                key.remove("user");
                let (all, bad) = users.entry(text(&key)).or_default();
                *all += 1;
                *bad += u64::from(figures.one.whole() > 0);
            }
            return Ok(users);
        }
        let estimate = json!({ "users": { "cardinality": { "field": USER_HASH } } });
        let crashed = json!({ "filter": { "range": { count_path(Measure::Crashed): { "gte": 1 } } }, "aggs": estimate });
        let figures = json!({ "users": estimate["users"], "bad": crashed });
        for Part { key, figures } in self.every::<Estimate>(&query, &sources(sum, true), &figures, ESTIMATES, None).await? {
            users.insert(text(&key), (figures.users.whole(), figures.bad.users.whole()));
        }
        Ok(users)
    }

    /// Every group of a `composite` aggregation, asked for in parts; ends when there are more than `most`.
    async fn every<F>(&self, query: &Json, sources: &[Json], figures: &Json, size: usize, most: Option<usize>) -> Result<Vec<Part<F>>>
    where
        F: DeserializeOwned,
    {
        let mut all = Vec::new();
        let mut after: Option<Map<String, Json>> = None;
        loop {
            let mut composite = json!({ "size": size, "sources": sources });
            if let Some(after) = after {
                composite["after"] = Json::Object(after);
            }
            let groups = json!({ "composite": composite, "aggs": figures });
            let body = json!({ "size": 0, "track_total_hits": false, "query": query, "aggs": { "groups": groups } });
            let answer = self.client.search::<IgnoredAny, Composite<F>>(DOING, &self.pattern("tallies"), &body).await?;
            let Some(Composite { groups }) = answer.aggregations else { return Ok(all) };
            let last = groups.buckets.len() < size;
            all.extend(groups.buckets);
            after = groups.after_key;
            if last || after.is_none() || most.is_some_and(|most| all.len() > most) {
                return Ok(all);
            }
        }
    }
}

fn scope(sum: &Sum) -> Json {
    let range = json!({ "gte": sum.millis.start, "lt": sum.millis.end, "format": "epoch_millis" });
    let filters =
        [query::projects(&sum.projects), json!({ "term": { SUBJECT: sum.subject.as_str() } }), json!({ "range": { "@timestamp": range } })];
    json!({ "bool": { "filter": filters } })
}

/// The facts of these groups.
fn within(query: &Json, by: &[Dimension], groups: &[Vec<Value>]) -> Json {
    let term = |(dimension, value): (&Dimension, &Value)| json!({ "term": { dimension_path(*dimension): plain(value) } });
    let group = |key: &Vec<Value>| json!({ "bool": { "filter": by.iter().zip(key).map(term).collect::<Vec<_>>() } });
    let any = json!({ "bool": { "should": groups.iter().map(group).collect::<Vec<_>>(), "minimum_should_match": 1 } });
    json!({ "bool": { "filter": [query, any] } })
}

fn plain(value: &Value) -> Json {
    match value {
        Value::Keyword(text) => text.as_str().into(),
        Value::Long(number) | Value::Millis(number) => (*number).into(),
        Value::Bool(yes) => (*yes).into(),
    }
}

/// The parts of a key: the bucket when there are some and they are wanted, then the dimensions by their names. At least
/// one part: the subject, which all facts in scope share.
fn sources(sum: &Sum, buckets: bool) -> Vec<Json> {
    let mut sources = Vec::new();
    if let Some(interval) = sum.interval.filter(|_| buckets) {
        let offset = format!("{}ms", sum.millis.start.rem_euclid(interval));
        let histogram = json!({ "field": "@timestamp", "fixed_interval": format!("{interval}ms"), "offset": offset });
        sources.push(json!({ START: { "date_histogram": histogram } }));
    }
    sources.extend(sum.by.iter().map(|dimension| json!({ dimension.as_str(): { "terms": { "field": dimension_path(*dimension) } } })));
    if sources.is_empty() {
        sources.push(json!({ "subject": { "terms": { "field": SUBJECT } } }));
    }
    sources
}

fn sums() -> Json {
    let sum = |measure: &Measure| (measure.as_str().to_owned(), json!({ "sum": { "field": count_path(*measure) } }));
    Json::Object(Measure::ALL.iter().map(sum).collect())
}

fn counts(figures: &Map<String, Json>) -> Counts {
    let number = |measure: Measure| figures.get(measure.as_str()).and_then(|sum| sum["value"].as_f64()).unwrap_or_default() as u64;
    Measure::ALL.into_iter().fold(Counts::default(), |counts, measure| counts.with(measure, number(measure)))
}

fn start(sum: &Sum, key: &Map<String, Json>) -> i64 {
    key.get(START).and_then(Json::as_i64).unwrap_or(sum.millis.start)
}

fn read_key(by: &[Dimension], key: &Map<String, Json>) -> Result<Vec<Value>> {
    let value = |dimension: &Dimension| {
        let found = key.get(dimension.as_str()).unwrap_or(&Json::Null);
        let value = match dimension {
            Dimension::Project => found.as_i64().map(Value::Long),
            _ => found.as_str().map(|text| Value::Keyword(text.to_owned())),
        };
        value.ok_or_else(|| Error::terminal(DOING, format_args!("Elasticsearch gave a key of {dimension} of another type")))
    };
    by.iter().map(value).collect()
}

/// Keys have no order of their own.
fn text(key: &Map<String, Json>) -> String {
    key.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

fn body(tallies: &[&Tally]) -> Bytes {
    let mut out = Vec::with_capacity(tallies.len() * 320);
    for tally in tallies {
        let id = json!({ "create": { "_id": HEXLOWER.encode(&tally.key) } });
        for line in [id, document(tally)] {
            out.extend_from_slice(line.to_string().as_bytes());
            out.push(b'\n');
        }
    }
    out.into()
}

fn document(tally: &Tally) -> Json {
    let mut document = Map::new();
    document.insert("@timestamp".into(), json!(tally.at));
    document.insert(Field::Project.ecs().into(), json!(tally.project));
    document.insert(SUBJECT.into(), tally.subject.as_str().into());
    if let Some(user) = tally.user {
        document.insert(USER_HASH.into(), format!("{user:016x}").into());
    }
    let names = tally.subject.dimensions().iter().filter(|dimension| **dimension != Dimension::Project);
    document.extend(names.map(|dimension| (dimension_path(*dimension).to_owned(), tally.name(*dimension).into())));
    let counts = Measure::ALL.into_iter().map(|measure| (measure, tally.counts.get(measure)));
    document.extend(counts.filter(|(_, number)| *number > 0).map(|(measure, number)| (count_path(measure).to_owned(), number.into())));
    Json::Object(document)
}
