//! A chain of exceptions that says something at each link.

use schemas::{
    event::{Event, Exception},
    limits,
};

/// Drops links that say nothing, reads types out of values, gives the only exception the stack trace that came
/// beside it, and keeps both ends of a chain that is too long.
pub(super) fn mend(event: &mut Event) {
    event.exceptions.retain(|e| is_filled(&e.kind) || is_filled(&e.value) || e.stacktrace.as_ref().is_some_and(|s| !s.frames.is_empty() || s.raw.is_some()));
    event.exceptions.iter_mut().for_each(split_type);
    if let [only] = event.exceptions.as_mut_slice()
        && only.stacktrace.as_ref().is_none_or(|s| s.frames.is_empty() && s.raw.is_none())
        && let Some(stack) = event.stacktrace.take()
    {
        only.stacktrace = Some(stack);
    }
    let count = event.exceptions.len();
    if count > limits::EXCEPTIONS {
        let half = limits::EXCEPTIONS / 2;
        event.exceptions.drain(half..count - (limits::EXCEPTIONS - half));
        event.note("exceptions", format!("{} of {count} left out of the middle", count - limits::EXCEPTIONS));
    }
}

fn is_filled(text: &Option<String>) -> bool {
    text.as_ref().is_some_and(|text| !text.trim().is_empty())
}

/// `ValueError: bad` as a value without a type is type and value.
fn split_type(exception: &mut Exception) {
    let synthetic = exception.mechanism.as_ref().and_then(|m| m.synthetic) == Some(true);
    if is_filled(&exception.kind) || synthetic {
        return;
    }
    let Some((kind, value)) = exception.value.as_deref().and_then(|value| value.split_once(':')) else { return };
    let is_name = !kind.is_empty() && kind.len() <= limits::TYPE_CHARS && kind.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_name {
        let value = value.trim().to_owned();
        exception.kind = Some(kind.to_owned());
        exception.value = Some(value).filter(|value| !value.is_empty());
    }
}
