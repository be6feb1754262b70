//! How many users: exact while they are few, estimated beyond.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hasher},
};

use schemas::{fields::Field, query::FieldRef};

use super::{
    DOING,
    axis::{Axis, NONE},
    groups::Mixing,
    terms::Terms,
};
use crate::{
    Error, Result,
    index::{USERS, tantivy::parts::Part},
};

/// Up to so many users are counted exactly.
const EXACT: usize = 40_000;
/// Registers of the estimate: a power of two. The standard error is 1.04 by its root, 1.1 %.
const REGISTERS: usize = 8_192;
/// Most exact users of all groups of one count.
const ALL_EXACT: usize = 6_000_000;

/// A set of users.
#[derive(Clone)]
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
        self.add_hash(hash(name));
    }

    /// Adds the user whose name has this hash.
    pub(super) fn add_hash(&mut self, hash: u64) {
        match self {
            Self::Few(few) => {
                few.insert(hash);
                if few.len() > EXACT {
                    self.blur();
                }
            }
            Self::Many(registers) => {
                let register = &mut registers[hash as usize % REGISTERS];
                *register = (*register).max(((hash / REGISTERS as u64) | (1 << 51)).trailing_zeros() as u8 + 1);
            }
        }
    }

    /// Takes little memory from here on, and counts by estimate.
    fn blur(&mut self) {
        if let Self::Few(few) = self {
            let mut many = Self::Many(vec![0; REGISTERS]);
            few.iter().for_each(|hash| many.add_hash(*hash));
            *self = many;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Few(few) if few.is_empty())
    }

    /// About how much memory it takes beside itself.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Few(few) => 10 * few.capacity(),
            Self::Many(registers) => registers.len(),
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
                let estimate = 0.7213 / (1.0 + 1.079 / size) * size * size / sum;
                // The paper's correction for few: how many registers no user has met tells more.
                let empty = registers.iter().filter(|register| **register == 0).count() as f64;
                let few = estimate <= 2.5 * size && empty > 0.0;
                (if few { size * (size / empty).ln() } else { estimate }).round() as u64
            }
        }
    }
}

/// The hash of a user's name.
pub(super) fn hash(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(name);
    hasher.finish()
}

/// Refuses to hold more.
pub(in crate::index::tantivy) fn check<'a>(users: impl IntoIterator<Item = &'a Users>) -> Result<()> {
    let few = |users: &Users| if let Users::Few(few) = users { few.len() } else { 0 };
    if users.into_iter().map(few).sum::<usize>() <= ALL_EXACT {
        return Ok(());
    }
    Err(Error::too_much(DOING, "there are too many users in too many groups: ask for fewer groups or a shorter time"))
}

/// Keeps the memory of all sets together within its limit: beyond it they are estimated.
pub(super) fn bound<'a>(users: impl Iterator<Item = &'a mut Users>) {
    let mut users: Vec<&mut Users> = users.collect();
    if check(users.iter().map(|users| &**users)).is_err() {
        users.iter_mut().for_each(|users| users.blur());
    }
}

/// The users of a segment.
pub(super) fn axis(part: &Part<'_>) -> tantivy::Result<Axis> {
    debug_assert_eq!(USERS, Field::User, "users are keywords");
    Axis::new(part.segment, &FieldRef::new(USERS), None)
}

/// Users by number, each with a group, as they are met in one segment.
#[derive(Default)]
pub(super) struct Pairs(HashSet<u64, Mixing>);

impl Pairs {
    pub(super) fn insert(&mut self, user: u32, group: u32) {
        self.0.insert(u64::from(user) << 32 | u64::from(group));
    }

    /// Calls `add` with the group and the hash of each user.
    pub(super) fn each(self, terms: &Terms, part: &Part<'_>, axis: &Axis, mut add: impl FnMut(usize, u64)) -> tantivy::Result<()> {
        let mut pairs: Vec<u64> = self.0.into_iter().collect();
        pairs.sort_unstable();
        let users: Vec<u32> = pairs.iter().map(|pair| (pair >> 32) as u32).collect();
        let mut groups = pairs.iter().map(|pair| *pair as u32 as usize);
        // Called once for each user in order, repeated ones too.
        terms.each_user(part, axis, &users, |hash| groups.next().into_iter().for_each(|group| add(group, hash)))
    }
}

/// The users of each bucket of one segment.
pub(super) struct Buckets {
    axis: Axis,
    pairs: Pairs,
    locals: Vec<u32>,
}

impl Buckets {
    pub(super) fn new(part: &Part<'_>) -> tantivy::Result<Self> {
        Ok(Self { axis: axis(part)?, pairs: Pairs::default(), locals: Vec::new() })
    }

    /// Notes the users of these documents, each in its bucket.
    pub(super) fn see(&mut self, docs: &[u32], buckets: impl Iterator<Item = u32>) {
        self.locals.resize(docs.len(), NONE);
        self.axis.locals(docs, &mut self.locals);
        for (user, bucket) in self.locals.iter().zip(buckets).filter(|(user, _)| **user != NONE) {
            self.pairs.insert(*user, bucket);
        }
    }

    /// Adds the users of each bucket to its set.
    pub(super) fn into_sets(self, terms: &Terms, part: &Part<'_>, sets: &mut [Users]) -> tantivy::Result<()> {
        self.pairs.each(terms, part, &self.axis, |bucket, hash| sets[bucket].add_hash(hash))
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
    fn an_estimate_of_few_is_right_too() {
        for number in [0, 1, 50, 3_000, 20_000, 30_000] {
            let mut sets = [users(0..number)];
            sets[0].blur();
            let found = sets[0].count() as f64;
            assert!((found - number as f64).abs() <= 0.05 * number as f64, "{found} for {number}");
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
