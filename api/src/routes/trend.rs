//! Events over time.

use std::ops::Range;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use schemas::{
    catalog::Deploy,
    fields::Field,
    limits,
    query::{Expr, FieldRef, Test},
};
use storage::{
    catalog::deploys,
    index::{Count, Counted, Scope},
};

use super::top;
use crate::{
    Api,
    access::Viewer,
    answer::{
        group::{self, estimated_users},
        trend::{Bucket, Release, Rest, Series, Trend},
    },
    describe,
    grid::Grid,
    over_time,
    params::{Params, short},
    problem::{Answer, Problem},
    scope,
    times::{self, DAY, HOUR, MINUTE, stamp},
};

/// Buckets of the interval `auto`, at most.
const AUTO: usize = 60;
/// What `auto` takes.
const ROUND: [i64; 12] =
    [MINUTE / 6, MINUTE / 2, MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY];
/// Most counts of one answer: groups times buckets.
const COUNTS: usize = 50_000;
/// Most releases that are marked.
const RELEASES: usize = 100;
/// Users of all buckets together that are counted exactly.
const USERS_OVER_TIME: u64 = 400_000;

/// `GET /api/v1/stats/trend`
#[utoipa::path(
    get,
    path = "/api/v1/stats/trend",
    tag = "stats",
    summary = "Events over time",
    params(describe::Projects, describe::Asked, describe::Between, ("interval" = Option<String>, Query, description = "auto, or the length of a bucket like 30s, 5m, 1h or 1d", example = "1h"), ("timezone" = Option<String>, Query, description = "IANA name of the time zone that buckets begin by and days are of; UTC without it", example = "Europe/Berlin"), ("by" = Option<String>, Query, description = "A field to split by", example = "service"), ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Most of one answer; 5 without it"), ("with" = Option<String>, Query, description = "What costs more: users, releases, or both between commas", example = "users")),
    responses((status = 200, description = "Done", body = Trend)),
)]
pub(super) async fn trend(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Trend>> {
    let known = ["project", "query", "from", "to", "interval", "timezone", "by", "limit", "with"];
    let params = Params::read(query.as_deref(), &known)?;
    let by = top::fields(&params, 1)?;
    let limit = params.number("limit", 1..=limits::GROUPS, 5)?;
    let with = With::read(&params)?;
    let zone = times::zone(&params)?;
    let now = api.now();
    let scope = scope::read_in(&api, &viewer, &params, now, &zone).await?;
    let millis = scope.millis.clone();
    let (interval, grid) = cut(&params, &zone, &millis)?;
    if !by.is_empty() && grid.len() * limit > COUNTS {
        let buckets = grid.len();
        let message =
            format!("{limit} groups of {buckets} buckets are more than {COUNTS} counts; take a longer interval or a smaller limit");
        return Err(Problem::parameter("limit", message));
    }
    let count = Count { by: by.clone(), limit, users: with.users, users_over_time: with.users, ..Count::of(scope.clone()) };
    let (counted, without, markers) =
        futures::try_join!(over_time::count(&api, count, &grid), without(&api, &scope, &by, &grid), markers(&api, &scope, with.releases))?;
    let (releases, deploys) = markers.unzip();
    let split = !by.is_empty();
    Ok(Json(Trend {
        query: scope::Understood::of(&params)?,
        from: stamp(millis.start),
        to: stamp(millis.end),
        interval: times::spell(interval),
        timezone: times::zone_name(&zone),
        total: counted.weight,
        estimated: counted.weight != counted.total,
        users: counted.users,
        users_estimated: many_users(&counted),
        buckets: buckets(&counted, &grid, now.as_millisecond()),
        other: split.then(|| other(&counted, without.as_ref())),
        without: split.then(|| without.as_ref().map_or_else(|| none(&grid), rest)),
        groups_total: if split { counted.groups_total } else { 0 },
        error_bound: counted.error_bound,
        groups: if split { series(&by, counted) } else { Vec::new() },
        releases,
        deploys,
    }))
}

/// What costs more and is answered when asked for: the parameter `with`.
#[derive(Default)]
struct With {
    users: bool,
    releases: bool,
}

impl With {
    fn read(params: &Params) -> Answer<Self> {
        let mut with = Self::default();
        for name in params.all("with") {
            match name {
                "users" => with.users = true,
                "releases" => with.releases = true,
                other => return Err(Problem::parameter("with", format!("it takes users and releases, not {:?}", short(other)))),
            }
        }
        Ok(with)
    }
}

fn cut(params: &Params, zone: &jiff::tz::TimeZone, millis: &Range<i64>) -> Answer<(i64, Grid)> {
    let interval = match params.one("interval")? {
        None | Some("auto") => {
            let fits = ROUND.into_iter().find_map(|interval| Some((interval, Grid::new(zone, millis, interval, AUTO)?)));
            return fits.ok_or_else(|| Problem::parameter("interval", "the range is too long for auto; give one"));
        }
        Some(text) => times::duration(text).filter(|interval| *interval <= times::LONGEST).ok_or_else(|| {
            let message = format!("it must be auto or a duration like 30s, 5m, 1h or 1d, not {:?}", short(text));
            Problem::parameter("interval", message)
        })?,
    };
    let too_many = || {
        let buckets = times::buckets(millis, interval).max(limits::BUCKETS + 1);
        let message = format!("it cuts the range into {buckets} buckets, more than {}; take a longer one", limits::BUCKETS);
        Problem::parameter("interval", message)
    };
    if times::buckets(millis, interval) > limits::BUCKETS {
        return Err(too_many());
    }
    let grid = Grid::new(zone, millis, interval, limits::BUCKETS).ok_or_else(too_many)?;
    Ok((interval, grid))
}

fn buckets(counted: &Counted, grid: &Grid, now: i64) -> Vec<Bucket> {
    let counts = counted.buckets.iter().zip(&counted.weights);
    let bucket = |(n, (range, (count, weight))): (usize, (Range<i64>, (&u64, &u64)))| Bucket {
        start: stamp(range.start),
        count: *weight,
        estimated: weight != count,
        users: counted.users_over_time.get(n).copied(),
        partial: grid.is_partial(n, now),
    };
    grid.buckets().zip(counts).enumerate().map(bucket).collect()
}

fn many_users(counted: &Counted) -> bool {
    let over_time = &counted.users_over_time;
    let most = over_time.iter().chain(&counted.users).max().copied().unwrap_or_default();
    estimated_users(most) || over_time.iter().sum::<u64>() > USERS_OVER_TIME
}

fn series(by: &[FieldRef], counted: Counted) -> Vec<Series> {
    let one = |group: storage::index::Group| Series {
        estimated: group.weight != group.count,
        key: group::key(by, group.key),
        count: group.weight,
        users: group.users,
        counts: group.weights,
    };
    counted.groups.into_iter().map(one).collect()
}

/// The events without a value of the field that events are split by. `None`: every event has one.
async fn without(api: &Api, scope: &Scope, by: &[FieldRef], grid: &Grid) -> Answer<Option<Counted>> {
    let [field] = by else { return Ok(None) };
    if matches!(field.field, Field::Project | Field::Level | Field::Category | Field::Priority) {
        return Ok(None);
    }
    let missing = Expr::Not(Box::new(Expr::Field(field.clone(), Test::Exists)));
    let scope = Scope { expr: Expr::And(vec![scope.expr.clone(), missing]), ..scope.clone() };
    over_time::count(api, Count::of(scope), grid).await.map(Some)
}

fn rest(counted: &Counted) -> Rest {
    Rest { count: counted.weight, estimated: counted.weight != counted.total, counts: counted.weights.clone() }
}

fn none(grid: &Grid) -> Rest {
    Rest { count: 0, estimated: false, counts: vec![0; grid.len()] }
}

/// All events but those of the groups and those without a value.
fn other(counted: &Counted, without: Option<&Counted>) -> Rest {
    let less = |all: u64, parts: &mut dyn Iterator<Item = u64>| all.saturating_sub(parts.sum());
    let groups = || counted.groups.iter();
    let events = less(counted.total, &mut groups().map(|group| group.count).chain(without.map(|without| without.total)));
    let count = less(counted.weight, &mut groups().map(|group| group.weight).chain(without.map(|without| without.weight)));
    let in_bucket = |(n, all): (usize, &u64)| {
        let of = |weights: &[u64]| weights.get(n).copied().unwrap_or_default();
        less(*all, &mut groups().map(|group| of(&group.weights)).chain(without.map(|without| of(&without.weights))))
    };
    Rest { count, estimated: count != events, counts: counted.weights.iter().enumerate().map(in_bucket).collect() }
}

/// Releases and deploys of the range, when they are wanted.
async fn markers(api: &Api, scope: &Scope, wanted: bool) -> Answer<Option<(Vec<Release>, Vec<Deploy>)>> {
    if !wanted {
        return Ok(None);
    }
    let by = vec![FieldRef::new(Field::Release), FieldRef::new(Field::Project)];
    let count = Count { by, limit: RELEASES, ..Count::of(scope.clone()) };
    let counting = async { Answer::Ok(api.index().count(&count).await?) };
    let listing = async { Answer::Ok(deploys::of_projects(api.catalog(), scope.projects.clone(), limits::PROJECT_DEPLOYS).await?) };
    let (counted, mut deploys) = futures::try_join!(counting, listing)?;
    deploys.retain(|deploy| scope.millis.contains(&deploy.at.as_millisecond()));
    let mut releases: Vec<Release> = counted.groups.iter().filter_map(release).collect();
    releases.sort_by(|a, b| (a.first_seen, a.project, &a.release).cmp(&(b.first_seen, b.project, &b.release)));
    Ok(Some((releases, deploys)))
}

fn release(group: &storage::index::Group) -> Option<Release> {
    use schemas::{ids::ProjectId, query::Value};
    let [Value::Keyword(release), Value::Long(project)] = &group.key[..] else { return None };
    Some(Release {
        project: ProjectId(u64::try_from(*project).ok()?),
        release: release.clone(),
        first_seen: stamp(group.seen.0),
        count: group.weight,
        estimated: group.weight != group.count,
    })
}
