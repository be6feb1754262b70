//! What a count adds up, and how it cuts time.

use super::{
    Plan,
    groups::Cell,
    newest::Newest,
    users::{self, Users},
};
use crate::index::Count;

/// How time is cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Buckets {
    pub(super) start: i64,
    interval: u64,
    pub(super) len: u64,
}

impl Buckets {
    pub(super) fn of(count: &Count) -> Self {
        let len = count.interval.map_or(0, |interval| count.buckets(interval));
        Self { start: count.first_bucket(), interval: count.interval.unwrap_or_default() as u64, len }
    }

    pub(super) fn none(self) -> OverTime {
        OverTime { counts: vec![0; self.len as usize], more: vec![0; self.len as usize] }
    }

    pub(super) fn place(self, millis: i64) -> usize {
        ((millis - self.start) as u64 / self.interval) as usize
    }

    /// Where in an interval the buckets begin: two cuts that agree in it, and in the interval, have buckets in common.
    pub(super) fn phase(self) -> i64 {
        if self.interval == 0 { 0 } else { (i128::from(self.start)).rem_euclid(i128::from(self.interval)) as i64 }
    }

    /// How many buckets after its own first one the first one of `other` begins, which has the same phase.
    fn shift(self, other: Self) -> i64 {
        if self.interval == 0 { 0 } else { (other.start - self.start) / self.interval as i64 }
    }
}

/// Events per bucket, and what they stand for beyond themselves.
#[derive(Clone)]
pub(super) struct OverTime {
    counts: Vec<u64>,
    more: Vec<u64>,
}

impl OverTime {
    pub(super) fn add(&mut self, bucket: usize, more: u64) {
        self.counts[bucket] += 1;
        self.more[bucket] += more;
    }

    /// Adds what was counted in buckets of which the first is the one at `shift` here.
    fn merge(&mut self, other: &Self, shift: i64) {
        add_shifted(&mut self.counts, &other.counts, shift);
        add_shifted(&mut self.more, &other.more, shift);
    }

    fn bytes(&self) -> usize {
        16 * self.counts.len()
    }

    /// Counts and weights.
    pub(super) fn into_parts(self) -> (Vec<u64>, Vec<u64>) {
        let weights = self.counts.iter().zip(&self.more).map(|(count, more)| count + more).collect();
        (self.counts, weights)
    }
}

/// Buckets out of reach are empty: what is added was counted of events in scope.
fn add_shifted(all: &mut [u64], part: &[u64], shift: i64) {
    for (number, count) in part.iter().enumerate().filter(|(_, count)| **count > 0) {
        all[(number as i64 + shift) as usize] += count;
    }
}

/// What is counted of all events in scope.
#[derive(Clone)]
pub(super) struct Total {
    /// How `buckets` and `users_over_time` are cut.
    cut: Buckets,
    pub(super) cell: Cell,
    pub(super) buckets: OverTime,
    pub(super) users: Users,
    /// Of each bucket, when asked for.
    pub(super) users_over_time: Vec<Users>,
    /// The values of each field whose values are counted.
    pub(super) distinct: Vec<Users>,
}

impl Total {
    pub(super) fn new(plan: &Plan) -> Self {
        let sets = |number: usize| (0..number).map(|_| Users::default()).collect();
        Self {
            cut: plan.buckets,
            cell: Cell::default(),
            buckets: plan.buckets.none(),
            users: Users::default(),
            users_over_time: sets(if plan.count.users_over_time { plan.buckets.len as usize } else { 0 }),
            distinct: sets(plan.count.distinct.len()),
        }
    }

    /// Adds what was counted of other events, in buckets of the same phase.
    pub(super) fn merge(&mut self, other: Self) {
        let shift = self.cut.shift(other.cut);
        self.cell.merge(&other.cell);
        self.buckets.merge(&other.buckets, shift);
        self.users.merge(other.users);
        for (number, part) in other.users_over_time.into_iter().enumerate().filter(|(_, part)| !part.is_empty()) {
            self.users_over_time[(number as i64 + shift) as usize].merge(part);
        }
        users::bound(self.users_over_time.iter_mut());
        self.distinct.iter_mut().zip(other.distinct).for_each(|(all, part)| all.merge(part));
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let sets = self.users_over_time.iter().chain(&self.distinct).chain([&self.users]);
        size_of::<Self>() + self.buckets.bytes() + sets.map(Users::bytes).sum::<usize>()
    }
}

/// What is known of one group beside its cell.
#[derive(Clone)]
pub(super) struct Again {
    cut: Buckets,
    pub(super) buckets: OverTime,
    pub(super) users: Users,
    pub(super) newest: Newest,
}

impl Again {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { cut: plan.buckets, buckets: plan.buckets.none(), users: Users::default(), newest: Newest::default() }
    }

    /// Adds what was found of other events, in buckets of the same phase.
    pub(super) fn merge(&mut self, other: Self) {
        self.buckets.merge(&other.buckets, self.cut.shift(other.cut));
        self.users.merge(other.users);
        self.newest.merge(other.newest);
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.buckets.bytes() + self.users.bytes()
    }
}
