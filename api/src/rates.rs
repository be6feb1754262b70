//! How often each token may ask: a bucket of tickets for a minute, refilled all the time. In memory only, for each
//! process by itself.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use schemas::limits;

const MINUTE: i64 = 60_000;

/// The buckets of the tokens that asked within a minute.
#[derive(Debug)]
pub(crate) struct Rates {
    per_minute: u32,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    /// Tickets, in sixty-thousandths: what a bucket of one a minute gains in a millisecond.
    left: i64,
    /// When that was, in milliseconds.
    at: i64,
}

impl Rates {
    /// So many requests a minute and token; 0 for any number.
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute, buckets: Mutex::default() }
    }

    /// Takes a ticket of the token with this hash. `Err` says in how many seconds there is one.
    pub(crate) fn take(&self, hash: &str, now: i64) -> Result<(), u16> {
        let per_minute = i64::from(self.per_minute);
        if per_minute == 0 {
            return Ok(());
        }
        let full = per_minute * MINUTE;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > limits::TOKENS {
            // A minute without a request fills any bucket: it is as if it had never been there.
            buckets.retain(|_, bucket| (0..MINUTE).contains(&(now - bucket.at)));
        }
        let bucket = buckets.entry(hash.to_owned()).or_insert(Bucket { left: full, at: now });
        // A clock that is set back gives nothing and takes nothing.
        let passed = (now - bucket.at).clamp(0, MINUTE);
        (bucket.left, bucket.at) = ((bucket.left + passed * per_minute).min(full), now);
        if bucket.left >= MINUTE {
            bucket.left -= MINUTE;
            return Ok(());
        }
        let millis = (MINUTE - bucket.left + per_minute - 1) / per_minute;
        Err(u16::try_from((millis + 999) / 1_000).unwrap_or(u16::MAX).max(1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_token_has_a_minute_s_worth_at_once_and_then_as_fast_as_it_refills() {
        let rates = Rates::new(3);
        for _ in 0..3 {
            assert_eq!(rates.take("a", 0), Ok(()));
        }
        assert_eq!(rates.take("a", 0), Err(20));
        assert_eq!(rates.take("b", 0), Ok(()));
        assert_eq!(rates.take("a", 19_000), Err(1));
        assert_eq!(rates.take("a", 20_000), Ok(()));
        assert_eq!(rates.take("a", 20_000), Err(20));
        assert_eq!(rates.take("a", 10_000), Err(20), "a clock that is set back");
        assert_eq!(Rates::new(0).take("a", 0), Ok(()));
    }

    proptest! {
        #[test]
        fn never_more_than_two_minutes_worth_in_a_minute(per_minute in 1_u32..50, steps in proptest::collection::vec(0_i64..2_000, 1..300)) {
            let rates = Rates::new(per_minute);
            let (mut now, mut taken) = (0, 0);
            for step in steps {
                now += step;
                if now >= MINUTE {
                    break;
                }
                taken += u32::from(rates.take("a", now).is_ok());
            }
            prop_assert!(taken <= 2 * per_minute);
        }
    }
}
