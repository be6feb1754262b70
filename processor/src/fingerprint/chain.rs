//! Which exceptions of a chain or group tell what went wrong.

use std::collections::{BTreeMap, BTreeSet};

use schemas::event::Exception;

use super::{content, family::Family, frames, wrappers::is_wrapper};

/// An exception that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) exception: &'a Exception,
    /// It only carries another one and stands here for its frames: its type says nothing.
    pub(super) bare: bool,
}

/// The exceptions that count, causes first.
///
/// Of an exception group its distinct members count, in an order of their own; when they are all alike, one of them
/// with its causes stands for the group. Suppressed exceptions do not count. Wrappers do not count when something
/// else is left; the nearest one keeps its frames where the others have none of the application's.
pub(super) fn told(exceptions: &[Exception], family: Family) -> Vec<Told<'_>> {
    let group = of_group(exceptions, family);
    let grouped = group.is_some();
    let chain = group.unwrap_or_else(|| plain(exceptions));
    let wraps = |at: usize| is_wrapper(chain[at], at.checked_sub(1).map(|at| chain[at])) && !(grouped && is_group(chain[at]));
    let wraps: Vec<bool> = (0..chain.len()).map(wraps).collect();
    if !wraps.contains(&true) || !wraps.contains(&false) {
        return chain.into_iter().map(|exception| Told { exception, bare: false }).collect();
    }
    let carrier = carrier(&chain, &wraps);
    let kept = chain.into_iter().enumerate().filter(|(at, _)| !wraps[*at] || carrier == Some(*at));
    kept.map(|(at, exception)| Told { exception, bare: wraps[at] }).collect()
}

/// The wrapper whose frames are needed: the first with frames of the application, else with any, where no other
/// exception has such.
fn carrier(chain: &[&Exception], wraps: &[bool]) -> Option<usize> {
    let first = |has: fn(&Exception) -> bool| {
        let others = chain.iter().zip(wraps).any(|(exception, wraps)| !wraps && has(exception));
        let wrapper = chain.iter().zip(wraps).position(|(exception, wraps)| *wraps && has(exception));
        wrapper.filter(|_| !others)
    };
    first(frames::has_own).or_else(|| first(|e| e.stacktrace.as_ref().is_some_and(|stack| !stack.frames.is_empty())))
}

/// A chain without groups: all but what was suppressed.
fn plain(exceptions: &[Exception]) -> Vec<&Exception> {
    if !exceptions.iter().any(is_suppressed) {
        return exceptions.iter().collect();
    }
    let mut hidden: BTreeSet<u64> = BTreeSet::new();
    // Holders stand behind what they hold.
    let told = exceptions.iter().rev().filter(|exception| {
        let hides = is_suppressed(exception) || parent(exception).is_some_and(|parent| hidden.contains(&parent));
        if hides {
            hidden.extend(id(exception));
        }
        !hides
    });
    let mut told: Vec<&Exception> = told.collect();
    told.reverse();
    if told.is_empty() { exceptions.iter().collect() } else { told }
}

fn is_suppressed(exception: &Exception) -> bool {
    let mechanism = exception.mechanism.as_ref();
    let says = |text: &Option<String>| text.as_deref().is_some_and(|text| text.starts_with("suppressed"));
    mechanism.is_some_and(|m| says(&m.source) || says(&m.kind))
}

/// The exceptions that count of a chain with a group in it; `None` if there is no group, or it is not described as a
/// tree.
fn of_group(exceptions: &[Exception], family: Family) -> Option<Vec<&Exception>> {
    let tree = Tree::of(exceptions)?;
    let root = exceptions.iter().rev().find(|e| parent(e).is_none())?;
    let mut told = tree.walk(root, family);
    if told.is_empty() {
        return None;
    }
    told.reverse();
    Some(told)
}

fn id(exception: &Exception) -> Option<u64> {
    exception.mechanism.as_ref()?.exception_id
}

fn parent(exception: &Exception) -> Option<u64> {
    exception.mechanism.as_ref()?.parent_id.filter(|parent| Some(*parent) != id(exception))
}

fn is_group(exception: &Exception) -> bool {
    exception.mechanism.as_ref().and_then(|m| m.is_exception_group) == Some(true)
}

/// Exceptions by their parent's number. Hostile events may have circles; every walk remembers where it was.
struct Tree<'a>(BTreeMap<u64, Vec<&'a Exception>>);

impl<'a> Tree<'a> {
    fn of(exceptions: &'a [Exception]) -> Option<Self> {
        if !exceptions.iter().any(is_group) {
            return None;
        }
        let mut children: BTreeMap<u64, Vec<&Exception>> = BTreeMap::new();
        for exception in exceptions.iter().filter(|exception| !is_suppressed(exception)) {
            if let Some(parent) = parent(exception) {
                children.entry(parent).or_default().push(exception);
            }
        }
        Some(Self(children))
    }

    fn children(&self, exception: &Exception) -> &[&'a Exception] {
        id(exception).and_then(|id| self.0.get(&id)).map_or(&[], Vec::as_slice)
    }

    /// What counts from `root` on, the raised one first. Empty where a group has no members.
    fn walk(&self, root: &'a Exception, family: Family) -> Vec<&'a Exception> {
        let mut told = Vec::new();
        let mut seen = BTreeSet::new();
        let mut next = Some(root);
        while let Some(exception) = next.take().filter(|e| id(e).is_none_or(|id| seen.insert(id))) {
            if !is_group(exception) {
                told.push(exception);
                next = self.children(exception).last().copied().filter(|cause| id(cause).is_some());
                continue;
            }
            let mut members = Vec::new();
            self.members(exception, &mut members, &mut BTreeSet::new());
            match distinct(members, family).as_slice() {
                [] => return Vec::new(),
                [only] => next = Some(only),
                several => {
                    told.push(exception);
                    told.extend(several);
                }
            }
        }
        told
    }

    /// Exceptions below `from` that are no groups, without their causes.
    fn members(&self, from: &'a Exception, into: &mut Vec<&'a Exception>, seen: &mut BTreeSet<u64>) {
        if id(from).is_some_and(|id| !seen.insert(id)) {
            return;
        }
        if !is_group(from) {
            into.push(from);
            return;
        }
        for child in self.children(from) {
            self.members(child, into, seen);
        }
    }
}

/// One of each kind, in the order of what they say: tasks end in any order.
fn distinct(members: Vec<&Exception>, family: Family) -> Vec<&Exception> {
    let mut kinds: BTreeMap<String, &Exception> = BTreeMap::new();
    for member in members {
        kinds.entry(content::of_exceptions(&[Told { exception: member, bare: false }], family).0.as_str().to_owned()).or_insert(member);
    }
    kinds.into_values().collect()
}
