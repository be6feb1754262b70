//! Groups of events by fingerprint: the index answers a limited number at once.

use schemas::{
    fields::Field,
    ids::{Fingerprint, ProjectId},
    limits,
    query::{Expr, FieldRef, Test, Value},
};
use storage::index::{self, Count, Scope};

use crate::{Api, problem::Answer};

/// One group.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) project: ProjectId,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) count: u64,
    /// The sum of the weights: about how many happened.
    pub(crate) weight: u64,
    pub(crate) seen: (i64, i64),
    pub(crate) users: u64,
    /// The sums of the weights in each bucket.
    pub(crate) weights: Vec<u64>,
}

/// The groups of a scope.
pub(crate) struct Groups {
    pub(crate) groups: Vec<Group>,
    /// How many there are.
    pub(crate) total: u64,
    /// Whether all that could stand among these were looked at. If not, these are those with the most events.
    pub(crate) complete: bool,
}

/// Which groups stand first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lead {
    /// Those with the most events.
    Most,
    /// Those with the newest events.
    Latest,
}

/// The groups of `scope`.
pub(crate) async fn all(api: &Api, scope: &Scope) -> Answer<Groups> {
    Ok(leading(api, scope, None).await?.0)
}

/// The same, and whether there is no more to be had. With `lead`, if there are more than one answer holds, only groups in
/// front of all others.
pub(crate) async fn leading(api: &Api, scope: &Scope, lead: Option<Lead>) -> Answer<(Groups, bool)> {
    let (mut groups, total) = plain(api, scope, limits::PLAIN_GROUPS).await?;
    if total <= limits::PLAIN_GROUPS as u64 {
        return Ok((Groups { total, groups, complete: true }, true));
    }
    match lead {
        Some(Lead::Most) => {
            // Of the least one there may be more, and they have another order.
            let least = groups.iter().map(|group| group.weight).min();
            groups.retain(|group| Some(group.weight) > least);
            Ok((Groups { groups, total, complete: true }, false))
        }
        Some(Lead::Latest) => Ok(match latest(api, scope).await? {
            Some(groups) => (Groups { groups, total, complete: true }, false),
            None => (Groups { groups, total, complete: false }, true),
        }),
        None => Ok((Groups { groups, total, complete: false }, true)),
    }
}

/// The groups of the longest end of the range whose groups fit into one answer: none of the others was seen so late.
/// Short ends come first, so that all of them together cost less than the range itself.
async fn latest(api: &Api, scope: &Scope) -> Answer<Option<Vec<Group>>> {
    let length = scope.millis.end - scope.millis.start;
    let mut found = None;
    for part in [256, 64, 16, 4] {
        let end = Scope { millis: scope.millis.end - length / part..scope.millis.end, ..scope.clone() };
        if end.millis.is_empty() {
            continue;
        }
        let (groups, total) = plain(api, &end, limits::PLAIN_GROUPS).await?;
        if total > limits::PLAIN_GROUPS as u64 {
            break;
        }
        found = Some(groups);
    }
    Ok(found)
}

/// The `limit` groups with the most events.
pub(crate) async fn top(api: &Api, scope: &Scope, limit: usize) -> Answer<Vec<Group>> {
    Ok(plain(api, scope, limit).await?.0)
}

/// The groups of these fingerprints in `scope`, with users if wanted; with an `interval` buckets of so many milliseconds.
pub(crate) async fn of(
    api: &Api,
    scope: &Scope,
    wanted: Vec<(ProjectId, Fingerprint)>,
    users: bool,
    interval: Option<i64>,
) -> Answer<Vec<Group>> {
    let mut found = Vec::new();
    for Part { pairs, projects, fingerprints } in parts(wanted) {
        let expr = Expr::And(vec![scope.expr.clone(), any_of(&fingerprints)]);
        let part = Scope { projects, expr, millis: scope.millis.clone() };
        let (groups, _) = some(api, &part, limits::GROUPS, users, interval).await?;
        // A project may have a fingerprint that stands here for another project's sake.
        let wanted =
            |group: &Group| pairs.iter().any(|(project, fingerprint)| (*project, fingerprint) == (group.project, &group.fingerprint));
        found.extend(groups.into_iter().filter(wanted));
    }
    Ok(found)
}

/// Events of any of these fingerprints.
pub(crate) fn any_of(fingerprints: &[Fingerprint]) -> Expr {
    let equals = |fingerprint: &Fingerprint| Test::Equals(Value::Keyword(fingerprint.to_string()));
    Expr::Or(fingerprints.iter().map(|fingerprint| Expr::Field(FieldRef::new(Field::Fingerprint), equals(fingerprint))).collect())
}

/// What is asked for by one count.
#[derive(Debug, Default)]
struct Part {
    pairs: Vec<(ProjectId, Fingerprint)>,
    projects: Vec<ProjectId>,
    fingerprints: Vec<Fingerprint>,
}

/// Cut so that no count can have more groups than one answer holds, nor a query too many terms.
fn parts(mut wanted: Vec<(ProjectId, Fingerprint)>) -> Vec<Part> {
    wanted.sort_unstable();
    let mut parts: Vec<Part> = Vec::new();
    for (project, fingerprint) in wanted {
        let fits = parts.last().is_some_and(|part| {
            let projects = part.projects.len() + usize::from(!part.projects.contains(&project));
            let fingerprints = part.fingerprints.len() + usize::from(!part.fingerprints.contains(&fingerprint));
            fingerprints <= 250 && projects * fingerprints <= limits::GROUPS
        });
        if !fits {
            parts.push(Part::default());
        }
        if let Some(part) = parts.last_mut() {
            if !part.projects.contains(&project) {
                part.projects.push(project);
            }
            if !part.fingerprints.contains(&fingerprint) {
                part.fingerprints.push(fingerprint.clone());
            }
            part.pairs.push((project, fingerprint));
        }
    }
    parts
}

/// The groups with the most events, with nothing but their counts and times, and how many there are in all.
async fn plain(api: &Api, scope: &Scope, limit: usize) -> Answer<(Vec<Group>, u64)> {
    some(api, scope, limit, false, None).await
}

/// The groups with the most events, and how many there are in all.
async fn some(api: &Api, scope: &Scope, limit: usize, users: bool, interval: Option<i64>) -> Answer<(Vec<Group>, u64)> {
    let fingerprint = FieldRef::new(Field::Fingerprint);
    let (by, only) = match scope.projects[..] {
        [one] => (vec![fingerprint], Some(one)),
        _ => (vec![fingerprint, FieldRef::new(Field::Project)], None),
    };
    let count = Count { by, limit, interval, users, ..Count::of(scope.clone()) };
    let counted = api.index().count(&count).await?;
    let groups = counted.groups.into_iter().filter_map(|group| read(group, only)).collect();
    Ok((groups, counted.groups_total))
}

fn read(group: index::Group, only: Option<ProjectId>) -> Option<Group> {
    let (fingerprint, project) = match (group.key.as_slice(), only) {
        ([Value::Keyword(fingerprint)], Some(project)) => (fingerprint, project),
        ([Value::Keyword(fingerprint), Value::Long(project)], None) => (fingerprint, ProjectId(u64::try_from(*project).ok()?)),
        _ => return None,
    };
    Some(Group {
        project,
        fingerprint: fingerprint.parse().ok()?,
        count: group.count,
        weight: group.weight,
        seen: group.seen,
        users: group.users.unwrap_or_default(),
        weights: group.weights,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(n: u64) -> Fingerprint {
        Fingerprint::fp1(&n.to_string())
    }

    #[test]
    fn each_part_fits_into_one_answer_and_nothing_is_lost() {
        for (projects, fingerprints) in [(1, 900), (30, 30), (500, 1), (2, 2), (0, 0)] {
            let wanted: Vec<_> = (0..projects).flat_map(|p| (0..fingerprints).map(move |f| (ProjectId(p + 1), fingerprint(f)))).collect();
            let parts = parts(wanted.clone());
            for part in &parts {
                assert!(part.projects.len() * part.fingerprints.len() <= limits::GROUPS && part.fingerprints.len() <= 250);
                assert!(part.pairs.iter().all(|(project, f)| part.projects.contains(project) && part.fingerprints.contains(f)));
            }
            let mut covered: Vec<_> = parts.into_iter().flat_map(|part| part.pairs).collect();
            let mut expected = wanted;
            covered.sort_unstable();
            expected.sort_unstable();
            assert_eq!(covered, expected);
        }
    }
}
