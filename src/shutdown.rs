//! How the process is told to end: the first signal asks for an orderly stop, the second ends it at once.

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What a process ended by a second signal answers.
const INTERRUPTED: i32 = 130;

/// A token that is cancelled by SIGTERM or SIGINT.
pub(crate) fn on_signal() -> Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let stop = CancellationToken::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            }
        };
        let name = next().await;
        tracing::info!(signal = name, "stopping; a second signal ends the process at once");
        asked.cancel();
        let name = next().await;
        tracing::warn!(signal = name, "ending at once");
        std::process::exit(INTERRUPTED);
    });
    Ok(stop)
}
