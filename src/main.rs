//! Belfry: one program that takes errors in, judges them and answers questions about them.
//!
//! This crate reads the command line and the configuration, picks the engines and runs the roles. What the roles
//! do is in `ingest`, `processor` and `api`.

use std::process::ExitCode;

use clap::Parser;

mod bootstrap;
mod cli;
mod commands;
mod config;
mod engines;
mod health;
mod listeners;
mod lock;
mod roles;
mod send;
mod server;
mod shutdown;
mod telemetry;
mod trial;

/// Exit code for a wrong command line or configuration; `clap` uses the same.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    // What we write holds other people's data: nobody else on the machine reads it.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let cli = cli::Cli::parse();
    let config = match cli.config() {
        Ok(config) => config,
        Err(error) => return fail(&error, USAGE),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("starting the runtime"), 1),
    };
    let result = runtime.block_on(cli.run(config));
    // Work that is still blocked after an orderly stop must not hold the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, 1),
    }
}

#[allow(clippy::print_stderr, reason = "the last words of a command belong on standard error")]
fn fail(error: &anyhow::Error, code: u8) -> ExitCode {
    eprintln!("belfry: {error:#}");
    ExitCode::from(code)
}
