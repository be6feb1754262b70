//! Runs the processor's stages for the API, which does not know them: with the rules that are tried, and the tables and
//! deploys that the processors have.

use std::{path::PathBuf, sync::Arc};

use processor::{
    context::Context,
    enrich::{Options, Tables},
    rules::Rules,
    scrub::HashKey,
};
use schemas::{
    catalog::{DeployedCommits, Project},
    event::Event,
};
use storage::catalog::{Catalog, deploys};
use tokio::runtime::Handle;

/// What trials need.
pub(crate) struct Bench {
    /// Of which keys for hashes are made. Not the one of stored hashes: with that one, anyone who may try rules could try
    /// out whose hash one is.
    pub(crate) secret: [u8; 32],
    pub(crate) tables: Arc<Tables>,
    pub(crate) catalog: Arc<dyn Catalog>,
}

impl Bench {
    /// The stages on one event. It blocks.
    pub(crate) fn run(&self, project: &Project, rules: api::Rules<'_>, event: Event) -> api::Tried {
        let deploys = self.deploys(project);
        let lookups = self.tables.now();
        let rules = Rules::new(rules.own, rules.all).keyed(HashKey::new(&self.secret, project.id));
        let context = Context { rules: &rules, lookups: &lookups, deploys: &deploys, ..Context::plain(&project.settings) };
        match processor::trial::run(&context, event) {
            Ok(event) => api::Tried::Stored(Box::new(event)),
            Err(ended) => api::Tried::Ended { kind: ended.kind, reason: ended.reason, detail: ended.detail },
        }
    }

    /// Brings the tables up to date and looks up what the project's deploys tell. What can't be read now stays as it was.
    fn deploys(&self, project: &Project) -> DeployedCommits {
        self.tables.reload();
        Handle::current().block_on(async {
            if let Err(error) = self.tables.refresh(&*self.catalog).await {
                tracing::warn!(%error, "rules are tried with an older service catalogue");
            }
            let found = deploys::commits(&*self.catalog, &[project.id]).await;
            let found = found.inspect_err(|error| tracing::warn!(%error, "rules are tried without deploys"));
            found.ok().and_then(|found| found.into_iter().next()).unwrap_or_default()
        })
    }
}

/// The tables of a process.
pub(crate) struct Known {
    pub(crate) tables: Arc<Tables>,
    /// The keys of the configuration whose files it can't use.
    pub(crate) without: Vec<&'static str>,
}

/// The tables of a process that has no processor. The files may be elsewhere.
pub(crate) fn tables(options: &Options) -> Known {
    let (mut options, mut without) = (options.clone(), Vec::new());
    loop {
        match Tables::open(&options) {
            Ok(tables) => {
                without.sort_unstable();
                return Known { tables: Arc::new(tables), without };
            }
            Err(error) => {
                tracing::warn!(%error, "rules are tried without this table");
                without.push(error.key);
                let file = if error.key == "enrich.geo_file" { &mut options.geo_file } else { &mut options.services_file };
                *file = PathBuf::new();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_that_are_not_here_are_named() {
        let nowhere = PathBuf::from("/nowhere/table");
        let both = Options { geo_file: nowhere.clone(), services_file: nowhere };
        assert_eq!(tables(&both).without, ["enrich.geo_file", "enrich.services_file"]);
        assert_eq!(tables(&Options { geo_file: PathBuf::new(), ..both }).without, ["enrich.services_file"]);
        assert!(tables(&Options::default()).without.is_empty());
    }
}
