//! What browsers report about a page: a broken security policy, a certificate that is not as promised, a feature that
//! is going away, a crash. Each report becomes an event.
//!
//! Sources: CSP 2 and 3 (`report-uri` and the Reporting API), RFC 7469 (pins), RFC 9163 (Expect-CT), Chromium's
//! Expect-Staple, the Reporting API with deprecation, intervention, crash and permissions-policy reports. Browsers
//! write the same field in different ways (`blocked-uri`, `blockedURL`): names are compared by their letters alone.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{
    ReadError, json as lenient,
    odd::{Odd, Path},
    parts,
    tree::Tree,
};
use crate::{
    event::{Event, Message, Request},
    ids::{EventId, ProjectId},
    outcome::Reason,
};

mod csp;
mod others;

/// What a report does not say itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// Version of the page.
    pub release: Option<String>,
    /// `production`, ...
    pub environment: Option<String>,
    /// The browser.
    pub user_agent: Option<String>,
}

/// One report of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// To be kept: what [`read`] takes.
    Kept(Bytes),
    /// About the network, which is not kept. Its length.
    Network(usize),
}

/// The reports of a body: one, or a list. Of each no more is checked than that it is JSON.
pub fn split(body: &[u8], around: &Surroundings) -> Result<Vec<Report>, ReadError> {
    let reports = match lenient::parse(body)? {
        Value::Array(list) => list,
        one => vec![one],
    };
    Ok(reports.into_iter().map(|report| pack(&report, around)).collect())
}

fn pack(report: &Value, around: &Surroundings) -> Report {
    if report.get("type").and_then(Value::as_str) == Some("network-error") {
        return Report::Network(report.to_string().len());
    }
    let mut packed = Map::new();
    let parts = [("release", &around.release), ("environment", &around.environment), ("user_agent", &around.user_agent)];
    packed.extend(parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part.clone()?.into()))));
    packed.insert("report".to_owned(), report.clone());
    Report::Kept(Value::from(packed).to_string().into())
}

/// Reads a report as [`split`] packed it.
pub fn read(payload: &[u8], id: EventId, project: ProjectId, received_at: Timestamp) -> Result<Event, ReadError> {
    let packed = lenient::parse(payload)?;
    let text = |name: &str| packed.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let report = packed.get("report").and_then(Value::as_object).ok_or_else(|| unknown("a report is a JSON object"))?;
    let said = said(report)?;
    let mut event = Event::new(id, project, received_at);
    event.timestamp = happened(report, received_at);
    event.platform = Some("javascript".to_owned());
    event.logger = Some(said.logger.to_owned());
    event.severity = said.severity;
    event.message = Some(Message { formatted: said.message, ..Message::default() });
    event.culprit = said.culprit;
    event.client_fingerprint = said.group;
    event.source = said.source;
    event.tags.extend(said.tags.into_iter().map(|(name, value)| (name.to_owned(), value)));
    event.request = request(said.page, said.referrer, text("user_agent"));
    event.release = text("release");
    event.environment = text("environment");
    event.extra.insert("report".to_owned(), report.clone().into());
    Ok(event)
}

/// What a report says, whatever its form.
#[derive(Debug, Default)]
struct Said {
    logger: &'static str,
    severity: crate::event::Severity,
    message: String,
    culprit: Option<String>,
    /// Never a path: pages differ, the mistake does not.
    group: Vec<String>,
    tags: Vec<(&'static str, String)>,
    page: Option<String>,
    referrer: Option<String>,
    source: Option<crate::event::Source>,
}

fn said(report: &Map<String, Value>) -> Result<Said, ReadError> {
    let inner = |names: [&str; 2]| names.iter().find_map(|name| report.get(*name)).and_then(Value::as_object);
    if let Some(body) = inner(["csp-report", "csp"]) {
        return csp::said(&Fields::of(body), None);
    }
    if let Some(body) = inner(["expect-ct-report", "expectct"]) {
        return Ok(others::certificate("expectct", "Expect-CT failed for", &Fields::of(body)));
    }
    if let Some(body) = inner(["expect-staple-report", "expectstaple"]) {
        return Ok(others::certificate("expectstaple", "Expect-Staple failed for", &Fields::of(body)));
    }
    if let Some(body) = inner(["hpkp", "hpkp-report"]) {
        return Ok(others::certificate("hpkp", "Public key pinning validation failed for", &Fields::of(body)));
    }
    if report.contains_key("known-pins") {
        return Ok(others::certificate("hpkp", "Public key pinning validation failed for", &Fields::of(report)));
    }
    match (report.get("type").and_then(Value::as_str), report.get("body").and_then(Value::as_object)) {
        (Some("csp-violation"), Some(body)) => csp::said(&Fields::of(body), text(report.get("url"))),
        (Some(kind), Some(body)) => Ok(others::reported(kind, &Fields::of(body), text(report.get("url")))),
        _ => Err(unknown(
            "none of the forms in which browsers report: csp-report, expect-ct-report, expect-staple-report, known-pins, type and body",
        )),
    }
}

fn unknown(detail: &str) -> ReadError {
    ReadError { reason: Reason::InvalidEvent, detail: detail.to_owned() }
}

fn text(value: Option<&Value>) -> Option<String> {
    value?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The fields of a report by the letters of their names.
struct Fields<'a>(Vec<(String, &'a Value)>);

impl<'a> Fields<'a> {
    fn of(map: &'a Map<String, Value>) -> Self {
        let letters = |name: &String| name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        Self(map.iter().map(|(name, value)| (letters(name), value)).collect())
    }

    /// The first of these fields that has a value of any use.
    fn get(&self, names: &[&str]) -> Option<&'a Value> {
        names.iter().find_map(|name| self.0.iter().find(|(known, value)| known == name && !value.is_null()).map(|(_, value)| *value))
    }

    fn text(&self, names: &[&str]) -> Option<String> {
        text(self.get(names))
    }

    /// A whole number, also as text.
    fn number(&self, names: &[&str]) -> Option<u64> {
        let value = self.get(names)?;
        value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
    }

    /// Where in the source of a page it happened.
    fn source(&self) -> Option<crate::event::Source> {
        let file = self.text(&["sourcefile"])?;
        Some(crate::event::Source { file: Some(file), line: self.number(&["linenumber"]).filter(|line| *line > 0) })
    }
}

/// When it happened: the Reporting API says how long ago, in milliseconds; others the time or nothing.
fn happened(report: &Map<String, Value>, received_at: Timestamp) -> Timestamp {
    let age = report.get("age").and_then(Value::as_u64).and_then(|age| i64::try_from(age).ok());
    let ago = age.and_then(|age| received_at.checked_sub(SignedDuration::from_millis(age)).ok());
    let inner = ["expect-ct-report", "expect-staple-report"].iter().find_map(|name| report.get(*name)?.get("date-time"));
    let said = inner.or_else(|| report.get("date-time")).and_then(|time| time.as_str()?.parse().ok());
    ago.or(said).unwrap_or(received_at)
}

/// The page and who looked at it.
fn request(page: Option<String>, referrer: Option<String>, user_agent: Option<String>) -> Option<Request> {
    let (at, mut odd) = (Path::top("request"), Odd::default());
    let mut request = page.and_then(|url| parts::request(Tree::String(url), &at, &mut odd)).unwrap_or_default();
    let headers = [("Referer", referrer), ("User-Agent", user_agent)];
    request.headers.extend(headers.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    (request != Request::default()).then_some(request)
}

/// What stands for a report in the log when it comes as an envelope's item, which says nothing around it.
pub fn item(payload: &Bytes) -> Bytes {
    match lenient::parse(payload) {
        Ok(report) => json!({ "report": report }).to_string().into(),
        // The processor says what is wrong with it.
        Err(_) => payload.clone(),
    }
}

#[cfg(test)]
#[path = "security/tests.rs"]
mod tests;
