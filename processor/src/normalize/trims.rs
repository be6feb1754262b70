//! Texts and lists within the limits of `schemas::limits`. What is cut ends in `...` and is noted.

use schemas::{
    event::{Breadcrumb, Event, Free, Request, Tags},
    limits::{self, FREE_ENTRIES, NAME_CHARS, SHORT_NAME_CHARS, TYPE_CHARS},
};

use super::free::Budget;

/// Cuts a text to `chars` characters. Answers whether it was longer.
pub(super) fn text(text: &mut String, chars: usize) -> bool {
    if text.len() <= chars {
        return false;
    }
    if text.char_indices().nth(chars).is_none() {
        return false;
    }
    let end = text.char_indices().nth(chars.saturating_sub(3)).map_or(0, |(at, _)| at);
    text.truncate(end);
    if chars >= 3 {
        text.push_str("...");
    }
    true
}

/// Cuts the event to its limits.
pub(super) fn cut(event: &mut Event) {
    let mut notes = Vec::new();
    names(event, &mut notes);
    message(event, &mut notes);
    if let Some(request) = &mut event.request {
        self::request(request, &mut notes);
    }
    surroundings(event, &mut notes);
    let crumbs = event.breadcrumbs.len();
    if crumbs > limits::BREADCRUMBS {
        event.breadcrumbs.drain(..crumbs - limits::BREADCRUMBS);
        notes.push("breadcrumbs");
    }
    if event.breadcrumbs.iter_mut().map(breadcrumb).fold(false, |any, cut| any | cut) {
        notes.push("breadcrumbs.data");
    }
    for path in notes {
        event.note(path, "cut to the limit");
    }
}

fn names(event: &mut Event, notes: &mut Vec<&'static str>) {
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
        if name.is_some_and(|name| text(name, chars)) {
            notes.push(path);
        }
    }
    if event.client_fingerprint.len() > limits::FINGERPRINT_PARTS {
        event.client_fingerprint.truncate(limits::FINGERPRINT_PARTS);
        notes.push("client_fingerprint");
    }
    for part in &mut event.client_fingerprint {
        text(part, limits::FREE_TEXT_CHARS);
    }
}

fn message(event: &mut Event, notes: &mut Vec<&'static str>) {
    let Some(message) = &mut event.message else { return };
    let formatted = text(&mut message.formatted, limits::MESSAGE_CHARS);
    let template = message.template.as_mut().is_some_and(|template| text(template, limits::MESSAGE_CHARS));
    if formatted || template {
        notes.push("message");
    }
    let mut budget = Budget::new(limits::CONTEXT_BYTES);
    if let Some(params) = &mut message.params {
        budget.value(params, limits::FREE_DEPTH);
    }
    if budget.cut() {
        notes.push("message.params");
    }
}

fn request(request: &mut Request, notes: &mut Vec<&'static str>) {
    let mut url = false;
    for part in [&mut request.url, &mut request.fragment].into_iter().flatten() {
        url |= text(part, limits::MESSAGE_CHARS);
    }
    if let Some(method) = &mut request.method {
        text(method, SHORT_NAME_CHARS);
        method.make_ascii_uppercase();
    }
    if url {
        notes.push("request.url");
    }
    if [&mut request.headers, &mut request.cookies, &mut request.query].into_iter().map(pairs).fold(false, |any, cut| any | cut) {
        notes.push("request.headers");
    }
    let mut budget = Budget::new(limits::REQUEST_BODY_BYTES);
    if let Some(body) = &mut request.body {
        budget.value(body, limits::FREE_DEPTH);
    }
    if budget.cut() {
        notes.push("request.body");
    }
    if short(&mut request.env) | free(&mut request.data, limits::CONTEXT_BYTES) {
        notes.push("request.env");
    }
}

fn pairs(pairs: &mut Vec<(String, String)>) -> bool {
    let long = pairs.len() > FREE_ENTRIES;
    pairs.truncate(FREE_ENTRIES);
    pairs.iter_mut().map(|(name, value)| text(name, NAME_CHARS) | text(value, limits::FREE_TEXT_CHARS)).fold(long, |any, cut| any | cut)
}

fn surroundings(event: &mut Event, notes: &mut Vec<&'static str>) {
    let contexts = event.contexts.len();
    let mut kept = 0;
    event.contexts.retain(|_, _| {
        kept += 1;
        kept <= FREE_ENTRIES
    });
    let mut cut = contexts > FREE_ENTRIES;
    for context in event.contexts.values_mut() {
        let mut budget = Budget::new(limits::CONTEXT_BYTES);
        budget.value(context, limits::FREE_DEPTH);
        cut |= budget.cut();
    }
    if cut {
        notes.push("contexts");
    }
    if free(&mut event.extra, limits::EXTRA_BYTES) {
        notes.push("extra");
    }
    if short(&mut event.modules) {
        notes.push("modules");
    }
    if event.metrics.len() > FREE_ENTRIES {
        let last = event.metrics.keys().nth(FREE_ENTRIES).cloned();
        event.metrics.split_off(&last.unwrap_or_default());
        notes.push("metrics");
    }
    if let Some(call) = &mut event.call
        && call.response_body.as_mut().is_some_and(|body| text(body, limits::RESPONSE_BODY_CHARS))
    {
        notes.push("call.response_body");
    }
}

fn breadcrumb(breadcrumb: &mut Breadcrumb) -> bool {
    let mut cut = free(&mut breadcrumb.data, limits::BREADCRUMB_DATA_BYTES);
    for (name, chars) in [
        (&mut breadcrumb.message, limits::BREADCRUMB_DATA_BYTES),
        (&mut breadcrumb.category, NAME_CHARS),
        (&mut breadcrumb.kind, SHORT_NAME_CHARS),
    ] {
        cut |= name.as_mut().is_some_and(|name| text(name, chars));
    }
    cut
}

/// Cuts a free map.
pub(super) fn free(map: &mut Free, bytes: usize) -> bool {
    let mut budget = Budget::new(bytes);
    budget.map(map);
    budget.cut()
}

/// Cuts a map of short texts.
fn short(map: &mut Tags) -> bool {
    let mut entries = 0;
    let before = map.len();
    map.retain(|_, _| {
        entries += 1;
        entries <= FREE_ENTRIES
    });
    map.values_mut().map(|value| text(value, limits::FREE_TEXT_CHARS)).fold(before > FREE_ENTRIES, |any, cut| any | cut)
}
