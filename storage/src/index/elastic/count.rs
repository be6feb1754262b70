//! Questions that are answered by counting: totals, buckets over time and, by `groups` and `users`, who has most.

use futures::future;
use schemas::{
    fields::{Field, Type},
    ids::{EventId, ProjectId},
    query::{FieldRef, Value},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value as Json, json};

use super::{
    ElasticIndex,
    groups::{Asked, Top},
    newest::Newest,
    query,
    template::{keyword_path, push_label_key},
    users,
};
use crate::{
    Error, Result,
    index::{Count, Counted, Group, Scope, USERS},
};

/// What is being done, for errors.
pub(super) const DOING: &str = "counting events";

/// Buckets over time that begin with the scope.
#[derive(Debug, Clone, Copy)]
pub(super) struct Buckets {
    pub(super) start: i64,
    pub(super) interval: i64,
    pub(super) number: usize,
}

/// What Elasticsearch says about all events in scope or about those of one group.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Figures {
    first: Option<Number>,
    last: Option<Number>,
    over_time: Option<OverTime>,
    users: Option<Number>,
    newest: Option<Newest>,
    /// The events that stand for more than themselves, where it was asked for.
    #[serde(default)]
    sampled: Found,
    #[serde(flatten)]
    weighed: Weighed,
}

/// How many documents a filter finds.
#[derive(Debug, Default, Deserialize)]
struct Found {
    doc_count: u64,
}

/// The sum of weights, where it was asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Weighed {
    weight: Option<Number>,
}

impl Weighed {
    /// Of so many events; none was sampled if it was not asked for.
    pub(super) fn weight(&self, events: u64) -> u64 {
        self.weight.as_ref().and_then(|n| n.value).map_or(events, |sum| sum as u64)
    }
}

/// The aggregation for [`Weighed`], when it is needed.
pub(super) fn weigh(weighed: bool) -> Json {
    match weighed {
        true => json!({ "weight": { "sum": { "field": Field::Weight.ecs(), "missing": 1 } } }),
        false => json!({}),
    }
}

/// A number; of nothing there may be none.
#[derive(Debug, Deserialize)]
pub(super) struct Number {
    value: Option<f64>,
}

impl Number {
    pub(super) fn whole(&self) -> u64 {
        self.value.unwrap_or_default() as u64
    }
}

#[derive(Debug, Deserialize)]
struct OverTime {
    buckets: Vec<Bucket>,
}

#[derive(Debug, Deserialize)]
struct Bucket {
    key: i64,
    doc_count: u64,
    #[serde(flatten)]
    weighed: Weighed,
}

impl Figures {
    pub(super) fn seen(&self) -> (i64, i64) {
        let read = |number: &Option<Number>| number.as_ref().and_then(|n| n.value).unwrap_or_default() as i64;
        (read(&self.first), read(&self.last))
    }

    pub(super) fn users(&self) -> u64 {
        self.users.as_ref().and_then(|n| n.value).unwrap_or_default() as u64
    }

    pub(super) fn newest(&self) -> Option<(EventId, ProjectId)> {
        self.newest.as_ref()?.event()
    }

    pub(super) fn weight(&self, events: u64) -> u64 {
        self.weighed.weight(events)
    }

    /// Events per bucket and their weights; `total` of them, of this weight, are spread over all.
    pub(super) fn buckets(&self, buckets: Option<Buckets>, total: u64, weight: u64) -> (Vec<u64>, Vec<u64>) {
        let Some(buckets) = buckets else { return Default::default() };
        if buckets.number == 1 {
            return (vec![total], vec![weight]);
        }
        let (mut counts, mut weights) = (vec![0; buckets.number], vec![0; buckets.number]);
        for bucket in self.over_time.iter().flat_map(|over_time| &over_time.buckets) {
            if let Some(at) = buckets.place(bucket.key) {
                counts[at] += bucket.doc_count;
                weights[at] += bucket.weighed.weight(bucket.doc_count);
            }
        }
        (counts, weights)
    }
}

impl Buckets {
    /// Of a count that was checked.
    fn of(count: &Count) -> Option<Self> {
        let interval = count.interval?;
        let number = usize::try_from(count.buckets(interval)).unwrap_or(usize::MAX);
        Some(Self { start: count.first_bucket(), interval, number })
    }

    /// How Elasticsearch is told of them.
    pub(super) fn histogram(self) -> Json {
        let Self { start, interval, .. } = self;
        let offset = format!("{}ms", start.rem_euclid(interval));
        json!({ "field": Field::Timestamp.ecs(), "fixed_interval": format!("{interval}ms"), "offset": offset })
    }

    /// The aggregation, when there is more than one bucket.
    fn aggregation(self, weighed: bool) -> Option<Json> {
        (self.number > 1).then(|| {
            let mut histogram = self.histogram();
            histogram["min_doc_count"] = 1.into();
            json!({ "date_histogram": histogram, "aggs": weigh(weighed) })
        })
    }

    /// The place of the bucket that begins at this time.
    pub(super) fn place(self, key: i64) -> Option<usize> {
        usize::try_from((key - self.start) / self.interval).ok().filter(|place| *place < self.number)
    }
}

/// Aggregations for [`Figures`].
pub(super) fn figures(seen: bool, buckets: Option<Buckets>, users: bool, weighed: bool) -> Json {
    let mut aggregations = weigh(weighed);
    let timestamp = json!({ "field": Field::Timestamp.ecs() });
    if seen {
        aggregations["first"] = json!({ "min": timestamp });
        aggregations["last"] = json!({ "max": timestamp });
    }
    if let Some(histogram) = buckets.and_then(|buckets| buckets.aggregation(weighed)) {
        aggregations["over_time"] = histogram;
    }
    if users {
        aggregations["users"] = users::estimate();
    }
    aggregations
}

/// The field that groups of `field` are counted by.
pub(super) fn group_path(field: &FieldRef) -> String {
    match &field.key {
        Some(key) => {
            let mut path = format!("{}.", field.field.ecs());
            push_label_key(key, &mut path);
            path
        }
        None => keyword_path(field.field).to_owned(),
    }
}

/// A key of Elasticsearch as a value of `field`.
pub(super) fn read_key(field: &FieldRef, key: &Json) -> Result<Value> {
    let value = match field.field.kind() {
        Type::Keyword | Type::Tags => key.as_str().map(|text| Value::Keyword(text.to_owned())),
        Type::Long => key.as_i64().map(Value::Long),
        Type::Millis => key.as_i64().map(Value::Millis),
        // Some aggregations say 1, some say true.
        Type::Bool => key.as_bool().or_else(|| key.as_i64().map(|number| number != 0)).map(Value::Bool),
    };
    value.ok_or_else(|| Error::terminal(DOING, format_args!("Elasticsearch gave a key of {field} of another type")))
}

impl ElasticIndex {
    pub(super) async fn count_events(&self, count: &Count) -> Result<Counted> {
        count.check()?;
        let buckets = Buckets::of(count);
        let Scope { projects, millis, expr } = &count.scope;
        query::expression(expr)?;
        if projects.is_empty() || millis.is_empty() {
            return Ok(nothing(count, buckets));
        }
        let query = query::scope(&count.scope)?;
        let mut weighed = false;
        let (answer, top, distinct) = loop {
            let mut asked = figures(count.by.is_empty(), buckets, count.users, weighed);
            // Weights are added up only if an event stands for more than itself: without them Elasticsearch knows shorter
            // ways to count.
            asked["sampled"] = json!({ "filter": { "exists": { "field": Field::Weight.ecs() } } });
            let body = json!({ "size": 0, "track_total_hits": true, "query": query, "aggs": asked });
            let pattern = self.pattern("events");
            let found = future::try_join3(
                self.client.search::<IgnoredAny, Figures>(DOING, &pattern, &body),
                self.top_if_split(&query, count, weighed),
                self.distinct(&query, &count.distinct),
            )
            .await?;
            let is_sampled = found.0.aggregations.as_ref().is_some_and(|figures| figures.sampled.doc_count > 0);
            if weighed || !is_sampled {
                break found;
            }
            weighed = true;
        };
        let total = answer.total();
        if total == 0 {
            return Ok(nothing(count, buckets));
        }
        // None were asked for when only the total is wanted.
        let figures = answer.aggregations.unwrap_or_default();
        let users = match count.users {
            true => Some(self.values_exactly(&query, &FieldRef::new(USERS), figures.users()).await?),
            false => None,
        };
        let users_over_time = match buckets.filter(|_| count.users_over_time) {
            Some(buckets) => self.users_over_time(&query, buckets).await?,
            None => Vec::new(),
        };
        let weight = figures.weight(total);
        let (in_buckets, weights) = figures.buckets(buckets, total, weight);
        let mut counted = Counted {
            total,
            weight,
            buckets: in_buckets,
            weights,
            users,
            users_over_time,
            distinct,
            groups: Vec::new(),
            groups_total: 0,
            error_bound: 0,
        };
        let Some(top) = top else {
            counted.groups_total = 1;
            let (buckets, weights) = (counted.buckets.clone(), counted.weights.clone());
            let group = Group { key: Vec::new(), count: total, weight, seen: figures.seen(), buckets, weights, users, newest: None };
            counted.groups.extend((count.limit > 0).then_some(group));
            return Ok(counted);
        };
        counted.groups_total = top.groups_total;
        counted.error_bound = top.error_bound;
        counted.groups = self.details(&query, count, buckets, top.groups, weighed).await?;
        Ok(counted)
    }

    /// The groups with the most events, when fields to split by were given.
    async fn top_if_split(&self, query: &Json, count: &Count, weighed: bool) -> Result<Option<Top>> {
        if count.by.is_empty() {
            return Ok(None);
        }
        self.top(query, &count.by, Asked { limit: count.limit, seen: count.is_plain(), weighed }).await.map(Some)
    }
}

/// The answer when no event is in scope.
fn nothing(count: &Count, buckets: Option<Buckets>) -> Counted {
    let buckets = buckets.map_or_else(Vec::new, |buckets| vec![0; buckets.number]);
    let weights = buckets.clone();
    let users_over_time = if count.users_over_time { buckets.clone() } else { Vec::new() };
    Counted {
        total: 0,
        weight: 0,
        buckets,
        weights,
        users: count.users.then_some(0),
        users_over_time,
        distinct: vec![0; count.distinct.len()],
        groups: Vec::new(),
        groups_total: 0,
        error_bound: 0,
    }
}
