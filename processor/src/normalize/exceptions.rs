//! A chain of exceptions that says something at each link.

use schemas::{
    event::{Event, Exception, Stacktrace},
    limits,
};

/// Drops links that say nothing and makes an exception of an error that came without.
pub(super) fn mend(event: &mut Event) {
    event.exceptions.retain(|e| is_filled(&e.kind) || is_filled(&e.value) || e.stacktrace.as_ref().is_some_and(has_content));
    if event.exceptions.is_empty() && is_filled(&event.error.kind) {
        let (kind, value, stacktrace) = (event.error.kind.take(), event.error.message.take(), event.stacktrace.take());
        event.exceptions.push(Exception { kind, value, stacktrace, ..Exception::default() });
    }
}

/// Keeps both ends of a chain that is too long.
pub(super) fn cut(event: &mut Event) {
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

fn has_content(stack: &Stacktrace) -> bool {
    !stack.frames.is_empty() || stack.raw.is_some()
}
