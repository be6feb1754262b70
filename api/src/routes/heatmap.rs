//! When in the week events come.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use jiff::tz::TimeZone;
use storage::index::Count;

use crate::{
    Api,
    access::Viewer,
    answer::heatmap::{Cell, Heatmap},
    describe,
    grid::Grid,
    over_time,
    params::Params,
    problem::{Answer, Problem},
    scope,
    times::{self, HOUR, stamp},
};

/// More hours than the longest range has.
const HOURS: usize = 10_000;

/// `GET /api/v1/stats/heatmap`
#[utoipa::path(
    get,
    path = "/api/v1/stats/heatmap",
    tag = "stats",
    summary = "Events by hour of the week",
    params(describe::Projects, describe::Asked, describe::Between, ("timezone" = Option<String>, Query, description = "IANA name of the time zone that buckets begin by and days are of; UTC without it", example = "Europe/Berlin")),
    responses((status = 200, description = "Done", body = Heatmap)),
)]
pub(super) async fn heatmap(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Heatmap>> {
    let params = Params::read(query.as_deref(), &["project", "query", "from", "to", "timezone"])?;
    let zone = times::zone(&params)?;
    let now = api.now();
    let scope = scope::read_in(&api, &viewer, &params, now, &zone).await?;
    let millis = scope.millis.clone();
    let grid = Grid::new(&zone, &millis, HOUR, HOURS).ok_or_else(|| Problem::parameter("from", "the range has too many hours"))?;
    let counted = over_time::count(&api, Count::of(scope), &grid).await?;
    Ok(Json(Heatmap {
        query: scope::Understood::of(&params)?,
        from: stamp(millis.start),
        to: stamp(millis.end),
        timezone: times::zone_name(&zone),
        total: counted.weight,
        estimated: counted.weight != counted.total,
        days: days(&zone, &grid, &counted.weights, now.as_millisecond()),
    }))
}

fn days(zone: &TimeZone, grid: &Grid, weights: &[u64], now: i64) -> Vec<Vec<Cell>> {
    let mut days = vec![vec![Cell::default(); 24]; 7];
    for (bucket, weight) in grid.buckets().zip(weights) {
        let clock = zone.to_datetime(stamp(bucket.start));
        let day = usize::try_from(clock.weekday().to_monday_zero_offset()).unwrap_or_default();
        let hour = usize::try_from(clock.hour()).unwrap_or_default();
        if let Some(cell) = days.get_mut(day).and_then(|hours| hours.get_mut(hour)) {
            cell.count += weight;
            cell.hours += (bucket.end.min(now) - bucket.start).max(0) as f64 / HOUR as f64;
        }
    }
    for cell in days.iter_mut().flatten() {
        cell.per_hour = (cell.hours > 0.0).then(|| cell.count as f64 / cell.hours);
    }
    days
}
