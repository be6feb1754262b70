//! Which group an event belongs to: fingerprint `fp1`.
//!
//! A canonical JSON array that starts with the version is hashed; the event keeps the array, so that it can say why
//! it was grouped. What is in it does not change between two sightings of one error: no line numbers, addresses,
//! source lines or values, but types, functions and modules of the application's frames, and message templates.
//! Changing what goes in means a new version: old groups would fall apart.
//!
//! | event has | array |
//! | --- | --- |
//! | a rule that holds | `["fp1","custom",[parts]]`, the group it would have without in place of `{{ default }}` |
//! | a fingerprint of the client | `["fp1","custom",[parts]]`, the group it would have without in place of `{{ default }}` |
//! | exceptions | `["fp1","app"\|"sys"\|"value",family,[[type,[[module,function]...]] or [type,"v",template,file?]...]]` |
//! | a message | `["fp1","message",family,template,logger]` |
//! | a stack trace | `["fp1","stack",family,[[module,function]...]]` |
//! | nothing | `["fp1","none",family,place,level,logger]` |

use schemas::{
    event::{Event, Exception, Grouping, Stacktrace},
    ids::Fingerprint,
};
use serde_json::{Value, json};

use crate::{
    context::{Context, Verdict},
    template::template,
};

mod chain;
mod files;
mod frames;
mod functions;
mod rules;

use frames::{Family, Which};
pub use rules::FingerprintRules;

/// Gives the event its group.
pub fn fingerprint(context: &Context<'_>, mut event: Event) -> Verdict {
    let rule = context.rules.fingerprints.of(&event);
    let parts = rule.map_or_else(|| parts(&event), |rule| rules::parts(rule, &event, || by_content(&event)));
    let mut grouping = Grouping::new(Fingerprint::fp1(&parts.to_string()), parts);
    if let Some(rule) = rule {
        grouping.rule = Some(rule.text.clone());
        event.title = rules::title(rule, &event).unwrap_or(event.title);
    }
    event.grouping = Some(grouping);
    Ok(event)
}

fn parts(event: &Event) -> Value {
    if event.client_fingerprint.iter().all(|part| is_default(part)) {
        return by_content(event);
    }
    let default = event.client_fingerprint.iter().any(|part| is_default(part)).then(|| by_content(event));
    let part = |part: &String| match &default {
        Some(default) if is_default(part) => default.clone(),
        _ => Value::from(rules::of_client(part, event)),
    };
    json!(["fp1", "custom", event.client_fingerprint.iter().map(part).collect::<Vec<_>>()])
}

/// `{{ default }}`, in the spellings that SDKs' users write.
fn is_default(part: &str) -> bool {
    part.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).is_some_and(|name| name.trim() == "default")
}

fn by_content(event: &Event) -> Value {
    let family = Family::of(event);
    let chain = chain::essential(&event.exceptions, family);
    if let [only] = chain.as_slice()
        && is_message(only)
    {
        return by_message(event, family, only.value.as_deref().unwrap_or_default());
    }
    if !chain.is_empty() {
        return by_exceptions(&chain, family);
    }
    let text = event.message.as_ref().map(|m| m.template.as_deref().filter(|t| !t.is_empty()).unwrap_or(&m.formatted));
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) => by_message(event, family, text),
        None => by_stack(event, family).unwrap_or_else(|| by_place(event, family)),
    }
}

/// A message that an SDK sends as an exception without a type, to carry the caller's frames.
fn is_message(exception: &Exception) -> bool {
    let synthetic = exception.mechanism.as_ref().and_then(|m| m.synthetic) == Some(true);
    let named = exception.kind.as_ref().is_some_and(|kind| !kind.is_empty());
    synthetic && !named && exception.value.as_ref().is_some_and(|value| !value.trim().is_empty())
}

/// A message is the same from wherever it is logged: its stack is often that of a library alone.
fn by_message(event: &Event, family: Family, text: &str) -> Value {
    json!(["fp1", "message", family.name(), template(text), event.logger.as_deref().unwrap_or_default()])
}

fn by_exceptions(chain: &[&Exception], family: Family) -> Value {
    let which = if chain.iter().any(|e| has_own_frames(e)) { Which::App } else { Which::All };
    let frames: Vec<Value> = chain.iter().map(|e| frames_of(e.stacktrace.as_ref(), family, which)).collect();
    if frames.iter().any(|frames| !is_empty(frames)) {
        let links: Vec<Value> = chain.iter().zip(&frames).map(|(exception, frames)| link(exception, frames)).collect();
        return json!(["fp1", which.name(), family.name(), links]);
    }
    let links: Vec<Value> = chain.iter().map(|exception| by_value(exception)).collect();
    json!(["fp1", "value", family.name(), links])
}

fn has_own_frames(exception: &Exception) -> bool {
    exception.stacktrace.iter().flat_map(|stack| &stack.frames).any(|frame| frame.counts.unwrap_or(frame.in_app == Some(true)))
}

/// One exception of a chain in which some have frames; one that has neither frames nor a type is told by its value.
fn link(exception: &Exception, frames: &Value) -> Value {
    let kind = kind(exception);
    if kind.is_empty() && is_empty(frames) { by_value(exception) } else { json!([kind, frames]) }
}

/// Type, template of the value, and the application's file where it happened, if one is known: minified code has
/// files but no functions that stay.
fn by_value(exception: &Exception) -> Value {
    let template = template(exception.value.as_deref().unwrap_or_default());
    let own = exception.stacktrace.iter().flat_map(|stack| stack.frames.iter().rev()).find(|frame| frame.in_app == Some(true));
    match own.map(frames::file).filter(|file| !file.is_empty()) {
        Some(file) => json!([kind(exception), "v", template, file]),
        None => json!([kind(exception), "v", template]),
    }
}

/// The exception's type, if it says anything: empty for those that an SDK made up.
fn kind(exception: &Exception) -> &str {
    let synthetic = exception.mechanism.as_ref().and_then(|m| m.synthetic) == Some(true);
    if synthetic { "" } else { exception.kind.as_deref().unwrap_or_default() }
}

fn by_stack(event: &Event, family: Family) -> Option<Value> {
    let stack = event.stacktrace.as_ref().or_else(|| thread_stack(event));
    let frames = [Which::App, Which::All].map(|which| frames_of(stack, family, which));
    frames.into_iter().find(|frames| !is_empty(frames)).map(|frames| json!(["fp1", "stack", family.name(), frames]))
}

/// The stack of the one thread that crashed, else of the one that reported, else of the only one.
fn thread_stack(event: &Event) -> Option<&Stacktrace> {
    let mut crashed = event.threads.iter().filter(|t| t.crashed == Some(true));
    let mut current = event.threads.iter().filter(|t| t.current == Some(true));
    let thread = match (crashed.next(), current.next(), event.threads.as_slice()) {
        (Some(thread), _, _) | (None, Some(thread), _) | (None, None, [thread]) => thread,
        _ => return None,
    };
    thread.stacktrace.as_ref()
}

/// The last resort, so that events without content do not all fall into one group.
fn by_place(event: &Event, family: Family) -> Value {
    let url = event.request.as_ref().and_then(|r| r.url.as_ref());
    let file = event.source.as_ref().and_then(|s| s.file.as_ref());
    let operation = event.call.as_ref().and_then(|c| c.operation.as_ref());
    let place = [event.transaction.as_ref(), operation, event.culprit.as_ref(), file, url].into_iter().flatten().find(|p| !p.is_empty());
    let place = place.map_or_else(|| "<none>".to_owned(), |place| template(place));
    json!(["fp1", "none", family.name(), place, event.severity.as_str(), event.logger.as_deref().unwrap_or_default()])
}

fn frames_of(stack: Option<&Stacktrace>, family: Family, which: Which) -> Value {
    Value::Array(stack.map(|stack| frames::parts(&stack.frames, family, which)).unwrap_or_default())
}

fn is_empty(frames: &Value) -> bool {
    frames.as_array().is_none_or(Vec::is_empty)
}

#[cfg(test)]
#[path = "fingerprint/tests.rs"]
mod tests;
