//! What an event says in one line: title, culprit, type and message of the error.

use schemas::{
    event::{ErrorSummary, Event, Frame},
    limits,
};

use super::trims;

/// Title of an event that says nothing at all.
const NO_TITLE: &str = "(no message)";

/// Sets error, title and culprit from what the event has. A title or culprit that the client gave stays.
pub(super) fn summarize(event: &mut Event) {
    event.error = error(event);
    if event.culprit.as_ref().is_none_or(|culprit| culprit.trim().is_empty()) {
        event.culprit = culprit(event);
    }
    if event.title.trim().is_empty() {
        event.title = title(event);
    }
}

/// Type and message of the exception that was raised, else the message; without either what is there.
pub(crate) fn error(event: &Event) -> ErrorSummary {
    let message = event.message.as_ref().map(|m| m.formatted.trim()).filter(|m| !m.is_empty());
    let filled = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let mut error = match event.exceptions.last() {
        Some(raised) => ErrorSummary { kind: filled(&raised.kind), message: filled(&raised.value) },
        None => event.error.clone(),
    };
    error.message = error.message.or_else(|| message.map(str::to_owned));
    error
}

/// `Type: first line`, or whichever of the two there is.
pub(crate) fn title(event: &Event) -> String {
    let line = event.error.message.as_deref().and_then(|m| m.lines().map(str::trim).find(|line| !line.is_empty()));
    let mut title = match (&event.error.kind, line) {
        (Some(kind), Some(line)) => format!("{kind}: {}", head(line)),
        (Some(kind), None) => kind.clone(),
        (None, Some(line)) => head(line).to_owned(),
        (None, None) => event.culprit.clone().unwrap_or_else(|| NO_TITLE.to_owned()),
    };
    trims::text(&mut title, limits::TITLE_CHARS);
    title
}

/// Enough of a line for a title.
fn head(line: &str) -> &str {
    schemas::tokens::cut(line, 4 * limits::TITLE_CHARS)
}

/// The transaction, else the application's function nearest the crash, else the function nearest the crash.
pub(crate) fn culprit(event: &Event) -> Option<String> {
    if let Some(transaction) = event.transaction.as_ref().filter(|t| !t.trim().is_empty()) {
        return Some(transaction.clone());
    }
    let stack = event.exceptions.iter().rev().find_map(|e| e.stacktrace.as_ref()).or(event.stacktrace.as_ref())?;
    let own = stack.frames.iter().rev().find(|frame| frame.in_app == Some(true));
    own.into_iter().chain(stack.frames.iter().rev()).find_map(place)
}

fn place(frame: &Frame) -> Option<String> {
    let place = [&frame.module, &frame.filename].into_iter().flatten().find(|p| !p.is_empty());
    match (&frame.function, place) {
        (Some(function), Some(place)) => Some(format!("{place} in {function}")),
        (Some(function), None) => Some(function.clone()),
        (None, Some(place)) => Some(place.clone()),
        (None, None) => None,
    }
}
