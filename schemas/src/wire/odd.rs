//! What was odd in an event's JSON, where, and the values that no field takes.

use std::fmt;

use serde_json::Value;

use crate::{
    event::{Event, Free},
    limits,
};

/// A place in the client's JSON. Made on the stack on the way down, written out only when something is odd.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    /// A key of the outermost object.
    pub(super) fn top(key: &'a str) -> Self {
        Self { parent: None, step: Step::Key(key) }
    }

    /// A key of the object here.
    pub(super) fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Key(key) }
    }

    /// An element of the list here.
    pub(super) fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }

    /// As a JSON pointer (RFC 6901).
    pub(super) fn pointer(&self) -> String {
        let mut pointer = self.parent.map(Path::pointer).unwrap_or_default();
        match self.step {
            Step::Key(key) => pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Step::Index(index) => pointer.push_str(&format!("/{index}")),
        }
        pointer
    }
}

impl fmt::Display for Path<'_> {
    /// Dotted: `exception.values.0.stacktrace`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}.")?;
        }
        match self.step {
            Step::Key(key) => f.write_str(key),
            Step::Index(index) => write!(f, "{index}"),
        }
    }
}

/// Something odd.
pub(super) struct Note {
    pub(super) path: String,
    pub(super) pointer: String,
    pub(super) reason: &'static str,
}

/// Collects what was odd while an event is read.
#[derive(Default)]
pub(super) struct Odd {
    notes: Vec<Note>,
    kept: Vec<(String, Value)>,
}

impl Odd {
    /// Notes what was odd at the place, up to [`limits::EVENT_ERRORS`].
    pub(super) fn note(&mut self, at: &Path<'_>, reason: &'static str) {
        if self.notes.len() < limits::EVENT_ERRORS {
            self.notes.push(Note { path: at.to_string(), pointer: at.pointer(), reason });
        }
    }

    /// Keeps a value that no field takes, up to [`limits::FREE_ENTRIES`]. Null and empty values say nothing.
    pub(super) fn keep(&mut self, at: &Path<'_>, value: impl Into<Value>) {
        let value = value.into();
        let empty = match &value {
            Value::Null => true,
            Value::Object(map) => map.is_empty(),
            Value::Array(list) => list.is_empty(),
            _ => false,
        };
        if empty {
            return;
        }
        if self.kept.len() < limits::FREE_ENTRIES {
            self.kept.push((at.to_string(), value));
        } else {
            self.note(at, "too many values that belong to no field; dropped");
        }
    }

    /// Keeps a value that has not the form its field needs.
    pub(super) fn misfit(&mut self, at: &Path<'_>, value: impl Into<Value>, reason: &'static str) {
        self.note(at, reason);
        self.keep(at, value);
    }

    /// The first odd thing.
    pub(super) fn first(&self) -> Option<&Note> {
        self.notes.first()
    }

    /// Puts what was collected into the event: notes under `errors`, values under `extra`.
    pub(super) fn finish(self, event: &mut Event) {
        for note in self.notes {
            event.note(note.path, note.reason);
        }
        for (key, value) in self.kept {
            insert_beside(&mut event.extra, key, value);
        }
    }
}

/// Inserts without replacing: a taken key gets `_` behind it.
pub(super) fn insert_beside(map: &mut Free, key: impl Into<String>, value: impl Into<Value>) {
    let (mut key, value) = (key.into(), value.into());
    while map.get(&key).is_some_and(|held| *held != value) {
        key.push('_');
    }
    map.insert(key, value);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_are_written_dotted_and_as_pointers() {
        let exception = Path::top("exception");
        let values = exception.key("values");
        let first = values.index(0);
        let odd = first.key("a/b~c");
        assert_eq!(odd.to_string(), "exception.values.0.a/b~c");
        assert_eq!(odd.pointer(), "/exception/values/0/a~1b~0c");
    }

    #[test]
    fn a_kept_value_never_replaces_another() {
        let mut map = Free::from([("a".into(), json!(1)), ("a_".into(), json!(2))]);
        insert_beside(&mut map, "a", json!(3));
        insert_beside(&mut map, "a", json!(1));
        assert_eq!(map, Free::from([("a".into(), json!(1)), ("a_".into(), json!(2)), ("a__".into(), json!(3))]));
    }
}
