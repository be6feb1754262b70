//! Counts over columns: every group is counted in every segment, so all counts are exact.
//!
//! A first pass counts all groups. Buckets, users and newest events of groups are looked for in a second one, for the
//! groups that are answered only, so that memory goes with the answer and not with the data.

use std::sync::Arc;

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
mod second;
mod settled;
pub(super) mod share;
mod terms;
mod total;
pub(super) mod users;

use axis::{Axis, NONE};
use distinct::Distinct;
use groups::{Cells, Groups, Winner};
use more::Weights;
use second::second_pass;
use settled::Old;
pub(super) use settled::Settled;
use share::share;
pub(super) use terms::Terms;
use total::{Again, Buckets, Total};
use users::Users;

const DOING: &str = "counting in the index";

/// A count that can be answered.
pub(super) struct Plan {
    count: Count,
    query: Box<dyn Query>,
    buckets: Buckets,
    terms: Arc<Terms>,
}

impl Plan {
    pub(super) fn new(layout: &Layout, count: &Count, terms: Arc<Terms>) -> Result<Self> {
        count.check()?;
        Ok(Self { query: compile(layout, &count.scope)?, count: count.clone(), buckets: Buckets::of(count), terms })
    }

    /// Whether groups are looked at again.
    fn again(&self) -> bool {
        self.buckets.len > 0 || self.count.users || self.count.newest
    }
}

/// One segment after the first pass.
struct Counting<'a> {
    part: &'a Part<'a>,
    axes: Vec<Axis>,
}

/// What the first pass finds in some segments.
struct First<'a> {
    total: Total,
    groups: Groups,
    countings: Vec<Counting<'a>>,
}

/// Answers `plan`. What was counted of segments that stay as they are is taken from `settled` and kept there.
pub(super) fn count(layout: &Layout, searchers: &[Searcher], plan: &Plan, settled: &Settled) -> Result<Counted> {
    let failed = |error| fault(DOING, error);
    let weight = plan.query.weight(EnableScoring::disabled_from_schema(&layout.schema)).map_err(failed)?;
    let parts = parts(searchers, &plan.count.scope.millis).map_err(failed)?;
    let (old, new) = settled::split(&parts, searchers.len());
    let mut old = Old::new(settled, plan, &*weight, old)?;
    let mut new = first_pass(plan, &*weight, &new)?;
    let mut total = Total::new(plan);
    total.merge(old.known.total.clone());
    total.merge(new.total);
    let mut groups = old.known.groups.clone();
    groups.merge_all(&new.groups)?;
    let groups_total = groups.len();
    let winners = groups.most(plan.count.limit);
    let mut found = vec![Again::new(plan); winners.len()];
    if plan.again() && !winners.is_empty() {
        second_pass(plan, &*weight, &mut new.countings, &winners.iter().collect::<Vec<_>>(), &mut found)?;
        old.again(plan, &*weight, &winners, &mut found)?;
    }
    old.keep(settled);
    Ok(answer(plan, total, groups_total, winners.into_iter().zip(found)))
}

fn answer(plan: &Plan, total: Total, groups_total: u64, winners: impl Iterator<Item = (Winner, Again)>) -> Counted {
    let Total { cell, buckets, users, users_over_time, distinct, .. } = total;
    let numbers = |sets: Vec<Users>| sets.iter().map(Users::count).collect();
    let users = plan.count.users.then(|| users.count());
    let (buckets, weights) = buckets.into_parts();
    let mut counted = Counted {
        total: cell.count,
        weight: cell.weight(),
        buckets,
        weights,
        users,
        users_over_time: numbers(users_over_time),
        distinct: numbers(distinct),
        groups: Vec::new(),
        groups_total,
        error_bound: 0,
    };
    if !plan.count.by.is_empty() {
        counted.groups = winners.map(|(winner, again)| group(plan, &winner, again)).collect();
    } else if cell.count > 0 {
        counted.groups_total = 1;
        let (buckets, weights) = (counted.buckets.clone(), counted.weights.clone());
        let all =
            Group { key: Vec::new(), count: cell.count, weight: cell.weight(), seen: cell.seen(), buckets, weights, users, newest: None };
        counted.groups.extend(Some(all).filter(|_| plan.count.limit > 0));
    }
    counted
}

fn group(plan: &Plan, winner: &Winner, again: Again) -> Group {
    let Again { buckets, users, newest, .. } = again;
    let (buckets, weights) = buckets.into_parts();
    let (count, weight, seen) = (winner.cell.count, winner.cell.weight(), winner.cell.seen());
    let users = plan.count.users.then(|| users.count());
    Group { key: winner.key(&plan.count.by), count, weight, seen, buckets, weights, users, newest: newest.event() }
}

/// Counts everything in these segments but what the second pass finds about groups.
fn first_pass<'a>(plan: &Plan, weight: &dyn Weight, parts: &[&'a Part<'a>]) -> Result<First<'a>> {
    let mut first = First { total: Total::new(plan), groups: Groups::default(), countings: Vec::with_capacity(parts.len()) };
    share(
        parts.len(),
        |n| of_segment(plan, weight, parts[n]),
        |(counting, total, cells)| {
            first.total.merge(total);
            first.groups.merge(&counting.axes, cells)?;
            first.countings.push(counting);
            Ok(())
        },
    )?;
    Ok(first)
}

/// The fields that events are split by.
fn axes(plan: &Plan, part: &Part<'_>) -> tantivy::Result<Vec<Axis>> {
    plan.count.by.iter().map(|field| Axis::new(part.segment, field, Some(&plan.terms))).collect()
}

fn of_segment<'a>(plan: &Plan, weight: &dyn Weight, part: &'a Part<'a>) -> Result<(Counting<'a>, Total, Cells)> {
    let failed = |error| fault(DOING, error);
    let mut axes = axes(plan, part).map_err(failed)?;
    let mut total = Total::new(plan);
    let mut cells = Cells::new(&axes);
    let mut people = if plan.count.users { Some(Distinct::users(part).map_err(failed)?) } else { None };
    let mut by_bucket = if total.users_over_time.is_empty() { None } else { Some(users::Buckets::new(part).map_err(failed)?) };
    let values = plan.count.distinct.iter().map(|field| Distinct::new(part, field, &plan.terms));
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
        people.into_users(&plan.terms, part, &mut total.users).map_err(failed)?;
    }
    if let Some(by_bucket) = by_bucket {
        by_bucket.into_sets(&plan.terms, part, &mut total.users_over_time).map_err(failed)?;
    }
    for (values, set) in values.into_iter().zip(&mut total.distinct) {
        values.into_set(set).map_err(failed)?;
    }
    Ok((Counting { part, axes }, total, cells))
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
