//! Which events are left out, by rule. The rules' form is [`schemas::rules::filters`]; here is what each looks at.
//!
//! Filters see the event as it would be stored: scrubbed, classified and grouped. They run in order, the project's own
//! before those of all projects; the first that fits ends the event and is named in its outcome. What several filters
//! ask for is worked out once.

use std::ops::RangeInclusive;

use schemas::{
    event::Event,
    outcome::{Kind, Reason},
    rules::{
        Condition, Filter,
        filters::{self, Browser, FilterName, Releases, Scope, What},
    },
};

use crate::context::{Context, Ended, Verdict};

mod address;
mod browsers;
mod crawlers;
mod extensions;
mod health;
mod localhost;
mod messages;
mod statuses;
mod transient;
mod view;

use messages::Messages;
use view::View;

/// The filters for the events of a project, ready to be asked.
#[derive(Debug, Default)]
pub struct Filters {
    all: Vec<Ready>,
    messages: Messages,
}

#[derive(Debug)]
struct Ready {
    /// Its name, as outcomes tell it.
    detail: String,
    reason: Reason,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Condition(Box<Condition>),
    BrowserExtensions,
    LegacyBrowsers(Vec<Browser>),
    Localhost,
    WebCrawlers,
    HealthChecks,
    HttpStatuses(Vec<RangeInclusive<u16>>),
    TransientErrors,
    Releases(Vec<Releases>),
    /// Its number in [`Filters::messages`].
    Messages(usize),
}

impl Filters {
    /// Makes filters ready: `own` are the project's, `all` those of all projects. Those that are switched off are left
    /// out, and what of them can't be used.
    pub fn new(own: &[Filter], all: &[Filter]) -> Self {
        let mut patterns = Vec::new();
        let scoped = own.iter().map(|filter| (Scope::Project, filter)).chain(all.iter().map(|filter| (Scope::All, filter)));
        let used = scoped.filter(|(_, filter)| filter.enabled);
        let ready = used.filter_map(|(scope, filter)| {
            let what = filter.what()?;
            let detail = FilterName { scope, name: &filter.name }.to_string();
            Some(Ready { detail, reason: what.reason(), test: test(what, &mut patterns) })
        });
        let all = ready.collect();
        Self { all, messages: Messages::new(patterns) }
    }

    /// The first filter that leaves the event out: its reason, and its name as the detail of the outcome.
    pub fn find(&self, event: &Event) -> Option<(Reason, &str)> {
        if self.all.is_empty() {
            return None;
        }
        let view = View::new(event, &self.messages);
        let found = self.all.iter().find(|filter| filter.test.fits(&view))?;
        Some((found.reason, &found.detail))
    }
}

fn test(what: What<'_>, patterns: &mut Vec<Vec<schemas::query::Wildcard>>) -> Test {
    match what {
        What::Condition(condition) => Test::Condition(Box::new(condition.clone())),
        What::BrowserExtensions => Test::BrowserExtensions,
        What::LegacyBrowsers(items) => Test::LegacyBrowsers(items.iter().flat_map(|item| Browser::parse(item)).flatten().collect()),
        What::Localhost => Test::Localhost,
        What::WebCrawlers => Test::WebCrawlers,
        What::HealthChecks => Test::HealthChecks,
        What::HttpStatuses(items) => Test::HttpStatuses(items.iter().flat_map(|item| item.range()).collect()),
        What::TransientErrors => Test::TransientErrors,
        What::Releases(items) => Test::Releases(items.iter().flat_map(|item| Releases::parse(item)).collect()),
        What::Messages(items) => {
            patterns.push(items.iter().flat_map(|item| filters::message(item)).collect());
            Test::Messages(patterns.len() - 1)
        }
    }
}

impl Test {
    fn fits(&self, view: &View<'_>) -> bool {
        match self {
            Self::Condition(condition) => condition.holds_on(view.facts()),
            Self::BrowserExtensions => extensions::fits(view),
            Self::LegacyBrowsers(browsers) => browsers::fits(view, browsers),
            Self::Localhost => localhost::fits(view),
            Self::WebCrawlers => crawlers::fits(view),
            Self::HealthChecks => health::fits(view),
            Self::HttpStatuses(ranges) => statuses::fits(view, ranges),
            Self::TransientErrors => transient::fits(view),
            Self::Releases(all) => view.event.release.as_deref().is_some_and(|release| all.iter().any(|these| these.contain(release))),
            Self::Messages(number) => view.messages()[*number],
        }
    }
}

/// Ends events that a rule leaves out.
pub fn filter(context: &Context<'_>, event: Event) -> Verdict {
    match context.rules.filters.find(&event) {
        None => Ok(event),
        Some((reason, detail)) => Err(Ended { kind: Kind::Filtered, reason, detail: detail.to_owned() }),
    }
}

#[cfg(test)]
#[path = "filter/tests.rs"]
mod tests;
