//! A limit per minute: a bucket of tokens that fills evenly, as one number.
//!
//! The number is the time at which the bucket is full again (the generic cell rate algorithm). Time is that of a
//! monotonic clock, so that a clock set forwards or back neither fills nor empties it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const MINUTE_NANOS: u128 = 60_000_000_000;

/// One bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Tokens a minute, not 0.
    events: u64,
    /// How long the empty bucket takes to fill, in nanoseconds.
    depth: u64,
    /// When it is full, in nanoseconds of the process's own clock.
    full_at: AtomicU64,
}

impl Bucket {
    /// A full bucket of `burst` tokens that gets `events` a minute.
    pub(super) fn new(events: u64, burst: u64) -> Self {
        Self { events: events.max(1), depth: nanos(burst.max(1), events.max(1)), full_at: AtomicU64::new(0) }
    }

    /// Takes tokens, or says after how many nanoseconds there are enough. More than the bucket holds are taken from a
    /// full one, which then owes them: else they could never be taken.
    pub(super) fn take(&self, tokens: u64, now: u64) -> Result<(), u64> {
        let cost = nanos(tokens, self.events);
        let mut wait = 0;
        let taken = self.full_at.fetch_update(Relaxed, Relaxed, |full_at| {
            let full_then = full_at.max(now).saturating_add(cost);
            wait = (full_then - now).saturating_sub(self.depth.max(cost));
            (wait == 0).then_some(full_then)
        });
        taken.map(|_| ()).map_err(|_| wait)
    }

    /// Puts back what was taken.
    pub(super) fn give_back(&self, tokens: u64) {
        let cost = nanos(tokens, self.events);
        let _ = self.full_at.fetch_update(Relaxed, Relaxed, |full_at| Some(full_at.saturating_sub(cost)));
    }
}

/// How long so many tokens take to come.
fn nanos(tokens: u64, events: u64) -> u64 {
    u64::try_from((u128::from(tokens) * MINUTE_NANOS).div_ceil(u128::from(events))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_pause_saves_up_no_more_than_the_burst() {
        let bucket = Bucket::new(60, 3);
        let at = 1_000 * SECOND;
        assert!((0..3).all(|_| bucket.take(1, at).is_ok()));
        assert_eq!(bucket.take(1, at), Err(SECOND));
        assert_eq!(bucket.take(1, at + SECOND), Ok(()));
        assert_eq!(bucket.take(2, at + SECOND), Err(2 * SECOND));
        assert!((0..3).all(|_| bucket.take(1, at + 100 * SECOND).is_ok()));
        assert_eq!(bucket.take(1, at + 100 * SECOND), Err(SECOND));
    }

    #[test]
    fn what_is_put_back_can_be_taken_again() {
        let bucket = Bucket::new(60, 2);
        assert_eq!(bucket.take(2, 5), Ok(()));
        bucket.give_back(1);
        assert_eq!(bucket.take(1, 5), Ok(()));
        assert!(bucket.take(1, 5).is_err());
    }

    #[test]
    fn more_than_the_bucket_holds_comes_through_when_it_is_full_and_is_owed() {
        let bucket = Bucket::new(60, 10);
        assert_eq!(bucket.take(30, 0), Ok(()));
        assert_eq!(bucket.take(1, 0), Err(21 * SECOND));
        assert_eq!(bucket.take(30, 29 * SECOND), Err(SECOND));
        assert_eq!(bucket.take(30, 30 * SECOND), Ok(()));
    }

    #[test]
    fn of_many_who_take_at_once_as_many_get_through_as_there_are_tokens() {
        let bucket = Bucket::new(1, 1_000);
        let through: usize = std::thread::scope(|scope| {
            let taking: Vec<_> = (0..4).map(|_| scope.spawn(|| (0..1_000).filter(|_| bucket.take(1, 7).is_ok()).count())).collect();
            taking.into_iter().map(|thread| thread.join().unwrap_or_default()).sum()
        });
        assert_eq!(through, 1_000);
    }

    proptest! {
        #[test]
        fn in_any_time_no_more_than_burst_and_rate_get_through(
            events in 1_u64..100_000, burst in 1_u64..1_000, pauses in prop::collection::vec(0_u64..2 * SECOND, 1..300),
        ) {
            let bucket = Bucket::new(events, burst);
            let (mut now, mut through) = (0, 0);
            for pause in pauses {
                now += pause;
                through += u64::from(bucket.take(1, now).is_ok());
            }
            prop_assert!(through <= burst + events * now / (60 * SECOND) + 1);
        }
    }
}
