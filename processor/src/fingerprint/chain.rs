//! Which exceptions of a chain or group tell what went wrong.

use std::collections::{BTreeMap, BTreeSet};

use schemas::event::Exception;

use super::{by_exceptions, frames::Family};

/// Types that only carry another exception across a thread, a call by reflection or a task.
const WRAPPERS: [&str; 9] = [
    "ExecutionException",
    "CompletionException",
    "InvocationTargetException",
    "UndeclaredThrowableException",
    "UncheckedExecutionException",
    "TargetInvocationException",
    "TypeInitializationException",
    "AggregateException",
    "NestedServletException",
];

/// The exceptions that count, causes first.
///
/// Of an exception group its distinct members count; when they are all alike, one of them with its causes stands
/// for the group. Wrappers do not count when something else is left.
pub(super) fn essential(exceptions: &[Exception], family: Family) -> Vec<&Exception> {
    let chain = of_group(exceptions, family).unwrap_or_else(|| exceptions.iter().collect());
    let told: Vec<&Exception> = chain.iter().copied().filter(|exception| !is_wrapper(exception)).collect();
    if told.is_empty() { chain } else { told }
}

fn is_wrapper(exception: &Exception) -> bool {
    let kind = exception.kind.as_deref().unwrap_or_default();
    let name = kind.rsplit(['.', '$']).next().unwrap_or_default();
    WRAPPERS.contains(&name)
}

/// The exceptions that count of a group; `None` if there is no group, or it is not described as a tree.
fn of_group(exceptions: &[Exception], family: Family) -> Option<Vec<&Exception>> {
    let tree = Tree::of(exceptions)?;
    let root = exceptions.iter().rev().find(|e| parent(e).is_none())?;
    let mut members = Vec::new();
    tree.members(root, &mut members, &mut BTreeSet::new());
    let mut seen = BTreeSet::new();
    members.retain(|member| seen.insert(by_exceptions(&[member], family).to_string()));
    match members.as_slice() {
        [] => None,
        [only] => Some(tree.causes(only)),
        _ => Some(members.into_iter().rev().chain([root]).collect()),
    }
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
        for exception in exceptions {
            if let Some(parent) = parent(exception) {
                children.entry(parent).or_default().push(exception);
            }
        }
        Some(Self(children))
    }

    fn children(&self, exception: &Exception) -> &[&'a Exception] {
        id(exception).and_then(|id| self.0.get(&id)).map_or(&[], Vec::as_slice)
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

    /// An exception after its causes.
    fn causes(&self, of: &'a Exception) -> Vec<&'a Exception> {
        let mut chain = vec![of];
        let mut seen = BTreeSet::from_iter(id(of));
        while let Some(cause) = chain.last().and_then(|last| self.children(last).first()) {
            if id(cause).is_none_or(|id| !seen.insert(id)) {
                break;
            }
            chain.push(cause);
        }
        chain.reverse();
        chain
    }
}
