//! How fast events come, against the window before.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use schemas::{limits, query::Expr};
use storage::index::{Count, Counted, Scope};

use super::{sessions, top};
use crate::{
    Api,
    access::Viewer,
    answer::{
        group,
        rate::{GroupRate, Rate, Rates},
    },
    params::{Params, short},
    problem::{Answer, Problem},
    scope,
    times::{self, stamp},
};

/// The window when none is given, in milliseconds.
pub(super) const WINDOW: i64 = 5 * 60_000;

/// `GET /api/v1/stats/rates`
pub(super) async fn rates(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Rates>> {
    let params = Params::read(query.as_deref(), &["project", "query", "to", "window", "by", "limit"])?;
    let by = top::fields(&params, 1)?;
    let limit = params.number("limit", 1..=limits::GROUPS, 5)?;
    let window = window(&params)?;
    let now = api.now();
    let to = times::time(&params, "to", now)?.unwrap_or(now.as_millisecond());
    let expr = scope::expr(&params)?;
    let projects = scope::of_projects(&api, &viewer, &params).await?;
    let count = Count { by: by.clone(), limit, ..two_windows(projects.clone(), expr, to, window) };
    let counting = async { Ok(api.index().count(&count).await?) };
    let (counted, sessions) = futures::try_join!(counting, sessions::begun(&api, projects, to - window..to))?;
    let all = of_all(&counted, window);
    let groups_total = if by.is_empty() { 0 } else { counted.groups_total };
    let mut groups = Vec::new();
    if !by.is_empty() {
        groups.extend(
            counted
                .groups
                .iter()
                .map(|group| GroupRate { key: group::key(&by, group.key.clone()), rate: rate(&group.buckets, &group.weights, window) }),
        );
        groups.sort_by_key(|group| std::cmp::Reverse(group.rate.count));
    }
    Ok(Json(Rates {
        window: times::spell(window),
        from: stamp(to - window),
        to: stamp(to),
        sessions,
        per_session: (sessions > 0).then(|| all.count as f64 / sessions as f64),
        rate: all,
        groups,
        groups_total,
        error_bound: counted.error_bound,
    }))
}

/// The events of the window that ends at `to` and of the one before, a bucket each.
pub(super) fn two_windows(projects: Vec<schemas::ids::ProjectId>, expr: Expr, to: i64, window: i64) -> Count {
    let scope = Scope { projects, millis: to - 2 * window..to, expr };
    Count { limit: 1, interval: Some(window), ..Count::of(scope) }
}

/// The rate of all events of two windows.
pub(super) fn of_all(counted: &Counted, window: i64) -> Rate {
    rate(&counted.buckets, &counted.weights, window)
}

fn rate(buckets: &[u64], weights: &[u64], window: i64) -> Rate {
    let weight = |n: usize| weights.get(n).copied().unwrap_or_default();
    Rate::new(weight(0), weight(1), window, weights != buckets)
}

fn window(params: &Params) -> Answer<i64> {
    let Some(text) = params.one("window")? else { return Ok(WINDOW) };
    let window = times::duration(text).filter(|window| *window <= times::LONGEST / 2);
    let days = limits::RANGE_DAYS / 2;
    let expected = || format!("it must be a duration like 5m or 1h, {days}d at most, not {:?}", short(text));
    window.ok_or_else(|| Problem::parameter("window", expected()))
}
