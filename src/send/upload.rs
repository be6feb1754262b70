//! One block to the server, again and again until it has it.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, Response, StatusCode, header};
use schemas::wire::dsn::Dsn;
use serde::Deserialize;

/// How long one attempt may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The first pause after a failure; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause of our own choice.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The longest pause that a server may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);
/// How long it is tried when nobody waits for more.
const MINUTES: Duration = Duration::from_secs(5 * 60);

/// How long to go on when the server can't be reached or has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    Minutes,
    Endless,
}

/// What the server took of a block.
#[derive(Debug, Deserialize)]
pub(super) struct Taken {
    pub(super) accepted: u64,
    /// Up to where, when limits held the rest back.
    pub(super) consumed: Option<usize>,
}

/// What came of one attempt.
enum Outcome {
    Taken(Taken, Option<Duration>),
    Later(String, Option<Duration>),
}

pub(super) struct Upload {
    client: Client,
    url: String,
    key: String,
    query: Vec<(&'static str, String)>,
    patience: Patience,
}

impl Upload {
    pub(super) fn new(dsn: &Dsn, query: Vec<(&'static str, String)>, patience: Patience) -> Result<Self> {
        let agent = concat!("belfry-send/", env!("CARGO_PKG_VERSION"));
        let client = Client::builder().timeout(TIMEOUT).user_agent(agent).redirect(reqwest::redirect::Policy::none()).build();
        Ok(Self {
            client: client.context("making an HTTP client")?,
            url: format!("{}://{}/api/v1/logs/text", dsn.scheme, dsn.host),
            key: dsn.public_key.to_string(),
            query,
            patience,
        })
    }

    /// Sends a block that begins at `offset` of its source. Waits as long as the server asks to.
    pub(super) async fn post(&self, text: String, source: &str, offset: u64) -> Result<Taken> {
        let text = bytes::Bytes::from(text);
        let mut pause = FIRST_PAUSE;
        let mut waited = Duration::ZERO;
        loop {
            let (why, asked) = match self.attempt(text.clone(), source, offset).await? {
                Outcome::Taken(taken, after) => {
                    if taken.consumed.is_some() {
                        tokio::time::sleep(after.unwrap_or(LONGEST_PAUSE).min(LONGEST_ASKED)).await;
                    }
                    return Ok(taken);
                }
                Outcome::Later(why, asked) => (why, asked),
            };
            let wait = asked.unwrap_or(pause).min(LONGEST_ASKED);
            waited += wait;
            if self.patience == Patience::Minutes && waited > MINUTES {
                bail!(
                    "sending to {}: {why}; given up after {} minutes, send the log again later: nothing counts twice",
                    self.url,
                    MINUTES.as_secs() / 60
                );
            }
            complain(&format!("sending to {}: {why}; trying again in {:.1} s", self.url, wait.as_secs_f64()));
            tokio::time::sleep(wait).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn attempt(&self, text: bytes::Bytes, source: &str, offset: u64) -> Result<Outcome> {
        let place = [("source", source.to_owned()), ("offset", offset.to_string())];
        let request = self.client.post(&self.url).query(&self.query).query(&place).bearer_auth(&self.key);
        let answer = match request.header(header::CONTENT_TYPE, "text/plain; charset=utf-8").body(text).send().await {
            Ok(answer) => answer,
            Err(error) => return Ok(Outcome::Later(root_cause(&error), None)),
        };
        let status = answer.status();
        let after = retry_after(&answer);
        let body = match answer.bytes().await {
            Ok(body) => body,
            Err(error) => return Ok(Outcome::Later(root_cause(&error), None)),
        };
        if status.is_success() {
            let taken =
                serde_json::from_slice(&body).with_context(|| format!("{} is no Belfry server: its answer can't be read", self.url))?;
            return Ok(Outcome::Taken(taken, after));
        }
        let why = format!("the server answers {status}: {}", detail(&body));
        if status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT) {
            return Ok(Outcome::Later(why, after));
        }
        let remedy = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "check the DSN and that its key is switched on",
            StatusCode::NOT_FOUND => "check the host of the DSN; an older server has no door for log text",
            _ => "the log can't be sent",
        };
        bail!("sending to {}: {why}; {remedy}", self.url)
    }
}

/// Seconds to wait, as the server says.
fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds: u64 = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// What a problem says for people.
fn detail(body: &[u8]) -> String {
    let detail =
        serde_json::from_slice::<serde_json::Value>(body).ok().and_then(|problem| Some(problem.get("detail")?.as_str()?.to_owned()));
    detail.unwrap_or_else(|| String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned())
}

/// The innermost error; the outer ones say only that a request failed.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[allow(clippy::print_stderr, reason = "the user waits and should know why")]
fn complain(line: &str) {
    eprintln!("belfry: {line}");
}
