//! Events over time.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use schemas::limits;
use storage::index::Count;

use super::top;
use crate::{
    Api,
    access::Viewer,
    answer::{
        group,
        trend::{Bucket, Series, Trend},
    },
    params::{Params, short},
    problem::{Answer, Problem},
    scope,
    times::{self, stamp},
};

/// Buckets of the interval `auto`, at most.
const AUTO: usize = 60;
/// Most counts of one answer: groups times buckets.
const COUNTS: usize = 50_000;

/// `GET /api/v1/stats/trend`
pub(super) async fn trend(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Trend>> {
    let params = Params::read(query.as_deref(), &["project", "query", "from", "to", "interval", "by", "limit"])?;
    let by = top::fields(&params, 1)?;
    let limit = params.number("limit", 1..=limits::GROUPS, 5)?;
    let scope = scope::read(&api, &viewer, &params, api.now()).await?;
    let interval = interval(&params, &scope.millis)?;
    let buckets = times::buckets(&scope.millis, interval);
    if !by.is_empty() && buckets * limit > COUNTS {
        let message =
            format!("{limit} groups of {buckets} buckets are more than {COUNTS} counts; take a longer interval or a smaller limit");
        return Err(Problem::parameter("limit", message));
    }
    let millis = scope.millis.clone();
    let counted = api.index().count(&Count { by: by.clone(), limit, interval: Some(interval), ..Count::of(scope) }).await?;
    let starts = (0_i64..).map(|n| stamp(millis.start + n * interval));
    let series = |group: storage::index::Group| {
        let estimated = group.weight != group.count;
        Series { key: group::key(&by, group.key), count: group.weight, estimated, counts: group.weights }
    };
    let bucket = |(start, (count, weight))| Bucket { start, count: weight, estimated: weight != count };
    Ok(Json(Trend {
        from: stamp(millis.start),
        to: stamp(millis.end),
        interval: times::spell(interval),
        total: counted.weight,
        estimated: counted.weight != counted.total,
        buckets: starts.zip(counted.buckets.into_iter().zip(counted.weights)).map(bucket).collect(),
        groups: if by.is_empty() { Vec::new() } else { counted.groups.into_iter().map(series).collect() },
        groups_total: if by.is_empty() { 0 } else { counted.groups_total },
        error_bound: counted.error_bound,
    }))
}

fn interval(params: &Params, millis: &std::ops::Range<i64>) -> Answer<i64> {
    let interval = match params.one("interval")? {
        None | Some("auto") => return Ok(times::interval_for(millis, AUTO)),
        Some(text) => times::duration(text).ok_or_else(|| {
            Problem::parameter("interval", format!("it must be auto or a duration like 30s, 5m, 1h or 1d, not {:?}", short(text)))
        })?,
    };
    let buckets = times::buckets(millis, interval);
    if buckets > limits::BUCKETS {
        let message = format!("it cuts the range into {buckets} buckets, more than {}; take a longer one", limits::BUCKETS);
        return Err(Problem::parameter("interval", message));
    }
    Ok(interval)
}
