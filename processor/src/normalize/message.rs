//! What an event says in one line: title, culprit, type and message of the error.

use schemas::{
    event::{ErrorSummary, Event, Frame, Message},
    limits,
};
use serde_json::Value;

use super::trims;

/// Title of an event that says nothing at all.
const NO_TITLE: &str = "(no message)";

/// Fills the parameters into a message that came as a template alone.
pub(super) fn fill(event: &mut Event) {
    if let Some(message) = &mut event.message {
        let template = message.template.take().filter(|template| !template.is_empty());
        if message.formatted.is_empty()
            && let Some(template) = &template
        {
            message.formatted = formatted(template, message.params.as_ref());
        }
        message.template = template;
    }
    event.message.take_if(|message| *message == Message::default());
}

/// Sets error, title and culprit from what the event has. A title or culprit that the client gave stays.
pub(super) fn summarize(event: &mut Event) {
    let raised = event.exceptions.last();
    let message = event.message.as_ref().map(|m| m.formatted.trim()).filter(|m| !m.is_empty());
    let filled = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let mut error = match raised {
        Some(raised) => ErrorSummary { kind: filled(&raised.kind), message: filled(&raised.value) },
        None => std::mem::take(&mut event.error),
    };
    error.message = error.message.or_else(|| message.map(str::to_owned));
    event.error = error;
    if event.culprit.as_ref().is_none_or(|culprit| culprit.trim().is_empty()) {
        event.culprit = culprit(event);
    }
    if event.title.trim().is_empty() {
        event.title = title(event);
    }
}

/// `Type: first line`, or whichever of the two there is.
fn title(event: &Event) -> String {
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
fn culprit(event: &Event) -> Option<String> {
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

/// Parameters in place of `%s`, `%d`, `%(name)s`, `{}`, `{0}`, `{name}`; placeholders without one stay.
fn formatted(template: &str, params: Option<&Value>) -> String {
    let Some(params) = params else { return template.to_owned() };
    let mut out = String::with_capacity(template.len());
    let mut number = 0;
    let mut rest = template;
    while let Some(at) = rest.find(['%', '{']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (length, name) = placeholder(rest);
        let param = match (name, params) {
            (_, _) if length == 0 => None,
            ("", Value::Array(list)) => list.get(number),
            (name, Value::Array(list)) => name.parse::<usize>().ok().and_then(|number| list.get(number)),
            (name, Value::Object(map)) => map.get(name),
            _ => None,
        };
        number += usize::from(length > 0 && name.is_empty());
        let length = length.max(1);
        match param {
            Some(Value::String(text)) => out.push_str(text),
            Some(value) => out.push_str(&value.to_string()),
            None => out.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// Length of the placeholder at the start of `text`, 0 if there is none, and its name.
fn placeholder(text: &str) -> (usize, &str) {
    let bytes = text.as_bytes();
    let name_end = |from: usize, end: u8| bytes.iter().skip(from).take(64).position(|b| *b == end).map(|length| from + length);
    match bytes {
        [b'%', b's' | b'd' | b'i' | b'f' | b'r' | b'v' | b'o' | b'u', ..] => (2, ""),
        [b'%', b'(', ..] => match name_end(2, b')') {
            Some(end) if bytes.get(end + 1).is_some_and(u8::is_ascii_alphabetic) => (end + 2, &text[2..end]),
            _ => (0, ""),
        },
        [b'{', ..] => match name_end(1, b'}') {
            Some(end) if bytes[1..end].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_') => (end + 1, &text[1..end]),
            _ => (0, ""),
        },
        _ => (0, ""),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_are_filled_in_as_the_common_loggers_do() {
        for (template, params, expected) in [
            ("user %s has %d items", json!(["ann", 3]), "user ann has 3 items"),
            ("user %(name)s", json!({"name": "ann"}), "user ann"),
            ("a {} b {}", json!([1, 2]), "a 1 b 2"),
            ("{1} {0}", json!(["x", "y"]), "y x"),
            ("{name} at 100%", json!({"name": "ann"}), "ann at 100%"),
            ("too few %s %s", json!(["one"]), "too few one %s"),
            ("{not a name} %", json!([1]), "{not a name} %"),
        ] {
            assert_eq!(formatted(template, Some(&params)), expected);
        }
    }
}
