//! Which events are left out: filters by a condition of one's own, and those built in.
//!
//! ```json
//! {"filters": [
//!   {"name": "chatty cron", "condition": "service:cron level:info"},
//!   {"name": "extensions", "browser_extensions": true},
//!   {"name": "old browsers", "legacy_browsers": ["default", "safari<14"]},
//!   {"name": "own machines", "localhost": true, "enabled": false},
//!   {"name": "crawlers", "web_crawlers": true},
//!   {"name": "probes", "health_checks": true},
//!   {"name": "not found", "http_statuses": [404, "405-410"]},
//!   {"name": "harmless", "transient_errors": true},
//!   {"name": "before 1.4", "releases": ["<1.4.0", "shop@2.0.*"]},
//!   {"name": "old noise", "messages": ["ChunkLoadError: *", "*is not a constructor"]}
//! ]}
//! ```
//!
//! Here is their form; what the built-in ones look at is the processor's.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Condition, RuleError};
use crate::{limits, outcome::Reason, query::Wildcard};

mod browsers;
mod releases;
mod statuses;

pub use browsers::{Browser, Family};
pub use releases::Releases;
pub use statuses::Status;

/// A filter: a name and one thing that it looks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// What it is called in outcomes and counts; no other filter of the same rules has this name.
    pub name: String,
    /// Whether it is used.
    #[serde(skip_serializing_if = "is_true")]
    pub enabled: bool,
    /// Events for which this holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// Errors of browser extensions and of what else is put into pages from outside.
    #[serde(skip_serializing_if = "is_false")]
    pub browser_extensions: bool,
    /// Events of these browsers: see [`Browser`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legacy_browsers: Option<Vec<String>>,
    /// Events of pages and servers on the developer's own machine.
    #[serde(skip_serializing_if = "is_false")]
    pub localhost: bool,
    /// Events that crawlers of search engines and the like cause.
    #[serde(skip_serializing_if = "is_false")]
    pub web_crawlers: bool,
    /// Events of health checks and of programs that make them.
    #[serde(skip_serializing_if = "is_false")]
    pub health_checks: bool,
    /// Events with these statuses: see [`Status`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_statuses: Option<Vec<Status>>,
    /// Errors that are known to mean nothing.
    #[serde(skip_serializing_if = "is_false")]
    pub transient_errors: bool,
    /// Events of these releases: see [`Releases`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub releases: Option<Vec<String>>,
    /// Patterns with `*` and `?` over `Type: message` of the error that was raised, its message, and the log message; in
    /// any case of letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<String>>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            name: String::new(),
            enabled: true,
            condition: None,
            browser_extensions: false,
            legacy_browsers: None,
            localhost: false,
            web_crawlers: false,
            health_checks: false,
            http_statuses: None,
            transient_errors: false,
            releases: None,
            messages: None,
        }
    }
}

fn is_true(yes: &bool) -> bool {
    *yes
}

fn is_false(yes: &bool) -> bool {
    !*yes
}

/// What a filter looks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum What<'a> {
    /// A condition holds.
    Condition(&'a Condition),
    /// See [`Filter::browser_extensions`].
    BrowserExtensions,
    /// See [`Filter::legacy_browsers`].
    LegacyBrowsers(&'a [String]),
    /// See [`Filter::localhost`].
    Localhost,
    /// See [`Filter::web_crawlers`].
    WebCrawlers,
    /// See [`Filter::health_checks`].
    HealthChecks,
    /// See [`Filter::http_statuses`].
    HttpStatuses(&'a [Status]),
    /// See [`Filter::transient_errors`].
    TransientErrors,
    /// See [`Filter::releases`].
    Releases(&'a [String]),
    /// See [`Filter::messages`].
    Messages(&'a [String]),
}

/// Every kind of filter, as it is written.
const KINDS: &str = "condition, browser_extensions, legacy_browsers, localhost, web_crawlers, health_checks, http_statuses, \
                     transient_errors, releases or messages";

impl What<'_> {
    /// Why an event that it finds is left out.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Condition(_) => Reason::FilterRule,
            Self::BrowserExtensions => Reason::BrowserExtensions,
            Self::LegacyBrowsers(_) => Reason::LegacyBrowsers,
            Self::Localhost => Reason::Localhost,
            Self::WebCrawlers => Reason::WebCrawlers,
            Self::HealthChecks => Reason::HealthChecks,
            Self::HttpStatuses(_) => Reason::HttpStatuses,
            Self::TransientErrors => Reason::TransientErrors,
            Self::Releases(_) => Reason::Releases,
            Self::Messages(_) => Reason::Messages,
        }
    }

    /// The name of the member that says it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Condition(_) => "condition",
            built_in => built_in.reason().as_str(),
        }
    }
}

impl Filter {
    /// What it looks for; `None` if that is nothing or more than one thing.
    pub fn what(&self) -> Option<What<'_>> {
        let flag = |set: bool, what| set.then_some(what);
        let all = [
            self.condition.as_ref().map(What::Condition),
            flag(self.browser_extensions, What::BrowserExtensions),
            self.legacy_browsers.as_deref().map(What::LegacyBrowsers),
            flag(self.localhost, What::Localhost),
            flag(self.web_crawlers, What::WebCrawlers),
            flag(self.health_checks, What::HealthChecks),
            self.http_statuses.as_deref().map(What::HttpStatuses),
            flag(self.transient_errors, What::TransientErrors),
            self.releases.as_deref().map(What::Releases),
            self.messages.as_deref().map(What::Messages),
        ];
        let mut said = all.into_iter().flatten();
        said.next().filter(|_| said.next().is_none())
    }
}

/// Whose filter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The project's own.
    Project,
    /// One of all projects.
    All,
}

impl Scope {
    /// The lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::All => "all",
        }
    }
}

/// Names a filter, as the outcome of an event tells it in its detail: `project: old noise`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FilterName<'a> {
    /// Whose filter.
    pub scope: Scope,
    /// Its name.
    pub name: &'a str,
}

impl<'a> FilterName<'a> {
    /// Reads a detail; `None` if it names no filter.
    pub fn parse(detail: &'a str) -> Option<Self> {
        let (scope, name) = detail.split_once(": ")?;
        let scope = [Scope::Project, Scope::All].into_iter().find(|known| known.as_str() == scope)?;
        Some(Self { scope, name })
    }
}

impl fmt::Display for FilterName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.scope, self.name)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A pattern of [`Filter::messages`]. `Err` says what is wrong.
pub fn message(text: &str) -> Result<Wildcard, String> {
    let wildcard = Wildcard::glob(&text.to_lowercase());
    match wildcard.longest_literal() {
        Some(_) => Ok(wildcard),
        None => Err("a pattern needs some text: this one fits every message".into()),
    }
}

/// What is wrong with `filters`.
pub(super) fn check(filters: &[Filter]) -> Vec<RuleError> {
    let mut errors = Vec::new();
    if filters.len() > limits::FILTERS {
        let message = format!("there can be {} filters, these are {}", limits::FILTERS, filters.len());
        return vec![RuleError::new("/filters", message)];
    }
    for (number, filter) in filters.iter().enumerate() {
        let pointer = format!("/filters/{number}");
        if let Err(message) = check_name(&filter.name, &filters[..number]) {
            errors.push(RuleError::new(format!("{pointer}/name"), message));
        }
        match filter.what() {
            Some(what) => check_what(what, &format!("{pointer}/{}", what.kind()), &mut errors),
            None => errors.push(RuleError::new(pointer, format!("a filter has exactly one of {KINDS}"))),
        }
    }
    errors
}

fn check_name(name: &str, before: &[Filter]) -> Result<(), String> {
    if name.trim().is_empty() {
        return Err("a filter needs a name: outcomes and counts are told by it".into());
    }
    if name.chars().count() > limits::FILTER_NAME_CHARS {
        return Err(format!("a name has at most {} characters", limits::FILTER_NAME_CHARS));
    }
    if name.trim() != name || name.contains(char::is_control) {
        return Err("a name has no line breaks and neither begins nor ends with a space".into());
    }
    match before.iter().position(|other| other.name == name) {
        Some(number) => Err(format!("/filters/{number} has this name already")),
        None => Ok(()),
    }
}

fn check_what(what: What<'_>, pointer: &str, errors: &mut Vec<RuleError>) {
    match what {
        What::Condition(condition) => errors.extend(condition.check(pointer)),
        What::LegacyBrowsers(items) => check_texts(items, pointer, errors, |item| Browser::parse(item).map(drop)),
        What::Releases(items) => check_texts(items, pointer, errors, |item| Releases::parse(item).map(drop)),
        What::Messages(items) => check_texts(items, pointer, errors, |item| message(item).map(drop)),
        What::HttpStatuses(items) => check_items(items, pointer, errors, |item| item.range().map(drop)),
        What::BrowserExtensions | What::Localhost | What::WebCrawlers | What::HealthChecks | What::TransientErrors => {}
    }
}

fn check_texts(items: &[String], pointer: &str, errors: &mut Vec<RuleError>, check: impl Fn(&str) -> Result<(), String>) {
    check_items(items, pointer, errors, |item| match item.len() {
        ..=limits::FILTER_ITEM_BYTES => check(item),
        bytes => Err(format!("this may have {} bytes, it has {bytes}", limits::FILTER_ITEM_BYTES)),
    });
}

fn check_items<T>(items: &[T], pointer: &str, errors: &mut Vec<RuleError>, check: impl Fn(&T) -> Result<(), String>) {
    if items.is_empty() || items.len() > limits::FILTER_ITEMS {
        let message = format!("a list of 1 to {} is expected, this one has {}", limits::FILTER_ITEMS, items.len());
        return errors.push(RuleError::new(pointer, message));
    }
    for (number, item) in items.iter().enumerate() {
        errors.extend(check(item).err().map(|message| RuleError::new(format!("{pointer}/{number}"), message)));
    }
}

#[cfg(test)]
#[path = "filters/tests.rs"]
mod tests;
