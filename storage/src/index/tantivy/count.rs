//! Counts over columns: every group is counted in every segment, so all counts are exact.
//!
//! A first pass counts all groups. Buckets and users of groups are counted in a second one, for the groups that are
//! answered only, so that memory goes with the answer and not with the data.

use std::ops::Range;

use schemas::{fields::Field, limits, query::FieldRef};
use tantivy::{
    Searcher,
    query::{EnableScoring, Query, Weight},
};

use super::{
    compile::{check_key, compile},
    fault::fault,
    layout::Layout,
    parts::{Part, parts},
};
use crate::{
    Error, Result,
    index::{Count, Counted, Group, USERS},
};

mod axis;
mod groups;
mod more;
pub(super) mod share;
pub(super) mod users;

use axis::{Axis, NONE};
use groups::{Cell, Cells, Groups, Winner};
use more::Weights;
use share::share;
use users::Users;

const DOING: &str = "counting in the index";

/// A count that can be answered.
pub(super) struct Plan {
    count: Count,
    query: Box<dyn Query>,
    buckets: Buckets,
}

impl Plan {
    pub(super) fn new(layout: &Layout, count: &Count) -> Result<Self> {
        let refuse = |why: String| Err(Error::terminal("reading the query", why));
        if count.by.len() > 2 {
            return refuse("events are split by at most two fields".into());
        }
        if count.limit > limits::GROUPS {
            return refuse(format!("at most {} groups are answered", limits::GROUPS));
        }
        count.by.iter().try_for_each(check_key)?;
        let buckets = match count.interval {
            Some(..=0) => return refuse("an interval is at least a millisecond".into()),
            interval => Buckets::new(&count.scope.millis, interval),
        };
        if buckets.len > limits::BUCKETS as u64 {
            return refuse(format!("at most {} buckets are answered: ask for a longer interval or a shorter time", limits::BUCKETS));
        }
        Ok(Self { query: compile(layout, &count.scope)?, count: count.clone(), buckets })
    }
}

/// How time is cut.
#[derive(Debug, Clone, Copy)]
struct Buckets {
    start: i64,
    interval: u64,
    len: u64,
}

impl Buckets {
    fn new(millis: &Range<i64>, interval: Option<i64>) -> Self {
        let length = millis.end.checked_sub(millis.start).unwrap_or(i64::MAX).max(0) as u64;
        let interval = interval.unwrap_or(0) as u64;
        let len = if interval == 0 { 0 } else { length.div_ceil(interval) };
        Self { start: millis.start, interval, len }
    }

    fn none(self) -> OverTime {
        OverTime { counts: vec![0; self.len as usize], more: vec![0; self.len as usize] }
    }

    fn of(self, millis: i64) -> usize {
        ((millis - self.start) as u64 / self.interval) as usize
    }
}

/// Events per bucket, and what they stand for beyond themselves.
#[derive(Clone)]
struct OverTime {
    counts: Vec<u64>,
    more: Vec<u64>,
}

impl OverTime {
    fn add(&mut self, bucket: usize, more: u64) {
        self.counts[bucket] += 1;
        self.more[bucket] += more;
    }

    fn merge(&mut self, other: &Self) {
        let sum = |all: &mut [u64], part: &[u64]| all.iter_mut().zip(part).for_each(|(all, part)| *all += part);
        sum(&mut self.counts, &other.counts);
        sum(&mut self.more, &other.more);
    }

    /// Counts and weights.
    fn into_parts(self) -> (Vec<u64>, Vec<u64>) {
        let weights = self.counts.iter().zip(&self.more).map(|(count, more)| count + more).collect();
        (self.counts, weights)
    }
}

/// What is counted of all events in scope.
struct Total {
    cell: Cell,
    buckets: OverTime,
    users: Users,
}

/// One segment after the first pass.
struct Counting<'a> {
    part: &'a Part<'a>,
    axes: Vec<Axis>,
}

/// Answers `plan`.
pub(super) fn count(layout: &Layout, searchers: &[Searcher], plan: &Plan) -> Result<Counted> {
    let failed = |error| fault(DOING, error);
    let weight = plan.query.weight(EnableScoring::disabled_from_schema(&layout.schema)).map_err(failed)?;
    let parts = parts(searchers, &plan.count.scope.millis).map_err(failed)?;
    let mut total = Total { cell: Cell::default(), buckets: plan.buckets.none(), users: Users::default() };
    let mut groups = Groups::default();
    let mut countings = Vec::with_capacity(parts.len());
    share(
        parts.len(),
        |n| first_pass(plan, &*weight, &parts[n]),
        |(counting, part_total, cells)| {
            total.cell.merge(&part_total.cell);
            total.buckets.merge(&part_total.buckets);
            total.users.merge(part_total.users);
            groups.merge(&counting.axes, cells)?;
            countings.push(counting);
            Ok(())
        },
    )?;
    let users = plan.count.users.then(|| total.users.count());
    let Total { cell, buckets, .. } = total;
    let (buckets, weights) = buckets.into_parts();
    let (count, weight_sum) = (cell.count, cell.weight());
    let (groups, groups_total) = if plan.count.by.is_empty() {
        let one = count > 0;
        let (buckets, weights) = (buckets.clone(), weights.clone());
        let all = Group { key: Vec::new(), count, weight: weight_sum, seen: cell.seen(), buckets, weights, users };
        (if one && plan.count.limit > 0 { vec![all] } else { Vec::new() }, u64::from(one))
    } else {
        let groups_total = groups.len();
        let winners = groups.most(plan.count.limit);
        (second_pass(plan, &*weight, &mut countings, winners)?, groups_total)
    };
    Ok(Counted { total: count, weight: weight_sum, buckets, weights, users, groups, groups_total, error_bound: 0 })
}

/// Counts everything in one segment but the buckets and users of groups.
fn first_pass<'a>(plan: &Plan, weight: &dyn Weight, part: &'a Part<'a>) -> Result<(Counting<'a>, Total, Cells)> {
    let failed = |error| fault(DOING, error);
    let mut axes = plan.count.by.iter().map(|field| Axis::new(part.segment, field)).collect::<tantivy::Result<Vec<_>>>().map_err(failed)?;
    let mut people = users_axis(plan, part).map_err(failed)?;
    let mut total = Total { cell: Cell::default(), buckets: plan.buckets.none(), users: Users::default() };
    let mut cells = Cells::new(&axes);
    let mut seen = vec![false; people.as_ref().map_or(0, Axis::size)];
    let mut locals = Locals::default();
    let mut weights = Weights::new(part.segment).map_err(failed)?;
    part.each(weight, &plan.count.scope.millis, |docs, times| {
        let more = weights.more(docs);
        total.cell.add_all(times, more);
        if plan.buckets.len > 0 {
            times.iter().enumerate().for_each(|(n, millis)| total.buckets.add(plan.buckets.of(*millis), more.at(n)));
        }
        if let Some(people) = &mut people {
            let users = locals.users(people, docs);
            users.iter().filter(|user| **user != NONE).for_each(|user| seen[*user as usize] = true);
        }
        if !axes.is_empty() {
            for (n, (key, millis)) in locals.keys(&mut axes, docs).iter().zip(times).enumerate() {
                cells.add(*key, *millis, more.at(n));
            }
        }
    })
    .map_err(failed)?;
    if let Some(people) = &people {
        let ordinals: Vec<u32> = (0..seen.len() as u32).filter(|user| seen[*user as usize]).collect();
        people.encode(&ordinals, |_, key| total.users.add(key)).map_err(failed)?;
    }
    Ok((Counting { part, axes }, total, cells))
}

/// Counts the buckets and users of `winners`.
fn second_pass(plan: &Plan, weight: &dyn Weight, countings: &mut [Counting<'_>], winners: Vec<Winner>) -> Result<Vec<Group>> {
    let mut buckets = vec![plan.buckets.none(); winners.len()];
    let mut users: Vec<Users> = winners.iter().map(|_| Users::default()).collect();
    if plan.buckets.len > 0 || plan.count.users {
        for counting in countings {
            second_pass_of(plan, weight, counting, &winners, &mut buckets, &mut users)?;
            users::check(&users)?;
        }
    }
    let groups = winners.into_iter().zip(buckets).zip(users);
    Ok(groups
        .map(|((winner, buckets), users)| {
            let (buckets, weights) = buckets.into_parts();
            let (count, weight) = (winner.cell.count, winner.cell.weight());
            let users = plan.count.users.then(|| users.count());
            Group { key: winner.key(&plan.count.by), count, weight, seen: winner.cell.seen(), buckets, weights, users }
        })
        .collect())
}

fn second_pass_of(
    plan: &Plan,
    weight: &dyn Weight,
    counting: &mut Counting<'_>,
    winners: &[Winner],
    buckets: &mut [OverTime],
    users: &mut [Users],
) -> Result<()> {
    let failed = |error| fault(DOING, error);
    let Counting { part, axes } = counting;
    let places = groups::places(axes, &plan.count.by, winners).map_err(|error| failed(error.into()))?;
    if places.is_empty() {
        return Ok(());
    }
    let mut people = users_axis(plan, part).map_err(failed)?;
    let mut pairs = users::Pairs::default();
    let mut locals = Locals::default();
    let mut weights = Weights::new(part.segment).map_err(failed)?;
    part.each(weight, &plan.count.scope.millis, |docs, times| {
        let more = weights.more(docs);
        let keys = locals.keys(axes, docs).to_vec();
        let users = people.as_mut().map(|people| locals.users(people, docs));
        for (n, key) in keys.iter().enumerate() {
            let Some(winner) = places.get(*key) else { continue };
            if plan.buckets.len > 0 {
                buckets[winner as usize].add(plan.buckets.of(times[n]), more.at(n));
            }
            if let Some(users) = users.filter(|users| users[n] != NONE) {
                pairs.insert(users[n], winner);
            }
        }
    })
    .map_err(failed)?;
    if let Some(people) = &people {
        let pairs = pairs.sorted();
        let ordinals: Vec<u32> = pairs.iter().map(|(user, _)| *user).collect();
        let mut winners = pairs.iter().map(|(_, winner)| *winner as usize);
        // Called once for each ordinal in order, repeated ones too.
        people.encode(&ordinals, |_, key| winners.next().into_iter().for_each(|winner| users[winner].add(key))).map_err(failed)?;
    }
    Ok(())
}

fn users_axis(plan: &Plan, part: &Part<'_>) -> tantivy::Result<Option<Axis>> {
    let field = FieldRef::new(USERS);
    debug_assert_eq!(USERS, Field::User, "users are keywords");
    plan.count.users.then(|| Axis::new(part.segment, &field)).transpose()
}

/// Buffers for one block.
#[derive(Default)]
struct Locals {
    first: Vec<u32>,
    second: Vec<u32>,
    keys: Vec<u64>,
    users: Vec<u32>,
}

impl Locals {
    /// The cell of each document, [`groups::NOWHERE`] for one without a group.
    fn keys(&mut self, axes: &mut [Axis], docs: &[u32]) -> &[u64] {
        self.first.resize(docs.len(), NONE);
        self.keys.clear();
        match axes {
            [one] => {
                one.locals(docs, &mut self.first);
                self.keys.extend(self.first.iter().map(|one| groups::key(*one, 0)));
            }
            [one, two] => {
                self.second.resize(docs.len(), NONE);
                one.locals(docs, &mut self.first);
                two.locals(docs, &mut self.second);
                self.keys.extend(self.first.iter().zip(&self.second).map(|(one, two)| groups::key(*one, *two)));
            }
            _ => self.keys.resize(docs.len(), groups::NOWHERE),
        }
        &self.keys
    }

    fn users(&mut self, axis: &mut Axis, docs: &[u32]) -> &[u32] {
        self.users.resize(docs.len(), NONE);
        axis.locals(docs, &mut self.users);
        &self.users
    }
}
