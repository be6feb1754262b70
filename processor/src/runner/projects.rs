//! Settings, rules, deploys and slugs of projects, remembered for a moment.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use schemas::{
    catalog::{DeployedCommits, Project, ProjectSettings},
    ids::ProjectId,
    limits,
};
use storage::{
    Result,
    catalog::{
        Catalog, deploys, projects,
        rules::{self, Revised},
        scrub_key::{self, ScrubKey},
    },
};
use tokio::time::Instant;

use super::{batch::Batch, give_up, retry::Retry};
use crate::{rules::Rules, scrub::HashKey};

/// How long a project is remembered. A change must be seen within 2 s.
const FRESH: Duration = Duration::from_secs(1);

/// What is known of the projects of a batch.
#[derive(Default)]
pub(super) struct Known(HashMap<ProjectId, Arc<One>>);

/// A project that is there or not any more, the rules for its events, and what its deploys tell.
struct One {
    project: Option<Project>,
    rules: Arc<Rules>,
    /// Of which revisions of its own rules and those of all they were made.
    revisions: (u64, u64),
    deploys: DeployedCommits,
}

static NO_DEPLOYS: DeployedCommits = DeployedCommits { commits: Vec::new() };
static DEFAULT: LazyLock<ProjectSettings> = LazyLock::new(ProjectSettings::default);

impl Known {
    /// What the owner chose; the defaults for a project that is no longer there.
    pub(super) fn settings(&self, project: ProjectId) -> &ProjectSettings {
        self.0.get(&project).and_then(|one| one.project.as_ref()).map_or(&DEFAULT, |project| &project.settings)
    }

    /// The rules for its events.
    pub(super) fn rules(&self, project: ProjectId) -> &Rules {
        self.0.get(&project).map_or(Rules::none(), |one| &one.rules)
    }

    /// The commits that its deploys tell of.
    pub(super) fn deploys(&self, project: ProjectId) -> &DeployedCommits {
        self.0.get(&project).map_or(&NO_DEPLOYS, |one| &one.deploys)
    }

    /// The slug; one made of the number for a project that is no longer there. Its events were acknowledged.
    pub(super) fn slug(&self, project: ProjectId) -> String {
        let found = self.0.get(&project).and_then(|one| one.project.as_ref());
        found.map_or_else(|| format!("project-{project}"), |project| project.slug.clone())
    }
}

/// Looks projects up.
pub(super) struct Projects {
    catalog: Arc<dyn Catalog>,
    seen: HashMap<ProjectId, (Instant, Arc<One>)>,
    /// Of which the keys for the projects' hashes are made. It never changes.
    scrub_key: Option<ScrubKey>,
}

impl Projects {
    pub(super) fn new(catalog: Arc<dyn Catalog>) -> Self {
        Self { catalog, seen: HashMap::new(), scrub_key: None }
    }

    /// What is known of the projects of a batch. `None` if the catalog can't say and the run is to stop.
    pub(super) async fn of(&mut self, batch: &Batch, retry: &mut Retry<'_>) -> Result<Option<Arc<Known>>> {
        let mut ids: Vec<ProjectId> = batch.projects().collect();
        ids.sort_unstable();
        ids.dedup();
        let old: Vec<ProjectId> = ids.iter().copied().filter(|id| self.seen.get(id).is_none_or(|(at, _)| at.elapsed() >= FRESH)).collect();
        if !old.is_empty() && !self.look_up(&old, retry).await? {
            return Ok(None);
        }
        let known = ids.iter().filter_map(|id| Some((*id, Arc::clone(&self.seen.get(id)?.1))));
        Ok(Some(Arc::new(Known(known.collect()))))
    }

    /// The secret for hashes. `None` if the catalog can't say and the run is to stop.
    async fn secret(&mut self, retry: &mut Retry<'_>) -> Result<Option<ScrubKey>> {
        while self.scrub_key.is_none() {
            match scrub_key::get(&*self.catalog).await {
                Ok(key) => self.scrub_key = Some(key),
                Err(error) if retry.again("looking up the key for hashes", &error).await => {}
                Err(error) => return give_up(error).map(|()| None),
            }
        }
        Ok(self.scrub_key)
    }

    async fn look_up(&mut self, ids: &[ProjectId], retry: &mut Retry<'_>) -> Result<bool> {
        let Some(secret) = self.secret(retry).await? else { return Ok(false) };
        let (found, rules, deploys) = loop {
            match look_up(&*self.catalog, ids).await {
                Ok(found) => break found,
                Err(error) if retry.again("looking up projects", &error).await => {}
                Err(error) => return give_up(error).map(|()| false),
            }
        };
        retry.worked();
        if self.seen.len() + ids.len() > 2 * limits::PROJECTS {
            self.seen.clear();
        }
        let now = Instant::now();
        let all = &rules[0];
        for (((id, project), own), deploys) in ids.iter().zip(found).zip(&rules[1..]).zip(deploys) {
            let revisions = (own.revision, all.revision);
            let before = self.seen.get(id).filter(|(_, one)| one.revisions == revisions);
            let rules = before.map_or_else(
                || Arc::new(Rules::new(&own.rules, &all.rules).keyed(HashKey::new(&secret.0, *id))),
                |(_, one)| Arc::clone(&one.rules),
            );
            self.seen.insert(*id, (now, Arc::new(One { project, rules, revisions, deploys })));
        }
        Ok(true)
    }
}

/// The projects in order; the rules of all, then those of each project; what their deploys tell.
async fn look_up(catalog: &dyn Catalog, ids: &[ProjectId]) -> Result<(Vec<Option<Project>>, Vec<Revised>, Vec<DeployedCommits>)> {
    let of: Vec<Option<ProjectId>> = [None].into_iter().chain(ids.iter().copied().map(Some)).collect();
    Ok((projects::get(catalog, ids).await?, rules::get(catalog, &of).await?, deploys::commits(catalog, ids).await?))
}
