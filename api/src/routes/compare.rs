//! What changed between two windows or two releases.

use std::ops::Range;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use jiff::{Timestamp, tz::TimeZone};
use schemas::{
    fields::Field,
    limits,
    query::{Expr, FieldRef, Test, Value},
    tally::{Dimension, Measure, Subject},
};
use storage::index::{Count, Scope, Sum};

use crate::{
    Api,
    access::Viewer,
    answer::compare::{Comparison, Side},
    compare::{self, Pair},
    describe, groups,
    params::{Params, short},
    problem::{Answer, Problem},
    scope,
    times::{self, stamp},
};

/// What a side that is a release begins with.
const RELEASE: &str = "release:";

/// `GET /api/v1/stats/compare`
#[utoipa::path(
    get,
    path = "/api/v1/stats/compare",
    tag = "stats",
    summary = "What is new, gone, grown and shrunk between two windows or releases",
    params(describe::Projects, describe::Asked, describe::Between, ("a" = Option<String>, Query, description = "What was before: a window FROM/TO, or release:NAME; without it the window before b", example = "-14d/-7d"), ("b" = Option<String>, Query, description = "What is now, in the same form; without it from and to", example = "-7d/now"), ("timezone" = Option<String>, Query, description = "IANA name of the time zone that buckets begin by and days are of; UTC without it", example = "Europe/Berlin"), ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Most of one answer; 50 without it")),
    responses((status = 200, description = "Done", body = Comparison)),
)]
pub(super) async fn compare(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Comparison>> {
    let params = Params::read(query.as_deref(), &["project", "query", "from", "to", "a", "b", "timezone", "limit"])?;
    let limit = params.number("limit", 1..=limits::GROUPS, 50)?;
    let zone = times::zone(&params)?;
    let now = api.now();
    let scope = scope::read_in(&api, &viewer, &params, now, &zone).await?;
    let [a, b] = sides(&params, &scope, now, &zone)?;
    let (a_groups, b_groups) = futures::try_join!(groups::all(&api, &a.scope), groups::all(&api, &b.scope))?;
    let (a_total, b_total) = futures::try_join!(total(&api, &a.scope), total(&api, &b.scope))?;
    let complete = a_groups.complete && b_groups.complete;
    let mut pairs = compare::pairs(a_groups.groups, b_groups.groups);
    if !complete {
        compare::fill(&api, &a.scope, &b.scope, &mut pairs).await?;
    }
    let (unit, exposures) = exposures(&api, &a, &b, [a_total.weight, b_total.weight], now).await?;
    let judged = compare::judge(pairs, exposures);
    let (kinds, listed) = (compare::kinds(&judged), compare::listed(&api, judged, limit).await?);
    let side = |side: Chosen, total: Pair, exposure| Side {
        from: stamp(side.scope.millis.start),
        to: stamp(side.scope.millis.end),
        release: side.release,
        count: total.weight,
        estimated: total.weight != total.count,
        exposure,
    };
    let [a_exposure, b_exposure] = exposures;
    Ok(Json(Comparison {
        query: scope::Understood::of(&params)?,
        a: side(a, a_total, a_exposure),
        b: side(b, b_total, b_exposure),
        exposure: unit,
        kinds,
        groups: listed,
        complete,
    }))
}

/// One of the two sides.
struct Chosen {
    scope: Scope,
    release: Option<String>,
}

/// The parameters `a` and `b`: two releases, or two windows. Without them the window of the request and the one before.
fn sides(params: &Params, scope: &Scope, now: Timestamp, zone: &TimeZone) -> Answer<[Chosen; 2]> {
    let (a, b) = (params.one("a")?, params.one("b")?);
    let release = |text: Option<&str>| Some(text?.strip_prefix(RELEASE)?.to_owned());
    match (release(a), release(b)) {
        (Some(a), Some(b)) => Ok([a, b].map(|release| of_release(scope, release))),
        (None, None) => {
            let b = b.map_or_else(|| Ok(scope.millis.clone()), |b| window("b", b, now, zone))?;
            let a = a.map_or_else(|| Ok(times::before(&b, now)), |a| window("a", a, now, zone))?;
            Ok([a, b].map(|millis| Chosen { scope: Scope { millis, ..scope.clone() }, release: None }))
        }
        (None, Some(_)) => Err(Problem::parameter("a", "it must be a release too, like a=release:shop@1.0")),
        (Some(_), None) => Err(Problem::parameter("b", "it must be a release too, like b=release:shop@1.1")),
    }
}

fn of_release(scope: &Scope, release: String) -> Chosen {
    let equals = Test::Equals(Value::Keyword(release.clone()));
    let of = Expr::Field(FieldRef::new(Field::Release), equals);
    let scope = Scope { expr: Expr::And(vec![scope.expr.clone(), of]), ..scope.clone() };
    Chosen { scope, release: Some(release) }
}

/// A window `FROM/TO`.
fn window(name: &str, text: &str, now: Timestamp, zone: &TimeZone) -> Answer<Range<i64>> {
    let read = |text: &str| times::at(text, now, zone).filter(|millis| times::possible(*millis));
    let ends = text.split_once('/').and_then(|(from, to)| Some(read(from)?..read(to)?));
    let expected = "it must be a window FROM/TO, like 2026-01-01/2026-01-08 or -14d/-7d, or release:NAME";
    let window = ends.ok_or_else(|| Problem::parameter(name, format!("{expected}, not {:?}", short(text))))?;
    if window.start >= window.end || window.end - window.start > times::LONGEST {
        let message = format!("its beginning must lie before its end, and at most {} days", limits::RANGE_DAYS);
        return Err(Problem::parameter(name, message));
    }
    Ok(window)
}

async fn total(api: &Api, scope: &Scope) -> Answer<Pair> {
    let counted = api.index().count(&Count::of(scope.clone())).await?;
    Ok(Pair { count: counted.total, weight: counted.weight })
}

/// What rates are per, and how much of that each side has: never nothing.
async fn exposures(api: &Api, a: &Chosen, b: &Chosen, events: [u64; 2], now: Timestamp) -> Answer<(&'static str, [f64; 2])> {
    if let (Some(release_a), Some(release_b)) = (&a.release, &b.release) {
        let sessions = [sessions(api, &a.scope, release_a).await?, sessions(api, &b.scope, release_b).await?];
        if sessions.iter().all(|sessions| *sessions > 0) {
            return Ok(("sessions", sessions.map(|sessions| sessions as f64)));
        }
        return Ok(("events", events.map(|events| events.max(1) as f64)));
    }
    let seconds = |side: &Chosen| {
        let Range { start, end } = side.scope.millis;
        let passed = end.min(now.as_millisecond()) - start;
        (if passed > 0 { passed } else { end - start }) as f64 / 1_000.0
    };
    Ok(("seconds", [seconds(a), seconds(b)]))
}

/// Sessions of a release that began in the range; none if a thousand releases have more.
async fn sessions(api: &Api, scope: &Scope, release: &str) -> Answer<u64> {
    let sum = Sum {
        projects: scope.projects.clone(),
        millis: scope.millis.clone(),
        subject: Subject::Session,
        by: vec![Dimension::Release],
        interval: None,
        limit: limits::GROUPS,
        users: false,
    };
    let summed = api.index().sum(&sum).await?;
    let row = summed.rows.iter().find(|row| matches!(&row.key[..], [Value::Keyword(name)] if name == release));
    Ok(row.map_or(0, |row| row.counts.get(Measure::Sessions)))
}
