//! Trying again what may heal, each time later, until the run is to stop. A streak of failures is logged once.

use std::time::Duration;

use storage::Error;
use tokio_util::sync::CancellationToken;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

/// The streak of failures of one task.
pub(super) struct Retry<'a> {
    stop: &'a CancellationToken,
    delay: Duration,
    /// What failed last, while it fails.
    failing: Option<&'static str>,
}

impl<'a> Retry<'a> {
    pub(super) fn new(stop: &'a CancellationToken) -> Self {
        Self { stop, delay: FIRST, failing: None }
    }

    /// Waits and answers whether to try again: not after an error that can't heal, nor when the run is to stop.
    pub(super) async fn again(&mut self, doing: &'static str, error: &Error) -> bool {
        if !error.is_retryable() {
            return false;
        }
        if self.failing.replace(doing) != Some(doing) {
            tracing::warn!(%error, "{doing} failed; trying again until it works");
        }
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            () = tokio::time::sleep(self.delay) => {
                self.delay = (self.delay * 2).min(LONGEST);
                true
            }
        }
    }

    /// Ends the streak.
    pub(super) fn worked(&mut self) {
        if let Some(doing) = self.failing.take() {
            tracing::info!("{doing} works again");
        }
        self.delay = FIRST;
    }
}
