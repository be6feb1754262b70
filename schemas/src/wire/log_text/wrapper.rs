//! What transports put before each line: Docker, Kubernetes, Compose, syslog. It tells the streams apart.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;

use super::{stack_text, time};

/// Most wrappers around one another.
const LAYERS: usize = 3;

/// A line without them.
pub(super) struct Line<'a> {
    /// What tells its stream from others; empty if nothing does.
    pub(super) stream: Cow<'a, str>,
    /// When the transport took it.
    pub(super) time: Option<Timestamp>,
    pub(super) text: Cow<'a, str>,
}

/// Docker's `json-file` driver.
#[derive(Deserialize)]
struct Docker<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow)]
    stream: Option<Cow<'a, str>>,
    time: Option<Timestamp>,
}

/// Takes away the wrappers, the outermost first.
pub(super) fn unwrap(raw: &str, now: Timestamp) -> Line<'_> {
    let mut line = Line { stream: Cow::Borrowed(""), time: None, text: stack_text::without_colours(raw) };
    for _ in 0..LAYERS {
        let Some((stream, time, text)) = layer(&line.text, now) else { break };
        let text = text.into_owned();
        line.stream = if line.stream.is_empty() { Cow::Owned(stream) } else { Cow::Owned(format!("{} {stream}", line.stream)) };
        line.time = line.time.or(time);
        line.text = Cow::Owned(text);
    }
    line
}

type Layer<'t> = (String, Option<Timestamp>, Cow<'t, str>);

fn layer(text: &str, now: Timestamp) -> Option<Layer<'_>> {
    match *text.as_bytes().first()? {
        b'{' => docker(text),
        b'[' => {
            let (pod, rest) = text.strip_prefix("[pod/")?.split_once(']')?;
            Some((pod.to_owned(), None, Cow::Borrowed(rest.strip_prefix(' ').unwrap_or(rest))))
        }
        b'<' => syslog(text, now),
        b'0'..=b'9' => cri(text, now).or_else(|| compose(text)),
        b'A'..=b'Z' if text.as_bytes().get(3) == Some(&b' ') => host(text, now).or_else(|| compose(text)),
        _ => compose(text),
    }
}

fn docker(text: &str) -> Option<Layer<'_>> {
    memchr::memmem::find(text.as_bytes(), b"\"log\":")?;
    let line: Docker<'_> = serde_json::from_str(text).ok()?;
    let log = match line.log {
        Cow::Borrowed(log) => Cow::Borrowed(log.trim_end_matches(['\n', '\r'])),
        Cow::Owned(log) => Cow::Owned(log.trim_end_matches(['\n', '\r']).to_owned()),
    };
    Some((line.stream.unwrap_or_default().into_owned(), line.time, log))
}

/// `2026-11-23T10:00:00.123456789Z stderr F text` of the container runtime interface.
fn cri(text: &str, now: Timestamp) -> Option<Layer<'_>> {
    let (stamp, length) = time::leading(text, now)?;
    let rest = text[length..].strip_prefix(' ')?;
    let (stream, rest) = rest.split_once(' ').filter(|(stream, _)| matches!(*stream, "stdout" | "stderr"))?;
    let rest = rest.strip_prefix("F ").or_else(|| rest.strip_prefix("P ")).or_else(|| matches!(rest, "F" | "P").then_some(""))?;
    Some((stream.to_owned(), stamp, Cow::Borrowed(rest)))
}

/// `web-1  | text` of Docker Compose.
fn compose(text: &str) -> Option<Layer<'_>> {
    let name = text.bytes().take(64).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')).count();
    let rest = text[name..].trim_start_matches(' ');
    if name == 0 || rest.len() == text.len() - name {
        return None;
    }
    let rest = rest.strip_prefix('|')?;
    let is_name = text[..name].bytes().any(|b| b.is_ascii_alphabetic());
    is_name.then(|| (text[..name].to_owned(), None, Cow::Borrowed(rest.strip_prefix(' ').unwrap_or(rest))))
}

/// `<34>1 2026-11-23T10:00:00Z host app 12 - - text` (RFC 5424) and `<34>Nov 23 10:00:00 host app[12]: text` (RFC 3164).
fn syslog(text: &str, now: Timestamp) -> Option<Layer<'_>> {
    let (priority, rest) = text.strip_prefix('<')?.split_once('>')?;
    if priority.is_empty() || priority.len() > 3 || !priority.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let Some(rest) = rest.strip_prefix("1 ") else { return host(rest, now) };
    let mut fields = rest.splitn(6, ' ');
    let (stamp, host, app, process, _) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let rest = fields.next()?;
    let message = if rest.starts_with('[') { rest.find("] ").map_or("", |at| &rest[at + 2..]) } else { rest.strip_prefix('-')? };
    let message = message.strip_prefix(' ').filter(|_| !rest.starts_with('[')).unwrap_or(message);
    let message = message.strip_prefix('\u{feff}').unwrap_or(message);
    let stamp = time::leading(stamp, now).and_then(|(stamp, _)| stamp);
    Some((format!("{host} {app} {process}"), stamp, tabbed(message)))
}

/// `Nov 23 10:00:00 host app[12]: text`.
fn host(text: &str, now: Timestamp) -> Option<Layer<'_>> {
    let (stamp, length) = time::leading(text, now)?;
    let rest = text[length..].strip_prefix(' ')?;
    let (host, rest) = rest.split_once(' ')?;
    let tag = rest.bytes().take(64).take_while(|b| !matches!(b, b':' | b' ')).count();
    let message = rest.get(tag..)?.strip_prefix(':')?;
    Some((format!("{host} {}", &rest[..tag]), stamp, tabbed(message.strip_prefix(' ').unwrap_or(message))))
}

/// rsyslog writes control characters as `#` and three octal digits.
fn tabbed(message: &str) -> Cow<'_, str> {
    if message.contains("#011") { Cow::Owned(message.replace("#011", "\t")) } else { Cow::Borrowed(message) }
}
