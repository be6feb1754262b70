//! A count within an hour or a month of the calendar: its own, and what other processes and earlier runs counted.
//!
//! The two numbers carry the window that they belong to. In any other window, be it later or, after the clock was set
//! back, earlier, they count as nothing: a wrong clock opens or closes a limit for as long as it is wrong, and no more.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How many bits of a number are the count: enough for [`schemas::limits::LIMIT_EVENTS`].
const COUNT_BITS: u32 = 40;
const MOST: u64 = (1 << COUNT_BITS) - 1;

/// What was counted in the window that it was last asked about.
#[derive(Debug, Default)]
pub(super) struct Window {
    own: AtomicU64,
    others: AtomicU64,
}

impl Window {
    /// Counts `events` unless there would be more than `most`.
    pub(super) fn take(&self, events: u64, window: u32, most: u64) -> bool {
        let others = read(self.others.load(Relaxed), window);
        let taken = self.own.fetch_update(Relaxed, Relaxed, |own| {
            let count = read(own, window).saturating_add(events);
            (count.saturating_add(others) <= most).then_some(write(count, window))
        });
        taken.is_ok()
    }

    /// Takes back what was counted.
    pub(super) fn give_back(&self, events: u64, window: u32) {
        let less = |own| (tag(own) == tag(write(0, window))).then(|| write(read(own, window).saturating_sub(events), window));
        let _ = self.own.fetch_update(Relaxed, Relaxed, less);
    }

    /// What this process counted in the window.
    pub(super) fn own(&self, window: u32) -> u64 {
        read(self.own.load(Relaxed), window)
    }

    /// Learns what the documents say: what other processes counted in the window, and this one. The latter may be
    /// more than it remembers, when its limit is newer than its events.
    pub(super) fn learn(&self, window: u32, others: u64, own: u64) {
        let forgotten = own.saturating_sub(self.own(window));
        self.others.store(write(others.saturating_add(forgotten), window), Relaxed);
    }
}

/// The count, if it is of this window.
fn read(number: u64, window: u32) -> u64 {
    if tag(number) == tag(write(0, window)) { number & MOST } else { 0 }
}

fn write(count: u64, window: u32) -> u64 {
    u64::from(window) << COUNT_BITS | count.min(MOST)
}

fn tag(number: u64) -> u64 {
    number >> COUNT_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_closed_at_its_limit_and_the_next_one_is_open() {
        let window = Window::default();
        assert!(window.take(2, 7, 3) && !window.take(2, 7, 3) && window.take(1, 7, 3) && !window.take(1, 7, 3));
        assert!(window.take(3, 8, 3) && !window.take(1, 8, 3));
        assert!(!window.take(1, 9, 0));
        assert!(window.take(3, 9, 3));
    }

    #[test]
    fn a_clock_that_was_set_forwards_and_back_closes_nothing_for_ever() {
        let window = Window::default();
        assert!(window.take(3, 1_000, 3) && !window.take(1, 1_000, 3));
        window.learn(1_000, 3, 0);
        assert!(window.take(3, 7, 3) && !window.take(1, 7, 3));
    }

    #[test]
    fn what_others_counted_is_not_left() {
        let window = Window::default();
        assert!(window.take(4, 7, 10));
        window.learn(7, 5, 4);
        assert!(window.take(1, 7, 10) && !window.take(1, 7, 10));
        // A month later it says nothing.
        assert!(window.take(10, 8, 10));
    }

    #[test]
    fn a_limit_that_is_newer_than_the_events_of_its_window_counts_them() {
        let window = Window::default();
        assert!(window.take(1, 7, 10));
        window.learn(7, 0, 9);
        assert!(window.take(1, 7, 10) && !window.take(1, 7, 10));
        window.learn(7, 0, 10);
        assert!(!window.take(1, 7, 10));
    }

    #[test]
    fn what_is_given_back_can_be_taken_again_but_not_in_another_window() {
        let window = Window::default();
        assert!(window.take(3, 7, 3));
        window.give_back(1, 7);
        assert!(window.take(1, 7, 3) && !window.take(1, 7, 3));
        window.give_back(3, 6);
        assert!(!window.take(1, 7, 3));
    }
}
