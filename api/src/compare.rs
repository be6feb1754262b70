//! Groups of events on two sides, and which of their differences are more than chance.

use std::collections::BTreeMap;

use schemas::ids::{Fingerprint, ProjectId};
use storage::index::Scope;

use crate::{
    Api,
    answer::compare::{Compared, Kind, Kinds},
    groups::{self, Group},
    problem::Answer,
    significance::{self, LEVEL},
    titles,
};

/// Events of one side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) count: u64,
    pub(crate) weight: u64,
}

type Key = (ProjectId, Fingerprint);

/// The events of each group in `a` and in `b`.
pub(crate) type Pairs = BTreeMap<Key, [Pair; 2]>;

/// Joins the groups of both sides.
pub(crate) fn pairs(a: Vec<Group>, b: Vec<Group>) -> Pairs {
    let mut pairs = Pairs::new();
    for (side, groups) in [a, b].into_iter().enumerate() {
        groups.into_iter().for_each(|group| add(&mut pairs, side, group));
    }
    pairs
}

fn add(pairs: &mut Pairs, side: usize, group: Group) {
    pairs.entry((group.project, group.fingerprint)).or_default()[side] = Pair { count: group.count, weight: group.weight };
}

/// Counts what one side lists and the other, whose list is cut, does not.
pub(crate) async fn fill(api: &Api, a: &Scope, b: &Scope, pairs: &mut Pairs) -> Answer<()> {
    for (side, scope) in [a, b].into_iter().enumerate() {
        let missing = pairs.iter().filter(|(_, sides)| sides[side].count == 0).map(|(key, _)| key.clone()).collect();
        for group in groups::of(api, scope, missing, false, None).await? {
            add(pairs, side, group);
        }
    }
    Ok(())
}

/// A group and what is to be thought of its difference.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    key: Key,
    sides: [Pair; 2],
    kind: Kind,
    ratio: Option<f64>,
    chance: f64,
    corrected: f64,
    /// By how many standard errors the sides differ, about: orders what is beyond any doubt.
    distance: f64,
}

impl Judged {
    pub(crate) fn has_grown(&self) -> bool {
        self.kind == Kind::Grown
    }

    pub(crate) fn is_of(&self, project: ProjectId, fingerprint: &Fingerprint) -> bool {
        (self.key.0, &self.key.1) == (project, fingerprint)
    }

    /// Events in `a`.
    pub(crate) fn before(&self) -> u64 {
        self.sides[0].weight
    }

    pub(crate) fn chance(&self) -> f64 {
        self.chance
    }
}

/// Judges every group, the least likely differences first.
pub(crate) fn judge(pairs: Pairs, exposures: [f64; 2]) -> Vec<Judged> {
    let chances: Vec<f64> = pairs.values().map(|sides| chance(sides, exposures)).collect();
    let corrected = significance::corrected(&chances);
    let judge = |((key, sides), (chance, corrected)): ((Key, [Pair; 2]), (f64, f64))| {
        let [a, b] = sides.map(|side| side.weight as f64);
        let ratio = (a > 0.0).then(|| (b / exposures[1]) / (a / exposures[0]));
        let kind = match ratio {
            None => Kind::New,
            Some(_) if sides[1].count == 0 => Kind::Gone,
            Some(ratio) if corrected < LEVEL => {
                if ratio > 1.0 {
                    Kind::Grown
                } else {
                    Kind::Shrunk
                }
            }
            Some(_) => Kind::Steady,
        };
        let share = exposures[1] / (exposures[0] + exposures[1]);
        let distance = (b - (a + b) * share).abs() / ((a + b) * share * (1.0 - share)).sqrt().max(f64::MIN_POSITIVE);
        Judged { key, sides, kind, ratio, chance, corrected, distance }
    };
    let mut judged: Vec<Judged> = pairs.into_iter().zip(chances.into_iter().zip(corrected)).map(judge).collect();
    judged.sort_by(|x, y| {
        let evidence = x.chance.total_cmp(&y.chance).then_with(|| y.distance.total_cmp(&x.distance));
        evidence.then_with(|| x.key.cmp(&y.key))
    });
    judged
}

/// Sampled events stand for others that came or did not come with them: they count as evidence once.
fn chance(sides: &[Pair; 2], [a, b]: [f64; 2]) -> f64 {
    let (events, weight) = (sides[0].count + sides[1].count, sides[0].weight + sides[1].weight);
    let each = events as f64 / weight.max(1) as f64;
    significance::rates(sides[0].weight as f64 * each, sides[1].weight as f64 * each, a, b)
}

/// How many there are of each kind.
pub(crate) fn kinds(judged: &[Judged]) -> Kinds {
    let mut kinds = Kinds::default();
    judged.iter().for_each(|judged| kinds.add(judged.kind));
    kinds
}

/// The first `limit`, with their issues.
pub(crate) async fn listed(api: &Api, mut judged: Vec<Judged>, limit: usize) -> Answer<Vec<Compared>> {
    judged.truncate(limit);
    let keys: Vec<Key> = judged.iter().map(|judged| judged.key.clone()).collect();
    let titled = titles::of(api, &keys).await?;
    let compared = |(judged, titled): (Judged, Option<titles::Titled>)| {
        let Judged { key: (project, fingerprint), sides: [a, b], kind, ratio, chance, corrected, .. } = judged;
        let (issue, title) = titled.map(|titled| (titled.id, titled.title)).unzip();
        let estimated = a.count + b.count != a.weight + b.weight;
        let (a_count, b_count) = (a.weight, b.weight);
        Compared { project, fingerprint, issue, title, kind, a_count, b_count, estimated, ratio, p_value: chance, p_corrected: corrected }
    };
    Ok(judged.into_iter().zip(titled).map(compared).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(count: u64, weight: u64) -> Pair {
        Pair { count, weight }
    }

    fn key(name: &str) -> Key {
        (ProjectId(1), Fingerprint::fp1(name))
    }

    #[test]
    fn groups_are_told_apart_by_what_is_more_than_chance() {
        let plain = |a, b| [pair(a, a), pair(b, b)];
        let all =
            [("new", plain(0, 20)), ("gone", plain(30, 0)), ("grown", plain(10, 60)), ("shrunk", plain(80, 10)), ("steady", plain(9, 11))];
        let judged = judge(all.iter().map(|(name, sides)| (key(name), *sides)).collect(), [60.0, 60.0]);
        let kind = |name: &str| judged.iter().find(|judged| judged.key == key(name)).map(|judged| judged.kind);
        let expected = [Kind::New, Kind::Gone, Kind::Grown, Kind::Shrunk, Kind::Steady].map(Some);
        assert_eq!(["new", "gone", "grown", "shrunk", "steady"].map(kind), expected);
        assert_eq!(judged.last().map(|judged| judged.key.clone()), Some(key("steady")), "nothing speaks for a difference");
        assert!(judged.windows(2).all(|two| two[0].chance <= two[1].chance));
    }

    #[test]
    fn a_side_that_is_longer_may_have_more() {
        let judged = judge([(key("x"), [pair(10, 10), pair(30, 30)])].into(), [10.0, 30.0]);
        assert_eq!((judged[0].kind, judged[0].ratio), (Kind::Steady, Some(1.0)));
    }

    #[test]
    fn sampled_events_are_evidence_once() {
        // Two events that stand for 100 each are not two hundred witnesses.
        let judged = judge([(key("x"), [pair(1, 100), pair(3, 300)])].into(), [1.0, 1.0]);
        assert_eq!((judged[0].kind, judged[0].ratio), (Kind::Steady, Some(3.0)));
        assert!((judged[0].chance - 10.0 / 16.0).abs() < 1e-9);
    }
}
