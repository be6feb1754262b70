//! Which issues of a project people merged into which, and what they changed.
//!
//! An issue that was merged keeps what sightings say of it, under its own id; only where it is shown and counted
//! changes. So a merge, a split and an undo are one change of this one value each, and taking a merge back brings
//! back exactly what was there. This never knows a sighting and never a count.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    catalog::Role,
    ids::{Fingerprint, IssueId},
    limits,
};

/// The merges of one project. Flat: an issue that others were merged into is never merged itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merges {
    /// Each merged issue with the one that it is part of.
    parts: BTreeMap<IssueId, IssueId>,
    /// What was changed, oldest first; beyond [`limits::MOVED_ISSUES`] moves the oldest are let go of.
    changes: Vec<Change>,
    /// The number of the next change.
    next: u64,
}

/// What someone changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = IssueChange)]
pub struct Change {
    /// Counts up within a project.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: By,
    /// What.
    pub what: What,
    /// Of an undo: the change that it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<u64>,
    /// Which issues went where.
    pub moves: Vec<Move>,
}

/// Who changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ChangedBy)]
pub struct By {
    /// Id of the API token; none for the one of the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// What the token may.
    pub role: Role,
}

/// Kinds of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[schema(as = IssueChangeKind)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Issues became part of another.
    Merge,
    /// Parts became issues of their own again.
    Split,
    /// An earlier change was taken back.
    Undo,
}

/// An issue that went from one to another. Where it stands by itself, it is said to be part of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = IssueMove)]
pub struct Move {
    /// The issue under the id that its first fingerprint gave it.
    pub issue: IssueId,
    /// What it was part of.
    pub from: IssueId,
    /// What it is part of since.
    pub to: IssueId,
}

/// Why a change can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Only parts can be taken out.
    #[error("{0} is not merged into this issue, or gave it its name; take out the other fingerprints instead")]
    NoPart(IssueId),
    /// There is no such change, or it was let go of.
    #[error("change {0} is not known; only the newest changes of a project can be undone")]
    Unknown(u64),
    /// Something was changed since.
    #[error("{issue} was moved again by change {change}; undo that one first")]
    Moved {
        /// The issue that is not where the change left it.
        issue: IssueId,
        /// Since when.
        change: u64,
    },
    /// Undoing would leave an issue that is part of one that is itself a part.
    #[error("{part} is part of {of}, which would become a part of another issue; split it off or undo its merge first")]
    HasParts {
        /// The part.
        part: IssueId,
        /// The issue that is in the way.
        of: IssueId,
    },
    /// An issue is not there.
    #[error("there is no issue {0} in this project")]
    NoIssue(IssueId),
    /// A fingerprint is not there.
    #[error("there is no fingerprint {0} in this project")]
    NoFingerprint(Fingerprint),
    /// The issues have too many fingerprints together.
    #[error("these issues have {0} fingerprints together, and one may have {max}; rules of grouping join more", max = limits::ISSUE_FINGERPRINTS)]
    TooManyFingerprints(usize),
    /// Nothing more fits.
    #[error("a project may have {} merged issues at most; split some off or filter what makes so many issues", limits::MERGED_ISSUES)]
    TooMany,
}

impl Merges {
    /// Whether nothing is merged.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The issue that this one is shown as: the one that it was merged into, or itself.
    pub fn whole<'a>(&'a self, issue: &'a IssueId) -> &'a IssueId {
        self.parts.get(issue).unwrap_or(issue)
    }

    /// The issues that were merged into this one.
    pub fn parts<'a>(&'a self, whole: &'a IssueId) -> impl Iterator<Item = &'a IssueId> {
        self.parts.iter().filter(move |(_, of)| *of == whole).map(|(part, _)| part)
    }

    /// The changes that this issue had a part in, newest first.
    pub fn history<'a>(&'a self, issue: &'a IssueId) -> impl Iterator<Item = &'a Change> {
        self.changes.iter().rev().filter(move |change| change.concerns(issue))
    }

    /// Makes `issues`, with all that was merged into them, parts of `into` or of what that is part of. Answers the change;
    /// `None` if they all are already.
    pub fn merge(&mut self, into: &IssueId, issues: &[IssueId], at: Timestamp, by: By) -> Result<Option<Change>, Refused> {
        let to = self.whole(into).clone();
        let mut moved = BTreeSet::new();
        for issue in issues {
            let whole = self.whole(issue).clone();
            if whole != to {
                moved.extend(self.parts(&whole).cloned());
                moved.insert(whole);
            }
        }
        let moves = moved.into_iter().map(|issue| Move { from: self.whole(&issue).clone(), to: to.clone(), issue }).collect();
        self.change(What::Merge, None, moves, at, by)
    }

    /// Makes these parts of `whole` issues of their own again.
    pub fn split(&mut self, whole: &IssueId, parts: &[IssueId], at: Timestamp, by: By) -> Result<Option<Change>, Refused> {
        let from = self.whole(whole).clone();
        let parts: BTreeSet<&IssueId> = parts.iter().collect();
        if let Some(other) = parts.iter().find(|part| self.parts.get(**part) != Some(&from)) {
            return Err(Refused::NoPart((**other).clone()));
        }
        let moves = parts.into_iter().map(|part| Move { issue: part.clone(), from: from.clone(), to: part.clone() }).collect();
        self.change(What::Split, None, moves, at, by)
    }

    /// Puts the issues that change `id` moved back to where they were. Only while all of them are where it left them.
    pub fn undo(&mut self, issue: &IssueId, id: u64, at: Timestamp, by: By) -> Result<Option<Change>, Refused> {
        let known = self.changes.iter().find(|change| change.id == id && change.concerns(issue));
        let known = known.ok_or(Refused::Unknown(id))?;
        if let Some(gone) = known.moves.iter().find(|it| *self.whole(&it.issue) != it.to) {
            let last = self.changes.iter().rev().find(|change| change.moves.iter().any(|it| it.issue == gone.issue));
            return Err(Refused::Moved { issue: gone.issue.clone(), change: last.map_or(id, |change| change.id) });
        }
        let back = |it: &Move| Move { issue: it.issue.clone(), from: it.to.clone(), to: it.from.clone() };
        let moves = known.moves.iter().map(back).collect();
        self.change(What::Undo, Some(id), moves, at, by)
    }

    /// Makes the moves, all or none, and keeps them as a change.
    fn change(&mut self, what: What, undone: Option<u64>, moves: Vec<Move>, at: Timestamp, by: By) -> Result<Option<Change>, Refused> {
        if moves.is_empty() {
            return Ok(None);
        }
        let mut parts = self.parts.clone();
        for Move { issue, to, .. } in &moves {
            if issue == to {
                parts.remove(issue)
            } else {
                parts.insert(issue.clone(), to.clone())
            };
        }
        if let Some((part, of)) = parts.iter().find(|(_, of)| parts.contains_key(*of)) {
            return Err(Refused::HasParts { part: part.clone(), of: of.clone() });
        }
        if parts.len() > limits::MERGED_ISSUES || moves.len() > limits::MOVED_ISSUES {
            return Err(Refused::TooMany);
        }
        self.next += 1;
        let change = Change { id: self.next, at, by, what, undone, moves };
        self.parts = parts;
        self.changes.push(change.clone());
        let mut kept = 0;
        let fits = self.changes.iter().rev().take_while(|change| {
            kept += change.moves.len();
            kept <= limits::MOVED_ISSUES
        });
        let gone = self.changes.len() - fits.count();
        self.changes.drain(..gone);
        Ok(Some(change))
    }
}

impl Change {
    fn concerns(&self, issue: &IssueId) -> bool {
        self.moves.iter().any(|it| [&it.issue, &it.from, &it.to].contains(&issue))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
