//! Texts and lists within the limits of `schemas::limits`. What is cut ends in `...` and is noted, with the length that
//! it had.

use std::fmt::Write as _;

use schemas::{
    event::{Breadcrumb, Event, Free, Request, Tags},
    limits::{self, FREE_ENTRIES, NAME_CHARS, SHORT_NAME_CHARS, TYPE_CHARS},
};
use serde_json::Value;

use super::free::Budget;

/// Cuts a text to `chars` characters. Answers how many it had, if they were more.
pub(super) fn text(text: &mut String, chars: usize) -> Option<usize> {
    if text.len() <= chars {
        return None;
    }
    text.char_indices().nth(chars)?;
    let length = text.chars().count();
    let end = text.char_indices().nth(chars.saturating_sub(3)).map_or(0, |(at, _)| at);
    text.truncate(end);
    if chars >= 3 {
        text.push_str("...");
    }
    Some(length)
}

/// What was cut of one thing.
#[derive(Debug, Default)]
pub(super) struct Cuts {
    texts: usize,
    /// Characters of the longest.
    longest: usize,
    left_out: usize,
    deeper: bool,
}

impl Cuts {
    /// Cuts a text.
    pub(super) fn text(&mut self, text: &mut String, chars: usize) {
        if let Some(length) = self::text(text, chars) {
            self.texts += 1;
            self.longest = self.longest.max(length);
        }
    }

    /// Cuts texts that may be there.
    pub(super) fn texts<'a>(&mut self, texts: impl IntoIterator<Item = (&'a mut Option<String>, usize)>) {
        for (text, chars) in texts {
            if let Some(text) = text {
                self.text(text, chars);
            }
        }
    }

    /// Cuts a free map.
    pub(super) fn free(&mut self, map: &mut Free, bytes: usize) {
        let mut budget = Budget::new(bytes, self);
        budget.map(map);
    }

    /// Cuts a free value.
    pub(super) fn value(&mut self, value: &mut Value, bytes: usize) {
        Budget::new(bytes, self).value(value, limits::FREE_DEPTH);
    }

    /// Cuts a map of short texts.
    fn short(&mut self, map: &mut Tags) {
        let mut entries = 0;
        self.left_out(map.len().saturating_sub(FREE_ENTRIES));
        map.retain(|_, _| {
            entries += 1;
            entries <= FREE_ENTRIES
        });
        map.values_mut().for_each(|value| self.text(value, limits::FREE_TEXT_CHARS));
    }

    fn pairs(&mut self, pairs: &mut Vec<(String, String)>) {
        self.left_out(pairs.len().saturating_sub(FREE_ENTRIES));
        pairs.truncate(FREE_ENTRIES);
        for (name, value) in pairs {
            self.text(name, NAME_CHARS);
            self.text(value, limits::FREE_TEXT_CHARS);
        }
    }

    /// Counts entries of which nothing is kept.
    pub(super) fn left_out(&mut self, entries: usize) {
        self.left_out += entries;
    }

    /// Something was nested deeper than is kept.
    pub(super) fn deeper(&mut self) {
        self.deeper = true;
    }

    /// What was cut, for people. `None`: nothing.
    pub(super) fn reason(&self) -> Option<String> {
        let mut reason = String::new();
        let _ = match self.texts {
            0 => Ok(()),
            1 => write!(reason, ", a text of {} characters", self.longest),
            texts => write!(reason, ", {texts} texts of up to {} characters", self.longest),
        };
        if self.left_out > 0 {
            let _ = write!(reason, ", {} left out", self.left_out);
        }
        if self.deeper {
            reason.push_str(", what was nested too deep");
        }
        reason.get(2..).map(|reason| format!("cut to the limit: {reason}"))
    }

    /// Notes what was cut at `path`.
    pub(super) fn note(&self, event: &mut Event, path: impl Into<String>) {
        if let Some(reason) = self.reason() {
            event.note(path, reason);
        }
    }
}

/// Cuts the event to its limits.
pub(super) fn cut(event: &mut Event) {
    let mut notes = Notes::default();
    names(event, &mut notes);
    message(event, &mut notes);
    if let Some(request) = &mut event.request {
        self::request(request, &mut notes);
    }
    surroundings(event, &mut notes);
    breadcrumbs(event, &mut notes);
    for (path, reason) in notes.0 {
        event.note(path, reason);
    }
}

/// Paths and what was cut there.
#[derive(Default)]
struct Notes(Vec<(&'static str, String)>);

impl Notes {
    fn at(&mut self, path: &'static str, cut: impl FnOnce(&mut Cuts)) {
        let mut cuts = Cuts::default();
        cut(&mut cuts);
        self.0.extend(cuts.reason().map(|reason| (path, reason)));
    }
}

fn names(event: &mut Event, notes: &mut Notes) {
    for (path, name, chars) in [
        ("title", Some(&mut event.title), limits::TITLE_CHARS),
        ("culprit", event.culprit.as_mut(), NAME_CHARS),
        ("transaction", event.transaction.as_mut(), NAME_CHARS),
        ("service", event.service.as_mut(), NAME_CHARS),
        ("commit", event.commit.as_mut(), NAME_CHARS),
        ("host", event.host.as_mut(), NAME_CHARS),
        ("instance_id", event.instance_id.as_mut(), NAME_CHARS),
        ("session_id", event.session_id.as_mut(), NAME_CHARS),
        ("logger", event.logger.as_mut(), SHORT_NAME_CHARS),
        ("platform", event.platform.as_mut(), SHORT_NAME_CHARS),
        ("error.type", event.error.kind.as_mut(), TYPE_CHARS),
        ("error.message", event.error.message.as_mut(), limits::MESSAGE_CHARS),
        ("trace.correlation_id", event.trace.correlation_id.as_mut(), NAME_CHARS),
        ("trace.trace_id", event.trace.trace_id.as_mut(), NAME_CHARS),
        ("trace.span_id", event.trace.span_id.as_mut(), NAME_CHARS),
        ("trace.parent_span_id", event.trace.parent_span_id.as_mut(), NAME_CHARS),
    ] {
        if let Some(name) = name {
            notes.at(path, |cuts| cuts.text(name, chars));
        }
    }
    notes.at("client_fingerprint", |cuts| {
        cuts.left_out(event.client_fingerprint.len().saturating_sub(limits::FINGERPRINT_PARTS));
        event.client_fingerprint.truncate(limits::FINGERPRINT_PARTS);
        event.client_fingerprint.iter_mut().for_each(|part| cuts.text(part, limits::FREE_TEXT_CHARS));
    });
}

fn message(event: &mut Event, notes: &mut Notes) {
    let Some(message) = &mut event.message else { return };
    notes.at("message", |cuts| {
        cuts.text(&mut message.formatted, limits::MESSAGE_CHARS);
        cuts.texts([(&mut message.template, limits::MESSAGE_CHARS)]);
    });
    if let Some(params) = &mut message.params {
        notes.at("message.params", |cuts| cuts.value(params, limits::CONTEXT_BYTES));
    }
}

fn request(request: &mut Request, notes: &mut Notes) {
    notes.at("request.url", |cuts| {
        cuts.texts([(&mut request.url, limits::MESSAGE_CHARS), (&mut request.fragment, limits::MESSAGE_CHARS)]);
    });
    if let Some(method) = &mut request.method {
        text(method, SHORT_NAME_CHARS);
        method.make_ascii_uppercase();
    }
    notes.at("request.headers", |cuts| cuts.pairs(&mut request.headers));
    notes.at("request.cookies", |cuts| cuts.pairs(&mut request.cookies));
    notes.at("request.query", |cuts| cuts.pairs(&mut request.query));
    if let Some(body) = &mut request.body {
        notes.at("request.body", |cuts| cuts.value(body, limits::REQUEST_BODY_BYTES));
    }
    notes.at("request.env", |cuts| cuts.short(&mut request.env));
    notes.at("request.data", |cuts| cuts.free(&mut request.data, limits::CONTEXT_BYTES));
}

fn surroundings(event: &mut Event, notes: &mut Notes) {
    notes.at("contexts", |cuts| {
        cuts.left_out(event.contexts.len().saturating_sub(FREE_ENTRIES));
        let mut kept = 0;
        event.contexts.retain(|_, _| {
            kept += 1;
            kept <= FREE_ENTRIES
        });
        event.contexts.values_mut().for_each(|context| cuts.value(context, limits::CONTEXT_BYTES));
    });
    notes.at("extra", |cuts| cuts.free(&mut event.extra, limits::EXTRA_BYTES));
    notes.at("modules", |cuts| cuts.short(&mut event.modules));
    notes.at("metrics", |cuts| {
        cuts.left_out(event.metrics.len().saturating_sub(FREE_ENTRIES));
        if let Some(first_left_out) = event.metrics.keys().nth(FREE_ENTRIES).cloned() {
            event.metrics.split_off(&first_left_out);
        }
    });
    if let Some(body) = event.call.as_mut().and_then(|call| call.response_body.as_mut()) {
        notes.at("call.response_body", |cuts| cuts.text(body, limits::RESPONSE_BODY_CHARS));
    }
}

fn breadcrumbs(event: &mut Event, notes: &mut Notes) {
    let old = event.breadcrumbs.len().saturating_sub(limits::BREADCRUMBS);
    event.breadcrumbs.drain(..old);
    notes.at("breadcrumbs", |cuts| {
        cuts.left_out(old);
        for Breadcrumb { message, category, kind, data, .. } in &mut event.breadcrumbs {
            cuts.texts([(message, limits::BREADCRUMB_DATA_BYTES), (category, NAME_CHARS), (kind, SHORT_NAME_CHARS)]);
            cuts.free(data, limits::BREADCRUMB_DATA_BYTES);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_is_told_by_its_length() {
        let mut cuts = Cuts::default();
        cuts.text(&mut "short".to_owned(), 5);
        assert_eq!(cuts.reason(), None);
        let mut name = "é".repeat(300);
        cuts.text(&mut name, 10);
        assert_eq!((name.chars().count(), name.ends_with("é...")), (10, true));
        assert_eq!(cuts.reason().as_deref(), Some("cut to the limit: a text of 300 characters"));
        cuts.text(&mut "x".repeat(50), 10);
        cuts.left_out(3);
        cuts.deeper();
        let reason = "cut to the limit: 2 texts of up to 300 characters, 3 left out, what was nested too deep";
        assert_eq!(cuts.reason().as_deref(), Some(reason));
    }
}
