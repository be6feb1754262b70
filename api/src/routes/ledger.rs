//! The ledger: how the records of a day ended.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use jiff::{civil::Date, tz::TimeZone};

use crate::{
    Api,
    access::{Everywhere, Viewer},
    answer::ledger::{Entry, Ledger},
    params::{Params, short},
    problem::{Answer, Problem},
};

/// `GET /api/v1/ledger`
#[utoipa::path(
    get,
    path = "/api/v1/ledger",
    tag = "processing",
    summary = "How the records of a day ended",
    params(("day" = Option<String>, Query, description = "A day (UTC); without it today", example = "2026-01-31")),
    responses((status = 200, description = "Done", body = Ledger)),
)]
pub(super) async fn ledger(_: Everywhere<Viewer>, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Ledger>> {
    let params = Params::read(query.as_deref(), &["day"])?;
    let day = match params.one("day")? {
        None => TimeZone::UTC.to_datetime(api.now()).date(),
        Some(text) => text
            .parse::<Date>()
            .map_err(|_| Problem::parameter("day", format!("it must be a day (UTC) like 2026-01-31, not {:?}", short(text))))?,
    };
    let balance = api.index().balance(day).await?;
    let total = balance.iter().map(|(_, _, count)| count).sum();
    let outcomes = balance.into_iter().map(|(kind, reason, count)| Entry { kind, reason, count }).collect();
    Ok(Json(Ledger { day, outcomes, total }))
}
