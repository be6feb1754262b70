//! Issues, and which one each fingerprint belongs to.
//!
//! The fingerprint's document decides to which issue it belongs. It is written after the issue: a fingerprint never
//! points at nothing, and an issue whose fingerprint was not written any more, because the program was killed, is
//! recognised by the fingerprint that it lists.
//!
//! When the grouping algorithm changes, a sighting says what its group was called before. A fingerprint that is not
//! known and was called by one that is joins that one's issue. There the fingerprint's document is written first, as
//! the issue exists; whoever is not the first to write it reads it again, so that all agree where it belongs.
//!
//! What people merge is kept apart ([`merges`]) and put together by whoever reads: [`get`] and [`of_fingerprints`].

use std::collections::{BTreeMap, HashMap};

use schemas::{
    ids::{Fingerprint, IssueId, ProjectId},
    issue::Issue,
};
use serde::{Deserialize, Serialize};

use super::{
    Catalog, Collection, Expect, List, Version, Write, Written,
    document::{self, Place},
};
use crate::{Error, Result};

mod adopt;
pub mod merges;

/// How often a merge goes round when others write the same issues. Of those who compete one always gets through.
const ROUNDS: usize = 50;

/// What one or more events say about their issue.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// The project's slug: the first part of the id, if it is a new issue.
    pub slug: String,
    /// What is known; with exactly one fingerprint, and an id that means nothing yet.
    pub issue: Issue,
    /// What its group was called by earlier versions of the algorithm, newest first.
    pub previous: Vec<Fingerprint>,
}

impl Sighting {
    /// Adds earlier names that it does not have yet.
    pub fn add_previous(&mut self, previous: Vec<Fingerprint>) {
        for fingerprint in previous {
            if !self.previous.contains(&fingerprint) {
                self.previous.push(fingerprint);
            }
        }
    }

    fn group(&self) -> Result<(ProjectId, Fingerprint)> {
        match self.issue.fingerprints.as_slice() {
            [one] => Ok((self.issue.project, one.clone())),
            other => Err(Error::terminal("merging issues", format!("a sighting has {} fingerprints, not one", other.len()))),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Membership {
    issue: IssueId,
}

/// A fingerprint on its way to its issue.
struct Pending {
    sighting: Sighting,
    fingerprint: Fingerprint,
    /// Characters of the id that it gets if it makes a new issue.
    length: usize,
}

impl Pending {
    fn membership_id(&self) -> String {
        membership_id(self.sighting.issue.project, &self.fingerprint)
    }

    fn candidate(&self) -> IssueId {
        IssueId::new(&self.sighting.slug, self.sighting.issue.project, &self.fingerprint, self.length)
    }
}

/// Takes sightings into their issues, new ones where a fingerprint is new. The same sightings again, in any order
/// and from any number of processes at once, change nothing.
pub async fn merge(c: &dyn Catalog, sightings: Vec<Sighting>) -> Result<()> {
    let mut pending = combine(sightings)?;
    while !pending.is_empty() {
        let rest = pending.split_off(pending.len().min(document::BATCH));
        merge_batch(c, pending).await?;
        pending = rest;
    }
    Ok(())
}

/// The issues with these ids, in order, each with all that was merged into it. Of an id that was merged into another
/// issue it is that one.
pub async fn get(c: &dyn Catalog, ids: &[IssueId]) -> Result<Vec<Option<Issue>>> {
    let ids: Vec<String> = ids.iter().map(IssueId::to_string).collect();
    let found = document::get(c, Collection::Issues, &ids).await?.into_iter().map(|found| found.map(|(issue, _)| issue)).collect();
    merges::whole(c, found).await
}

/// The issues that these fingerprints are shown under, in order.
pub async fn of_fingerprints(c: &dyn Catalog, fingerprints: &[(ProjectId, Fingerprint)]) -> Result<Vec<Option<IssueId>>> {
    let ids: Vec<String> = fingerprints.iter().map(|(project, fingerprint)| membership_id(*project, fingerprint)).collect();
    let made = memberships(c, &ids).await?;
    let merges = merges::of(c, fingerprints.iter().map(|(project, _)| *project)).await?;
    let whole = |(issue, (project, _)): (Option<IssueId>, &(ProjectId, Fingerprint))| {
        let issue = issue?;
        Some(merges.get(project).map_or_else(|| issue.clone(), |merges| merges.whole(&issue).clone()))
    };
    Ok(made.into_iter().zip(fingerprints).map(whole).collect())
}

/// One page of issues as sightings made them, whatever was merged; the one seen last first. `after` is the last one of the page before: when it was seen last,
/// in milliseconds, and its id.
pub async fn list(c: &dyn Catalog, projects: Option<Vec<ProjectId>>, after: Option<(i64, IssueId)>, limit: usize) -> Result<Vec<Issue>> {
    let after = after.map(|(millis, id)| (millis, id.to_string()));
    document::all(c, Collection::Issues, List { projects, after, limit }, limit).await
}

fn membership_id(project: ProjectId, fingerprint: &Fingerprint) -> String {
    format!("{project}:{fingerprint}")
}

async fn memberships(c: &dyn Catalog, ids: &[String]) -> Result<Vec<Option<IssueId>>> {
    let found = document::get::<Membership>(c, Collection::Fingerprints, ids).await?;
    Ok(found.into_iter().map(|found| found.map(|(membership, _)| membership.issue)).collect())
}

/// One sighting a fingerprint, in a fixed order.
fn combine(sightings: Vec<Sighting>) -> Result<Vec<Pending>> {
    let mut groups: BTreeMap<(ProjectId, Fingerprint), Sighting> = BTreeMap::new();
    for sighting in sightings {
        let group = sighting.group()?;
        match groups.entry(group) {
            std::collections::btree_map::Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.issue.merge(&sighting.issue);
                known.add_previous(sighting.previous);
            }
            std::collections::btree_map::Entry::Vacant(new) => {
                new.insert(sighting);
            }
        }
    }
    let pending = |((_, fingerprint), sighting)| Pending { sighting, fingerprint, length: IssueId::SHORTEST };
    Ok(groups.into_iter().map(pending).collect())
}

async fn merge_batch(c: &dyn Catalog, mut pending: Vec<Pending>) -> Result<()> {
    for _ in 0..ROUNDS {
        pending = round(c, pending).await?;
        if pending.is_empty() {
            return Ok(());
        }
    }
    let project = pending[0].sighting.issue.project;
    Err(Error::retryable(format!("merging {} issues of project {project}", pending.len()), "others changed them all the time"))
}

/// One issue as it is and as it will be.
struct Change {
    before: Option<(Issue, Version)>,
    after: Issue,
    /// Of the batch, those that went into it.
    members: Vec<Pending>,
}

/// Merges what can be merged now; answers what has to be tried again.
async fn round(c: &dyn Catalog, pending: Vec<Pending>) -> Result<Vec<Pending>> {
    let membership_ids: Vec<String> = pending.iter().map(Pending::membership_id).collect();
    let known = memberships(c, &membership_ids).await?;
    let (members, mut again) = adopt::join(c, pending.into_iter().zip(known).collect()).await?;
    let (pending, known): (Vec<Pending>, Vec<Option<IssueId>>) = members.into_iter().unzip();
    let targets: Vec<IssueId> = known.iter().zip(&pending).map(|(known, p)| known.clone().unwrap_or_else(|| p.candidate())).collect();
    let mut stored = stored_issues(c, &targets).await?;
    let mut changes: BTreeMap<IssueId, Change> = BTreeMap::new();
    let mut new = Vec::new();
    for ((mut member, known), id) in pending.into_iter().zip(known).zip(targets) {
        let change = changes.entry(id).or_insert_with_key(|id| first_change(id, stored.remove(id), &member));
        let belongs = known.is_some() || holds(&change.after, &member);
        if !belongs {
            // The id is another issue's.
            member.length += 1;
            again.push(member);
            continue;
        }
        if known.is_none() {
            new.push(membership(&member, &change.after.id));
        }
        change.after.merge(&member.sighting.issue);
        change.members.push(member);
    }
    again.extend(write_issues(c, changes, &mut new).await?);
    if !new.is_empty() {
        c.write(Collection::Fingerprints, new).await?;
    }
    check_lengths(&again)?;
    Ok(again)
}

async fn stored_issues(c: &dyn Catalog, ids: &[IssueId]) -> Result<HashMap<IssueId, (Issue, Version)>> {
    let mut unique: Vec<String> = ids.iter().map(IssueId::to_string).collect();
    unique.sort_unstable();
    unique.dedup();
    let found = document::get::<Issue>(c, Collection::Issues, &unique).await?;
    Ok(unique.into_iter().zip(found).filter_map(|(id, found)| Some((IssueId(id), found?))).collect())
}

fn first_change(id: &IssueId, before: Option<(Issue, Version)>, member: &Pending) -> Change {
    let after = match &before {
        Some((issue, _)) => issue.clone(),
        None => Issue { id: id.clone(), ..member.sighting.issue.clone() },
    };
    Change { before, after, members: Vec::new() }
}

fn holds(issue: &Issue, member: &Pending) -> bool {
    issue.project == member.sighting.issue.project && issue.fingerprints.contains(&member.fingerprint)
}

fn membership(member: &Pending, issue: &IssueId) -> Write {
    let place = Place { id: member.membership_id(), project: Some(member.sighting.issue.project), order: 0 };
    Write::Put(document::draft(place, &Membership { issue: issue.clone() }), Expect::Absent)
}

/// Writes the issues that changed. Answers the members of those that someone else changed in between, and takes
/// their new memberships back.
async fn write_issues(c: &dyn Catalog, changes: BTreeMap<IssueId, Change>, new: &mut Vec<Write>) -> Result<Vec<Pending>> {
    let mut writes = Vec::new();
    let mut members = Vec::new();
    for (id, change) in changes {
        let expect = match &change.before {
            Some((before, _)) if *before == change.after => continue,
            Some((_, version)) => Expect::Version(*version),
            None => Expect::Absent,
        };
        let order = change.after.last_seen.as_millisecond();
        let place = Place { id: id.0, project: Some(change.after.project), order };
        writes.push(Write::Put(document::draft(place, &change.after), expect));
        members.push(change.members);
    }
    if writes.is_empty() {
        return Ok(Vec::new());
    }
    let written = c.write(Collection::Issues, writes).await?;
    let lost = members.into_iter().zip(written).filter(|(_, written)| *written == Written::Conflict);
    let again: Vec<Pending> = lost.flat_map(|(members, _)| members).collect();
    let ids: Vec<String> = again.iter().map(Pending::membership_id).collect();
    new.retain(|write| !ids.iter().any(|id| id == write.id()));
    Ok(again)
}

fn check_lengths(pending: &[Pending]) -> Result<()> {
    match pending.iter().find(|p| p.length > IssueId::LONGEST) {
        None => Ok(()),
        Some(p) => Err(Error::terminal(format!("naming the issue of {}", p.membership_id()), "every id that it could have is taken")),
    }
}
