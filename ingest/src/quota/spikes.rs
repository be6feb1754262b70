//! What holds a project that suddenly sends many times its usual.

use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Relaxed, SeqCst},
};

use schemas::{category::Category, quota::SpikeProtection};

use super::{limiter::Moment, window::Window};

/// Stands for a rate that is not known.
const UNKNOWN: u64 = u64::MAX;

/// The present hour of one project, and how full its busy hours are.
#[derive(Debug)]
pub(super) struct Spikes {
    hours: [Window; Category::COUNT],
    busy: [AtomicU64; Category::COUNT],
    /// The hour for which it was said.
    said: AtomicU32,
}

impl Default for Spikes {
    fn default() -> Self {
        Self {
            hours: std::array::from_fn(|_| Window::default()),
            busy: std::array::from_fn(|_| AtomicU64::new(UNKNOWN)),
            said: AtomicU32::new(0),
        }
    }
}

impl Spikes {
    /// Counts these events unless the hour has too many.
    pub(super) fn take(&self, setting: &SpikeProtection, category: Category, events: u64, now: &Moment) -> bool {
        let most = self.threshold(setting, category).unwrap_or(u64::MAX);
        self.hours[category.index()].take(events, now.hour.0, most)
    }

    /// Whether this is the first time in the hour that it holds.
    pub(super) fn begins(&self, now: &Moment) -> bool {
        self.said.swap(now.hour.0, SeqCst) != now.hour.0
    }

    /// How many it lets through in an hour, if it holds at all.
    pub(super) fn threshold(&self, setting: &SpikeProtection, category: Category) -> Option<u64> {
        let busy = self.busy[category.index()].load(Relaxed);
        setting.threshold((busy != UNKNOWN).then_some(busy))
    }

    /// Whether so much came in this hour that what other processes take begins to matter.
    pub(super) fn is_near(&self, now: &Moment, setting: &SpikeProtection) -> bool {
        let near = |category: &Category| {
            self.threshold(setting, *category).is_some_and(|most| self.hours[category.index()].own(now.hour.0) >= most / 100)
        };
        Category::ALL.iter().any(near)
    }

    /// Learns what busy hours have.
    pub(super) fn learn_busy(&self, busy: Option<[u64; Category::COUNT]>) {
        for (index, place) in self.busy.iter().enumerate() {
            place.store(busy.map_or(UNKNOWN, |busy| busy[index]), Relaxed);
        }
    }

    /// Learns what was taken in this hour, by others and by this process.
    pub(super) fn learn(&self, category: Category, now: &Moment, others: u64, own: u64) {
        self.hours[category.index()].learn(now.hour.0, others, own);
    }
}
