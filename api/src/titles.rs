//! The issues that groups of events belong to.

use jiff::Timestamp;
use schemas::ids::{Fingerprint, IssueId, ProjectId};
use storage::catalog::issues;

use crate::{Api, problem::Answer};

/// An issue, as far as lists of groups show it.
#[derive(Debug, Clone)]
pub(crate) struct Titled {
    pub(crate) id: IssueId,
    pub(crate) title: String,
    /// Its oldest event of all.
    pub(crate) first_seen: Timestamp,
}

/// The issues of these fingerprints, in order; `None` while the processor is about to make one.
pub(crate) async fn of(api: &Api, fingerprints: &[(ProjectId, Fingerprint)]) -> Answer<Vec<Option<Titled>>> {
    let ids = issues::of_fingerprints(api.catalog(), fingerprints).await?;
    let known: Vec<IssueId> = ids.iter().flatten().cloned().collect();
    let mut found = issues::get(api.catalog(), &known).await?.into_iter();
    let titled = |id: Option<IssueId>| {
        id?;
        let issue = found.next().flatten()?;
        Some(Titled { id: issue.id, title: issue.title, first_seen: issue.first_seen })
    };
    Ok(ids.into_iter().map(titled).collect())
}
