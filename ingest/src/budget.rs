//! How many bytes of requests are held at once. A thousand uploads of the largest allowed size must not exhaust memory.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::refusal::Refusal;

/// Bodies up to this length may use the part that is kept from longer ones.
const SMALL_BYTES: usize = 1 << 20;
/// When to come again. Bodies come and go within seconds.
const RETRY_SECONDS: u32 = 5;

/// What there is for all requests together.
#[derive(Debug)]
pub(crate) struct Budget {
    free: AtomicUsize,
    /// Only for small bodies.
    reserve: usize,
}

/// What one request holds of it; given back when dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    budget: Arc<Budget>,
    held: usize,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self { free: AtomicUsize::new(bytes), reserve: bytes / 4 })
    }

    /// A lease of nothing.
    pub(crate) fn lease(self: &Arc<Self>) -> Lease {
        Lease { budget: Arc::clone(self), held: 0 }
    }

    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.free.load(Ordering::Relaxed)
    }
}

impl Lease {
    /// Holds at least this many bytes, or says that there are not enough now. Never waits: who waits while holding
    /// could wait for another that does the same.
    pub(crate) fn cover(&mut self, bytes: usize) -> Result<(), Refusal> {
        let Some(more) = bytes.checked_sub(self.held).filter(|more| *more > 0) else { return Ok(()) };
        let reserve = if bytes <= SMALL_BYTES { 0 } else { self.budget.reserve };
        let take = |free: usize| free.checked_sub(more).filter(|left| *left >= reserve);
        match self.budget.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
            Ok(_) => {
                self.held = bytes;
                Ok(())
            }
            Err(_) => Err(Refusal::later("busy", "too much is being received at once", RETRY_SECONDS)),
        }
    }

    /// Holds no more than this.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        if let Some(less) = self.held.checked_sub(bytes) {
            self.budget.free.fetch_add(less, Ordering::Relaxed);
            self.held = bytes;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.shrink(0);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_comes_back() {
        let budget = Budget::new(1000);
        let mut one = budget.lease();
        one.cover(600).unwrap();
        one.cover(500).unwrap();
        assert_eq!(budget.free(), 400);
        assert!(budget.lease().cover(401).is_err());
        one.shrink(100);
        assert_eq!(budget.free(), 900);
        drop(one);
        assert_eq!(budget.free(), 1000);
    }

    #[test]
    fn long_bodies_leave_a_quarter_to_short_ones() {
        let budget = Budget::new(8 << 20);
        let mut long = budget.lease();
        long.cover(6 << 20).unwrap();
        assert_eq!(long.cover((6 << 20) + 1).unwrap_err().retry_seconds, Some(5));
        let mut short = budget.lease();
        short.cover(1 << 20).unwrap();
        assert_eq!(budget.free(), 1 << 20);
    }
}
