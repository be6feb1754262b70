//! Logs on standard error and the recorder behind `/metrics`. Never sends anything anywhere.

use std::{io::IsTerminal, panic::PanicHookInfo};

use anyhow::{Context, Result};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Deserialize;
use tracing_subscriber::EnvFilter;

/// How the program speaks of itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    /// `pretty` for people, `json` for machines.
    pub format: Format,
    /// Least level to log, or directives such as `info,storage=debug`.
    pub filter: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { format: Format::Pretty, filter: "info".into() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    Pretty,
    Json,
}

/// Starts logging and metrics. Once in a process.
pub(crate) fn start(options: &Options) -> Result<PrometheusHandle> {
    let filter = EnvFilter::try_new(&options.filter).with_context(|| format!("telemetry.filter {:?}", options.filter))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match options.format {
        Format::Json => builder.json().flatten_event(true).init(),
        Format::Pretty => builder.with_ansi(std::io::stderr().is_terminal()).init(),
    }
    std::panic::set_hook(Box::new(tell_place));
    PrometheusBuilder::new().install_recorder().context("installing the metrics recorder")
}

/// A panic's message may hold a part of an event, so the log is told only where it happened.
fn tell_place(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "somewhere".to_owned(), ToString::to_string);
    tracing::error!(place, "a panic, which is a fault of the program");
}
