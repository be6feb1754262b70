//! What people merged and split: one document a project, so that every change of it is one write. A program that ends
//! before the write changed nothing; one that ends after it changed everything. Sightings know nothing of it: they go on
//! to the issue that their fingerprint made, and readers put the parts together.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemas::{
    ids::{Fingerprint, IssueId, ProjectId},
    issue::{
        Issue,
        merges::{By, Change, Merges, Refused},
    },
    limits,
};

use super::{membership_id, memberships};
use crate::{
    Result,
    catalog::{
        Catalog, Collection, Expect,
        document::{self, Place},
    },
};

const COLLECTION: Collection = Collection::IssueMerges;

/// How often a change is tried again when others change the same project's merges. One of those who compete gets through.
const ATTEMPTS: usize = 50;

/// Merges `issues` into `into`, all of this project. `None`: they are one already.
pub async fn merge(
    c: &dyn Catalog,
    project: ProjectId,
    into: &IssueId,
    issues: &[IssueId],
    at: Timestamp,
    by: &By,
) -> Result<Result<Option<Change>, Refused>> {
    change(c, project, Wish::Merge { into, issues }, at, by).await
}

/// Makes issues of their own again of what these fingerprints made, out of the issue `whole` of this project.
pub async fn split(
    c: &dyn Catalog,
    project: ProjectId,
    whole: &IssueId,
    fingerprints: &[Fingerprint],
    at: Timestamp,
    by: &By,
) -> Result<Result<Option<Change>, Refused>> {
    let ids: Vec<String> = fingerprints.iter().map(|fingerprint| membership_id(project, fingerprint)).collect();
    let mut parts = Vec::new();
    for (fingerprint, issue) in fingerprints.iter().zip(memberships(c, &ids).await?) {
        match issue {
            Some(issue) => parts.push(issue),
            None => return Ok(Err(Refused::NoFingerprint(fingerprint.clone()))),
        }
    }
    change(c, project, Wish::Split { whole, parts: &parts }, at, by).await
}

/// Takes back the change `id` that the issue had a part in.
pub async fn undo(
    c: &dyn Catalog,
    project: ProjectId,
    issue: &IssueId,
    id: u64,
    at: Timestamp,
    by: &By,
) -> Result<Result<Option<Change>, Refused>> {
    change(c, project, Wish::Undo { issue, change: id }, at, by).await
}

/// The merges of these projects; of those that have none, nothing.
pub async fn of(c: &dyn Catalog, projects: impl IntoIterator<Item = ProjectId>) -> Result<BTreeMap<ProjectId, Merges>> {
    let projects: BTreeSet<ProjectId> = projects.into_iter().collect();
    let ids: Vec<String> = projects.iter().map(ProjectId::to_string).collect();
    let found = document::get::<Merges>(c, COLLECTION, &ids).await?;
    Ok(projects.into_iter().zip(found).filter_map(|(project, found)| Some((project, found?.0))).collect())
}

/// Puts issues as sightings made them together to what people see. A part becomes the whole that it belongs to.
pub(super) async fn whole(c: &dyn Catalog, found: Vec<Option<Issue>>) -> Result<Vec<Option<Issue>>> {
    let merges = of(c, found.iter().flatten().map(|issue| issue.project)).await?;
    if merges.values().all(Merges::is_empty) {
        return Ok(found);
    }
    let nothing = Merges::default();
    let group = |issue: &Issue| {
        let merges = merges.get(&issue.project).unwrap_or(&nothing);
        let whole = merges.whole(&issue.id).clone();
        let parts: Vec<IssueId> = merges.parts(&whole).cloned().collect();
        (whole, parts)
    };
    let wanted: BTreeSet<IssueId> = found
        .iter()
        .flatten()
        .flat_map(|issue| {
            let (whole, parts) = group(issue);
            parts.into_iter().chain([whole])
        })
        .collect();
    let ids: Vec<String> = wanted.iter().map(IssueId::to_string).collect();
    let stored = document::get::<Issue>(c, Collection::Issues, &ids).await?;
    let stored: BTreeMap<IssueId, Issue> = wanted.into_iter().zip(stored).filter_map(|(id, issue)| Some((id, issue?.0))).collect();
    let together = |issue: Issue| {
        let (whole, parts) = group(&issue);
        let mut issue = stored.get(&whole).cloned().unwrap_or(issue);
        for part in parts.iter().filter_map(|part| stored.get(part)) {
            issue.merge(part);
        }
        issue
    };
    Ok(found.into_iter().map(|issue| issue.map(together)).collect())
}

/// Whether the issues are there and have no more fingerprints together than one may have.
async fn check(c: &dyn Catalog, project: ProjectId, merges: &Merges, into: &IssueId, issues: &[IssueId]) -> Result<Result<(), Refused>> {
    let mut wanted = BTreeSet::new();
    for issue in issues.iter().chain([into]) {
        let whole = merges.whole(issue);
        wanted.extend([issue, whole].into_iter().chain(merges.parts(whole)));
    }
    let ids: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    let mut fingerprints = 0;
    for (id, found) in wanted.into_iter().zip(document::get::<Issue>(c, Collection::Issues, &ids).await?) {
        match found {
            Some((issue, _)) if issue.project == project => fingerprints += issue.fingerprints.len(),
            _ => return Ok(Err(Refused::NoIssue(id.clone()))),
        }
    }
    let fits = fingerprints <= limits::ISSUE_FINGERPRINTS;
    Ok(if fits { Ok(()) } else { Err(Refused::TooManyFingerprints(fingerprints)) })
}

/// What is to be changed.
enum Wish<'a> {
    Merge { into: &'a IssueId, issues: &'a [IssueId] },
    Split { whole: &'a IssueId, parts: &'a [IssueId] },
    Undo { issue: &'a IssueId, change: u64 },
}

/// Changes the merges of a project until nobody comes between.
async fn change(c: &dyn Catalog, project: ProjectId, wish: Wish<'_>, at: Timestamp, by: &By) -> Result<Result<Option<Change>, Refused>> {
    let id = project.to_string();
    for _ in 0..ATTEMPTS {
        let (mut merges, expect) = match document::one::<Merges>(c, COLLECTION, id.clone()).await? {
            Some((merges, version)) => (merges, Expect::Version(version)),
            None => (Merges::default(), Expect::Absent),
        };
        let changed = match wish {
            Wish::Merge { into, issues } => match check(c, project, &merges, into, issues).await? {
                Ok(()) => merges.merge(into, issues, at, by.clone()),
                Err(refused) => Err(refused),
            },
            Wish::Split { whole, parts } => merges.split(whole, parts, at, by.clone()),
            Wish::Undo { issue, change } => merges.undo(issue, change, at, by.clone()),
        };
        let Ok(Some(change)) = changed else { return Ok(changed) };
        let place = Place { id: id.clone(), project: Some(project), order: change.at.as_millisecond() };
        if document::put(c, COLLECTION, document::draft(place, &merges), expect).await? {
            return Ok(Ok(Some(change)));
        }
    }
    Err(document::contended(COLLECTION, &id))
}
