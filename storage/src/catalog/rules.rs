//! Rule sets: one for each project that has any, and one for all projects.

use schemas::{ids::ProjectId, rules::RuleSet};
use serde::{Deserialize, Serialize};

use super::{
    Catalog, Collection, Expect,
    document::{self, Place},
};
use crate::{Error, Result};

/// How often a change is tried when others change the same rules.
const ATTEMPTS: usize = 50;

/// A rule set as kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Revised {
    /// How often it was changed; 0: never set.
    pub revision: u64,
    /// The rules.
    pub rules: RuleSet,
}

/// The rules of these projects, `None` standing for those of all projects. In order; empty where none were ever set.
pub async fn get(c: &dyn Catalog, of: &[Option<ProjectId>]) -> Result<Vec<Revised>> {
    let ids: Vec<String> = of.iter().copied().map(id).collect();
    let found = document::get(c, Collection::Rules, &ids).await?;
    Ok(found.into_iter().map(|found| found.map(|(revised, _)| revised).unwrap_or_default()).collect())
}

/// Replaces the rules of a project or, without one, of all. With `revision` only if it is the present one; `None` if it
/// is not.
pub async fn put(c: &dyn Catalog, of: Option<ProjectId>, rules: RuleSet, revision: Option<u64>) -> Result<Option<Revised>> {
    for _ in 0..ATTEMPTS {
        let found = document::one::<Revised>(c, Collection::Rules, id(of)).await?;
        let (present, expect) = match found {
            Some((present, version)) => (present.revision, Expect::Version(version)),
            None => (0, Expect::Absent),
        };
        if revision.is_some_and(|revision| revision != present) {
            return Ok(None);
        }
        let revised = Revised { revision: present + 1, rules: rules.clone() };
        let place = Place { id: id(of), project: of, order: 0 };
        if document::put(c, Collection::Rules, document::draft(place, &revised), expect).await? {
            return Ok(Some(revised));
        }
    }
    Err(Error::retryable("changing rules in the catalog", format!("others changed them {ATTEMPTS} times in between")))
}

fn id(of: Option<ProjectId>) -> String {
    of.map_or_else(|| "all".to_owned(), |project| project.to_string())
}
