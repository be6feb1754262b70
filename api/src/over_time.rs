//! Counting over a [`Grid`], whose buckets may differ in length.

use schemas::query::Value;
use storage::index::{Count, Counted, Group, Scope};

use crate::{
    Api,
    grid::{Grid, Run},
    problem::Answer,
    recount,
};

/// Answers `count` with the buckets of `grid`, which is of its range. Where clocks are changed it takes a count for each
/// run of equal buckets, of all events and of the groups that the whole range has.
pub(crate) async fn count(api: &Api, count: Count, grid: &Grid) -> Answer<Counted> {
    let runs = grid.runs();
    if let [run] = &runs[..] {
        return Ok(api.index().count(&in_run(&count, run)).await?);
    }
    let whole = Count { interval: None, origin: None, users_over_time: false, ..count.clone() };
    let mut counted = api.index().count(&whole).await?;
    let keys: Vec<Vec<Value>> = counted.groups.iter().map(|group| group.key.clone()).collect();
    for run in &runs {
        let all = Count { users_over_time: count.users_over_time, ..Count::of(count.scope.clone()) };
        let all = api.index().count(&in_run(&all, run)).await?;
        counted.buckets.extend(all.buckets);
        counted.weights.extend(all.weights);
        counted.users_over_time.extend(all.users_over_time);
        let groups = match count.by.is_empty() {
            true => recount::Recounted::default(),
            false => {
                let groups = Count { by: count.by.clone(), ..Count::of(count.scope.clone()) };
                recount::of(api, &in_run(&groups, run), &keys).await?
            }
        };
        for group in &mut counted.groups {
            extend(group, groups.get(&group.key), run.buckets);
        }
    }
    Ok(counted)
}

fn in_run(count: &Count, run: &Run) -> Count {
    let scope = Scope { millis: run.millis.clone(), ..count.scope.clone() };
    Count { scope, interval: Some(run.interval), origin: Some(run.origin), ..count.clone() }
}

fn extend(group: &mut Group, of_run: Option<&Group>, buckets: usize) {
    match of_run {
        Some(of_run) => {
            group.buckets.extend(&of_run.buckets);
            group.weights.extend(&of_run.weights);
        }
        None => {
            group.buckets.extend(std::iter::repeat_n(0, buckets));
            group.weights.extend(std::iter::repeat_n(0, buckets));
        }
    }
}
