//! Recursion counts once, however deep it went and wherever a cut trace begins.

use schemas::event::FrameUse;

use super::{
    family::Family,
    frames::{Call, Choice},
};

/// Longest circle of calls that is taken for recursion.
const CIRCLE: usize = 4;
/// How often a function calls itself before it is taken for recursion that may hide its callers.
const DEEP: usize = 3;

/// Calls with the number of their frames.
type Numbered<'a> = Vec<(usize, Call<'a>)>;

/// One call, or calls that go round.
struct Step<'a> {
    calls: Numbered<'a>,
    /// How many frames it stands for.
    frames: usize,
    deep: bool,
}

/// Calls without their repetitions.
///
/// Calls that go round in a circle stand in their own order: where the circle was entered is chance. JavaScript keeps
/// the last ten frames only, so that recursion hides its callers: there they do not count. Of calls that went too
/// deep only the circle counts: callers and the last call are chance.
pub(super) fn fold<'a>(calls: Numbered<'a>, choice: Choice, uses: &mut [FrameUse]) -> Numbered<'a> {
    if !repeats(&calls) {
        return calls;
    }
    let mut steps = circles(single(calls, uses), uses);
    let from = if choice.overflow {
        let deepest = (0..steps.len()).filter(|at| steps[*at].deep).max_by_key(|at| steps[*at].frames);
        if let Some(at) = deepest {
            drop_far(steps.drain(at + 1..), uses);
        }
        deepest
    } else if choice.family == Family::JavaScript {
        steps.iter().rposition(|step| step.deep)
    } else {
        None
    };
    drop_far(steps.drain(..from.unwrap_or(0)), uses);
    steps.into_iter().flat_map(|step| step.calls).collect()
}

/// Whether any call comes again as soon as it does where calls go round.
fn repeats(calls: &[(usize, Call<'_>)]) -> bool {
    // Calls of one place are many, those of one function few.
    let is_same = |one: &Call<'_>, other: &Call<'_>| one.function == other.function && one.place == other.place;
    calls.iter().enumerate().any(|(at, (_, call))| calls[at + 1..].iter().take(CIRCLE).any(|(_, next)| is_same(call, next)))
}

fn drop_far<'a>(steps: impl Iterator<Item = Step<'a>>, uses: &mut [FrameUse]) {
    for (at, _) in steps.flat_map(|step| step.calls) {
        uses[at] = FrameUse::Far;
    }
}

/// A function that calls itself, once.
fn single<'a>(calls: Numbered<'a>, uses: &mut [FrameUse]) -> Vec<Step<'a>> {
    let mut steps: Vec<Step<'a>> = Vec::with_capacity(calls.len());
    for (at, call) in calls {
        match steps.last_mut() {
            Some(last) if last.calls[0].1 == call => {
                uses[at] = FrameUse::Recursion;
                last.frames += 1;
                last.deep = last.frames >= DEEP;
            }
            _ => steps.push(Step { calls: vec![(at, call)], frames: 1, deep: false }),
        }
    }
    steps
}

/// Functions that call each other in turn, once each.
fn circles<'a>(steps: Vec<Step<'a>>, uses: &mut [FrameUse]) -> Vec<Step<'a>> {
    let mut found = Vec::with_capacity(steps.len());
    let mut rest = steps.into_iter();
    while !rest.as_slice().is_empty() {
        match (2..=CIRCLE).find_map(|length| circle(rest.as_slice(), length)) {
            Some((length, whole)) => found.push(join(rest.by_ref().take(whole).collect(), length, uses)),
            None => found.extend(rest.next()),
        }
    }
    found
}

/// The circle of `length` that the steps begin with, at least two rounds: its length and how many steps it takes.
fn circle(steps: &[Step<'_>], length: usize) -> Option<(usize, usize)> {
    let again = steps.iter().zip(steps.get(length..)?).take_while(|(one, next)| one.calls[0].1 == next.calls[0].1).count();
    (again >= length).then_some((length, length + again))
}

fn join<'a>(steps: Vec<Step<'a>>, length: usize, uses: &mut [FrameUse]) -> Step<'a> {
    let frames = steps.iter().map(|step| step.frames).sum();
    let mut calls: Numbered<'a> = Vec::with_capacity(length);
    for (number, (at, call)) in steps.into_iter().flat_map(|step| step.calls).enumerate() {
        if number < length {
            calls.push((at, call));
        } else {
            uses[at] = FrameUse::Recursion;
        }
    }
    calls.sort_by(|one, other| one.1.cmp(&other.1));
    Step { calls, frames, deep: true }
}
