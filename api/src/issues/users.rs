//! Which issues have the most users.

use std::{cmp::Reverse, collections::BTreeMap};

use schemas::{
    ids::{Fingerprint, IssueId, ProjectId},
    query::Expr,
};
use storage::index::{Count, Scope};

use super::{Counted, Window, number, shown};
use crate::{Api, groups, problem::Answer};

/// Issues whose users are counted at a time, to sort by them.
const USERS_COUNTED: usize = 200;

/// The issues that can stand on a page by their users, with those. Of an issue there are hardly more users than events, so
/// they are counted from the most events on, until the rest can't have as many.
pub(super) async fn most(
    api: &Api,
    scope: &Scope,
    issues: BTreeMap<IssueId, Counted>,
    window: Window<'_>,
) -> Answer<BTreeMap<IssueId, Counted>> {
    let mut left: Vec<(IssueId, Counted)> = issues.into_iter().collect();
    left.sort_by_key(|(_, counted)| counted.count);
    let (mut known, mut behind) = (BTreeMap::new(), Vec::new());
    while !left.is_empty() {
        let mut part = left.split_off(left.len().saturating_sub(USERS_COUNTED));
        count_users(api, scope, &mut part).await?;
        behind.extend(
            part.iter().map(|(_, counted)| number(counted.users)).filter(|users| window.after.is_none_or(|(after, _)| users < after)),
        );
        known.extend(part);
        behind.sort_unstable_by_key(|users| Reverse(*users));
        // An estimate may be a few of a hundred too high.
        let rest = left.last().map_or(0, |(_, counted)| number(counted.count + counted.count / 10));
        if behind.get(window.limit).is_some_and(|users| *users > rest) {
            break;
        }
    }
    Ok(known)
}

/// Counts the users of these issues, of several groups together: the same user may stand in each.
async fn count_users(api: &Api, scope: &Scope, issues: &mut [(IssueId, Counted)]) -> Answer<()> {
    let single = issues.iter().filter(|(_, counted)| counted.fingerprints.len() == 1);
    let wanted = single.flat_map(|(_, counted)| counted.fingerprints.clone()).collect();
    let found = shown::by_group(groups::of(api, scope, wanted, true, None).await?);
    for (_, counted) in issues {
        counted.users = match &counted.fingerprints[..] {
            [group] => found.get(group).map_or(0, |group| group.users),
            several => together(api, scope, several).await?,
        };
    }
    Ok(())
}

/// How many users these groups of one project have together.
async fn together(api: &Api, scope: &Scope, groups: &[(ProjectId, Fingerprint)]) -> Answer<u64> {
    let fingerprints: Vec<Fingerprint> = groups.iter().map(|(_, fingerprint)| fingerprint.clone()).collect();
    let expr = Expr::And(vec![scope.expr.clone(), groups::any_of(&fingerprints)]);
    let projects = groups.first().map(|(project, _)| *project).into_iter().collect();
    let count = Count { users: true, ..Count::of(Scope { projects, expr, millis: scope.millis.clone() }) };
    Ok(api.index().count(&count).await?.users.unwrap_or_default())
}
