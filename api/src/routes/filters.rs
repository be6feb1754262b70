//! The filters of a project and how many events each left out.

use std::collections::HashMap;

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use schemas::{
    limits,
    query::Value,
    rules::{Filter, filters::Scope},
    tally::{Dimension, Measure, Subject},
};
use storage::{catalog::rules, index::Sum};

use super::projects;
use crate::{
    Api,
    access::Viewer,
    answer::filters::{Filtered, Filters},
    describe,
    params::Params,
    problem::Answer,
    times::{self, MINUTE, stamp},
};

/// `GET /api/v1/projects/{project}/filters?from&to`. Events count for the minute in which they came: the range begins
/// with a whole one.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{project}/filters",
    tag = "rules",
    summary = "Filters and how many events each left out",
    params(("project" = String, Path, description = "Number or slug", example = "shop"), describe::Between),
    responses((status = 200, description = "Done", body = Filters)),
)]
pub(super) async fn filters(
    viewer: Viewer,
    State(api): State<Api>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Json<Filters>> {
    let params = Params::read(query.as_deref(), &["from", "to"])?;
    let project = projects::find(&api, &viewer, &name).await?;
    let mut millis = times::range(&params, api.now())?;
    millis.start -= millis.start.rem_euclid(MINUTE);
    let sum = Sum {
        projects: vec![project.id],
        millis: millis.clone(),
        subject: Subject::Filter,
        by: vec![Dimension::Scope, Dimension::Rule],
        interval: None,
        limit: limits::GROUPS,
        users: false,
    };
    let total = Sum { by: Vec::new(), limit: 1, ..sum.clone() };
    let (total, summed) = futures::try_join!(api.index().sum(&total), api.index().sum(&sum))?;
    let number = |row: &storage::index::Row| row.counts.get(Measure::Filtered);
    let mut counts: HashMap<(String, String), u64> = HashMap::new();
    for row in &summed.rows {
        if let [Value::Keyword(scope), Value::Keyword(name)] = &row.key[..] {
            counts.insert((scope.clone(), name.clone()), number(row));
        }
    }
    let found = rules::get(api.catalog(), &[Some(project.id), None]).await?;
    let scoped = [Scope::Project, Scope::All].into_iter().zip(&found);
    let present = scoped.flat_map(|(scope, revised)| revised.rules.filters.iter().map(move |filter| (scope, filter)));
    let mut filters: Vec<Filtered> = present.map(|(scope, filter)| line(scope, filter, &mut counts)).collect();
    filters.extend(gone(counts));
    Ok(Json(Filters { from: stamp(millis.start), to: stamp(millis.end), total: total.rows.first().map_or(0, number), filters }))
}

fn line(scope: Scope, filter: &Filter, counts: &mut HashMap<(String, String), u64>) -> Filtered {
    let events = counts.remove(&(scope.to_string(), filter.name.clone())).unwrap_or_default();
    let kind = filter.what().map(|what| what.kind());
    Filtered { scope: scope.to_string(), name: filter.name.clone(), kind, enabled: filter.enabled, events }
}

/// Filters that left events out and are not there any more.
fn gone(counts: HashMap<(String, String), u64>) -> Vec<Filtered> {
    let line = |((scope, name), events)| Filtered { scope, name, kind: None, enabled: false, events };
    let mut gone: Vec<Filtered> = counts.into_iter().map(line).collect();
    gone.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| (&a.scope, &a.name).cmp(&(&b.scope, &b.name))));
    gone
}
