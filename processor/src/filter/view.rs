//! What filters ask an event for, each thing worked out at most once.

use std::cell::OnceCell;

use schemas::{
    event::{Event, Exception, Frame, Stacktrace},
    query::eval::Facts,
};

use super::messages::Messages;

/// An event as filters see it.
pub(super) struct View<'e> {
    pub(super) event: &'e Event,
    patterns: &'e Messages,
    facts: OnceCell<Facts<'e>>,
    agent: OnceCell<String>,
    messages: OnceCell<Vec<bool>>,
}

impl<'e> View<'e> {
    pub(super) fn new(event: &'e Event, patterns: &'e Messages) -> Self {
        Self { event, patterns, facts: OnceCell::new(), agent: OnceCell::new(), messages: OnceCell::new() }
    }

    pub(super) fn facts(&self) -> &Facts<'e> {
        self.facts.get_or_init(|| Facts::of(self.event))
    }

    /// Which filters by message fit, by their number.
    pub(super) fn messages(&self) -> &[bool] {
        self.messages.get_or_init(|| self.patterns.fit(self.event))
    }

    /// The user agent in lower case; empty if there is none.
    pub(super) fn agent(&self) -> &str {
        self.agent.get_or_init(|| {
            let Some(request) = &self.event.request else { return String::new() };
            let header = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("user-agent")).map(|(_, value)| value);
            header.or_else(|| request.env.get("HTTP_USER_AGENT")).map(|agent| agent.to_ascii_lowercase()).unwrap_or_default()
        })
    }

    /// Type and message of what was raised, else the log message.
    pub(super) fn error(&self) -> (&'e str, &'e str) {
        let (error, log) = (&self.event.error, &self.event.message);
        let message = error.message.as_deref().or_else(|| log.as_ref().map(|message| message.formatted.as_str()));
        (error.kind.as_deref().unwrap_or_default(), message.unwrap_or_default())
    }

    /// The frames of what was raised, from the crash outwards.
    pub(super) fn frames(&self) -> impl Iterator<Item = &'e Frame> {
        let raised = self.event.exceptions.last().and_then(|Exception { stacktrace, .. }| stacktrace.as_ref());
        let trace = raised.or(self.event.stacktrace.as_ref());
        trace.into_iter().flat_map(|Stacktrace { frames, .. }| frames.iter().rev())
    }

    /// Whether it comes from a page in a browser, as far as it says.
    pub(super) fn in_browser(&self) -> bool {
        match self.event.platform.as_deref() {
            Some("javascript") => true,
            None | Some("other") => self.agent().starts_with("mozilla/"),
            Some(_) => false,
        }
    }
}
