//! Issues: a page, and one with its latest event.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use schemas::{limits, query::Expr};
use serde_json::value::RawValue;
use storage::{catalog, index::Scope};

use crate::{
    Api,
    access::Viewer,
    answer::issue::{Issues, OneIssue},
    cursor::IssueCursor,
    issues::{self, Sort},
    params::Params,
    problem::{Answer, Problem},
    scope,
    times::{self, stamp},
};

/// `GET /api/v1/issues`
pub(super) async fn list(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Issues>> {
    let params = Params::read(query.as_deref(), &["project", "query", "from", "to", "sort", "limit", "cursor"])?;
    let sort: Sort = params.parsed("sort")?.unwrap_or_default();
    let limit = params.number("limit", 1..=limits::PAGE_ISSUES, 50)?;
    let cursor = IssueCursor::read(&params)?;
    let mut scope = scope::read(&api, &viewer, &params, api.now()).await?;
    if let Some(cursor) = &cursor {
        if cursor.sort != sort.name() {
            return Err(Problem::parameter("cursor", format!("it belongs to a list that is sorted by {:?}", cursor.sort)));
        }
        // The pages of one list keep to the range of the first, however `from` and `to` were written.
        scope.millis = times::check(cursor.from..cursor.to)?;
    }
    let after = cursor.map(|cursor| (cursor.value, cursor.id));
    let page = issues::page(&api, &scope, sort, after, limit).await?;
    let Scope { millis, .. } = &scope;
    let next = page.next.map(|(value, id)| {
        let cursor = IssueCursor { sort: sort.name().to_owned(), from: millis.start, to: millis.end, value, id };
        cursor.write()
    });
    Ok(Json(Issues {
        from: stamp(millis.start),
        to: stamp(millis.end),
        bucket_ms: issues::spark_millis(&scope),
        issues: page.issues,
        total: page.total,
        complete: page.complete,
        next,
    }))
}

/// `GET /api/v1/issues/{id}`: without a range over its whole life.
pub(super) async fn one(
    viewer: Viewer,
    State(api): State<Api>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Json<OneIssue>> {
    let params = Params::read(query.as_deref(), &["from", "to"])?;
    let missing = || Problem::not_found("there is no such issue");
    let id = issues::id(&id).ok_or_else(missing)?;
    let issue = catalog::issues::get(api.catalog(), &[id]).await?.into_iter().next().flatten();
    let issue = viewer.own(issue, |issue| issue.project).ok_or_else(missing)?;
    let now = api.now();
    let millis = match (params.one("from")?, params.one("to")?) {
        (None, None) => issues::life(&issue, now),
        _ => times::range(&params, now)?,
    };
    let scope = issues::scope_of(&issue, &Expr::All, millis.clone());
    let latest = api.index().search(&scope, None, 1).await?.hits.into_iter().next();
    let latest_event = latest.map(|hit| raw(hit.json)).transpose()?;
    let issue = issues::with_counts(&api, &Expr::All, millis.clone(), issue).await?;
    let bucket_ms = issues::spark_millis(&scope);
    Ok(Json(OneIssue { issue, from: stamp(millis.start), to: stamp(millis.end), bucket_ms, latest_event }))
}

fn raw(json: Vec<u8>) -> Answer<Box<RawValue>> {
    let damaged = |cause: String| {
        let place = "an event of the index".to_owned();
        Problem::from(storage::Error::Damaged { place, cause })
    };
    let text = String::from_utf8(json).map_err(|error| damaged(error.to_string()))?;
    RawValue::from_string(text).map_err(|error| damaged(error.to_string()))
}
