//! Which values of tags and fields the events of an issue have more often than others.

use std::{cmp::Reverse, collections::BTreeMap};

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use futures::{StreamExt, TryStreamExt, stream};
use schemas::{
    fields::Field,
    query::{FieldRef, Value},
};
use storage::index::{Count, Counted, Scope};

use super::issues::find;
use crate::{
    Api,
    access::Viewer,
    answer::{
        group,
        issue_tags::{FieldValue, FieldValues, IssueTags},
    },
    describe, issues,
    params::Params,
    problem::Answer,
    recount::{self, Recounted},
    scope,
    significance::{self, LEVEL},
    times::{self, stamp},
};

/// Fields that are looked at besides tags.
const FIELDS: [Field; 13] = [
    Field::Release,
    Field::Environment,
    Field::Service,
    Field::Host,
    Field::Transaction,
    Field::Level,
    Field::Platform,
    Field::Browser,
    Field::Os,
    Field::Device,
    Field::Country,
    Field::Status,
    Field::Handled,
];
/// The newest events whose tags are looked at, so many at a time.
const NEWEST: [usize; 2] = [100, 20];
/// Most tags.
const TAGS: usize = 20;
/// Fields that are counted at the same time.
const AT_ONCE: usize = 2;

/// `GET /api/v1/issues/{id}/tags`
#[utoipa::path(
    get,
    path = "/api/v1/issues/{id}/tags",
    tag = "issues",
    summary = "Which values an issue's events have more often than others",
    params(("id" = String, Path, description = "Id of the issue", example = "shop-7F3K9"), describe::Asked, describe::Between, ("limit" = Option<u64>, Query, minimum = 1, maximum = 100, description = "Most values of a field; 5 without it")),
    responses((status = 200, description = "Done", body = IssueTags)),
)]
pub(super) async fn tags(
    viewer: Viewer,
    State(api): State<Api>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Json<IssueTags>> {
    let params = Params::read(query.as_deref(), &["query", "from", "to", "limit"])?;
    let limit = params.number("limit", 1..=100, 5)?;
    let (_, issue) = find(&api, &viewer, &id).await?;
    let millis = times::range(&params, api.now())?;
    let own = issues::scope_of(&issue, &scope::expr(&params)?, millis);
    let all = Scope { expr: scope::expr(&params)?, ..own.clone() };
    let (own_total, all_total) = futures::try_join!(total(&api, &own), total(&api, &all))?;
    let wanted: Vec<FieldRef> = FIELDS.into_iter().map(FieldRef::new).chain(tag_keys(&api, &own).await?).collect();
    let counting = stream::iter(wanted).map(|field| values(&api, &own, &all, field, limit)).buffered(AT_ONCE);
    let counted: Vec<Values> = counting.try_collect().await?;
    let rest = all_total.weight.saturating_sub(own_total.weight);
    Ok(Json(IssueTags {
        query: scope::Understood::of(&params)?,
        issue: issue.id,
        from: stamp(own.millis.start),
        to: stamp(own.millis.end),
        events: own_total.weight,
        rest,
        estimated: all_total.weight != all_total.total,
        fields: judge(counted, own_total.weight, rest, all_total.total as f64 / all_total.weight.max(1) as f64),
    }))
}

async fn total(api: &Api, scope: &Scope) -> Answer<Counted> {
    Ok(api.index().count(&Count::of(scope.clone())).await?)
}

/// The tags of the newest events, those of the most events first.
async fn tag_keys(api: &Api, scope: &Scope) -> Answer<Vec<FieldRef>> {
    #[derive(serde::Deserialize)]
    struct Tagged {
        #[serde(default)]
        tags: BTreeMap<String, serde::de::IgnoredAny>,
    }
    let [events, at_once] = NEWEST;
    let mut keys: BTreeMap<String, usize> = BTreeMap::new();
    let mut after = None;
    for _ in 0..events / at_once {
        let page = api.index().search(scope, after, at_once).await?;
        for hit in &page.hits {
            let tags = serde_json::from_slice::<Tagged>(&hit.json).map(|event| event.tags).unwrap_or_default();
            tags.into_keys().for_each(|key| *keys.entry(key).or_default() += 1);
        }
        after = page.hits.last().map(|hit| hit.cursor);
        if !page.more {
            break;
        }
    }
    let mut keys: Vec<(Reverse<usize>, String)> = keys.into_iter().map(|(key, events)| (Reverse(events), key)).collect();
    keys.sort_unstable();
    Ok(keys.into_iter().filter_map(|(_, key)| format!("tags.{key}").parse().ok()).take(TAGS).collect())
}

/// The values of one field in the issue, and the same ones in all events.
struct Values {
    field: FieldRef,
    own: Counted,
    all: Recounted,
}

async fn values(api: &Api, own: &Scope, all: &Scope, field: FieldRef, limit: usize) -> Answer<Values> {
    let count = Count { by: vec![field.clone()], limit, ..Count::of(own.clone()) };
    let own = api.index().count(&count).await?;
    let keys: Vec<Vec<Value>> = own.groups.iter().map(|group| group.key.clone()).collect();
    let all = recount::of(api, &Count { scope: all.clone(), ..count }, &keys).await?;
    Ok(Values { field, own, all })
}

/// Sampled events stand for others: `evidence` says what part of an event each counts for as a witness.
fn judge(counted: Vec<Values>, events: u64, rest: u64, evidence: f64) -> Vec<FieldValues> {
    let mut fields: Vec<FieldValues> = Vec::new();
    for Values { field, own, all } in counted.into_iter().filter(|values| !values.own.groups.is_empty()) {
        let by = [field];
        let value = |found: storage::index::Group| {
            let rest_count = all.weight(&found.key).saturating_sub(found.weight);
            let value = group::key(&by, found.key).into_values().next().unwrap_or_default();
            one(value, [found.weight, events, rest_count, rest], evidence)
        };
        let values = own.groups.into_iter().map(value).collect();
        fields.push(FieldValues { field: by[0].to_string(), values_total: own.groups_total, values });
    }
    let chances: Vec<f64> = fields.iter().flat_map(|field| field.values.iter().map(|value| value.p_value)).collect();
    let corrected = significance::corrected(&chances);
    for (value, corrected) in fields.iter_mut().flat_map(|field| &mut field.values).zip(corrected) {
        let more = value.rest_share.is_some_and(|rest| value.share > rest);
        value.over_represented = more && corrected < LEVEL;
    }
    // The clearest of what there is too much of; the others as they stand above.
    let score = |field: &FieldValues| {
        let clear = field.values.iter().filter(|value| value.over_represented).map(|value| value.score);
        clear.fold(0.0, f64::max)
    };
    fields.sort_by(|a, b| score(b).total_cmp(&score(a)));
    fields
}

fn one(value: serde_json::Value, counts: [u64; 4], evidence: f64) -> FieldValue {
    let [count, events, rest_count, rest] = counts;
    let part = |count: u64, all: u64| count as f64 / all as f64;
    let share = if events > 0 { part(count, events) } else { 0.0 };
    let rest_share = (rest > 0).then(|| part(rest_count, rest));
    let ratio = rest_share.filter(|rest| *rest > 0.0).map(|rest| share / rest);
    let [part, whole, other_part, other_whole] = counts.map(|count| count as f64 * evidence);
    let (score, p_value) = significance::shares(part, whole, other_part, other_whole);
    FieldValue { value, count, share, rest_count, rest_share, ratio, score, p_value, over_represented: false }
}
