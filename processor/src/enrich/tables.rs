//! The tables as they change: files that the operator replaces, entries that come over the API.
//!
//! Who works with them takes a snapshot. A change makes a new one; a file that can't be used changes nothing.

use std::{
    convert::Infallible,
    fmt,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;
use schemas::catalog::Service;
use serde::Deserialize;
use storage::{
    Result,
    catalog::{Catalog, services},
};

use super::{Lookups, agents::Agents, geo::Geo, services::Services};

mod services_file;

/// How often it is looked whether files or entries have changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Section `enrich` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// A file in MaxMind's format with countries or cities of addresses. Empty: none.
    pub geo_file: PathBuf,
    /// A TOML file with the service catalogue. Empty: none.
    pub services_file: PathBuf,
}

/// A file that can't be used.
#[derive(Debug)]
pub struct TableError {
    /// The key of the configuration that names it.
    pub key: &'static str,
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub cause: String,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {:?}: {}", self.key, self.path, self.cause)
    }
}

impl std::error::Error for TableError {}

/// What changes when someone replaces a file: time, length and number of the file.
type Stamp = Option<(SystemTime, u64, u64)>;

/// The tables of one process. The default knows no files, and no user agents.
#[derive(Debug, Default)]
pub struct Tables {
    options: Options,
    now: ArcSwap<Lookups>,
    sources: Mutex<Sources>,
}

/// What the present snapshot was made of.
#[derive(Debug, Default)]
struct Sources {
    geo: Stamp,
    file: Stamp,
    of_file: Vec<Service>,
    of_api: services::Services,
}

impl Tables {
    /// Reads the files.
    pub fn open(options: &Options) -> std::result::Result<Self, TableError> {
        let mut sources = Sources { geo: stamp(&options.geo_file), file: stamp(&options.services_file), ..Sources::default() };
        sources.of_file = read_services(options)?;
        let lookups = Lookups {
            geo: read_geo(options)?,
            agents: Some(Arc::new(Agents::default())),
            services: Arc::new(Services::new(&[], &sources.of_file)),
        };
        Ok(Self { options: options.clone(), now: ArcSwap::from_pointee(lookups), sources: Mutex::new(sources) })
    }

    /// The tables as they are now.
    pub fn now(&self) -> Arc<Lookups> {
        self.now.load_full()
    }

    /// Reads those files again that have changed. It blocks.
    pub fn reload(&self) {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let geo = stamp(&self.options.geo_file);
        if geo != sources.geo {
            sources.geo = geo;
            self.take(read_geo(&self.options), |lookups, geo| lookups.geo = geo);
        }
        let file = stamp(&self.options.services_file);
        if file != sources.file {
            sources.file = file;
            self.take(read_services(&self.options), |lookups, of_file| {
                sources.of_file = of_file;
                lookups.services = Arc::new(Services::new(&sources.of_api.services, &sources.of_file));
            });
        }
    }

    /// Takes the entries that came over the API.
    pub async fn refresh(&self, catalog: &dyn Catalog) -> Result<()> {
        let of_api = services::get(catalog).await?;
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if of_api != sources.of_api {
            sources.of_api = of_api;
            let services = Arc::new(Services::new(&sources.of_api.services, &sources.of_file));
            self.now.store(Arc::new(Lookups { services, ..Lookups::clone(&self.now.load()) }));
        }
        Ok(())
    }

    /// Keeps looking for changes.
    pub(crate) async fn keep(self: Arc<Self>, catalog: &dyn Catalog) -> Infallible {
        let mut every = tokio::time::interval(LOOK_EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut away = false;
        loop {
            every.tick().await;
            let tables = Arc::clone(&self);
            if let Err(error) = tokio::task::spawn_blocking(move || tables.reload()).await {
                tracing::error!(%error, "looking for changed files of [enrich]");
            }
            let refreshed = self.refresh(catalog).await;
            if let (Err(error), false) = (&refreshed, away) {
                tracing::warn!(%error, "the service catalogue can't be read; it stays as it was");
            }
            away = refreshed.is_err();
        }
    }

    fn take<T>(&self, read: std::result::Result<T, TableError>, take: impl FnOnce(&mut Lookups, T)) {
        match read {
            Ok(table) => {
                let mut lookups = Lookups::clone(&self.now.load());
                take(&mut lookups, table);
                self.now.store(Arc::new(lookups));
                tracing::info!("a changed file of [enrich] is in use");
            }
            Err(error) => tracing::error!(%error, "a changed file can't be used; what was read before stays in use"),
        }
    }
}

fn read_geo(options: &Options) -> std::result::Result<Option<Arc<Geo>>, TableError> {
    let path = &options.geo_file;
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    let failed = |cause| TableError { key: "enrich.geo_file", path: path.clone(), cause };
    Geo::open(path).map(|geo| Some(Arc::new(geo))).map_err(failed)
}

fn read_services(options: &Options) -> std::result::Result<Vec<Service>, TableError> {
    let path = &options.services_file;
    if path.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let failed = |cause| TableError { key: "enrich.services_file", path: path.clone(), cause };
    services_file::read(path).map_err(failed)
}

fn stamp(path: &Path) -> Stamp {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
}

#[cfg(test)]
#[path = "tables/tests.rs"]
mod tests;
