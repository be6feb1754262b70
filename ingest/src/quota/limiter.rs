//! One limit at work: the setting and what was counted against it.

use jiff::Timestamp;
use schemas::{
    category::Category,
    quota::{Limit, Period},
};
use tokio::time::Instant;

use super::{bucket::Bucket, window::Window};

/// A sender over a limit per minute comes back after this long at least: the limit is not one that a pause of a
/// second would cure, and every attempt costs.
const LEAST_SECONDS: u64 = 10;
/// And after this long at most, so that one learns of a limit that was raised.
const MOST_SECONDS: u64 = 600;

/// The time of one request, by both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Nanoseconds of the monotonic clock.
    pub(super) nanos: u64,
    /// Number of the hour, and its seconds left.
    pub(super) hour: (u32, u64),
    /// Number of the month, and its seconds left.
    pub(super) month: (u32, u64),
}

impl Moment {
    /// `start` is when the process's own clock showed 0.
    pub(super) fn new(start: Instant, now: Timestamp) -> Self {
        let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        Self { nanos, hour: Period::Hour.window(now), month: Period::Month.window(now) }
    }

    /// The hour of its day, UTC.
    pub(crate) fn hour_of_day(&self) -> u8 {
        (self.hour.0 % 24) as u8
    }
}

/// A limit at work.
#[derive(Debug)]
pub(crate) struct Limiter {
    limit: Limit,
    state: State,
}

#[derive(Debug)]
enum State {
    /// It allows nothing.
    Shut,
    Bucket(Bucket),
    Window(Window),
}

impl Limiter {
    pub(super) fn new(limit: Limit) -> Self {
        let state = match limit.per {
            _ if limit.events == 0 => State::Shut,
            Period::Minute => State::Bucket(Bucket::new(limit.events, limit.burst.unwrap_or(limit.events))),
            Period::Hour | Period::Month => State::Window(Window::default()),
        };
        Self { limit, state }
    }

    pub(super) fn limit(&self) -> &Limit {
        &self.limit
    }

    /// Whether it counts this category.
    pub(crate) fn counts(&self, category: Category) -> bool {
        self.limit.covers(category)
    }

    /// Whether it counts over a month.
    pub(crate) fn is_monthly(&self) -> bool {
        self.limit.per == Period::Month
    }

    /// Counts these events, or says after how many seconds the sender should come again.
    pub(super) fn take(&self, category: Category, events: u64, now: &Moment) -> Result<(), u32> {
        if !self.limit.covers(category) {
            return Ok(());
        }
        let seconds = |seconds: u64| u32::try_from(seconds.clamp(1, MOST_SECONDS)).unwrap_or(u32::MAX);
        match &self.state {
            State::Shut => Err(seconds(MOST_SECONDS)),
            State::Bucket(bucket) => {
                bucket.take(events, now.nanos).map_err(|wait| seconds(wait.div_ceil(1_000_000_000).max(LEAST_SECONDS)))
            }
            State::Window(window) => {
                let (number, left) = self.window(now);
                if window.take(events, number, self.limit.events) { Ok(()) } else { Err(seconds(left)) }
            }
        }
    }

    /// Takes back what another limit refused.
    pub(super) fn give_back(&self, category: Category, events: u64, now: &Moment) {
        match &self.state {
            _ if !self.limit.covers(category) => {}
            State::Shut => {}
            State::Bucket(bucket) => bucket.give_back(events),
            State::Window(window) => window.give_back(events, self.window(now).0),
        }
    }

    /// Learns what was counted in the window of `now`, by others and by this process.
    pub(crate) fn learn(&self, now: &Moment, others: u64, own: u64) {
        if let State::Window(window) = &self.state {
            window.learn(self.window(now).0, others, own);
        }
    }

    fn window(&self, now: &Moment) -> (u32, u64) {
        if self.limit.per == Period::Month { now.month } else { now.hour }
    }

    /// The limit in words, e.g. `100 events a minute`.
    pub(super) fn describe(&self) -> String {
        let period = match self.limit.per {
            Period::Minute => "minute",
            Period::Hour => "hour",
            Period::Month => "month",
        };
        let article = if self.limit.per == Period::Hour { "an" } else { "a" };
        format!("{} events {article} {period}", self.limit.events)
    }
}
