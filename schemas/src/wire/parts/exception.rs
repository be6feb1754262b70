//! Exceptions and how they were caught.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{
    scalar::{Listed, boolean, listed, text, unsigned},
    stacktrace,
};
use crate::{
    event::{Event, Exception, Mechanism},
    wire::{
        odd::{Odd, Path, insert_beside},
        tree::Tree,
    },
};

/// Exceptions in any form, causes first.
pub(in crate::wire) fn exceptions(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Vec<Exception> {
    let mut list: Listed = listed(value);
    let beside = list.beside.remove("mechanism");
    let mut exceptions = list.read(at, odd, exception);
    if let Some(value) = beside {
        // Old SDKs say how the error was caught once for all; it holds for the raised exception.
        let at = at.key("mechanism");
        match exceptions.last_mut() {
            Some(raised) if raised.mechanism.is_none() => raised.mechanism = mechanism(value, &at, odd),
            _ => odd.keep(&at, value),
        }
    }
    exceptions
}

/// Gives a stack trace that came without an exception to the only exception, if that has none.
pub(in crate::wire) fn adopt_stacktrace(event: &mut Event) {
    if let [only] = event.exceptions.as_mut_slice()
        && only.stacktrace.is_none()
    {
        only.stacktrace = event.stacktrace.take();
    }
}

/// One exception. `None` when it says nothing.
fn exception(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<Exception> {
    let mut exception = Exception::default();
    match value {
        Tree::Null => {}
        Tree::Object(map) => {
            for (key, value) in map {
                member(&mut exception, &key, value, &at.key(&key), odd);
            }
        }
        Tree::String(text) => exception.value = Some(text),
        other => odd.misfit(at, other, "expected an exception"),
    }
    name_by_value(&mut exception);
    (exception != Exception::default()).then_some(exception)
}

fn member(exception: &mut Exception, key: &str, value: Tree, at: &Path<'_>, odd: &mut Odd) {
    match key {
        _ if value.is_null() => {}
        "type" => exception.kind = text(value, at, odd).filter(|kind| !kind.is_empty()),
        "value" => {
            exception.value = match value {
                value @ (Tree::Object(_) | Tree::Array(_)) => Some(value.into_text()),
                value => text(value, at, odd),
            }
        }
        "module" => exception.module = text(value, at, odd).filter(|module| !module.is_empty()),
        "mechanism" => exception.mechanism = mechanism(value, at, odd),
        "stacktrace" | "sentry.interfaces.Stacktrace" if exception.stacktrace.is_none() => {
            exception.stacktrace = stacktrace(value, at, odd);
        }
        "thread_id" => exception.thread_id = text(value, at, odd),
        _ => odd.keep(at, value),
    }
}

/// An exception without a type whose value is `Type: value` on one line is named by it. Not a synthetic one: its
/// value is a message, and what stands before the colon is part of it.
fn name_by_value(exception: &mut Exception) {
    if exception.kind.is_some() || exception.mechanism.as_ref().is_some_and(|m| m.synthetic == Some(true)) {
        return;
    }
    let Some((kind, value)) = exception.value.as_deref().and_then(|value| value.split_once(':')) else { return };
    let is_word = !kind.is_empty() && kind.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_word && !value.contains('\n') {
        (exception.kind, exception.value) = (Some(kind.to_owned()), Some(value.trim().to_owned()));
    }
}

fn mechanism(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<Mechanism> {
    let mut mechanism = Mechanism::default();
    let mut legacy = Vec::new();
    match value {
        Tree::Null => {}
        Tree::String(kind) => mechanism.kind = Some(kind),
        Tree::Object(map) => {
            for (key, value) in map {
                if matches!(&*key, "posix_signal" | "mach_exception" | "ns_error") {
                    legacy.push((key, Value::from(value)));
                } else {
                    mechanism_member(&mut mechanism, key, value, at, odd);
                }
            }
        }
        other => odd.misfit(at, other, "expected an object"),
    }
    adopt_legacy_meta(&mut mechanism, legacy);
    (mechanism != Mechanism::default()).then_some(mechanism)
}

fn mechanism_member(mechanism: &mut Mechanism, key: Cow<'_, str>, value: Tree, at: &Path<'_>, odd: &mut Odd) {
    let at = &at.key(&key);
    match &*key {
        _ if value.is_null() => {}
        "type" => mechanism.kind = text(value, at, odd),
        "handled" => mechanism.handled = boolean(value, at, odd),
        "synthetic" => mechanism.synthetic = boolean(value, at, odd),
        "description" => mechanism.description = text(value, at, odd),
        "help_link" => mechanism.help_link = text(value, at, odd),
        "source" => mechanism.source = text(value, at, odd),
        "exception_id" => mechanism.exception_id = unsigned(value, at, odd),
        "parent_id" => mechanism.parent_id = unsigned(value, at, odd),
        "is_exception_group" => mechanism.is_exception_group = boolean(value, at, odd),
        "meta" => mechanism.meta = Some(value.into()),
        "data" => match value {
            Tree::Object(data) => data.into_iter().for_each(|(key, value)| insert_beside(&mut mechanism.data, key, value)),
            other => insert_beside(&mut mechanism.data, key, other),
        },
        _ => insert_beside(&mut mechanism.data, key, value),
    }
}

/// Cocoa before 2018 wrote signals beside the type. They go where today's SDKs write them, by today's names.
fn adopt_legacy_meta(mechanism: &mut Mechanism, legacy: Vec<(Cow<'_, str>, Value)>) {
    for (key, mut value) in legacy {
        let (today, renamed) = match &*key {
            "posix_signal" => ("signal", Some(("signal", "number"))),
            "mach_exception" => ("mach_exception", Some(("exception_name", "name"))),
            _ => ("ns_error", None),
        };
        if let (Some((from, to)), Value::Object(map)) = (renamed, &mut value)
            && let Some(moved) = map.remove(from)
        {
            map.entry(to).or_insert(moved);
        }
        let meta = mechanism.meta.get_or_insert_with(|| Value::Object(Map::new()));
        match meta {
            Value::Object(meta) if !meta.contains_key(today) => {
                meta.insert(today.to_owned(), value);
            }
            _ => insert_beside(&mut mechanism.data, key, value),
        }
    }
}
