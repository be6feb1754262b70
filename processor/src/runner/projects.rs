//! Settings and slugs of projects, remembered for a moment.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use schemas::{
    catalog::{Project, ProjectSettings},
    ids::ProjectId,
    limits,
};
use storage::{
    Result,
    catalog::{Catalog, projects},
};
use tokio::time::Instant;

use super::{batch::Batch, give_up, retry::Retry};

/// How long a project is remembered. A change must be seen within 2 s.
const FRESH: Duration = Duration::from_secs(1);

/// What is known of the projects of a batch.
#[derive(Default)]
pub(super) struct Known(HashMap<ProjectId, Arc<Project>>);

static DEFAULT: LazyLock<ProjectSettings> = LazyLock::new(ProjectSettings::default);

impl Known {
    /// What the owner chose; the defaults for a project that is no longer there.
    pub(super) fn settings(&self, project: ProjectId) -> &ProjectSettings {
        self.0.get(&project).map_or(&DEFAULT, |project| &project.settings)
    }

    /// The slug; one made of the number for a project that is no longer there. Its events were acknowledged.
    pub(super) fn slug(&self, project: ProjectId) -> String {
        self.0.get(&project).map_or_else(|| format!("project-{project}"), |project| project.slug.clone())
    }
}

/// Looks projects up.
pub(super) struct Projects {
    catalog: Arc<dyn Catalog>,
    seen: HashMap<ProjectId, (Instant, Option<Arc<Project>>)>,
}

impl Projects {
    pub(super) fn new(catalog: Arc<dyn Catalog>) -> Self {
        Self { catalog, seen: HashMap::new() }
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
        let known = ids.iter().filter_map(|id| Some((*id, Arc::clone(self.seen.get(id)?.1.as_ref()?))));
        Ok(Some(Arc::new(Known(known.collect()))))
    }

    async fn look_up(&mut self, ids: &[ProjectId], retry: &mut Retry<'_>) -> Result<bool> {
        let found = loop {
            match projects::get(&*self.catalog, ids).await {
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
        self.seen.extend(ids.iter().zip(found).map(|(id, project)| (*id, (now, project.map(Arc::new)))));
        Ok(true)
    }
}
