//! Issues of one page as they are shown: with counts, users and sparklines.

use std::{collections::BTreeMap, ops::Range};

use futures::{StreamExt, TryStreamExt, stream};
use schemas::{
    ids::{Fingerprint, IssueId, ProjectId},
    issue,
    query::Expr,
};
use storage::{
    catalog,
    index::{Count, Scope},
};

use super::{Counted, scope_of};
use crate::{
    Api,
    answer::issue::{Issue, Window},
    groups::{self, Group},
    problem::Answer,
    times::{self, stamp},
};

/// Buckets of a sparkline.
const SPARKS: i64 = 24;
/// Questions to the index at a time.
const AT_ONCE: usize = 4;

/// Milliseconds of a bucket of a sparkline.
pub(crate) fn spark_millis(scope: &Scope) -> i64 {
    (scope.millis.end - scope.millis.start + SPARKS - 1) / SPARKS
}

/// The issues of one page with users, sparklines and the range before, in three questions for all of them; issues of
/// several groups one more each.
pub(super) async fn whole(api: &Api, scope: &Scope, page: Vec<(IssueId, Counted)>) -> Answer<Vec<Issue>> {
    let ids: Vec<IssueId> = page.iter().map(|(id, _)| id.clone()).collect();
    let single = || page.iter().filter(|(_, counted)| counted.fingerprints.len() == 1);
    let wanted: Vec<(ProjectId, Fingerprint)> = single().flat_map(|(_, counted)| counted.fingerprints.clone()).collect();
    let then = Scope { millis: times::before(&scope.millis, api.now()), ..scope.clone() };
    let mut now = by_group(groups::of(api, scope, wanted.clone(), true, Some(spark_millis(scope))).await?);
    let mut before = by_group(groups::of(api, &then, wanted, false, None).await?);
    let issues = catalog::issues::get(api.catalog(), &ids).await?;
    let mut asked = Vec::new();
    for ((id, counted), issue) in page.into_iter().zip(issues) {
        // Whoever merged it away in between has changed the list.
        let Some(issue) = issue.filter(|issue| issue.id == id) else { continue };
        let alone = issue.fingerprints.len() == 1;
        let found = counted.fingerprints.first().filter(|_| alone).and_then(|group| Some((now.remove(group)?, before.remove(group))));
        asked.push(async move {
            match found {
                Some((now, before)) => Ok(of_group(issue, now, before)),
                None => with_counts(api, &scope.expr, scope.millis.clone(), issue).await,
            }
        });
    }
    let issues: Vec<Issue> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
    Ok(issues.into_iter().filter(|issue| issue.count > 0).collect())
}

pub(super) fn by_group(groups: Vec<Group>) -> BTreeMap<(ProjectId, Fingerprint), Group> {
    groups.into_iter().map(|group| ((group.project, group.fingerprint.clone()), group)).collect()
}

fn of_group(issue: issue::Issue, now: Group, before: Option<Group>) -> Issue {
    Issue {
        issue,
        count: now.weight,
        estimated: now.weight != now.count,
        before: before.map_or(0, |group| group.weight),
        users: now.users,
        window: Some(Window { first_seen: stamp(now.seen.0), last_seen: stamp(now.seen.1) }),
        sparkline: now.weights,
    }
}

/// One issue with its counts, those of the range all of one moment.
pub(crate) async fn with_counts(api: &Api, expr: &Expr, millis: Range<i64>, issue: issue::Issue) -> Answer<Issue> {
    let then = scope_of(&issue, expr, times::before(&millis, api.now()));
    let scope = scope_of(&issue, expr, millis);
    let interval = Some(spark_millis(&scope));
    let now = Count { limit: 1, interval, users: true, ..Count::of(scope) };
    let then = Count::of(then);
    let (now, before) = futures::try_join!(api.index().count(&now), api.index().count(&then))?;
    let seen = now.groups.first().filter(|group| group.count > 0).map(|group| group.seen);
    Ok(Issue {
        issue,
        count: now.weight,
        estimated: now.weight != now.total,
        before: before.weight,
        users: now.users.unwrap_or_default(),
        window: seen.map(|(first, last)| Window { first_seen: stamp(first), last_seen: stamp(last) }),
        sparkline: now.weights,
    })
}
