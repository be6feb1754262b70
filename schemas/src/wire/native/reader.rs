//! From one JSON object to an event. What is odd is an error here: the client is written against this API and
//! can be corrected.

use super::names::{aliases, canonical};
use crate::{
    event::{Call, ErrorSummary, Event, Exception, Message, Request, Source, Stacktrace, User},
    ids::{EventId, ProjectId},
    wire::{
        odd::{Odd, Path, insert_beside},
        parts,
        tree::{Object, Tree},
    },
};
use jiff::Timestamp;

/// What is wrong with an event.
pub(super) struct Fault {
    /// JSON pointer from the event; empty for the whole of it.
    pub(super) pointer: String,
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// Attributes that are objects; those written flat come after them, so that neither hides the other.
const OBJECTS: [&str; 6] = ["error", "request", "user", "call", "source", "trace"];

/// The event and the id that the client gave it.
pub(super) fn read(object: Object<'_>, id: EventId, project: ProjectId, now: Timestamp) -> Result<(Event, Option<EventId>), Fault> {
    let mut reader = Reader {
        event: Event::new(id, project, now),
        odd: Odd::default(),
        id: None,
        error: ErrorSummary::default(),
        stack: Stacktrace::default(),
        message: None,
    };
    let mut map = object.sorted();
    for key in OBJECTS {
        if let Some(value) = map.remove(key) {
            reader.top(key, value);
        }
    }
    for (key, value) in map {
        reader.top(&key, value);
    }
    reader.finish()
}

struct Reader {
    event: Event,
    odd: Odd,
    id: Option<EventId>,
    error: ErrorSummary,
    stack: Stacktrace,
    message: Option<Message>,
}

impl Reader {
    fn top(&mut self, key: &str, value: Tree) {
        let at = Path::top(key);
        match canonical(key) {
            _ if value.is_null() => {}
            Some(name) => self.attribute(name, value, &at),
            None => self.odd.keep(&at, value),
        }
    }

    /// Takes an object whose members are attributes: `error.type` of `error`. `trace` only holds them together.
    fn object(&mut self, name: &'static str, value: Tree, at: &Path<'_>) {
        match value {
            Tree::Object(map) => {
                for (key, value) in map {
                    let at = at.key(&key);
                    let member = if name == "trace" { canonical(&key) } else { canonical(&format!("{name}.{key}")) };
                    match member {
                        _ if value.is_null() => {}
                        Some(member) => self.attribute(member, value, &at),
                        None => self.odd.keep(&at, value),
                    }
                }
            }
            Tree::String(_) if name == "error" => self.attribute("error.message", value, at),
            other => self.odd.misfit(at, other, "expected an object"),
        }
    }

    fn attribute(&mut self, name: &'static str, value: Tree, at: &Path<'_>) {
        let (event, odd) = (&mut self.event, &mut self.odd);
        match name {
            "error" | "source" | "call" | "trace" => self.object(name, value, at),
            "id" => {
                let id = value.as_str().and_then(|text| text.parse().ok());
                if id.is_none() {
                    odd.note(at, "expected 32 hex digits");
                }
                put(&mut self.id, id, at, odd);
            }
            "timestamp" => event.timestamp = parts::timestamp(value, at, odd).unwrap_or(event.received_at),
            "severity" => event.severity = parts::severity(value, at, odd).unwrap_or_default(),
            "error.type" => text(&mut self.error.kind, value, at, odd),
            "error.message" => text(&mut self.error.message, value, at, odd),
            "error.stack_trace" | "error.frames" => stack(&mut self.stack, value, at, odd),
            "message" => put(&mut self.message, parts::message(value, at, odd), at, odd),
            "exceptions" => event.exceptions = parts::exceptions(value, at, odd),
            "stacktrace" => event.stacktrace = parts::stacktrace(value, at, odd),
            "threads" => event.threads = parts::threads(value, at, odd),
            "user" => event.user = parts::user(value, at, odd),
            "request" => event.request = parts::request(value, at, odd),
            "breadcrumbs" => event.breadcrumbs.extend(parts::breadcrumbs(value, at, odd)),
            "metrics" => {
                for (name, value) in parts::pairs(value, at, odd) {
                    if let Some(number) = parts::number(value, &at.key(&name), odd) {
                        event.metrics.insert(name, number);
                    }
                }
            }
            "tags" => event.tags.extend(parts::tags(value, at, odd)),
            "extra" => parts::free(value, at, odd).into_iter().for_each(|(key, value)| insert_beside(&mut event.extra, key, value)),
            "contexts" => event.contexts = parts::free(value, at, odd),
            "modules" => event.modules = parts::modules(value, at, odd),
            "sdk" => event.sdk = parts::sdk(value, at, odd),
            "debug_meta" => event.debug_meta = Some(value.into()),
            "fingerprint" => event.client_fingerprint = parts::fingerprint(value, at, odd),
            _ => self.member(name, value, at),
        }
    }

    /// Attributes that are one value each.
    fn member(&mut self, name: &'static str, value: Tree, at: &Path<'_>) {
        let (event, odd) = (&mut self.event, &mut self.odd);
        match name {
            "platform" => text(&mut event.platform, value, at, odd),
            "service" => text(&mut event.service, value, at, odd),
            "environment" => text(&mut event.environment, value, at, odd),
            "host" => text(&mut event.host, value, at, odd),
            "instance_id" => text(&mut event.instance_id, value, at, odd),
            "release" => text(&mut event.release, value, at, odd),
            "dist" => text(&mut event.dist, value, at, odd),
            "commit" => text(&mut event.commit, value, at, odd),
            "logger" => text(&mut event.logger, value, at, odd),
            "transaction" => text(&mut event.transaction, value, at, odd),
            "culprit" => text(&mut event.culprit, value, at, odd),
            "trace_id" => text(&mut event.trace.trace_id, value, at, odd),
            "span_id" => text(&mut event.trace.span_id, value, at, odd),
            "parent_span_id" => text(&mut event.trace.parent_span_id, value, at, odd),
            "correlation_id" => text(&mut event.trace.correlation_id, value, at, odd),
            "session_id" => text(&mut event.session_id, value, at, odd),
            "user.id" => text(&mut event.user.get_or_insert_with(User::default).id, value, at, odd),
            "source.file" => text(&mut event.source.get_or_insert_with(Source::default).file, value, at, odd),
            "source.line" => {
                let line = parts::unsigned(value, at, odd);
                put(&mut event.source.get_or_insert_with(Source::default).line, line, at, odd);
            }
            _ if name.starts_with("request.") => request(event.request.get_or_insert_default(), name, value, at, odd),
            _ => call(event.call.get_or_insert_default(), name, value, at, odd),
        }
    }

    /// Settles what depends on several attributes.
    fn finish(mut self) -> Result<(Event, Option<EventId>), Fault> {
        if let Some(note) = self.odd.first() {
            return Err(fault(&note.path, note.pointer.clone(), note.reason));
        }
        self.settle_error();
        let event = &mut self.event;
        if event.exceptions.is_empty() && event.message.is_none() && event.stacktrace.is_none() {
            return Err(Fault {
                pointer: String::new(),
                code: "missing_field",
                message: "an event needs one of error.message (also errorMessage, message), error.type (also errorType, type), \
                          error.stack_trace (also stackTrace, stack_trace) and exceptions"
                    .into(),
            });
        }
        parts::adopt_stacktrace(event);
        self.odd.finish(event);
        Ok((self.event, self.id))
    }

    /// Makes an exception of `error`, or a message when it is nothing but that.
    fn settle_error(&mut self) {
        let (event, error) = (&mut self.event, &mut self.error);
        let stack = Some(std::mem::take(&mut self.stack)).filter(|stack| *stack != Stacktrace::default());
        let is_exception = error.kind.is_some() || stack.is_some();
        if error.message.is_none() && is_exception && event.exceptions.is_empty() {
            // Beside a type or a stack trace, `message` is the error's.
            match self.message.take() {
                Some(Message { formatted, template: None, params: None }) => error.message = Some(formatted),
                message => event.message = message,
            }
        } else {
            event.message = self.message.take();
        }
        event.error = error.clone();
        if !event.exceptions.is_empty() {
            event.stacktrace = event.stacktrace.take().or(stack);
        } else if is_exception || (error.message.is_some() && event.message.is_some()) {
            event.exceptions.push(Exception {
                kind: error.kind.take(),
                value: error.message.take(),
                stacktrace: stack,
                ..Exception::default()
            });
        } else if let Some(formatted) = error.message.take() {
            event.message = Some(Message { formatted, ..Message::default() });
        }
    }
}

/// The fault that a note is, with the names that the attribute has.
fn fault(path: &str, pointer: String, reason: &str) -> Fault {
    let top = path.split('.').next().unwrap_or_default();
    let name = canonical(path).or_else(|| canonical(top)).unwrap_or(top);
    let others = aliases(name);
    let also = if others.is_empty() { String::new() } else { format!(" ({name}, also {})", others.join(", ")) };
    Fault { pointer, code: "invalid_value", message: format!("{path}: {reason}{also}") }
}

/// Fills a slot once; the same attribute under two names must have one value.
fn put<T: PartialEq>(slot: &mut Option<T>, value: Option<T>, at: &Path<'_>, odd: &mut Odd) {
    if slot.is_some() && value.is_some() && *slot != value {
        odd.note(at, "given before under another name, with another value");
    }
    *slot = value.or_else(|| slot.take());
}

fn text(slot: &mut Option<String>, value: Tree, at: &Path<'_>, odd: &mut Odd) {
    put(slot, parts::text(value, at, odd).filter(|text| !text.is_empty()), at, odd);
}

/// Raw text and frames may both come.
fn stack(stack: &mut Stacktrace, value: Tree, at: &Path<'_>, odd: &mut Odd) {
    let Some(new) = parts::stacktrace(value, at, odd) else { return };
    put(&mut stack.raw, new.raw, at, odd);
    if !new.frames.is_empty() {
        stack.frames = new.frames;
    }
    stack.frames_omitted += new.frames_omitted;
    stack.registers.extend(new.registers);
}

fn request(request: &mut Request, name: &str, value: Tree, at: &Path<'_>, odd: &mut Odd) {
    match name {
        "request.url" => {
            let parsed = parts::text(value, at, odd).and_then(|url| parts::request(Tree::String(url), at, odd)).unwrap_or_default();
            put(&mut request.url, parsed.url, at, odd);
            put(&mut request.fragment, parsed.fragment, at, odd);
            request.query.extend(parsed.query);
        }
        "request.method" => {
            let method = parts::text(value, at, odd).map(|method| method.to_ascii_uppercase());
            put(&mut request.method, method, at, odd);
        }
        "request.headers" => request.headers.extend(parts::headers(value, at, odd)),
        _ => put(&mut request.body, Some(value.into()), at, odd),
    }
}

fn call(call: &mut Call, name: &str, value: Tree, at: &Path<'_>, odd: &mut Odd) {
    match name {
        "call.operation" => text(&mut call.operation, value, at, odd),
        "call.operation_id" => text(&mut call.operation_id, value, at, odd),
        "call.url" => text(&mut call.url, value, at, odd),
        "call.method" => {
            let method = parts::text(value, at, odd).map(|method| method.to_ascii_uppercase());
            put(&mut call.method, method, at, odd);
        }
        "call.status_code" => put(&mut call.status_code, parts::status(value, at, odd), at, odd),
        "call.response_body" => {
            let body = match value {
                value @ (Tree::Object(_) | Tree::Array(_)) => Some(value.into_text()),
                value => parts::text(value, at, odd),
            };
            put(&mut call.response_body, body, at, odd);
        }
        "call.attempt" => {
            let attempt = parts::unsigned(value, at, odd);
            if attempt.is_some_and(|attempt| u32::try_from(attempt).is_err()) {
                odd.note(at, "expected a whole number from 0 to 4294967295");
            }
            put(&mut call.attempt, attempt.and_then(|attempt| u32::try_from(attempt).ok()), at, odd);
        }
        "call.duration_ms" => put(&mut call.duration_ms, parts::number(value, at, odd), at, odd),
        _ => text(&mut call.provider, value, at, odd),
    }
}
