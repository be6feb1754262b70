//! Records that could not be processed. The records themselves are unscrubbed: one at a time, and for admins only.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use http::{HeaderName, header};
use schemas::record::Position;
use storage::catalog::dead_letters;

use crate::{
    Api,
    access::{Admin, Viewer},
    answer::dead_letter::{DeadLetter, DeadLetters},
    cursor, describe,
    params::Params,
    problem::{Answer, Problem},
    scope,
};

/// Most of one page.
const PAGE: usize = 500;
/// Read at once: with its record, each may have 1.5 MB.
const STEP: usize = 20;

/// An answer that nobody keeps: it is unscrubbed.
type Secret = ([(HeaderName, &'static str); 1], Json<DeadLetter>);

/// `GET /api/v1/dead-letters`
#[utoipa::path(
    get,
    path = "/api/v1/dead-letters",
    tag = "processing",
    summary = "Records that could not be processed, newest first",
    params(describe::Projects, ("limit" = Option<u64>, Query, minimum = 1, maximum = 500, description = "Most of one answer; 100 without it"), describe::Paged),
    responses((status = 200, description = "Done", body = DeadLetters)),
)]
pub(super) async fn list(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<DeadLetters>> {
    let params = Params::read(query.as_deref(), &["project", "limit", "cursor"])?;
    let limit = params.number("limit", 1..=PAGE, 100)?;
    let mut after = cursor::dead_letter(&params)?;
    let projects = scope::chosen(&api, &viewer, &params).await?;
    let mut letters = Vec::new();
    let mut more = true;
    while more && letters.len() <= limit {
        let page = dead_letters::list(api.catalog(), projects.clone(), after, STEP).await?;
        more = page.len() == STEP;
        after = page.last().map(|letter| (letter.received_at.as_millisecond(), letter.position)).or(after);
        letters.extend(page.into_iter().map(DeadLetter::scrubbed));
    }
    let cut = letters.len() > limit;
    letters.truncate(limit);
    let last = letters.last().filter(|_| cut);
    let next = last.map(|letter| cursor::of_dead_letter(letter.received_at.as_millisecond(), letter.position));
    Ok(Json(DeadLetters { dead_letters: letters, next }))
}

/// `GET /api/v1/dead-letters/{position}`: `PARTITION-OFFSET`, with the record.
#[utoipa::path(
    get,
    path = "/api/v1/dead-letters/{position}",
    tag = "processing",
    summary = "One of them with its record, for admins",
    params(("position" = String, Path, description = "PARTITION-OFFSET", example = "0-17")),
    responses((status = 200, description = "Done", body = DeadLetter)),
)]
pub(super) async fn one(admin: Admin, State(api): State<Api>, Path(position): Path<String>) -> Answer<Secret> {
    let missing = || Problem::not_found("there is no dead letter of this position");
    let position = read(&position).ok_or_else(missing)?;
    let letter = dead_letters::get(api.catalog(), position).await?;
    let letter = admin.own(letter, |letter| letter.project).ok_or_else(missing)?;
    tracing::info!(%position, "an admin reads a dead letter");
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(DeadLetter::raw(letter))))
}

fn read(text: &str) -> Option<Position> {
    let (partition, offset) = text.split_once('-')?;
    Some(Position { partition: partition.parse().ok()?, offset: offset.parse().ok()? })
}
