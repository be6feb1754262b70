//! How fast events come, against the window before and the same window a day and a week before.

use std::ops::Range;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use schemas::{
    limits,
    query::{Expr, Value},
    tally::Measure,
};
use storage::index::{Count, Counted, Scope};

use super::{sessions, top};
use crate::{
    Api,
    access::Viewer,
    answer::{
        group,
        rate::{GroupRate, Past, Rate, Rates},
    },
    describe,
    params::{Params, short},
    problem::{Answer, Problem},
    recount::{self, Recounted},
    scope,
    times::{self, DAY, stamp},
};

/// The window when none is given, in milliseconds.
pub(super) const WINDOW: i64 = 5 * 60_000;

/// `GET /api/v1/stats/rates`
#[utoipa::path(
    get,
    path = "/api/v1/stats/rates",
    tag = "stats",
    summary = "How fast events come, and came before",
    params(describe::Projects, describe::Asked, ("to" = Option<String>, Query, description = "When the window ends; now without it", example = "now"), ("window" = Option<String>, Query, description = "Its length, like 5m or 1h; 5m without it", example = "5m"), ("by" = Option<String>, Query, description = "A field to split by", example = "service"), ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Most of one answer; 5 without it")),
    responses((status = 200, description = "Done", body = Rates)),
)]
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
    let keys: Vec<Vec<Value>> = counted.groups.iter().map(|group| group.key.clone()).collect();
    let earlier = |back: i64| past(&api, &count, &keys, (to - back - window).max(0)..(to - back).max(0));
    let (day, week) = futures::try_join!(earlier(DAY), earlier(7 * DAY))?;
    let all = of_all(&counted, window);
    let split = !by.is_empty();
    let mut groups = Vec::new();
    for group in counted.groups.iter().filter(|_| split) {
        let rate = rate(&group.buckets, &group.weights, window);
        let (day_before, week_before) = (day.of_group(&group.key, rate.count, window), week.of_group(&group.key, rate.count, window));
        groups.push(GroupRate { key: group::key(&by, group.key.clone()), rate, day_before, week_before });
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.rate.count));
    let begun = sessions.get(Measure::Sessions);
    let of_sessions = |number: u64| (begun > 0).then(|| number as f64 / begun as f64);
    Ok(Json(Rates {
        query: scope::Understood::of(&params)?,
        window: times::spell(window),
        from: stamp(to - window),
        to: stamp(to),
        sessions: begun,
        per_session: of_sessions(all.count),
        errored_sessions: of_sessions(sessions.get(Measure::Errored)),
        crashed_sessions: of_sessions(sessions.get(Measure::Crashed)),
        day_before: day.of_all(all.count, window),
        week_before: week.of_all(all.count, window),
        rate: all,
        groups,
        groups_total: if split { counted.groups_total } else { 0 },
        error_bound: counted.error_bound,
    }))
}

/// All events and those of the groups in an earlier window.
struct Earlier {
    events: u64,
    weight: u64,
    groups: Recounted,
}

impl Earlier {
    fn of_all(&self, count: u64, window: i64) -> Past {
        Past::new(self.events, self.weight, count, window)
    }

    fn of_group(&self, key: &[Value], count: u64, window: i64) -> Past {
        let (events, weight) = self.groups.get(key).map_or((0, 0), |group| (group.count, group.weight));
        Past::new(events, weight, count, window)
    }
}

async fn past(api: &Api, count: &Count, keys: &[Vec<Value>], millis: Range<i64>) -> Answer<Earlier> {
    let all = Count::of(Scope { millis: millis.clone(), ..count.scope.clone() });
    let counting = async { Answer::Ok(api.index().count(&all).await?) };
    let recounting = async {
        match count.by.is_empty() {
            true => Ok(Recounted::default()),
            false => recount::within(api, count, keys, millis).await,
        }
    };
    let (all, groups) = futures::try_join!(counting, recounting)?;
    Ok(Earlier { events: all.total, weight: all.weight, groups })
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
