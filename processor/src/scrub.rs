//! Takes personal data and secrets out of an event before anything else sees it.
//!
//! Two ways: by the name of a value (`password`, `X-Api-Key`, `sessionid`), and by its look (e-mail and IP
//! addresses, card numbers, tokens, keys, credentials in URLs). Only the secret is replaced, not the sentence
//! around it. What went for its name goes wherever else it stands in the event (`taint`). Each replacement leaves a
//! remark that says where and by which rule, never what. docs/scrubbing.md lists what is looked for.
//!
//! Not looked at: ids, times, numbers of versions, types, functions and modules of frames, debug images; they can't
//! hold personal data in any useful sense, and symbolication and grouping need them as they are. Users stay
//! countable by id and login name.

use schemas::event::{Breadcrumb, Call, Event, Exception, Frame, Request, Stacktrace, Thread, User};

use crate::{
    context::{Context, Verdict},
    decode::Aside,
};

mod assignments;
mod cards;
mod checks;
mod edges;
mod emails;
mod encoded;
mod files;
mod headers;
mod homes;
mod ibans;
mod ips;
mod keys;
mod macs;
mod markup;
mod path;
mod patterns;
mod phones;
mod secrets;
mod ssns;
mod taint;
mod tokens;
mod urls;
mod values;
mod walk;
mod words;

use path::Path;
use patterns::Look;
use walk::Walk;

/// Takes out what must not be stored.
pub fn scrub(context: &Context<'_>, mut event: Event) -> Verdict {
    let mut walk = Walk::new(context.settings.scrub_ip_addresses, std::mem::take(&mut event.scrubbed));
    everything(&mut walk, &mut event);
    if let Some(search) = walk.taint.search(&event) {
        walk.seek(search);
        everything(&mut walk, &mut event);
    }
    event.scrubbed = walk.remarks();
    Ok(event)
}

/// One way through all that may hold what must go.
fn everything(walk: &mut Walk, event: &mut Event) {
    texts(walk, event);
    stacks(walk, event);
    for (number, crumb) in event.breadcrumbs.iter_mut().enumerate() {
        breadcrumb(walk, &Path::root("breadcrumbs").number(number), crumb);
    }
    if let Some(one) = &mut event.user {
        user(walk, &Path::root("user"), one);
    }
    if let Some(one) = &mut event.request {
        request(walk, &Path::root("request"), one);
    }
    if let Some(one) = &mut event.call {
        call(walk, &Path::root("call"), one);
    }
    walk.tags(&Path::root("tags"), &mut event.tags);
    walk.map(&Path::root("contexts"), &mut event.contexts);
    walk.map(&Path::root("extra"), &mut event.extra);
}

/// Takes out of what is no event what must not be stored. How to reach a user stays as the user gave it: that is what
/// it was given for.
pub(crate) fn aside(context: &Context<'_>, mut aside: Aside) -> Aside {
    let mut walk = Walk::new(context.settings.scrub_ip_addresses, Vec::new());
    match &mut aside {
        Aside::Feedback(feedback) => {
            walk.text(&Path::root("message"), &mut feedback.message, Look::Prose);
            walk.optional(&Path::root("url"), &mut feedback.url, Look::Prose);
        }
        Aside::Attachment { bytes, .. } => *bytes = files::file(&mut walk, std::mem::take(bytes)),
    }
    aside
}

fn texts(walk: &mut Walk, event: &mut Event) {
    for (name, text) in [
        ("title", Some(&mut event.title)),
        ("error.type", event.error.kind.as_mut()),
        ("error.message", event.error.message.as_mut()),
        ("logger", event.logger.as_mut()),
        ("service", event.service.as_mut()),
        ("host", event.host.as_mut()),
        ("session_id", event.session_id.as_mut()),
        ("trace.correlation_id", event.trace.correlation_id.as_mut()),
    ] {
        if let Some(text) = text {
            walk.text(&Path::root(name), text, Look::Prose);
        }
    }
    for (name, text) in [("transaction", &mut event.transaction), ("culprit", &mut event.culprit)] {
        walk.optional(&Path::root(name), text, Look::Route);
    }
    if let Some(message) = &mut event.message {
        let path = Path::root("message");
        walk.text(&path.name("formatted"), &mut message.formatted, Look::Prose);
        walk.optional(&path.name("template"), &mut message.template, Look::Prose);
        if let Some(params) = &mut message.params {
            walk.value(&path.name("params"), params);
        }
    }
    for (number, part) in event.client_fingerprint.iter_mut().enumerate() {
        walk.text(&Path::root("client_fingerprint").number(number), part, Look::Prose);
    }
    for error in &mut event.errors {
        walk.text(&Path::root("errors"), &mut error.path, Look::Prose);
    }
}

fn stacks(walk: &mut Walk, event: &mut Event) {
    for (number, one) in event.exceptions.iter_mut().enumerate() {
        exception(walk, &Path::root("exceptions").number(number), one);
    }
    if let Some(stack) = &mut event.stacktrace {
        stacktrace(walk, &Path::root("stacktrace"), stack);
    }
    for (number, one) in event.threads.iter_mut().enumerate() {
        thread(walk, &Path::root("threads").number(number), one);
    }
}

fn exception(walk: &mut Walk, path: &Path<'_>, exception: &mut Exception) {
    walk.optional(&path.name("type"), &mut exception.kind, Look::Prose);
    walk.optional(&path.name("value"), &mut exception.value, Look::Prose);
    if let Some(mechanism) = &mut exception.mechanism {
        let path = path.name("mechanism");
        walk.optional(&path.name("description"), &mut mechanism.description, Look::Prose);
        walk.map(&path.name("data"), &mut mechanism.data);
        if let Some(meta) = &mut mechanism.meta {
            walk.value(&path.name("meta"), meta);
        }
    }
    if let Some(stack) = &mut exception.stacktrace {
        stacktrace(walk, &path.name("stacktrace"), stack);
    }
}

fn thread(walk: &mut Walk, path: &Path<'_>, thread: &mut Thread) {
    walk.optional(&path.name("name"), &mut thread.name, Look::Prose);
    walk.map(&path.name("data"), &mut thread.data);
    if let Some(stack) = &mut thread.stacktrace {
        stacktrace(walk, &path.name("stacktrace"), stack);
    }
}

fn stacktrace(walk: &mut Walk, path: &Path<'_>, stack: &mut Stacktrace) {
    walk.optional(&path.name("raw"), &mut stack.raw, Look::Prose);
    let frames = path.name("frames");
    for (number, one) in stack.frames.iter_mut().enumerate() {
        frame(walk, &frames.number(number), one);
    }
}

fn frame(walk: &mut Walk, path: &Path<'_>, frame: &mut Frame) {
    walk.optional(&path.name("filename"), &mut frame.filename, Look::Place);
    walk.optional(&path.name("abs_path"), &mut frame.abs_path, Look::Place);
    walk.optional(&path.name("context_line"), &mut frame.context_line, Look::Source);
    for (name, lines) in [("pre_context", &mut frame.pre_context), ("post_context", &mut frame.post_context)] {
        let path = path.name(name);
        for (number, line) in lines.iter_mut().enumerate() {
            walk.text(&path.number(number), line, Look::Source);
        }
    }
    walk.map(&path.name("vars"), &mut frame.vars);
    walk.map(&path.name("data"), &mut frame.data);
}

fn breadcrumb(walk: &mut Walk, path: &Path<'_>, breadcrumb: &mut Breadcrumb) {
    walk.optional(&path.name("category"), &mut breadcrumb.category, Look::Prose);
    walk.optional(&path.name("message"), &mut breadcrumb.message, Look::Prose);
    walk.map(&path.name("data"), &mut breadcrumb.data);
}

/// The e-mail address goes whole; id and login name stay unless they are one, so that users can be counted.
fn user(walk: &mut Walk, path: &Path<'_>, user: &mut User) {
    walk.address(&path.name("email"), &mut user.email);
    for (name, text) in [("id", &mut user.id), ("username", &mut user.username)] {
        walk.optional(&path.name(name), text, Look::Name);
    }
    walk.optional(&path.name("name"), &mut user.name, Look::Prose);
    walk.ip(&path.name("ip_address"), &mut user.ip_address);
    walk.map(&path.name("data"), &mut user.data);
}

fn request(walk: &mut Walk, path: &Path<'_>, request: &mut Request) {
    walk.optional(&path.name("url"), &mut request.url, Look::Prose);
    walk.optional(&path.name("fragment"), &mut request.fragment, Look::Prose);
    walk.pairs(&path.name("headers"), &mut request.headers);
    walk.pairs(&path.name("cookies"), &mut request.cookies);
    walk.pairs(&path.name("query"), &mut request.query);
    if let Some(body) = &mut request.body {
        walk.value(&path.name("body"), body);
    }
    walk.tags(&path.name("env"), &mut request.env);
    walk.map(&path.name("data"), &mut request.data);
}

fn call(walk: &mut Walk, path: &Path<'_>, call: &mut Call) {
    for (name, text) in [
        ("operation", &mut call.operation),
        ("operation_id", &mut call.operation_id),
        ("url", &mut call.url),
        ("response_body", &mut call.response_body),
        ("provider", &mut call.provider),
    ] {
        walk.optional(&path.name(name), text, Look::Prose);
    }
}

#[cfg(test)]
#[path = "scrub/tests.rs"]
mod tests;
