//! `belfry send`: the text of a log from a file or a pipe to a server, which makes events of the stack traces in it.
//!
//! Blocks are cut where no trace is open. Each is sent until the server has it, so that none is lost; the server
//! knows a block again by its file and place, so that none counts twice.

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use schemas::wire::{dsn::Dsn, log_text};
use tokio::time::Instant;

use crate::shutdown;

mod position;
mod source;
mod upload;

use position::{Position, Positions};
use source::{Change, Source};
use upload::{Patience, Upload};

/// A block is sent when it has so many bytes, or when the log is quiet.
const BLOCK_BYTES: usize = 1 << 20;
/// From so many bytes on, a block is cut even where a trace seems to be open.
const OPEN_BYTES: usize = 4 << 20;
/// How long a log must be quiet for its last trace to be taken as whole.
const QUIET: Duration = Duration::from_secs(2);
/// How often a followed file is looked at.
const POLL: Duration = Duration::from_millis(250);

/// What to send and where to.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The log; `-` reads standard input.
    file: PathBuf,
    /// Where to, as `https://KEY@HOST/PROJECT`.
    #[arg(long, env = "BELFRY_DSN", hide_env_values = true)]
    dsn: Dsn,
    /// Go on with what is written to the file, also when it is rotated.
    #[arg(long)]
    follow: bool,
    /// Where --follow keeps how far it came. Beside the log if not given: `FILE.belfry`.
    #[arg(long, value_name = "FILE", requires = "follow")]
    position: Option<PathBuf>,
    /// The service whose log it is.
    #[arg(long)]
    service: Option<String>,
    /// Where the service runs: `production`, `staging`, ...
    #[arg(long)]
    environment: Option<String>,
    /// Version of the service.
    #[arg(long)]
    release: Option<String>,
    /// The host that wrote the log.
    #[arg(long)]
    host: Option<String>,
    /// The language, where the traces leave it open: `python`, `java`, ...
    #[arg(long)]
    platform: Option<String>,
}

impl Options {
    fn is_standard_input(&self) -> bool {
        self.file.as_os_str() == "-"
    }

    /// The query parameters that say of the whole log.
    fn query(&self) -> Vec<(&'static str, String)> {
        let named = [
            ("service", &self.service),
            ("environment", &self.environment),
            ("release", &self.release),
            ("host", &self.host),
            ("platform", &self.platform),
        ];
        named.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
    }
}

/// Sends until the end of the text, or with `--follow` until it is told to stop.
pub(crate) async fn run(options: &Options) -> Result<()> {
    anyhow::ensure!(!(options.follow && options.is_standard_input()), "--follow needs a file: standard input is read to its end anyway");
    let stop = shutdown::on_signal()?;
    let patience = if options.follow { Patience::Endless } else { Patience::Minutes };
    let upload = Upload::new(&options.dsn, options.query(), patience)?;
    let positions = options.follow.then(|| Positions::new(&options.file, options.position.as_deref()));
    let start = positions.as_ref().map(Positions::read).transpose()?.flatten();
    let source = if options.is_standard_input() {
        Source::standard_input()
    } else {
        Source::open(&options.file, start.as_ref(), options.follow).await?
    };
    let mut sender = Sender { source, upload, positions, buffer: Vec::new(), accepted: 0, quiet_since: Instant::now() };
    let sent = tokio::select! {
        sent = sender.send(options.follow) => sent,
        () = stop.cancelled() => Ok(()),
    };
    say(&format!("{} events sent from {}", sender.accepted, options.file.display()));
    sent
}

#[allow(clippy::print_stdout, reason = "the output of a command")]
fn say(line: &str) {
    println!("{line}");
}

struct Sender {
    source: Source,
    upload: Upload,
    positions: Option<Positions>,
    /// What was read and is not sent yet.
    buffer: Vec<u8>,
    accepted: u64,
    quiet_since: Instant,
}

impl Sender {
    async fn send(&mut self, follow: bool) -> Result<()> {
        loop {
            if self.source.read(&mut self.buffer)? > 0 {
                self.quiet_since = Instant::now();
                if self.buffer.len() >= BLOCK_BYTES {
                    self.flush(false).await?;
                }
                continue;
            }
            if !follow && self.source.is_at_end() {
                return self.end_of_text().await;
            }
            match self.source.change()? {
                Change::None => {
                    if self.quiet_since.elapsed() >= QUIET {
                        self.flush(true).await?;
                        self.quiet_since = Instant::now();
                    }
                    tokio::time::sleep(POLL).await;
                }
                // What was written between the last look and the rotation is still in the old file.
                Change::Replaced => {
                    while self.source.read(&mut self.buffer)? > 0 {}
                    self.end_of_text().await?;
                    self.source.reopen()?;
                }
                Change::Truncated => {
                    self.end_of_text().await?;
                    self.source.rewind()?;
                }
            }
        }
    }

    /// Sends what there is, also a last line without its end.
    async fn end_of_text(&mut self) -> Result<()> {
        while !self.buffer.is_empty() {
            let length = self.buffer.len().min(OPEN_BYTES);
            let cut = if length < self.buffer.len() { last_line(&self.buffer[..length]).unwrap_or(length) } else { length };
            self.post(cut).await?;
        }
        Ok(())
    }

    /// Sends whole lines up to where nothing is open; everything when the log is quiet.
    async fn flush(&mut self, is_quiet: bool) -> Result<()> {
        while let Some(lines) = last_line(&self.buffer[..self.buffer.len().min(OPEN_BYTES)]) {
            let text = text_of(&self.buffer[..lines]);
            let open = log_text::split(&text, Timestamp::now(), false).consumed;
            let cut = if is_quiet || open == 0 && lines >= OPEN_BYTES / 2 { lines } else { open };
            if cut == 0 {
                break;
            }
            self.post(cut).await?;
            if !is_quiet && self.buffer.len() < BLOCK_BYTES {
                break;
            }
        }
        Ok(())
    }

    /// Sends the first bytes of the buffer; when the server has them, they are done with.
    async fn post(&mut self, mut length: usize) -> Result<()> {
        while length > 0 {
            let text = text_of(&self.buffer[..length]);
            let taken = self.upload.post(text, &self.source.name(), self.source.sent()).await?;
            self.accepted += taken.accepted;
            let done = taken.consumed.unwrap_or(length).min(length);
            self.buffer.drain(..done);
            length -= done;
            self.source.advance(done as u64);
            if let Some(positions) = &self.positions {
                positions.write(&self.source.position())?;
            }
        }
        Ok(())
    }
}

/// How many bytes are whole lines.
fn last_line(bytes: &[u8]) -> Option<usize> {
    bytes.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1)
}

/// The text of a log with a mark for each byte that is none, so that places in it stay what they are.
fn text_of(mut bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    loop {
        match std::str::from_utf8(bytes) {
            Ok(rest) => {
                text.push_str(rest);
                return text;
            }
            Err(error) => {
                let valid = error.valid_up_to();
                text.push_str(std::str::from_utf8(&bytes[..valid]).expect("was checked up to here"));
                text.push('?');
                bytes = &bytes[valid + 1..];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_its_length_whatever_its_bytes_are() {
        for bytes in [&b"plain"[..], b"\xff\xfe", b"a\xc3", "\u{fc}ber".as_bytes(), b"\xf0\x9f\x98z", b""] {
            assert_eq!(text_of(bytes).len(), bytes.len());
        }
    }

    #[test]
    fn blocks_end_with_a_line() {
        assert_eq!(last_line(b"a\nb\nc"), Some(4));
        assert_eq!(last_line(b"abc"), None);
    }
}
