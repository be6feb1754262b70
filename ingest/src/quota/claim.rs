//! What one request asks for, item by item, and what it gets.

use std::sync::Arc;

use http::HeaderValue;
use jiff::Timestamp;
use schemas::{category::Category, usage::Reason};

use super::{Admitted, limiter::Moment};
use crate::{refusal::Refusal, room::Pressure};

/// What a Sentry SDK is told not to send when everything is over: all but its own reports of losses.
pub(crate) const EVERYTHING: &str = "default;error;security;attachment;session;transaction;monitor;feedback;log_item;span;profile;profile_chunk;replay;trace_metric;metric_bucket";
/// What it is told to hold back while the log is short of room: nothing that an error is.
const LESSER: &str = "session;attachment";
/// When to come again while the log is short of room: retention makes room slowly.
const ROOM_SECONDS: u32 = 60;

/// The account of one request. What is taken must be settled once it is known whether it is durable.
#[derive(Debug)]
pub(crate) struct Claim {
    admitted: Arc<Admitted>,
    pressure: Pressure,
    now: Moment,
    taken: [u64; Category::COUNT],
    over: Vec<Over>,
}

/// Why something was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Over {
    pub(crate) reason: Reason,
    /// When to come again.
    pub(crate) seconds: u32,
    /// For people.
    pub(crate) detail: String,
    /// The categories that are over, as `X-Sentry-Rate-Limits` has them.
    categories: String,
    scope: &'static str,
}

impl Claim {
    pub(crate) fn new(admitted: Arc<Admitted>, pressure: Pressure) -> Self {
        let now = Moment::new(admitted.start, Timestamp::now());
        Self { admitted, pressure, now, taken: [0; Category::COUNT], over: Vec::new() }
    }

    /// Takes `events` of a category, or says why not. `lesser` tells whether it can be spared when room is short; it
    /// is asked only then. What is refused is counted.
    pub(crate) fn take(&mut self, category: Category, events: u64, lesser: impl FnOnce() -> bool) -> Result<(), &Over> {
        let over = match self.pressure {
            Pressure::Full => Some(Over::log_full()),
            Pressure::Short if lesser() => Some(Over::log_short()),
            _ => self.over_quota(category, events),
        };
        let Some(over) = over else {
            self.taken[category.index()] += events;
            return Ok(());
        };
        self.admitted.key_account.count(category, over.reason, events);
        let place = self.over.iter().position(|known| known.is_like(&over)).unwrap_or(self.over.len());
        match self.over.get_mut(place) {
            Some(known) => known.seconds = known.seconds.max(over.seconds),
            None => self.over.push(over),
        }
        Err(&self.over[place])
    }

    /// Refuses `events` that go with others that were refused, for the reason of those.
    pub(crate) fn refuse_too(&self, category: Category, events: u64) {
        if let Some(over) = self.over.last() {
            self.admitted.key_account.count(category, over.reason, events);
        }
    }

    fn over_quota(&self, category: Category, events: u64) -> Option<Over> {
        if category == Category::Internal {
            return None;
        }
        let limiters = &self.admitted.limiters;
        for (index, (reason, limiter)) in limiters.iter().enumerate() {
            if let Err(seconds) = limiter.take(category, events, &self.now) {
                self.give_back(index, category, events);
                return Some(Over::limit(*reason, limiter, seconds));
            }
        }
        let (spikes, setting) = (&self.admitted.account.spikes, &self.admitted.settings.spike_protection);
        if spikes.take(setting, category, events, &self.now) {
            return None;
        }
        self.give_back(limiters.len(), category, events);
        let most = spikes.threshold(setting, category).unwrap_or_default();
        if spikes.begins(&self.now) {
            let project = self.admitted.id;
            tracing::warn!(%project, %category, limit = most, "spike protection holds: the project sends many times its usual");
        }
        Some(Over::spike(category, most, self.now.hour.1))
    }

    fn give_back(&self, limiters: usize, category: Category, events: u64) {
        for (_, limiter) in &self.admitted.limiters[..limiters] {
            limiter.give_back(category, events, &self.now);
        }
    }

    /// Counts `events` of those that were taken as refused after all; the others are settled as a whole.
    pub(crate) fn fail(&mut self, category: Category, events: u64, refusal: &Refusal) {
        let taken = &mut self.taken[category.index()];
        *taken = taken.saturating_sub(events);
        self.admitted.key_account.count(category, refusal.reason(), events);
    }

    /// Counts what was taken as what became of it.
    pub(crate) fn settle(&mut self, result: &Result<(), Refusal>) {
        let reason = result.as_ref().map_or_else(Refusal::reason, |()| Reason::Accepted);
        for category in Category::ALL {
            let events = std::mem::take(&mut self.taken[category.index()]);
            if events > 0 {
                self.admitted.key_account.count(category, reason, events);
            }
        }
    }

    /// The refusal of a request of which nothing was taken because of limits. `None` if something was, or if nothing
    /// was over.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        let last = self.over.iter().max_by_key(|over| over.seconds)?;
        if self.taken.iter().any(|events| *events > 0) {
            return None;
        }
        let refusal = match last.reason {
            Reason::LogFull | Reason::LogShort => Refusal::later(last.reason.as_str(), last.detail.clone(), last.seconds),
            reason => Refusal::over(reason.as_str(), last.detail.clone(), last.seconds),
        };
        Some(Refusal { rate_limits: self.rate_limits().map(Box::new), ..refusal })
    }

    /// `X-Sentry-Rate-Limits`, when anything was over.
    pub(crate) fn rate_limits(&self) -> Option<HeaderValue> {
        let limits: Vec<String> = self.over.iter().map(Over::rate_limit).collect();
        if limits.is_empty() {
            return None;
        }
        Some(HeaderValue::try_from(limits.join(", ")).expect("made of digits and names of our own"))
    }
}

impl Over {
    fn limit(reason: Reason, limiter: &super::Limiter, seconds: u32) -> Self {
        let (scope, whose) = if reason == Reason::KeyQuota { ("key", "key") } else { ("project", "project") };
        let names: Vec<&str> = limiter.limit().categories.iter().map(|category| category.as_str()).collect();
        let categories = if names.is_empty() { EVERYTHING.to_owned() } else { names.join(";") };
        let detail = format!("the {whose} is over its limit of {}", limiter.describe());
        Self { reason, seconds, detail, categories, scope }
    }

    fn spike(category: Category, most: u64, seconds: u64) -> Self {
        let detail = format!("the project sends many times its usual: spike protection lets {most} an hour through");
        // Not for the whole hour: whoever turns it off must not wait for that.
        let seconds = u32::try_from(seconds.clamp(1, 600)).unwrap_or(600);
        Self { reason: Reason::SpikeProtection, seconds, detail, categories: category.as_str().into(), scope: "project" }
    }

    fn log_full() -> Self {
        let detail = "the event log has no room".into();
        Self { reason: Reason::LogFull, seconds: ROOM_SECONDS, detail, categories: EVERYTHING.into(), scope: "organization" }
    }

    fn log_short() -> Self {
        let detail = "the event log is short of room and keeps it for errors".into();
        Self { reason: Reason::LogShort, seconds: ROOM_SECONDS, detail, categories: LESSER.into(), scope: "organization" }
    }

    /// Whether it is the same limit.
    fn is_like(&self, other: &Self) -> bool {
        (self.reason, &self.categories, &self.detail) == (other.reason, &other.categories, &other.detail)
    }

    /// `seconds:categories:scope:reason`
    fn rate_limit(&self) -> String {
        format!("{}:{}:{}:{}", self.seconds, self.categories, self.scope, self.reason.as_str())
    }
}
