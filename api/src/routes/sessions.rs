//! The health of releases: sessions, and what clients threw away.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use schemas::{
    limits,
    query::Value,
    tally::{Counts, Dimension, Measure, Subject},
};
use storage::index::{ROWS, Row, Sum};

use crate::{
    Api,
    access::{Reach, Viewer},
    answer::{
        group::Key,
        health::{ClientReports, Health, HealthRow, Loss, Sessions},
    },
    describe,
    params::{Params, short},
    problem::{Answer, Problem},
    scope,
    times::{self, HOUR, MINUTE, stamp},
};

/// Groups when no limit is given.
const GROUPS: usize = 20;

/// `GET /api/v1/sessions`
#[utoipa::path(
    get,
    path = "/api/v1/sessions",
    tag = "health",
    summary = "How the sessions of releases went",
    params(describe::Projects, describe::Between, ("interval" = Option<String>, Query, description = "hour or day; without it one sum", pattern = "^(hour|day)?$"), ("by" = Option<String>, Query, description = "release, environment, or both between commas", example = "release"), ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Most of one answer; 20 without it")),
    responses((status = 200, description = "Done", body = Sessions)),
)]
pub(super) async fn sessions(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Sessions>> {
    let params = Params::read(query.as_deref(), &["project", "from", "to", "interval", "by", "limit"])?;
    let interval = Interval::read(&params)?;
    let groups = sum(&api, &viewer, &params, Subject::Session, interval).await?;
    let all = Sum { by: Vec::new(), interval: None, limit: 1, ..groups.clone() };
    let (all, summed) = futures::try_join!(api.index().sum(&all), api.index().sum(&groups))?;
    let total = all.rows.first().map_or((Counts::default(), None), |row| (row.counts, row.users));
    let row = |row: Row| HealthRow {
        start: interval.map(|_| stamp(row.start)),
        key: key(&groups.by, row.key),
        health: Health::new(&row.counts, row.users.unwrap_or_default()),
    };
    Ok(Json(Sessions {
        from: stamp(groups.millis.start),
        to: stamp(groups.millis.end),
        interval: interval.map(Interval::name),
        total: Health::new(&total.0, total.1.unwrap_or_default()),
        rows: summed.rows.into_iter().map(row).collect(),
        groups_total: summed.groups_total,
    }))
}

/// `GET /api/v1/client-reports`
#[utoipa::path(
    get,
    path = "/api/v1/client-reports",
    tag = "health",
    summary = "What clients threw away",
    params(describe::Projects, describe::Between, ("by" = Option<String>, Query, description = "reason, category, or both between commas", example = "reason"), ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Most of one answer; 20 without it")),
    responses((status = 200, description = "Done", body = ClientReports)),
)]
pub(super) async fn client_reports(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<ClientReports>> {
    let params = Params::read(query.as_deref(), &["project", "from", "to", "by", "limit"])?;
    let groups = sum(&api, &viewer, &params, Subject::Loss, None).await?;
    let all = Sum { by: Vec::new(), limit: 1, ..groups.clone() };
    let (all, summed) = futures::try_join!(api.index().sum(&all), api.index().sum(&groups))?;
    let lost = |row: &Row| row.counts.get(Measure::Lost);
    Ok(Json(ClientReports {
        from: stamp(groups.millis.start),
        to: stamp(groups.millis.end),
        total: all.rows.first().map_or(0, lost),
        rows: summed.rows.into_iter().map(|row| Loss { quantity: lost(&row), key: key(&groups.by, row.key) }).collect(),
        groups_total: summed.groups_total,
    }))
}

/// Buckets over time.
#[derive(Debug, Clone, Copy)]
enum Interval {
    Hour,
    Day,
}

impl Interval {
    fn read(params: &Params) -> Answer<Option<Self>> {
        match params.one("interval")? {
            None => Ok(None),
            Some("hour") => Ok(Some(Self::Hour)),
            Some("day") => Ok(Some(Self::Day)),
            Some(other) => Err(Problem::parameter("interval", format!("it must be hour or day, not {:?}", short(other)))),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    fn millis(self) -> i64 {
        match self {
            Self::Hour => HOUR,
            Self::Day => 24 * HOUR,
        }
    }
}

/// The question of the parameters. The range begins with a whole hour or day, as users are counted by the hour.
async fn sum(api: &Api, reach: &Reach, params: &Params, subject: Subject, interval: Option<Interval>) -> Answer<Sum> {
    let by = dimensions(params, subject)?;
    let limit = params.number("limit", 1..=limits::GROUPS, GROUPS)?;
    let interval = interval.map(Interval::millis);
    let mut millis = times::range(params, api.now())?;
    millis.start -= millis.start.rem_euclid(interval.unwrap_or(HOUR));
    let buckets = interval.map_or(1, |interval| times::buckets(&millis, interval));
    if buckets > limits::BUCKETS {
        let message = format!("it cuts the range into {buckets} pieces, more than {}; take day, or a shorter range", limits::BUCKETS);
        return Err(Problem::parameter("interval", message));
    }
    if buckets * limit > ROWS {
        return Err(Problem::parameter(
            "limit",
            format!("{limit} groups of {buckets} pieces of time are more than {ROWS} rows; take a smaller limit"),
        ));
    }
    let projects = scope::of_projects(api, reach, params).await?;
    Ok(Sum { projects, millis, subject, by, interval, limit, users: subject == Subject::Session })
}

/// The parameter `by`.
fn dimensions(params: &Params, subject: Subject) -> Answer<Vec<Dimension>> {
    let mut by = Vec::new();
    for name in params.all("by") {
        let known = name.parse().ok().filter(|dimension| subject.dimensions().contains(dimension));
        let Some(dimension) = known else {
            let names: Vec<&str> = subject.dimensions().iter().map(|dimension| dimension.as_str()).collect();
            return Err(Problem::parameter("by", format!("it takes {}, not {:?}", names.join(", "), short(name))));
        };
        if by.contains(&dimension) {
            return Err(Problem::parameter("by", format!("{dimension} stands twice")));
        }
        by.push(dimension);
    }
    Ok(by)
}

fn key(by: &[Dimension], values: Vec<Value>) -> Key {
    let json = |value: Value| match value {
        Value::Keyword(text) if text.is_empty() => serde_json::Value::Null,
        Value::Keyword(text) => text.into(),
        Value::Long(number) | Value::Millis(number) => number.into(),
        Value::Bool(yes) => yes.into(),
    };
    by.iter().map(ToString::to_string).zip(values.into_iter().map(json)).collect()
}

/// The sessions that began in these minutes, for shares of them.
pub(super) async fn begun(api: &Api, projects: Vec<schemas::ids::ProjectId>, millis: std::ops::Range<i64>) -> Answer<Counts> {
    let millis = millis.start - millis.start.rem_euclid(MINUTE)..millis.end;
    let sum = Sum { projects, millis, subject: Subject::Session, by: Vec::new(), interval: None, limit: 1, users: false };
    let summed = api.index().sum(&sum).await?;
    Ok(summed.rows.first().map_or_else(Counts::default, |row| row.counts))
}
