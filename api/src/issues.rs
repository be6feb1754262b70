//! Issues with counts: groups of events of the index, joined to the issues of the catalog that they belong to.

use std::{cmp::Reverse, collections::BTreeMap};

use schemas::{
    event::Priority,
    ids::{Fingerprint, IssueId, ProjectId},
    issue::Issue,
    query::Expr,
};
use storage::{catalog, index::Scope};

use crate::{
    Api,
    answer::issue,
    groups::{self, Group, Groups, Lead},
    problem::Answer,
    times,
};

pub(crate) mod detail;
mod shown;
mod sort;
mod users;

pub(crate) use shown::{spark_millis, with_counts};
pub(crate) use sort::Sort;

/// An issue's events in a range.
#[derive(Debug, Clone)]
struct Counted {
    fingerprints: Vec<(ProjectId, Fingerprint)>,
    count: u64,
    weight: u64,
    /// Counted only to sort by them.
    users: u64,
    seen: (i64, i64),
}

impl Counted {
    fn new(group: Group) -> Self {
        let fingerprints = vec![(group.project, group.fingerprint)];
        let Group { count, weight, seen, .. } = group;
        Self { fingerprints, count, weight, users: 0, seen }
    }

    fn add(&mut self, group: Group) {
        self.fingerprints.push((group.project, group.fingerprint));
        self.count += group.count;
        self.weight += group.weight;
        self.seen = (self.seen.0.min(group.seen.0), self.seen.1.max(group.seen.1));
    }
}

/// One page.
pub(crate) struct Page {
    pub(crate) issues: Vec<issue::Issue>,
    pub(crate) total: u64,
    pub(crate) complete: bool,
    /// What the last issue was sorted by, and its id, if there are more.
    pub(crate) next: Option<(i64, IssueId)>,
}

/// Issues in order, with what they are sorted by.
type Sorted = Vec<(Reverse<i64>, IssueId, Counted)>;

/// One page of the issues with events in `scope`; of equal ones the lesser id first.
pub(crate) async fn page(api: &Api, scope: &Scope, sort: Sort, after: Option<(i64, IssueId)>, limit: usize) -> Answer<Page> {
    let merges = catalog::issues::merges::of(api.catalog(), scope.projects.iter().copied()).await?;
    let apart = merges.values().all(|merges| merges.is_empty());
    // Only what nobody merged has the order of its groups.
    let lead = sort.lead().filter(|_| apart);
    let (found, full) = groups::leading(api, scope, lead).await?;
    let window = Window { after: after.as_ref(), limit };
    let (mut front, whole) = match lead {
        Some(lead) => (Groups { groups: first(&found.groups, lead, window), ..found }, Some(found.groups)),
        None => (found, None),
    };
    let cut = whole.as_ref().is_some_and(|whole| front.groups.len() < whole.len());
    let mut sorted = order(api, scope, sort, &mut front, window).await?;
    if sorted.len() <= limit && (cut || !full) {
        // The page reaches beyond the groups that lead.
        front = match whole.filter(|_| full) {
            Some(groups) => Groups { groups, ..front },
            None => groups::all(api, scope).await?,
        };
        sorted = order(api, scope, sort, &mut front, window).await?;
    }
    let more = sorted.len() > limit;
    sorted.truncate(limit);
    let next = sorted.last().filter(|_| more).map(|(Reverse(value), id, _)| (*value, id.clone()));
    let issues = shown::whole(api, scope, sorted.into_iter().map(|(_, id, counted)| (id, counted)).collect()).await?;
    Ok(Page { issues, total: front.total, complete: front.complete, next })
}

/// The groups that can stand on the page, where each is an issue of its own: with the last of them all that are equal.
fn first(groups: &[Group], lead: Lead, window: Window<'_>) -> Vec<Group> {
    let value = |group: &Group| match lead {
        Lead::Most => number(group.weight),
        Lead::Latest => group.seen.1,
    };
    let mut first: Vec<&Group> = groups.iter().filter(|group| window.after.is_none_or(|(after, _)| value(group) <= *after)).collect();
    first.sort_by_key(|group| Reverse(value(group)));
    // One more tells whether there are more; after a cursor those of its value may all be in front of it.
    let equal = window.after.map_or(0, |(after, _)| first.partition_point(|group| value(group) == *after));
    if let Some(last) = first.get(equal + window.limit).map(|group| value(group)) {
        first.truncate(first.partition_point(|group| value(group) >= last));
    }
    first.into_iter().cloned().collect()
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Which issues are wanted: so many behind this one.
#[derive(Clone, Copy)]
struct Window<'a> {
    after: Option<&'a (i64, IssueId)>,
    limit: usize,
}

/// The issues of these groups that are wanted, and one more if there is one, in order. Sets the total of `found` to that of
/// issues, if all are known.
async fn order(api: &Api, scope: &Scope, sort: Sort, found: &mut Groups, window: Window<'_>) -> Answer<Sorted> {
    let all = found.groups.len() as u64 == found.total;
    let mut issues = join(api, std::mem::take(&mut found.groups)).await?;
    if all {
        found.total = issues.len() as u64;
    }
    if sort == Sort::Users {
        issues = users::most(api, scope, issues, window).await?;
    }
    let values = values(api, scope, sort, &issues, &mut found.complete).await?;
    let mut sorted: Sorted = issues.into_iter().zip(values).map(|((id, counted), value)| (Reverse(value), id, counted)).collect();
    sorted.sort_unstable_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    if let Some((value, id)) = window.after {
        let seen = sorted.partition_point(|it| (it.0, &it.1) <= (Reverse(*value), id));
        sorted.drain(..seen);
    }
    Ok(sorted)
}

/// What each issue is sorted by, in the order of their ids.
async fn values(api: &Api, scope: &Scope, sort: Sort, issues: &BTreeMap<IssueId, Counted>, complete: &mut bool) -> Answer<Vec<i64>> {
    Ok(match sort {
        Sort::LastSeen => issues.values().map(|counted| counted.seen.1).collect(),
        Sort::Count => issues.values().map(|counted| number(counted.weight)).collect(),
        Sort::Users => issues.values().map(|counted| number(counted.users)).collect(),
        Sort::FirstSeen => stored(api, issues, |issue, _| issue.first_seen.as_millisecond()).await?,
        Sort::Priority => stored(api, issues, urgency).await?,
        Sort::Trend => {
            let before = Scope { millis: times::before(&scope.millis, api.now()), ..scope.clone() };
            let found = groups::all(api, &before).await?;
            *complete &= found.complete;
            let before = join(api, found.groups).await?;
            let growth = |(id, now): (&IssueId, &Counted)| number(now.weight) - before.get(id).map_or(0, |then| number(then.weight));
            issues.iter().map(growth).collect()
        }
    })
}

/// What the catalog says of each issue.
async fn stored(api: &Api, issues: &BTreeMap<IssueId, Counted>, value: impl Fn(&Issue, &Counted) -> i64) -> Answer<Vec<i64>> {
    let ids: Vec<IssueId> = issues.keys().cloned().collect();
    let found = catalog::issues::get(api.catalog(), &ids).await?;
    let value = |(issue, counted): (Option<Issue>, &Counted)| issue.map_or(i64::MIN, |issue| value(&issue, counted));
    Ok(found.into_iter().zip(issues.values()).map(value).collect())
}

/// The most urgent first, of the same priority the one seen last.
fn urgency(issue: &Issue, counted: &Counted) -> i64 {
    let rank = match issue.priority {
        Priority::Critical => 3,
        Priority::Major => 2,
        Priority::Minor => 1,
        Priority::Warning => 0,
    };
    // Times up to the year 9999 have 48 bits.
    (rank << 48) + counted.seen.1
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

/// The events of one issue, of all its fingerprints.
pub(crate) fn scope_of(issue: &Issue, expr: &Expr, millis: std::ops::Range<i64>) -> Scope {
    let expr = Expr::And(vec![expr.clone(), groups::any_of(&issue.fingerprints)]);
    Scope { projects: vec![issue.project], millis, expr }
}

/// The whole life of an issue, as far as one question may reach.
pub(crate) fn life(issue: &Issue, now: jiff::Timestamp) -> std::ops::Range<i64> {
    let end = times::open_end(now).max(issue.last_seen.as_millisecond() + 1);
    issue.first_seen.as_millisecond().max(end - times::LONGEST)..end
}

/// An issue id as stored: users may write it in any case.
pub(crate) fn id(text: &str) -> Option<IssueId> {
    let (slug, hash) = text.rsplit_once('-')?;
    let plain = text.len() <= 100 && !slug.is_empty() && !hash.is_empty() && text.is_ascii();
    plain.then(|| IssueId(format!("{}-{}", slug.to_ascii_lowercase(), hash.to_ascii_uppercase())))
}
