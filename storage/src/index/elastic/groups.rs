//! Which groups have the greatest weight, exactly: one `terms` aggregation when all groups fit into it, else every group
//! in the order of keys by `composite`. Elasticsearch's own top N over several shards is a guess.

use std::cmp::Ordering;

use futures::{StreamExt, TryStreamExt};
use schemas::query::{Expr, FieldRef, Test, Value};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value as Json, json};

use super::{
    ElasticIndex,
    count::{Buckets, DOING, Figures, figures, group_path, read_key},
    newest, query,
};
use crate::{
    Error, Result,
    index::{Count, Group},
};

/// Most groups that one `terms` aggregation gives.
const TERMS: usize = 10_000;
/// Groups in one part of all groups, and most buckets of any answer: Elasticsearch allows 65,536 at first.
pub(super) const BUCKETS_AT_ONCE: usize = 50_000;
/// Most groups that are looked at one by one; each part reads all events in scope again.
const ALL_GROUPS: u64 = 1_000_000;
/// Most groups whose figures are asked for at once; each is a condition of the query.
const DETAILS_AT_ONCE: usize = 500;

/// The groups with the greatest weight.
#[derive(Debug)]
pub(super) struct Top {
    /// Greatest weight first.
    pub(super) groups: Vec<Ranked>,
    pub(super) groups_total: u64,
    pub(super) error_bound: u64,
}

/// A group with what it is ranked by.
#[derive(Debug, Clone)]
pub(super) struct Ranked {
    key: Vec<Value>,
    count: u64,
    weight: u64,
    /// The first and the last time, where they were asked for.
    seen: (i64, i64),
}

impl Ranked {
    fn new(key: Vec<Value>, count: u64, figures: &Figures) -> Self {
        Self { key, count, weight: figures.weight(count), seen: figures.seen() }
    }
}

/// What is asked about groups to rank them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Only so many groups are wanted.
    pub(super) limit: usize,
    /// Their times too: nothing else will be asked about them.
    pub(super) seen: bool,
    pub(super) weighed: bool,
}

impl Asked {
    fn figures(self) -> Json {
        figures(self.seen, None, false, self.weighed)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Composite<F> {
    pub(super) groups: Parts<F>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Parts<F> {
    pub(super) after_key: Option<Map<String, Json>>,
    pub(super) buckets: Vec<Part<F>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Part<F> {
    pub(super) key: Map<String, Json>,
    doc_count: u64,
    #[serde(flatten)]
    figures: F,
}

/// The fields to group by in a `composite` aggregation; the key has their places as names.
pub(super) fn sources(by: &[FieldRef]) -> Vec<Json> {
    by.iter().enumerate().map(|(n, field)| json!({ n.to_string(): { "terms": { "field": group_path(field) } } })).collect()
}

/// The values of a key for these fields.
pub(super) fn read_keys(by: &[FieldRef], key: &Map<String, Json>) -> Result<Vec<Value>> {
    by.iter().enumerate().map(|(n, field)| read_key(field, key.get(&n.to_string()).unwrap_or(&Json::Null))).collect()
}

/// The events of these groups, within `query`.
pub(super) fn within<'a>(query: &Json, by: &[FieldRef], groups: impl IntoIterator<Item = &'a [Value]>) -> Result<Json> {
    let equal = |(field, value): (&FieldRef, &Value)| Expr::Field(field.clone(), Test::Equals(value.clone()));
    let group = |key: &[Value]| match by {
        [field] => equal((field, &key[0])),
        fields => Expr::And(fields.iter().zip(key).map(equal).collect()),
    };
    let any = query::expression(&Expr::Or(groups.into_iter().map(group).collect()))?;
    Ok(json!({ "bool": { "filter": [query, any] } }))
}

/// Greatest weight first; of equal ones the lesser key.
fn order(a: &Ranked, b: &Ranked) -> Ordering {
    b.weight.cmp(&a.weight).then_with(|| a.key.partial_cmp(&b.key).unwrap_or(Ordering::Equal))
}

impl ElasticIndex {
    pub(super) async fn top(&self, query: &Json, by: &[FieldRef], asked: Asked) -> Result<Top> {
        let [field] = by else {
            return self.top_of_all(query, by, asked).await?.ok_or_else(|| {
                let cause =
                    format_args!("there are more than {ALL_GROUPS} groups: ask for a shorter time, a narrower query or other fields");
                Error::too_much(DOING, cause)
            });
        };
        let (first, rest) = self.top_of_terms(query, field, asked).await?;
        if rest == 0 {
            return Ok(first);
        }
        let groups_total = self.number(query, field).await?;
        if groups_total <= ALL_GROUPS
            && let Some(exact) = self.top_of_all(query, by, asked).await?
        {
            return Ok(exact);
        }
        Ok(Top { groups_total, ..first })
    }

    /// About how many groups a field makes.
    async fn number(&self, query: &Json, field: &FieldRef) -> Result<u64> {
        #[derive(Deserialize)]
        struct Answer {
            number: Number,
        }
        #[derive(Deserialize)]
        struct Number {
            value: u64,
        }
        let number = json!({ "cardinality": { "field": group_path(field) } });
        let body = json!({ "size": 0, "track_total_hits": false, "query": query, "aggs": { "number": number } });
        let answer = self.client.search::<IgnoredAny, Answer>(DOING, &self.pattern("events"), &body).await?;
        Ok(answer.aggregations.map_or(0, |answer| answer.number.value))
    }

    /// The top of one field with its possible error, and how many events are in none of the groups looked at.
    async fn top_of_terms(&self, query: &Json, field: &FieldRef, asked: Asked) -> Result<(Top, u64)> {
        #[derive(Deserialize)]
        struct Answer {
            groups: Terms,
        }
        #[derive(Deserialize)]
        struct Terms {
            doc_count_error_upper_bound: i64,
            sum_other_doc_count: u64,
            buckets: Vec<Bucket>,
        }
        #[derive(Deserialize)]
        struct Bucket {
            key: Json,
            doc_count: u64,
            #[serde(flatten)]
            figures: Figures,
        }
        let terms = json!({ "terms": { "field": group_path(field), "size": TERMS, "shard_size": TERMS }, "aggs": asked.figures() });
        let body = json!({ "size": 0, "track_total_hits": false, "query": query, "aggs": { "groups": terms } });
        let answer = self.client.search::<IgnoredAny, Answer>(DOING, &self.pattern("events"), &body).await?;
        let Some(Answer { groups: terms }) = answer.aggregations else {
            return Ok((Top { groups: Vec::new(), groups_total: 0, error_bound: 0 }, 0));
        };
        let ranked = |bucket: &Bucket| Ok(Ranked::new(vec![read_key(field, &bucket.key)?], bucket.doc_count, &bucket.figures));
        let mut groups = terms.buckets.iter().map(ranked).collect::<Result<Vec<_>>>()?;
        let rest = terms.sum_other_doc_count;
        let groups_total = groups.len() as u64;
        groups.sort_by(order);
        groups.truncate(asked.limit);
        // -1 stands for unknown; a group that was left out has at most as many events as those of the last one.
        let error_bound = u64::try_from(terms.doc_count_error_upper_bound).unwrap_or(rest);
        Ok((Top { groups, groups_total, error_bound: if rest == 0 { 0 } else { error_bound } }, rest))
    }

    /// The top by looking at every group, or `None` when there are more than [`ALL_GROUPS`].
    async fn top_of_all(&self, query: &Json, by: &[FieldRef], asked: Asked) -> Result<Option<Top>> {
        let mut top = Top { groups: Vec::new(), groups_total: 0, error_bound: 0 };
        let mut after = None;
        loop {
            let parts: Parts<Figures> = self.groups(query, &sources(by), BUCKETS_AT_ONCE, after, &asked.figures()).await?;
            top.groups_total += parts.buckets.len() as u64;
            for part in &parts.buckets {
                top.groups.push(Ranked::new(read_keys(by, &part.key)?, part.doc_count, &part.figures));
            }
            top.groups.sort_by(order);
            top.groups.truncate(asked.limit);
            after = parts.after_key;
            if parts.buckets.len() < BUCKETS_AT_ONCE || after.is_none() {
                return Ok(Some(top));
            }
            if top.groups_total >= ALL_GROUPS {
                return Ok(None);
            }
        }
    }

    /// One part of all groups in the order of their keys.
    pub(super) async fn groups<F>(
        &self,
        query: &Json,
        sources: &[Json],
        size: usize,
        after: Option<Map<String, Json>>,
        figures: &Json,
    ) -> Result<Parts<F>>
    where
        F: serde::de::DeserializeOwned,
    {
        let mut composite = json!({ "size": size, "sources": sources });
        if let Some(after) = after {
            composite["after"] = Json::Object(after);
        }
        let body = json!({
            "size": 0,
            "track_total_hits": false,
            "query": query,
            "aggs": { "groups": { "composite": composite, "aggs": figures } },
        });
        let answer = self.client.search::<IgnoredAny, Composite<F>>(DOING, &self.pattern("events"), &body).await?;
        Ok(answer.aggregations.map_or(Parts { after_key: None, buckets: Vec::new() }, |composite| composite.groups))
    }

    /// The groups with all that was asked for about them, in the same order.
    pub(super) async fn details(
        &self,
        query: &Json,
        count: &Count,
        buckets: Option<Buckets>,
        top: Vec<Ranked>,
        weighed: bool,
    ) -> Result<Vec<Group>> {
        if count.is_plain() {
            let group = |Ranked { key, count, weight, seen }| Group {
                key,
                count,
                weight,
                seen,
                buckets: Vec::new(),
                weights: Vec::new(),
                users: None,
                newest: None,
            };
            return Ok(top.into_iter().map(group).collect());
        }
        let per_group = 1 + buckets.map_or(0, |buckets| buckets.number);
        let at_once = (BUCKETS_AT_ONCE / per_group).clamp(1, DETAILS_AT_ONCE);
        let parts = futures::stream::iter(top.chunks(at_once).map(<[_]>::to_vec).collect::<Vec<_>>());
        let parts = parts.map(|part| self.details_of(query, count, buckets, part, weighed)).buffered(2);
        let mut groups: Vec<Group> = parts.try_concat().await?;
        if count.users {
            self.users_of(query, &count.by, &mut groups).await?;
        }
        Ok(groups)
    }

    async fn details_of(
        &self,
        query: &Json,
        count: &Count,
        buckets: Option<Buckets>,
        top: Vec<Ranked>,
        weighed: bool,
    ) -> Result<Vec<Group>> {
        let by = &count.by;
        let query = within(query, by, top.iter().map(|group| group.key.as_slice()))?;
        let mut figures = figures(true, buckets, count.users, weighed);
        if count.newest {
            figures["newest"] = newest::aggregation();
        }
        let parts: Parts<Figures> = self.groups(&query, &sources(by), top.len() + 1, None, &figures).await?;
        let mut found: Vec<(Vec<Value>, Part<Figures>)> = Vec::with_capacity(parts.buckets.len());
        for part in parts.buckets {
            found.push((read_keys(by, &part.key)?, part));
        }
        let group = |Ranked { key, count: events, weight, .. }: Ranked| {
            let at = found.iter().position(|(other, _)| *other == key);
            // A group that is gone since it was counted was in a day that was dropped meanwhile.
            let (_, part) = found.swap_remove(at?);
            let (buckets, weights) = part.figures.buckets(buckets, events, weight);
            let users = count.users.then(|| part.figures.users());
            let (seen, newest) = (part.figures.seen(), part.figures.newest());
            Some(Group { key, count: events, weight, seen, buckets, weights, users, newest })
        };
        Ok(top.into_iter().filter_map(group).collect())
    }
}
