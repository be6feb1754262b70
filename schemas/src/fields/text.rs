//! The full text of an event: which of its parts are found by words, and in which order they stand.

use serde_json::Value;

use crate::{
    event::{Event, Frame, Stacktrace},
    limits, tokens,
};

/// Most texts that are taken from the variables of one frame or the data of one breadcrumb.
const VALUES: usize = 256;

/// Calls `emit` with each token of the event's full text, at most [`limits::TEXT_TOKENS`]: message, types and values
/// of exceptions, culprit, transaction; functions, modules and files of frames from the crash outwards; breadcrumbs,
/// the last one first; the variables of frames in the order of frames. What comes last is missing in the largest events.
pub fn text(event: &Event, emit: impl FnMut(&str)) {
    let mut words = Words { left: limits::TEXT_TOKENS, emit };
    words.add(event.message.as_ref().map(|m| m.formatted.as_str()));
    for exception in event.exceptions.iter().rev() {
        words.add(exception.kind.as_deref());
        words.add(exception.value.as_deref());
    }
    if event.exceptions.is_empty() && event.message.is_none() {
        words.add(event.error.kind.as_deref());
        words.add(event.error.message.as_deref());
    }
    words.add(event.culprit.as_deref());
    words.add(event.transaction.as_deref());
    for frame in frames(event) {
        words.add(frame.function.as_deref());
        words.add(frame.module.as_deref());
        words.add(frame.filename.as_deref());
    }
    for crumb in event.breadcrumbs.iter().rev() {
        words.add(crumb.category.as_deref());
        words.add(crumb.message.as_deref());
        words.add_values(&crumb.data);
    }
    for frame in frames(event) {
        words.add_values(&frame.vars);
    }
}

/// From the crash outwards.
fn frames(event: &Event) -> impl Iterator<Item = &Frame> {
    let traces = event.exceptions.iter().rev().filter_map(|e| e.stacktrace.as_ref()).chain(&event.stacktrace);
    traces.flat_map(|Stacktrace { frames, .. }| frames.iter().rev())
}

struct Words<E> {
    left: usize,
    emit: E,
}

impl<E: FnMut(&str)> Words<E> {
    fn add(&mut self, text: Option<&str>) {
        if self.left == 0 {
            return;
        }
        tokens::split(text.unwrap_or_default(), |token| {
            if self.left > 0 {
                self.left -= 1;
                (self.emit)(token);
            }
        });
    }

    /// Names and values, those within others after them. Yes, no and nothing are no words.
    fn add_values<'v>(&mut self, named: impl IntoIterator<Item = (&'v String, &'v Value)>) {
        let mut waiting: Vec<(Option<&str>, &Value)> =
            named.into_iter().take(VALUES).map(|(name, value)| (Some(name.as_str()), value)).collect();
        waiting.reverse();
        let mut visited = 0;
        while let Some((name, value)) = waiting.pop() {
            visited += 1;
            if self.left == 0 || visited > VALUES {
                return;
            }
            self.add(name);
            let room = VALUES - visited;
            match value {
                Value::String(text) => self.add(Some(text)),
                Value::Number(number) => self.add(Some(&number.to_string())),
                Value::Array(items) => waiting.extend(items.iter().take(room).rev().map(|item| (None, item))),
                Value::Object(members) => {
                    let first = waiting.len();
                    waiting.extend(members.iter().take(room).map(|(name, item)| (Some(name.as_str()), item)));
                    waiting[first..].reverse();
                }
                Value::Null | Value::Bool(_) => {}
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::{
        event::{Breadcrumb, Exception, Message},
        ids::{EventId, ProjectId},
    };

    fn event() -> Event {
        Event::new(EventId([7; 16]), ProjectId(1), Timestamp::UNIX_EPOCH)
    }

    fn words(event: &Event) -> Vec<String> {
        let mut words = Vec::new();
        text(event, |token| words.push(token.to_owned()));
        words
    }

    #[test]
    fn every_part_that_people_look_for_has_its_words() {
        let mut event = event();
        event.message = Some(Message { formatted: "charging failed".into(), ..Message::default() });
        let frame = Frame {
            function: Some("charge".into()),
            module: Some("shop.pay".into()),
            filename: Some("pay.py".into()),
            vars: serde_json::from_value(json!({ "amount": 1200, "card": { "brand": "visa", "ok": true }, "items": ["socks", null] }))
                .unwrap(),
            ..Frame::default()
        };
        let trace = Stacktrace { frames: vec![frame], ..Stacktrace::default() };
        event.exceptions = vec![Exception {
            kind: Some("Declined".into()),
            value: Some("no funds".into()),
            stacktrace: Some(trace),
            ..Exception::default()
        }];
        let crumb = |message: &str| Breadcrumb {
            category: Some("navigation".into()),
            message: Some(message.into()),
            data: serde_json::from_value(json!({ "to": "basket" })).unwrap(),
            ..Breadcrumb::default()
        };
        event.breadcrumbs = vec![crumb("first"), crumb("last")];
        let expected = "charging failed declined no funds charge shop.pay shop pay pay.py pay py navigation last to basket \
                        navigation first to basket amount 1200 card brand visa ok items socks";
        assert_eq!(words(&event).join(" "), expected);
    }

    #[test]
    fn no_event_has_more_tokens_than_the_limit() {
        let mut event = event();
        let many: serde_json::Map<String, Value> = (0..10_000).map(|n| (format!("v{n}"), json!(vec![n; 10]))).collect();
        let frame = Frame { vars: many.into_iter().collect(), ..Frame::default() };
        event.stacktrace = Some(Stacktrace { frames: vec![frame; 100], ..Stacktrace::default() });
        assert_eq!(words(&event).len(), limits::TEXT_TOKENS);
    }
}
