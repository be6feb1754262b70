//! The state of things on one page.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use schemas::{fields::Field, query::FieldRef};
use storage::{
    catalog,
    index::{Count, Counted, Scope},
};

use super::rates;
use crate::{
    Api,
    access::Viewer,
    answer::{
        group::Group,
        summary::{Recent, Summary, TopError},
    },
    groups,
    params::Params,
    problem::Answer,
    scope,
    times::{self, stamp},
};

/// Groups of each kind.
const GROUPS: usize = 20;
/// Errors at the top.
const TOP: usize = 5;

/// `GET /api/v1/stats/summary`
pub(super) async fn summary(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Summary>> {
    let params = Params::read(query.as_deref(), &["project", "query", "from", "to"])?;
    let now = api.now();
    let scope = scope::read(&api, &viewer, &params, now).await?;
    let by = |field| Count { by: vec![FieldRef::new(field)], limit: GROUPS, ..Count::of(scope.clone()) };
    let end = scope.millis.end.min(now.as_millisecond());
    let windows = rates::two_windows(scope.projects.clone(), scope.expr.clone(), end, rates::WINDOW);
    let (all, category, level, environment, recent, top_errors) = futures::try_join!(
        count(&api, Count { by: Vec::new(), limit: 1, users: true, ..by(Field::Category) }),
        count(&api, by(Field::Category)),
        count(&api, by(Field::Level)),
        count(&api, by(Field::Environment)),
        count(&api, windows),
        top_errors(&api, &scope),
    )?;
    Ok(Json(Summary {
        from: stamp(scope.millis.start),
        to: stamp(scope.millis.end),
        total: all.weight,
        estimated: all.weight != all.total,
        users: all.users.unwrap_or_default(),
        by_category: of(Field::Category, category),
        by_severity: of(Field::Level, level),
        by_environment: of(Field::Environment, environment),
        recent: Recent { window: times::spell(rates::WINDOW), rate: rates::of_all(&recent, rates::WINDOW) },
        top_errors,
    }))
}

async fn count(api: &Api, count: Count) -> Answer<Counted> {
    Ok(api.index().count(&count).await?)
}

fn of(field: Field, counted: Counted) -> Vec<Group> {
    counted.groups.into_iter().map(|group| Group::new(&[FieldRef::new(field)], group)).collect()
}

async fn top_errors(api: &Api, scope: &Scope) -> Answer<Vec<TopError>> {
    let groups = groups::top(api, scope, TOP).await?;
    let fingerprints: Vec<_> = groups.iter().map(|group| (group.project, group.fingerprint.clone())).collect();
    let ids = catalog::issues::of_fingerprints(api.catalog(), &fingerprints).await?;
    let known: Vec<_> = ids.iter().flatten().cloned().collect();
    let issues = catalog::issues::get(api.catalog(), &known).await?;
    let title = |id| issues.iter().flatten().find(|issue| Some(&issue.id) == id).map(|issue| issue.title.clone());
    let top = groups.into_iter().zip(&ids).map(|(group, id)| TopError {
        project: group.project,
        fingerprint: group.fingerprint,
        issue: id.clone(),
        title: title(id.as_ref()),
        count: group.weight,
        estimated: group.weight != group.count,
        first_seen: stamp(group.seen.0),
        last_seen: stamp(group.seen.1),
    });
    Ok(top.collect())
}
