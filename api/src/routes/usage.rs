//! What a project sent: taken, and refused by reason.

use std::{collections::BTreeMap, ops::Range};

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::Offset};
use schemas::{
    category::Category,
    ids::PublicKey,
    limits,
    quota::start_of,
    usage::{Count, Reason, UsageDay, busy_hour},
};
use storage::catalog::usage;

use super::projects;
use crate::{
    Api,
    access::Member,
    answer::usage::{Row, Spike, Usage},
    describe,
    params::{Params, short},
    problem::{Answer, Problem},
    times,
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// Most rows of one answer.
const ROWS: usize = 10_000;

/// What rows are told apart by, besides time.
#[derive(Default, Clone, Copy)]
struct By {
    key: bool,
    category: bool,
    reason: bool,
}

/// `GET /api/v1/projects/{project}/usage?from&to&interval=hour|day&by=key,category,reason`. Hours and days are whole
/// ones, UTC: the first and the last may reach out of the range. Not for viewers, since it shows keys.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{project}/usage",
    tag = "projects",
    summary = "What a project sent: taken, and refused by reason",
    params(("project" = String, Path, description = "Number or slug", example = "shop"), describe::Between, ("interval" = Option<String>, Query, description = "hour or day; day without it", pattern = "^(hour|day)?$"), ("by" = Option<String>, Query, description = "key, category, reason, several between commas", example = "reason")),
    responses((status = 200, description = "Done", body = Usage)),
)]
pub(super) async fn usage(
    member: Member,
    State(api): State<Api>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Json<Usage>> {
    let params = Params::read(query.as_deref(), &["from", "to", "interval", "by"])?;
    let project = projects::find(&api, &member, &name).await?;
    let asked = times::range(&params, api.now())?;
    let interval = interval(&params)?;
    let by = by(&params)?;
    let range = asked.start.div_euclid(interval) * interval..(asked.end + interval - 1).div_euclid(interval) * interval;
    let today = day_of(api.now().as_millisecond());
    let learned_from = today.checked_sub(limits::SPIKE_HISTORY_DAYS.days()).unwrap_or(today);
    let days = usage::between(api.catalog(), vec![project.id], day_of(range.start), day_of(range.end - 1)).await?;
    let rows = rows(&days, &range, interval, by)?;
    let learned = usage::between(api.catalog(), vec![project.id], learned_from, today).await?;
    let spike_protection = spikes(&project.settings.spike_protection, &learned, today, api.now());
    let interval = if interval == DAY { "day" } else { "hour" };
    let total = rows.iter().map(|row| row.events).sum();
    Ok(Json(Usage { from: times::stamp(range.start), to: times::stamp(range.end), interval, total, rows, spike_protection }))
}

fn interval(params: &Params) -> Answer<i64> {
    match params.one("interval")? {
        Some("hour") => Ok(HOUR),
        None | Some("day") => Ok(DAY),
        Some(other) => Err(Problem::parameter("interval", format!("it must be hour or day, not {:?}", short(other)))),
    }
}

fn by(params: &Params) -> Answer<By> {
    let mut by = By::default();
    for name in params.all("by") {
        match name {
            "key" => by.key = true,
            "category" => by.category = true,
            "reason" => by.reason = true,
            other => return Err(Problem::parameter("by", format!("it must be of key, category and reason, not {:?}", short(other)))),
        }
    }
    Ok(by)
}

/// The sums, oldest first.
fn rows(days: &[UsageDay], range: &Range<i64>, interval: i64, by: By) -> Answer<Vec<Row>> {
    type Place<'a> = (i64, Option<&'a PublicKey>, Option<Category>, Option<Reason>);
    let mut sums: BTreeMap<Place<'_>, u64> = BTreeMap::new();
    for day in days {
        let start = start_of(day.day).map_or(i64::MIN, Timestamp::as_millisecond);
        for Count { key, category, reason, hour, events } in day.iter() {
            let at = start.saturating_add(i64::from(hour) * HOUR).div_euclid(interval) * interval;
            if !range.contains(&at) {
                continue;
            }
            let place = (at, by.key.then_some(key), by.category.then_some(category), by.reason.then_some(reason));
            let sum = sums.entry(place).or_default();
            *sum = sum.saturating_add(events);
            if sums.len() > ROWS {
                let detail = format!("there are more than {ROWS} rows: ask for a shorter time, for days, or by less");
                return Err(Problem::parameter("by", detail));
            }
        }
    }
    let row =
        |((at, key, category, reason), events): (Place<'_>, u64)| Row { at: times::stamp(at), key: key.cloned(), category, reason, events };
    Ok(sums.into_iter().map(row).collect())
}

/// What spike protection does in this hour.
fn spikes(setting: &schemas::quota::SpikeProtection, days: &[UsageDay], today: Date, now: Timestamp) -> Vec<Spike> {
    let Some(busy) = busy_hour(days, today) else { return Vec::new() };
    let hour = Offset::UTC.to_datetime(now).hour();
    let held = |category: Category| -> u64 {
        let counts = days.iter().filter(|day| day.day == today).flat_map(UsageDay::iter);
        let held = counts
            .filter(|count| count.category == category && count.reason == Reason::SpikeProtection && i8::try_from(count.hour) == Ok(hour));
        held.map(|count| count.events).sum()
    };
    let spike = |category: Category| {
        let busy_hour = busy[category.index()];
        let refused_this_hour = held(category);
        let limit_per_hour = setting.threshold(Some(busy_hour));
        (busy_hour > 0 || refused_this_hour > 0).then_some(Spike { category, busy_hour, limit_per_hour, refused_this_hour })
    };
    Category::ALL.into_iter().filter_map(spike).collect()
}

fn day_of(millis: i64) -> Date {
    Offset::UTC.to_datetime(times::stamp(millis)).date()
}
