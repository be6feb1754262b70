//! How many users: exact while they are few, estimated beyond.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hasher},
};

use super::{DOING, groups::Mixing};
use crate::{Error, Result};

/// Up to so many users are counted exactly.
const EXACT: usize = 40_000;
/// Registers of the estimate: a power of two. The standard error is 1.04 by its root, 1.1 %; fewer than four users a
/// register would need a correction, and the estimate begins with five.
const REGISTERS: usize = 8_192;
/// Most exact users of all groups of one count.
const ALL_EXACT: usize = 6_000_000;

/// A set of users.
pub(in crate::index::tantivy) enum Users {
    /// Hashes.
    Few(HashSet<u64, Mixing>),
    /// HyperLogLog, <https://algo.inria.fr/flajolet/Publications/FlFuGaMe07.pdf>.
    Many(Vec<u8>),
}

impl Default for Users {
    fn default() -> Self {
        Self::Few(HashSet::default())
    }
}

impl Users {
    /// Adds the user with this name.
    pub(in crate::index::tantivy) fn add(&mut self, name: &[u8]) {
        let mut hasher = DefaultHasher::new();
        hasher.write(name);
        self.add_hash(hasher.finish());
    }

    fn add_hash(&mut self, hash: u64) {
        match self {
            Self::Few(few) => {
                few.insert(hash);
                if few.len() > EXACT {
                    let mut many = Self::Many(vec![0; REGISTERS]);
                    few.iter().for_each(|hash| many.add_hash(*hash));
                    *self = many;
                }
            }
            Self::Many(registers) => {
                let register = &mut registers[hash as usize % REGISTERS];
                *register = (*register).max(((hash / REGISTERS as u64) | (1 << 51)).trailing_zeros() as u8 + 1);
            }
        }
    }

    /// Adds all users of `other`.
    pub(in crate::index::tantivy) fn merge(&mut self, other: Self) {
        match (&mut *self, other) {
            (_, Self::Few(few)) => few.into_iter().for_each(|hash| self.add_hash(hash)),
            (Self::Few(few), mut many @ Self::Many(_)) => {
                few.iter().for_each(|hash| many.add_hash(*hash));
                *self = many;
            }
            (Self::Many(ours), Self::Many(theirs)) => ours.iter_mut().zip(theirs).for_each(|(a, b)| *a = (*a).max(b)),
        }
    }

    pub(in crate::index::tantivy) fn count(&self) -> u64 {
        match self {
            Self::Few(few) => few.len() as u64,
            Self::Many(registers) => {
                let size = REGISTERS as f64;
                let sum: f64 = registers.iter().map(|register| (-f64::from(*register)).exp2()).sum();
                (0.7213 / (1.0 + 1.079 / size) * size * size / sum).round() as u64
            }
        }
    }
}

/// Refuses to hold more.
pub(in crate::index::tantivy) fn check<'a>(users: impl IntoIterator<Item = &'a Users>) -> Result<()> {
    let few = |users: &Users| if let Users::Few(few) = users { few.len() } else { 0 };
    if users.into_iter().map(few).sum::<usize>() <= ALL_EXACT {
        return Ok(());
    }
    Err(Error::terminal(DOING, "too many users in too many groups: ask for fewer groups or a shorter time"))
}

/// Users by number, each with a group, as they are met in one segment.
#[derive(Default)]
pub(super) struct Pairs(HashSet<u64, Mixing>);

impl Pairs {
    pub(super) fn insert(&mut self, user: u32, group: u32) {
        self.0.insert(u64::from(user) << 32 | u64::from(group));
    }

    /// User and group, by user.
    pub(super) fn sorted(self) -> Vec<(u32, u32)> {
        let mut pairs: Vec<u64> = self.0.into_iter().collect();
        pairs.sort_unstable();
        pairs.into_iter().map(|pair| ((pair >> 32) as u32, pair as u32)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(range: std::ops::Range<u64>) -> Users {
        let mut users = Users::default();
        range.for_each(|n| users.add(&n.to_be_bytes()));
        users
    }

    #[test]
    fn up_to_the_limit_users_are_exact() {
        let mut all = users(0..EXACT as u64);
        assert_eq!(all.count(), EXACT as u64);
        all.merge(users(0..100));
        assert_eq!(all.count(), EXACT as u64);
    }

    #[test]
    fn beyond_the_limit_users_are_right_within_five_standard_errors() {
        for range in [0..EXACT as u64 + 1, 0..60_000, 7..200_000, 0..1_000_000] {
            let expected = (range.end - range.start) as f64;
            let found = users(range).count() as f64;
            assert!((found / expected - 1.0).abs() < 0.06, "{found} for {expected}");
        }
    }

    #[test]
    fn sets_join_alike_in_any_form() {
        let whole = users(0..90_000).count();
        for (a, b) in [(0..50_000, 40_000..90_000), (0..10_000, 10_000..90_000), (0..80_000, 70_000..90_000)] {
            let mut joined = users(a);
            joined.merge(users(b));
            assert_eq!(joined.count(), whole, "the same registers whatever the way");
        }
    }
}
