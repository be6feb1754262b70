//! How many users, sessions, services and so on events touched.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use schemas::{
    fields::Field,
    query::{Expr, FieldRef},
    tally::Measure,
};
use storage::index::{Count, Counted, Scope};

use super::sessions;
use crate::{
    Api,
    access::Viewer,
    answer::{
        group::estimated_users,
        impact::{Impact, Part},
    },
    describe, issues,
    params::Params,
    problem::{Answer, Problem},
    scope,
    times::stamp,
};

/// What is counted, in the order of the answer.
const TOUCHED: [Field; 7] = [Field::User, Field::Session, Field::Service, Field::Release, Field::Environment, Field::Host, Field::Country];

/// `GET /api/v1/stats/impact`
#[utoipa::path(
    get,
    path = "/api/v1/stats/impact",
    tag = "stats",
    summary = "How many users, sessions, services and so on events touched",
    params(describe::Projects, describe::Asked, describe::Between, ("issue" = Option<String>, Query, description = "Only events of this issue, and its project as everything")),
    responses((status = 200, description = "Done", body = Impact)),
)]
pub(super) async fn impact(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Impact>> {
    let params = Params::read(query.as_deref(), &["project", "query", "issue", "from", "to"])?;
    let scope = scope::read(&api, &viewer, &params, api.now()).await?;
    let (scope, all) = match params.one("issue")? {
        None => (scope.clone(), Scope { expr: Expr::All, ..scope }),
        Some(id) => of_issue(&api, &viewer, id, scope).await?,
    };
    let distinct: Vec<FieldRef> = TOUCHED.into_iter().map(FieldRef::new).collect();
    let count = |scope: &Scope| Count { distinct: distinct.clone(), ..Count::of(scope.clone()) };
    let (touched, every) = (count(&scope), count(&all));
    let counting = async |count: &Count| Answer::Ok(api.index().count(count).await?);
    let begun = sessions::begun(&api, all.projects.clone(), all.millis.clone());
    let (touched, every, begun) = futures::try_join!(counting(&touched), counting(&every), begun)?;
    Ok(Json(answer(scope::Understood::of(&params)?, &scope, &touched, &every, begun.get(Measure::Sessions))))
}

/// The events of an issue, and all of its project.
async fn of_issue(api: &Api, viewer: &Viewer, id: &str, scope: Scope) -> Answer<(Scope, Scope)> {
    let missing = || Problem::parameter("issue", "there is no such issue");
    let id = issues::id(id).ok_or_else(missing)?;
    let issue = storage::catalog::issues::get(api.catalog(), &[id]).await?.into_iter().next().flatten();
    let issue = viewer.own(issue, |issue| issue.project).filter(|issue| scope.projects.contains(&issue.project)).ok_or_else(missing)?;
    let all = Scope { projects: vec![issue.project], expr: Expr::All, millis: scope.millis.clone() };
    Ok((issues::scope_of(&issue, &scope.expr, scope.millis), all))
}

fn answer(query: scope::Understood, scope: &Scope, touched: &Counted, every: &Counted, sessions_begun: u64) -> Impact {
    let share = |count: u64, total: u64| (total > 0).then(|| count as f64 / total as f64);
    let part = |place: usize| {
        let of = |counted: &Counted| counted.distinct.get(place).copied().unwrap_or_default();
        let (count, total) = (of(touched), of(every));
        // An estimate of all may be a little lower than that of a part.
        let total = total.max(count);
        Part { count, total, share: share(count, total), estimated: estimated_users(total) }
    };
    let (count, total) = (touched.weight, every.weight);
    Impact {
        query,
        from: stamp(scope.millis.start),
        to: stamp(scope.millis.end),
        events: Part { count, total, share: share(count, total), estimated: false },
        estimated: every.weight != every.total,
        users: part(0),
        sessions: part(1),
        services: part(2),
        releases: part(3),
        environments: part(4),
        hosts: part(5),
        countries: part(6),
        sessions_begun,
    }
}
