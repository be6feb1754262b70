//! The second pass: what is told of the groups of the answer beside their counts.

use std::sync::{Mutex, PoisonError};

use tantivy::query::Weight;

use super::{
    Counting, DOING, Locals, NONE, Plan,
    groups::{self, Winner},
    more::Weights,
    newest::Ranks,
    share::share,
    total::Again,
    users,
};
use crate::{Result, index::tantivy::fault::fault};

/// Adds the buckets, users and newest events of `winners` in these segments to what was found in others.
pub(super) fn second_pass(
    plan: &Plan,
    weight: &dyn Weight,
    countings: &mut [Counting<'_>],
    winners: &[&Winner],
    found: &mut [Again],
) -> Result<()> {
    let countings: Vec<Mutex<&mut Counting<'_>>> = countings.iter_mut().map(Mutex::new).collect();
    share(
        countings.len(),
        |n| of_segment(plan, weight, &mut countings[n].lock().unwrap_or_else(PoisonError::into_inner), winners),
        |again| {
            found.iter_mut().zip(again).for_each(|(all, part)| all.merge(part));
            users::bound(found.iter_mut().map(|again| &mut again.users));
            Ok(())
        },
    )
}

fn of_segment(plan: &Plan, weight: &dyn Weight, counting: &mut Counting<'_>, winners: &[&Winner]) -> Result<Vec<Again>> {
    let failed = |error| fault(DOING, error);
    let Counting { part, axes } = counting;
    let places = groups::places(axes, &plan.count.by, winners).map_err(|error| failed(error.into()))?;
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = vec![Again::new(plan); winners.len()];
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
            let again = &mut found[winner as usize];
            if plan.buckets.len > 0 {
                again.buckets.add(plan.buckets.place(times[n]), more.at(n));
            }
            if let Some(ranks) = &ranks {
                again.newest.see(times[n], docs[n], ranks);
            }
            if let Some(users) = users.filter(|users| users[n] != NONE) {
                pairs.insert(users[n], winner);
            }
        }
    })
    .map_err(failed)?;
    if let Some(people) = &people {
        pairs.each(&plan.terms, part, people, |winner, hash| found[winner].users.add_hash(hash)).map_err(failed)?;
    }
    Ok(found)
}
