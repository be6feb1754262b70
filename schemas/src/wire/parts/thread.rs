//! Threads.

use super::{
    scalar::{boolean, listed, text},
    stacktrace,
};
use crate::{
    event::Thread,
    wire::{
        odd::{Odd, Path, insert_beside},
        tree::Tree,
    },
};

/// Threads in any form.
pub(in crate::wire) fn threads(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Vec<Thread> {
    listed(value).read(at, odd, thread)
}

fn thread(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<Thread> {
    let mut thread = Thread::default();
    let map = match value {
        Tree::Null => return None,
        Tree::Object(map) => map,
        other => {
            odd.misfit(at, other, "expected a thread");
            return None;
        }
    };
    for (key, value) in map {
        let at = at.key(&key);
        match &*key {
            _ if value.is_null() => {}
            "id" => thread.id = text(value, &at, odd),
            "name" => thread.name = text(value, &at, odd),
            "crashed" => thread.crashed = boolean(value, &at, odd),
            "current" => thread.current = boolean(value, &at, odd),
            "stacktrace" => thread.stacktrace = stacktrace(value, &at, odd),
            "data" => match value {
                Tree::Object(data) => data.into_iter().for_each(|(key, value)| insert_beside(&mut thread.data, key, value)),
                other => insert_beside(&mut thread.data, key, other),
            },
            _ => insert_beside(&mut thread.data, key, value),
        }
    }
    (thread != Thread::default()).then_some(thread)
}
