//! Issues: a page, and one whole.

use std::ops::Range;

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use schemas::{
    ids::IssueId,
    issue::{Issue, State as IssueState},
    limits,
    query::Expr,
};
use serde_json::value::RawValue;
use storage::{
    catalog,
    index::{Hit, Scope},
};

use crate::{
    Api,
    access::{Reach, Viewer},
    answer::issue::{Issues, OneIssue},
    cursor::{self, IssueCursor},
    describe,
    issues::{self, Sort, detail},
    params::{Params, short},
    problem::{Answer, Problem},
    scope,
    times::{self, stamp},
};

/// `GET /api/v1/issues`
#[utoipa::path(
    get,
    path = "/api/v1/issues",
    tag = "issues",
    summary = "Issues with events in the range, with their counts",
    params(
        describe::Projects,
        describe::Asked,
        describe::Between,
        ("state" = Option<String>, Query, description = "States between commas; there is `new`", example = "new"),
        ("sort" = Option<String>, Query, description = "What they are sorted by, the greatest first: `last_seen` (without it), `first_seen`, `count`, `users`, `trend` (events more than in the range before), `priority`", example = "count"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 500, description = "Most of one answer; 50 without it"),
        describe::Paged,
    ),
    responses((status = 200, description = "Done", body = Issues)),
)]
pub(super) async fn list(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Issues>> {
    let params = Params::read(query.as_deref(), &["project", "query", "state", "from", "to", "sort", "limit", "cursor"])?;
    let sort: Sort = params.parsed("sort")?.unwrap_or_default();
    let limit = params.number("limit", 1..=limits::PAGE_ISSUES, 50)?;
    state(&params)?;
    let cursor = IssueCursor::read(&params)?;
    let mut scope = scope::read(&api, &viewer, &params, api.now()).await?;
    let mark = cursor::mark(&scope.projects, &[params.one("query")?.unwrap_or_default()]);
    if let Some(cursor) = &cursor {
        cursor.check(sort.name(), &mark)?;
        // The pages of one list keep to the range of the first, however `from` and `to` were written.
        scope.millis = times::check(cursor.from..cursor.to)?;
    }
    let after = cursor.map(|cursor| (cursor.value, cursor.id));
    let page = issues::page(&api, &scope, sort, after, limit).await?;
    let Scope { millis, .. } = &scope;
    let next = page.next.map(|(value, id)| {
        let cursor = IssueCursor { sort: sort.name().to_owned(), mark, from: millis.start, to: millis.end, value, id };
        cursor.write()
    });
    Ok(Json(Issues {
        query: scope::Understood::of(&params)?,
        from: stamp(millis.start),
        to: stamp(millis.end),
        bucket_ms: issues::spark_millis(&scope),
        issues: page.issues,
        total: page.total,
        complete: page.complete,
        next,
    }))
}

/// The parameter `state`. Every issue is new.
fn state(params: &Params) -> Answer<()> {
    for text in params.all("state") {
        if serde_json::from_value::<IssueState>(text.into()).is_err() {
            return Err(Problem::parameter("state", format!("there is no state {:?}; there is new", short(text))));
        }
    }
    Ok(())
}

/// `GET /api/v1/issues/{id}`: without a range over its whole life.
#[utoipa::path(
    get,
    path = "/api/v1/issues/{id}",
    tag = "issues",
    summary = "One issue: counts, releases, activity and the events worth reading",
    params(("id" = String, Path, description = "Id of the issue, in any case; one that was merged answers with the issue it was merged into", example = "shop-7F3K9"), describe::Between),
    responses((status = 200, description = "Done", body = OneIssue)),
)]
pub(super) async fn one(
    viewer: Viewer,
    State(api): State<Api>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Json<OneIssue>> {
    let params = Params::read(query.as_deref(), &["from", "to"])?;
    let (asked, issue) = find(&api, &viewer, &id).await?;
    let millis = range(&api, &params, &issue)?;
    let scope = issues::scope_of(&issue, &Expr::All, millis.clone());
    let merges = catalog::issues::merges::of(api.catalog(), [issue.project]).await?;
    let merged = merges.get(&issue.project).map_or_else(Vec::new, |merges| merges.parts(&issue.id).cloned().collect());
    let (shown, (life, releases), activity, latest, recommended) = futures::try_join!(
        issues::with_counts(&api, &Expr::All, millis.clone(), issue.clone()),
        detail::of_life(&api, &issue),
        detail::activity(&api, &issue),
        detail::latest(&api, &scope),
        detail::recommended(&api, &scope),
    )?;
    let first = detail::first(&api, &scope, shown.window.as_ref().map(|window| window.first_seen)).await?;
    Ok(Json(OneIssue {
        merged_into: Some(issue.id).filter(|id| *id != asked),
        issue: shown,
        merged,
        from: stamp(millis.start),
        to: stamp(millis.end),
        bucket_ms: issues::spark_millis(&scope),
        life,
        releases,
        activity,
        latest_event: raw(latest)?,
        first_event: raw(first)?,
        recommended_event: raw(recommended)?,
    }))
}

/// The issue of this id in the path, if the token may see it, and the id that was asked for. An id that was merged into
/// another issue finds that one.
pub(super) async fn find(api: &Api, reach: &Reach, id: &str) -> Answer<(IssueId, Issue)> {
    let missing = || Problem::not_found("there is no such issue");
    let id = issues::id(id).ok_or_else(missing)?;
    let issue = catalog::issues::get(api.catalog(), std::slice::from_ref(&id)).await?.into_iter().next().flatten();
    let issue = reach.own(issue, |issue| issue.project).ok_or_else(missing)?;
    Ok((id, issue))
}

/// `from` and `to`; without them the issue's life.
pub(super) fn range(api: &Api, params: &Params, issue: &Issue) -> Answer<Range<i64>> {
    match (params.one("from")?, params.one("to")?) {
        (None, None) => Ok(issues::life(issue, api.now())),
        _ => times::range(params, api.now()),
    }
}

fn raw(hit: Option<Hit>) -> Answer<Option<Box<RawValue>>> {
    let Some(Hit { json, .. }) = hit else { return Ok(None) };
    let damaged = |cause: String| {
        let place = "an event of the index".to_owned();
        Problem::from(storage::Error::Damaged { place, cause })
    };
    let text = String::from_utf8(json).map_err(|error| damaged(error.to_string()))?;
    RawValue::from_string(text).map(Some).map_err(|error| damaged(error.to_string()))
}
