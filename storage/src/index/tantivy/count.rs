//! Counts over columns: every group is counted in every segment, so all counts are exact.
//!
//! A first pass counts all groups. Buckets, users and newest events of groups are looked for in a second one, for the
//! groups that are answered only, so that memory goes with the answer and not with the data.

use tantivy::{
    Searcher,
    query::{EnableScoring, Query, Weight},
};

use super::{
    compile::compile,
    fault::fault,
    layout::Layout,
    parts::{Part, parts},
};
use crate::{
    Result,
    index::{Count, Counted, Group},
};

mod axis;
mod distinct;
mod groups;
mod more;
mod newest;
pub(super) mod share;
pub(super) mod users;

use axis::{Axis, NONE};
use distinct::Distinct;
use groups::{Cell, Cells, Groups, Winner};
use more::Weights;
use newest::{Newest, Ranks};
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
        count.check()?;
        Ok(Self { query: compile(layout, &count.scope)?, count: count.clone(), buckets: Buckets::of(count) })
    }

    /// Whether groups are looked at again.
    fn again(&self) -> bool {
        self.buckets.len > 0 || self.count.users || self.count.newest
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
    fn of(count: &Count) -> Self {
        let len = count.interval.map_or(0, |interval| count.buckets(interval));
        Self { start: count.first_bucket(), interval: count.interval.unwrap_or_default() as u64, len }
    }

    fn none(self) -> OverTime {
        OverTime { counts: vec![0; self.len as usize], more: vec![0; self.len as usize] }
    }

    fn place(self, millis: i64) -> usize {
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
    /// Of each bucket, when asked for.
    users_over_time: Vec<Users>,
    /// The values of each field whose values are counted.
    distinct: Vec<Users>,
}

impl Total {
    fn new(plan: &Plan) -> Self {
        let sets = |number: usize| (0..number).map(|_| Users::default()).collect();
        Self {
            cell: Cell::default(),
            buckets: plan.buckets.none(),
            users: Users::default(),
            users_over_time: sets(if plan.count.users_over_time { plan.buckets.len as usize } else { 0 }),
            distinct: sets(plan.count.distinct.len()),
        }
    }

    fn merge(&mut self, other: Self) {
        self.cell.merge(&other.cell);
        self.buckets.merge(&other.buckets);
        self.users.merge(other.users);
        self.users_over_time.iter_mut().zip(other.users_over_time).for_each(|(all, part)| all.merge(part));
        users::bound(&mut self.users_over_time);
        self.distinct.iter_mut().zip(other.distinct).for_each(|(all, part)| all.merge(part));
    }
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
    let mut total = Total::new(plan);
    let mut groups = Groups::default();
    let mut countings = Vec::with_capacity(parts.len());
    share(
        parts.len(),
        |n| first_pass(plan, &*weight, &parts[n]),
        |(counting, part_total, cells)| {
            total.merge(part_total);
            groups.merge(&counting.axes, cells)?;
            countings.push(counting);
            Ok(())
        },
    )?;
    let users = plan.count.users.then(|| total.users.count());
    let Total { cell, buckets, users_over_time, distinct, .. } = total;
    let numbers = |sets: Vec<Users>| sets.iter().map(Users::count).collect();
    let (buckets, weights) = buckets.into_parts();
    let (count, weight_sum) = (cell.count, cell.weight());
    let (groups, groups_total) = if plan.count.by.is_empty() {
        let one = count > 0;
        let (buckets, weights) = (buckets.clone(), weights.clone());
        let all = Group { key: Vec::new(), count, weight: weight_sum, seen: cell.seen(), buckets, weights, users, newest: None };
        (if one && plan.count.limit > 0 { vec![all] } else { Vec::new() }, u64::from(one))
    } else {
        let groups_total = groups.len();
        let winners = groups.most(plan.count.limit);
        (second_pass(plan, &*weight, &mut countings, winners)?, groups_total)
    };
    let (users_over_time, distinct) = (numbers(users_over_time), numbers(distinct));
    Ok(Counted {
        total: count,
        weight: weight_sum,
        buckets,
        weights,
        users,
        users_over_time,
        distinct,
        groups,
        groups_total,
        error_bound: 0,
    })
}

/// Counts everything in one segment but what a second pass finds about groups.
fn first_pass<'a>(plan: &Plan, weight: &dyn Weight, part: &'a Part<'a>) -> Result<(Counting<'a>, Total, Cells)> {
    let failed = |error| fault(DOING, error);
    let mut axes = plan.count.by.iter().map(|field| Axis::new(part.segment, field)).collect::<tantivy::Result<Vec<_>>>().map_err(failed)?;
    let mut total = Total::new(plan);
    let mut cells = Cells::new(&axes);
    let mut people = if plan.count.users { Some(Distinct::users(part).map_err(failed)?) } else { None };
    let mut by_bucket = if total.users_over_time.is_empty() { None } else { Some(users::Buckets::new(part).map_err(failed)?) };
    let values = plan.count.distinct.iter().map(|field| Distinct::new(part, field));
    let mut values = values.collect::<tantivy::Result<Vec<_>>>().map_err(failed)?;
    let mut locals = Locals::default();
    let mut weights = Weights::new(part.segment).map_err(failed)?;
    part.each(weight, &plan.count.scope.millis, |docs, times| {
        let more = weights.more(docs);
        total.cell.add_all(times, more);
        if plan.buckets.len > 0 {
            times.iter().enumerate().for_each(|(n, millis)| total.buckets.add(plan.buckets.place(*millis), more.at(n)));
        }
        people.iter_mut().chain(&mut values).for_each(|values| values.see(docs));
        if let Some(by_bucket) = &mut by_bucket {
            by_bucket.see(docs, times.iter().map(|millis| plan.buckets.place(*millis) as u32));
        }
        if !axes.is_empty() {
            for (n, (key, millis)) in locals.keys(&mut axes, docs).iter().zip(times).enumerate() {
                cells.add(*key, *millis, more.at(n));
            }
        }
    })
    .map_err(failed)?;
    if let Some(people) = people {
        people.into_set(&mut total.users).map_err(failed)?;
    }
    if let Some(by_bucket) = by_bucket {
        by_bucket.into_sets(&mut total.users_over_time).map_err(failed)?;
    }
    for (values, set) in values.into_iter().zip(&mut total.distinct) {
        values.into_set(set).map_err(failed)?;
    }
    Ok((Counting { part, axes }, total, cells))
}

/// Counts the buckets and users of `winners`, and finds their newest events.
fn second_pass(plan: &Plan, weight: &dyn Weight, countings: &mut [Counting<'_>], winners: Vec<Winner>) -> Result<Vec<Group>> {
    let mut buckets = vec![plan.buckets.none(); winners.len()];
    let mut users: Vec<Users> = winners.iter().map(|_| Users::default()).collect();
    let mut newest = vec![Newest::default(); winners.len()];
    if plan.again() {
        for counting in countings {
            let found = Found { buckets: &mut buckets, users: &mut users, newest: &mut newest };
            second_pass_of(plan, weight, counting, &winners, found)?;
            users::bound(&mut users);
        }
    }
    let groups = winners.into_iter().zip(buckets).zip(users).zip(newest);
    Ok(groups
        .map(|(((winner, buckets), users), newest)| {
            let (buckets, weights) = buckets.into_parts();
            let (count, weight) = (winner.cell.count, winner.cell.weight());
            let users = plan.count.users.then(|| users.count());
            let (key, seen, newest) = (winner.key(&plan.count.by), winner.cell.seen(), newest.event());
            Group { key, count, weight, seen, buckets, weights, users, newest }
        })
        .collect())
}

/// What the second pass finds about each group.
struct Found<'a> {
    buckets: &'a mut [OverTime],
    users: &'a mut [Users],
    newest: &'a mut [Newest],
}

fn second_pass_of(plan: &Plan, weight: &dyn Weight, counting: &mut Counting<'_>, winners: &[Winner], found: Found<'_>) -> Result<()> {
    let failed = |error| fault(DOING, error);
    let Counting { part, axes } = counting;
    let places = groups::places(axes, &plan.count.by, winners).map_err(|error| failed(error.into()))?;
    if places.is_empty() {
        return Ok(());
    }
    let mut people = if plan.count.users { Some(users::axis(part).map_err(failed)?) } else { None };
    let ranks = if plan.count.newest { Some(Ranks::new(part.segment).map_err(failed)?) } else { None };
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
                found.buckets[winner as usize].add(plan.buckets.place(times[n]), more.at(n));
            }
            if let Some(ranks) = &ranks {
                found.newest[winner as usize].see(times[n], docs[n], ranks);
            }
            if let Some(users) = users.filter(|users| users[n] != NONE) {
                pairs.insert(users[n], winner);
            }
        }
    })
    .map_err(failed)?;
    match &people {
        Some(people) => pairs.into_sets(people, found.users).map_err(failed),
        None => Ok(()),
    }
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
