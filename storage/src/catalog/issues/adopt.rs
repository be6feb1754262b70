//! Fingerprints that nobody knows join the issue that one of their earlier names belongs to.

use std::collections::{HashMap, HashSet};

use schemas::ids::IssueId;

use super::{Pending, membership, membership_id, memberships};
use crate::{
    Result,
    catalog::{Catalog, Collection},
};

/// A fingerprint and the issue that it belongs to, if any.
type Member = (Pending, Option<IssueId>);

/// Members to merge now, and those that have to be looked at again: their fingerprint was just written, by this or
/// another process, or an earlier name of theirs is new in this very batch.
pub(super) async fn join(c: &dyn Catalog, members: Vec<Member>) -> Result<(Vec<Member>, Vec<Pending>)> {
    if !members.iter().any(is_open) {
        return Ok((members, Vec::new()));
    }
    let issues = issues_of(c, members.iter().filter(|member| is_open(member)).flat_map(|(member, _)| names(member)).collect()).await?;
    let coming: HashSet<String> = members.iter().filter(|member| is_new(member)).map(|(member, _)| member.membership_id()).collect();
    let (mut now, mut later, mut joining) = (Vec::new(), Vec::new(), Vec::new());
    for member in members {
        let names = if is_open(&member) { names(&member.0) } else { Vec::new() };
        if let Some(issue) = names.iter().find_map(|name| issues.get(name)) {
            joining.push(membership(&member.0, issue));
            later.push(member.0);
        } else if names.iter().any(|name| coming.contains(name)) {
            later.push(member.0);
        } else {
            now.push(member);
        }
    }
    if !joining.is_empty() {
        // Where another process was first, the next round reads what that one wrote.
        c.write(Collection::Fingerprints, joining).await?;
    }
    Ok((now, later))
}

/// Whether it may join by an earlier name.
fn is_open((member, issue): &Member) -> bool {
    issue.is_none() && !member.sighting.previous.is_empty()
}

/// Whether it makes an issue in this round.
fn is_new((member, issue): &Member) -> bool {
    issue.is_none() && member.sighting.previous.is_empty()
}

/// The documents of its earlier names, newest first.
fn names(member: &Pending) -> Vec<String> {
    member.sighting.previous.iter().map(|name| membership_id(member.sighting.issue.project, name)).collect()
}

async fn issues_of(c: &dyn Catalog, mut names: Vec<String>) -> Result<HashMap<String, IssueId>> {
    names.sort_unstable();
    names.dedup();
    let found = memberships(c, &names).await?;
    Ok(names.into_iter().zip(found).filter_map(|(name, issue)| Some((name, issue?))).collect())
}
