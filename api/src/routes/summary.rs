//! The state of things on one page.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use jiff::Timestamp;
use schemas::{
    fields::Field,
    ids::{Fingerprint, ProjectId},
    query::{FieldRef, Value},
};
use storage::index::{Count, Counted, Scope};

use super::rates;
use crate::{
    Api,
    access::Viewer,
    answer::{
        group::{self, estimated_users},
        rate::change,
        summary::{Recent, Rising, Summary, TopError},
    },
    compare::{self, Pair},
    describe,
    groups::{self, Group},
    params::Params,
    problem::Answer,
    recount, scope,
    times::{self, stamp},
    titles::{self, Titled},
};

/// Groups of each kind.
const GROUPS: usize = 20;
/// Errors at the top.
const TOP: usize = 5;
/// Groups that are looked at for what is new and what rises.
const LOOKED_AT: usize = 100;

/// `GET /api/v1/stats/summary`
#[utoipa::path(
    get,
    path = "/api/v1/stats/summary",
    tag = "stats",
    summary = "The state of things on one page",
    params(describe::Projects, describe::Asked, describe::Between),
    responses((status = 200, description = "Done", body = Summary)),
)]
pub(super) async fn summary(viewer: Viewer, State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<Summary>> {
    let params = Params::read(query.as_deref(), &["project", "query", "from", "to"])?;
    let now = api.now();
    let scope = scope::read(&api, &viewer, &params, now).await?;
    let by = |field| Count { by: vec![FieldRef::new(field)], limit: GROUPS, ..Count::of(scope.clone()) };
    let end = scope.millis.end.min(now.as_millisecond());
    let windows = rates::two_windows(scope.projects.clone(), scope.expr.clone(), end, rates::WINDOW);
    let (all, category, level, environment, recent, errors) = futures::try_join!(
        count(&api, Count { by: Vec::new(), limit: 1, users: true, ..by(Field::Category) }),
        count(&api, by(Field::Category)),
        count(&api, by(Field::Level)),
        count(&api, by(Field::Environment)),
        count(&api, windows),
        errors(&api, &scope, now),
    )?;
    Ok(Json(Summary {
        query: scope::Understood::of(&params)?,
        from: stamp(scope.millis.start),
        to: stamp(scope.millis.end),
        total: all.weight,
        estimated: all.weight != all.total,
        users: all.users.unwrap_or_default(),
        users_estimated: estimated_users(all.users.unwrap_or_default()),
        by_category: of(Field::Category, category),
        by_severity: of(Field::Level, level),
        by_environment: of(Field::Environment, environment),
        recent: Recent { window: times::spell(rates::WINDOW), rate: rates::of_all(&recent, rates::WINDOW) },
        top_errors: errors.top,
        new_errors: errors.new,
        rising_errors: errors.rising,
    }))
}

async fn count(api: &Api, count: Count) -> Answer<Counted> {
    Ok(api.index().count(&count).await?)
}

fn of(field: Field, counted: Counted) -> Vec<group::Group> {
    counted.groups.into_iter().map(|group| group::Group::new(&[FieldRef::new(field)], group)).collect()
}

/// The groups with the most events, what is new among them and what rises.
struct Errors {
    top: Vec<TopError>,
    new: Vec<TopError>,
    rising: Vec<Rising>,
}

async fn errors(api: &Api, scope: &Scope, now: Timestamp) -> Answer<Errors> {
    let groups = groups::top(api, scope, LOOKED_AT).await?;
    let fingerprints: Vec<_> = groups.iter().map(|group| (group.project, group.fingerprint.clone())).collect();
    let before = Scope { millis: times::before(&scope.millis, now), ..scope.clone() };
    let (titled, previous) = futures::try_join!(titles::of(api, &fingerprints), before_of(api, &before, &groups))?;
    let began = |titled: &Option<Titled>| titled.as_ref().is_some_and(|t| scope.millis.contains(&t.first_seen.as_millisecond()));
    let top = |group: &Group, titled: &Option<Titled>| TopError {
        project: group.project,
        fingerprint: group.fingerprint.clone(),
        issue: titled.as_ref().map(|titled| titled.id.clone()),
        title: titled.as_ref().map(|titled| titled.title.clone()),
        count: group.weight,
        estimated: group.weight != group.count,
        first_seen: stamp(group.seen.0),
        last_seen: stamp(group.seen.1),
    };
    let known = || groups.iter().zip(&titled);
    let all: compare::Pairs = groups.iter().zip(previous).map(|(group, before)| pair(group, before)).collect();
    let [seconds_before, seconds] =
        [&before, scope].map(|scope| (scope.millis.end.min(now.as_millisecond()) - scope.millis.start).max(1) as f64);
    let grown = compare::judge(all, [seconds_before, seconds]).into_iter().filter(compare::Judged::has_grown).take(TOP);
    let rising = grown.filter_map(|judged| {
        let (group, titled) = known().find(|(group, _)| judged.is_of(group.project, &group.fingerprint))?;
        let previous_count = judged.before();
        Some(Rising { error: top(group, titled), previous_count, change: change(previous_count, group.weight), p_value: judged.chance() })
    });
    Ok(Errors {
        rising: rising.collect(),
        top: known().take(TOP).map(|(group, titled)| top(group, titled)).collect(),
        new: known().filter(|(_, titled)| began(titled)).take(TOP).map(|(group, titled)| top(group, titled)).collect(),
    })
}

/// A group in the window before and in this one.
fn pair(group: &Group, before: Pair) -> ((ProjectId, Fingerprint), [Pair; 2]) {
    ((group.project, group.fingerprint.clone()), [before, Pair { count: group.count, weight: group.weight }])
}

/// The events of these groups in the window before.
async fn before_of(api: &Api, before: &Scope, groups: &[Group]) -> Answer<Vec<Pair>> {
    let by = vec![FieldRef::new(Field::Fingerprint), FieldRef::new(Field::Project)];
    let key = |group: &Group| {
        let project = i64::try_from(group.project.0).unwrap_or(i64::MAX);
        vec![Value::Keyword(group.fingerprint.to_string()), Value::Long(project)]
    };
    let keys: Vec<Vec<Value>> = groups.iter().map(key).collect();
    let found = recount::of(api, &Count { by, ..Count::of(before.clone()) }, &keys).await?;
    let pair = |key: &Vec<Value>| found.get(key).map_or_else(Pair::default, |group| Pair { count: group.count, weight: group.weight });
    Ok(keys.iter().map(pair).collect())
}
