//! How many files the system lets this process have open. Connections are files too.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Kept for everything else: segments of log and index, the catalog, connections to engines.
const KEPT: u64 = 512;

/// Raises the limit as far as it goes, and answers how many connections there is room for.
pub(super) fn for_connections() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if limit.current != limit.maximum
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::warn!(%error, "raising the limit of open files");
    }
    let current = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(current.saturating_sub(KEPT).max(current / 2)).unwrap_or(usize::MAX)
}
