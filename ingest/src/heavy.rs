//! Work that would hold up other requests: done in threads of its own, as many at once as there are cores.

use std::sync::LazyLock;

use tokio::sync::Semaphore;

use crate::refusal::Refusal;

/// From this length on, bytes are work.
pub(crate) const BYTES: usize = 256 << 10;

static CORES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get)));

/// Runs it apart from the threads that serve connections.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    let _core = CORES.acquire().await.map_err(|_| Refusal::internal())?;
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|panic| {
        tracing::error!(%panic, "work on a request panicked");
        Err(Refusal::internal())
    })
}

/// Runs it here when it is short, else apart.
pub(crate) async fn run_sized<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    if bytes < BYTES { work() } else { run(work).await }
}
