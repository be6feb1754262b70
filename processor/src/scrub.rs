//! Takes personal data and secrets out of an event before anything else sees it.
//!
//! Two ways: by the name of a value (`password`, `X-Api-Key`, `sessionid`), and by its look (e-mail and IP
//! addresses, card numbers, tokens, keys, credentials in URLs). Only the secret is replaced, not the sentence
//! around it. What went for its name goes wherever else it stands in the event (`taint`). Each replacement leaves a
//! remark that says where and by which rule, never what. docs/scrubbing.md lists what is looked for.
//!
//! What the project chose comes first ([`Chosen`]): safe fields, own rules at selectors, sensitive fields; then the
//! built-in rules, all in one walk.
//!
//! Not looked at by the built-in rules: ids, times, numbers of versions, types, functions and modules of frames, debug
//! images; they can't hold personal data in any useful sense, and symbolication and grouping need them as they are. Own
//! rules reach most of them by name. Users stay countable by id, login name and a keyed hash of their address.

use schemas::{
    event::{Breadcrumb, Call, Event, Exception, Frame, Message, Request, Sdk, Stacktrace, Thread, UserAgent},
    rules::scrubbing::Type,
};
use serde::Serialize;

use crate::{
    context::{Context, Verdict},
    decode::Aside,
};

mod addresses;
mod assignments;
mod calls;
mod cards;
mod checks;
mod chosen;
mod derived;
mod edges;
mod emails;
mod encoded;
mod files;
mod graphql;
mod hash;
mod headers;
mod homes;
mod ibans;
mod ips;
mod keys;
mod kinds;
mod macs;
mod markup;
mod path;
mod paths;
mod patterns;
mod phones;
mod secrets;
mod spoken;
mod ssns;
mod taint;
mod tokens;
mod urls;
mod users;
mod values;
mod walk;
mod words;

pub use chosen::Chosen;
pub use hash::HashKey;

use derived::Derived;
use path::Path;
use patterns::Look;
use walk::{Part, Walk};

/// Takes out what must not be stored.
pub fn scrub(context: &Context<'_>, mut event: Event) -> Verdict {
    let chosen = &context.rules.scrubbing;
    let mut walk = Walk::new(chosen, context.settings.scrub_ip_addresses, std::mem::take(&mut event.scrubbed));
    let derived = chosen.asks.then(|| Derived::of(&event));
    everything(&mut walk, &mut event, derived);
    if let Some(search) = walk.taint.search(&event) {
        walk.seek(search);
        everything(&mut walk, &mut event, derived);
    }
    event.scrubbed = walk.remarks();
    Ok(event)
}

/// One way through all that may hold what must go. What is `derived` of other parts comes last.
fn everything(walk: &mut Walk<'_>, event: &mut Event, derived: Option<Derived>) {
    texts(walk, event);
    stacks(walk, event);
    breadcrumbs(walk, &mut event.breadcrumbs);
    users::user(walk, &mut event.user);
    part(walk, Path::root("request").alias("http").of(Type::Request), &mut event.request, request);
    part(walk, Path::root("call").of(Type::Call), &mut event.call, call);
    part(walk, Path::root("message").alias("logentry").of(Type::Message), &mut event.message, message);
    walk.tags(&Path::root("tags"), &mut event.tags);
    graphql::response(walk, event.request.as_ref(), &mut event.contexts);
    walk.map(&Path::root("contexts"), &mut event.contexts);
    walk.map(&Path::root("extra"), &mut event.extra);
    if let Some(derived) = derived {
        derived.follow(event);
    }
    summary(walk, event);
}

/// Takes out of what is no event what must not be stored. How to reach a user stays as the user gave it: that is what
/// it was given for.
pub(crate) fn aside(context: &Context<'_>, mut aside: Aside) -> Aside {
    let mut walk = Walk::new(&context.rules.scrubbing, context.settings.scrub_ip_addresses, Vec::new());
    match &mut aside {
        Aside::Feedback(feedback) => {
            walk.text(&Path::root("message"), &mut feedback.message, Look::Prose);
            walk.optional(&Path::root("url"), &mut feedback.url, Look::Prose);
        }
        Aside::Attachment { of, bytes } => *bytes = files::file(&mut walk, &of.filename, std::mem::take(bytes)),
    }
    aside
}

fn texts(walk: &mut Walk<'_>, event: &mut Event) {
    for (name, alias, text) in [
        ("logger", "", &mut event.logger),
        ("service", "", &mut event.service),
        ("host", "server_name", &mut event.host),
        ("session_id", "", &mut event.session_id),
    ] {
        walk.optional(&Path::root(name).alias(alias), text, Look::Prose);
    }
    walk.optional(&Path::root("transaction"), &mut event.transaction, Look::Route);
    walk.optional(&Path::root("trace").name("correlation_id"), &mut event.trace.correlation_id, Look::Prose);
    for (name, text) in [
        ("environment", &mut event.environment),
        ("release", &mut event.release),
        ("dist", &mut event.dist),
        ("commit", &mut event.commit),
        ("instance_id", &mut event.instance_id),
    ] {
        walk.hidden(&Path::root(name), text);
    }
    for (number, part) in event.client_fingerprint.iter_mut().enumerate() {
        walk.built_in(&Path::root("client_fingerprint").number(number), part, Look::Prose);
    }
    for error in &mut event.errors {
        walk.built_in(&Path::root("errors"), &mut error.path, Look::Prose);
    }
    walk.hidden_tags(&Path::root("modules"), &mut event.modules);
    if let Some(sdk) = &mut event.sdk {
        client(walk, sdk);
    }
    if let Some(agent) = &mut event.user_agent {
        user_agent(walk, agent);
    }
}

/// What was made of the other parts: the line that names the error, and the place to blame.
fn summary(walk: &mut Walk<'_>, event: &mut Event) {
    let error = Path::root("error");
    walk.optional(&error.name("type"), &mut event.error.kind, Look::Prose);
    walk.optional(&error.name("message"), &mut event.error.message, Look::Prose);
    walk.optional(&Path::root("culprit"), &mut event.culprit, Look::Route);
    walk.text(&Path::root("title"), &mut event.title, Look::Prose);
    if event.title.is_empty() && walk.chosen().asks {
        walk::FILTERED.clone_into(&mut event.title);
    }
}

/// A part of the event that can go whole.
fn part<T: Serialize>(walk: &mut Walk<'_>, path: Path<'_>, value: &mut Option<T>, inner: fn(&mut Walk<'_>, &Path<'_>, &mut T)) {
    let Some(part) = value else { return };
    match walk.part(&path, part) {
        Part::Safe => {}
        Part::Gone => *value = None,
        Part::Kept => inner(walk, &path, part),
    }
}

fn message(walk: &mut Walk<'_>, path: &Path<'_>, message: &mut Message) {
    walk.text(&path.name("formatted"), &mut message.formatted, Look::Prose);
    walk.optional(&path.name("template").alias("message"), &mut message.template, Look::Prose);
    if let Some(params) = &mut message.params {
        walk.value(&path.name("params"), params);
    }
}

/// It was read out of headers and contexts: what a client hides there stands here too. Versions may look like addresses.
fn user_agent(walk: &mut Walk<'_>, agent: &mut UserAgent) {
    let path = Path::root("user_agent");
    for (name, text) in [("name", &mut agent.name), ("os", &mut agent.os), ("device", &mut agent.device)] {
        walk.optional(&path.name(name), text, Look::Prose);
    }
    for (name, text) in [("version", &mut agent.version), ("os_version", &mut agent.os_version)] {
        walk.hidden(&path.name(name), text);
    }
}

fn client(walk: &mut Walk<'_>, sdk: &mut Sdk) {
    let path = Path::root("sdk").of(Type::Sdk);
    walk.hidden(&path.name("name"), &mut sdk.name);
    walk.hidden(&path.name("version"), &mut sdk.version);
}

fn stacks(walk: &mut Walk<'_>, event: &mut Event) {
    let path = Path::root("exceptions").alias("exception");
    for (number, one) in event.exceptions.iter_mut().enumerate() {
        exception(walk, &path.number(number).of(Type::Exception), one);
    }
    stacktrace(walk, &Path::root("stacktrace").of(Type::Stacktrace), &mut event.stacktrace);
    let path = Path::root("threads");
    for (number, one) in event.threads.iter_mut().enumerate() {
        thread(walk, &path.number(number).of(Type::Thread), one);
    }
}

fn exception(walk: &mut Walk<'_>, path: &Path<'_>, exception: &mut Exception) {
    if walk.is_safe(path) {
        return;
    }
    walk.optional(&path.name("type"), &mut exception.kind, Look::Prose);
    walk.optional(&path.name("value"), &mut exception.value, Look::Prose);
    walk.hidden(&path.name("module"), &mut exception.module);
    if let Some(mechanism) = &mut exception.mechanism {
        let path = path.name("mechanism");
        walk.optional(&path.name("description"), &mut mechanism.description, Look::Prose);
        walk.map(&path.name("data"), &mut mechanism.data);
        if let Some(meta) = &mut mechanism.meta {
            walk.value(&path.name("meta"), meta);
        }
    }
    stacktrace(walk, &path.name("stacktrace").of(Type::Stacktrace), &mut exception.stacktrace);
}

fn thread(walk: &mut Walk<'_>, path: &Path<'_>, thread: &mut Thread) {
    if walk.is_safe(path) {
        return;
    }
    walk.optional(&path.name("name"), &mut thread.name, Look::Prose);
    walk.map(&path.name("data"), &mut thread.data);
    stacktrace(walk, &path.name("stacktrace").of(Type::Stacktrace), &mut thread.stacktrace);
}

fn stacktrace(walk: &mut Walk<'_>, path: &Path<'_>, stack: &mut Option<Stacktrace>) {
    let Some(stack) = stack else { return };
    if walk.is_safe(path) {
        return;
    }
    walk.optional(&path.name("raw"), &mut stack.raw, Look::Prose);
    let frames = path.name("frames");
    for (number, one) in stack.frames.iter_mut().enumerate() {
        frame(walk, &frames.number(number).of(Type::Frame), one);
    }
}

fn frame(walk: &mut Walk<'_>, path: &Path<'_>, frame: &mut Frame) {
    if walk.is_safe(path) {
        return;
    }
    for (name, text) in [
        ("function", &mut frame.function),
        ("raw_function", &mut frame.raw_function),
        ("module", &mut frame.module),
        ("package", &mut frame.package),
    ] {
        walk.hidden(&path.name(name), text);
    }
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

fn breadcrumbs(walk: &mut Walk<'_>, crumbs: &mut Vec<Breadcrumb>) {
    let path = Path::root("breadcrumbs");
    let mut number = 0;
    crumbs.retain_mut(|crumb| {
        let path = path.number(number).of(Type::Breadcrumb);
        number += 1;
        let part = walk.part(&path, crumb);
        if part == Part::Kept {
            breadcrumb(walk, &path, crumb);
        }
        part != Part::Gone
    });
}

fn breadcrumb(walk: &mut Walk<'_>, path: &Path<'_>, breadcrumb: &mut Breadcrumb) {
    walk.optional(&path.name("category"), &mut breadcrumb.category, Look::Prose);
    walk.optional(&path.name("message"), &mut breadcrumb.message, Look::Prose);
    walk.map(&path.name("data"), &mut breadcrumb.data);
}

fn request(walk: &mut Walk<'_>, path: &Path<'_>, request: &mut Request) {
    walk.optional(&path.name("url"), &mut request.url, Look::Prose);
    walk.optional(&path.name("fragment"), &mut request.fragment, Look::Prose);
    walk.pairs(&path.name("headers"), &mut request.headers);
    walk.pairs(&path.name("cookies"), &mut request.cookies);
    walk.pairs(&path.name("query").alias("query_string"), &mut request.query);
    graphql::request(walk, path, request);
    if let Some(body) = &mut request.body {
        walk.value(&path.name("body").alias("data"), body);
    }
    request.body.take_if(|body| body.is_null());
    walk.tags(&path.name("env"), &mut request.env);
    walk.map(&path.name("data"), &mut request.data);
}

fn call(walk: &mut Walk<'_>, path: &Path<'_>, call: &mut Call) {
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
