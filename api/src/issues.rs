//! Issues with counts: groups of events of the index, joined to the issues of the catalog that they belong to.

use std::{cmp::Reverse, collections::BTreeMap};

use schemas::{
    ids::{Fingerprint, IssueId, ProjectId},
    issue,
    query::Expr,
};
use storage::{
    catalog,
    index::{Count, Scope},
};

use crate::{
    Api,
    answer::issue::{Issue, Window},
    groups::{self, Group},
    problem::Answer,
    times::{self, stamp},
};

/// Buckets of a sparkline.
const SPARKS: i64 = 24;

/// What issues are sorted by, always the greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Sort {
    /// The newest event in the range.
    #[default]
    LastSeen,
    /// The oldest event in the range.
    FirstSeen,
    /// Events in the range.
    Count,
    /// Users in the range. For an issue of several fingerprints the sum of theirs, a user of two counted twice.
    Users,
}

impl Sort {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LastSeen => "last_seen",
            Self::FirstSeen => "first_seen",
            Self::Count => "count",
            Self::Users => "users",
        }
    }

    fn value(self, counted: &Counted) -> i64 {
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        match self {
            Self::LastSeen => counted.seen.1,
            Self::FirstSeen => counted.seen.0,
            Self::Count => number(counted.weight),
            Self::Users => number(counted.users),
        }
    }
}

impl std::str::FromStr for Sort {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::LastSeen, Self::FirstSeen, Self::Count, Self::Users];
        all.into_iter().find(|sort| sort.name() == text).ok_or("it must be one of last_seen, first_seen, count, users")
    }
}

/// An issue's events in a range.
#[derive(Debug, Clone)]
struct Counted {
    fingerprints: Vec<(ProjectId, Fingerprint)>,
    count: u64,
    weight: u64,
    users: u64,
    seen: (i64, i64),
    weights: Vec<u64>,
}

impl Counted {
    fn new(group: Group) -> Self {
        let fingerprints = vec![(group.project, group.fingerprint)];
        let Group { count, weight, users, seen, weights, .. } = group;
        Self { fingerprints, count, weight, users, seen, weights }
    }

    fn add(&mut self, group: Group) {
        self.fingerprints.push((group.project, group.fingerprint));
        self.count += group.count;
        self.weight += group.weight;
        self.users += group.users;
        self.seen = (self.seen.0.min(group.seen.0), self.seen.1.max(group.seen.1));
        for (sum, weight) in self.weights.iter_mut().zip(group.weights) {
            *sum += weight;
        }
    }
}

/// One page.
pub(crate) struct Page {
    pub(crate) issues: Vec<Issue>,
    pub(crate) total: u64,
    pub(crate) complete: bool,
    /// What the last issue was sorted by, and its id, if there are more.
    pub(crate) next: Option<(i64, IssueId)>,
}

/// Milliseconds of a bucket of a sparkline.
pub(crate) fn spark_millis(scope: &Scope) -> i64 {
    (scope.millis.end - scope.millis.start + SPARKS - 1) / SPARKS
}

/// One page of the issues with events in `scope`; of equal ones the lesser id first.
pub(crate) async fn page(api: &Api, scope: &Scope, sort: Sort, after: Option<(i64, IssueId)>, limit: usize) -> Answer<Page> {
    let found = groups::all(api, scope, sort == Sort::Users).await?;
    let mut sorted: Vec<(Reverse<i64>, IssueId, Counted)> =
        join(api, found.groups).await?.into_iter().map(|(id, counted)| (Reverse(sort.value(&counted)), id, counted)).collect();
    sorted.sort_unstable_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let total = sorted.len() as u64;
    if let Some((value, id)) = after {
        let seen = sorted.partition_point(|it| (it.0, &it.1) <= (Reverse(value), &id));
        sorted.drain(..seen);
    }
    let more = sorted.len() > limit;
    sorted.truncate(limit);
    let next = sorted.last().filter(|_| more).map(|(Reverse(value), id, _)| (*value, id.clone()));
    let issues = whole(api, scope, sorted.into_iter().map(|(_, id, counted)| (id, counted)).collect()).await?;
    Ok(Page { issues, total, complete: found.complete, next })
}

/// The issues that these groups belong to. A group whose issue is about to be made is left out.
async fn join(api: &Api, groups: Vec<Group>) -> Answer<BTreeMap<IssueId, Counted>> {
    let fingerprints: Vec<_> = groups.iter().map(|group| (group.project, group.fingerprint.clone())).collect();
    let ids = catalog::issues::of_fingerprints(api.catalog(), &fingerprints).await?;
    let mut issues: BTreeMap<IssueId, Counted> = BTreeMap::new();
    for (group, id) in groups.into_iter().zip(ids) {
        let Some(id) = id else { continue };
        match issues.get_mut(&id) {
            Some(counted) => counted.add(group),
            None => {
                issues.insert(id, Counted::new(group));
            }
        }
    }
    Ok(issues)
}

/// The issues of one page with users and sparklines.
async fn whole(api: &Api, scope: &Scope, page: Vec<(IssueId, Counted)>) -> Answer<Vec<Issue>> {
    let ids: Vec<IssueId> = page.iter().map(|(id, _)| id.clone()).collect();
    let wanted = page.iter().flat_map(|(_, counted)| counted.fingerprints.clone()).collect();
    let groups = groups::of(api, scope, wanted, spark_millis(scope)).await?;
    let mut counts: BTreeMap<(ProjectId, Fingerprint), Group> =
        groups.into_iter().map(|group| ((group.project, group.fingerprint.clone()), group)).collect();
    let issues = catalog::issues::get(api.catalog(), &ids).await?;
    let mut answer = Vec::new();
    for ((_, counted), issue) in page.into_iter().zip(issues) {
        let Some(issue) = issue else { continue };
        let mut now = counted.fingerprints.iter().filter_map(|pair| counts.remove(pair));
        let Some(first) = now.next() else { continue };
        let mut counted = Counted::new(first);
        now.for_each(|group| counted.add(group));
        answer.push(one_of_page(api, scope, issue, counted).await?);
    }
    Ok(answer)
}

async fn one_of_page(api: &Api, scope: &Scope, issue: issue::Issue, counted: Counted) -> Answer<Issue> {
    if counted.fingerprints.len() > 1 {
        // Users of several fingerprints are counted together: the same user may stand in each.
        return with_counts(api, &scope.expr, scope.millis.clone(), issue).await;
    }
    let window = Some(Window { first_seen: stamp(counted.seen.0), last_seen: stamp(counted.seen.1) });
    let estimated = counted.weight != counted.count;
    Ok(Issue { issue, count: counted.weight, estimated, users: counted.users, window, sparkline: counted.weights })
}

/// The events of one issue, of all its fingerprints.
pub(crate) fn scope_of(issue: &issue::Issue, expr: &Expr, millis: std::ops::Range<i64>) -> Scope {
    let expr = Expr::And(vec![expr.clone(), groups::any_of(&issue.fingerprints)]);
    Scope { projects: vec![issue.project], millis, expr }
}

/// One issue with its counts, all of them of one moment.
pub(crate) async fn with_counts(api: &Api, expr: &Expr, millis: std::ops::Range<i64>, issue: issue::Issue) -> Answer<Issue> {
    let scope = scope_of(&issue, expr, millis);
    let interval = Some(spark_millis(&scope));
    let counted = api.index().count(&Count { limit: 1, interval, users: true, ..Count::of(scope) }).await?;
    let seen = counted.groups.first().filter(|group| group.count > 0).map(|group| group.seen);
    let window = seen.map(|(first, last)| Window { first_seen: stamp(first), last_seen: stamp(last) });
    let (users, estimated) = (counted.users.unwrap_or_default(), counted.weight != counted.total);
    Ok(Issue { issue, count: counted.weight, estimated, users, window, sparkline: counted.weights })
}

/// The whole life of an issue, as far as one question may reach.
pub(crate) fn life(issue: &issue::Issue, now: jiff::Timestamp) -> std::ops::Range<i64> {
    let end = times::open_end(now).max(issue.last_seen.as_millisecond() + 1);
    issue.first_seen.as_millisecond().max(end - times::LONGEST)..end
}

/// An issue id as stored: users may write it in any case.
pub(crate) fn id(text: &str) -> Option<IssueId> {
    let (slug, hash) = text.rsplit_once('-')?;
    let plain = text.len() <= 100 && !slug.is_empty() && !hash.is_empty() && text.is_ascii();
    plain.then(|| IssueId(format!("{}-{}", slug.to_ascii_lowercase(), hash.to_ascii_uppercase())))
}
