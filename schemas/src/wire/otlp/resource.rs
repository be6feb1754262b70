//! The attributes of the semantic conventions that an event has fields for, wherever they stand: resource, scope, span,
//! record or event. What stands nearest to the error comes first and wins.

use serde_json::Value;

use super::{
    attributes::{pairs, text},
    http::{Http, fill},
    proto::KeyValue,
};
use crate::{
    event::{Event, Sdk, Source, User},
    limits,
    wire::odd::insert_beside,
};

/// An event that attributes go into.
pub(super) struct Reader {
    pub(super) event: Event,
    pub(super) http: Http,
    /// Attributes taken so far.
    taken: usize,
}

impl Reader {
    pub(super) fn new(event: Event) -> Self {
        Self { event, http: Http::default(), taken: 0 }
    }

    /// Takes attributes: to their fields, short ones as tags, the rest under `extra`.
    pub(super) fn attributes(&mut self, attributes: Vec<KeyValue>) {
        for (name, value) in pairs(attributes) {
            self.taken += 1;
            if self.taken > limits::FREE_ENTRIES {
                self.event.note("attributes", "too many; the rest was left out");
                return;
            }
            if let Some(value) = self.place(&name, value) {
                self.keep(name, value);
            }
        }
    }

    /// Keeps a value that no field takes.
    pub(super) fn keep(&mut self, name: String, value: Value) {
        let is_short = match &value {
            Value::String(text) => text.len() <= limits::TAG_VALUE_CHARS && !text.contains(['\n', '\r']),
            Value::Number(_) | Value::Bool(_) => true,
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        };
        // The nearer one with this name stays a tag.
        if is_short && name.len() <= limits::TAG_KEY_CHARS && !self.event.tags.contains_key(&name) {
            self.event.tags.extend(text(value).map(|text| (name, text)));
        } else {
            insert_beside(&mut self.event.extra, name, value);
        }
    }

    /// Puts a value into its field, or gives it back.
    fn place(&mut self, name: &str, value: Value) -> Option<Value> {
        let event = &mut self.event;
        match name {
            "service.name" => fill(&mut event.service, value),
            "service.version" => fill(&mut event.release, value),
            "deployment.environment.name" | "deployment.environment" => fill(&mut event.environment, value),
            "service.instance.id" => fill(&mut event.instance_id, value),
            "host.name" => fill(&mut event.host, value),
            "vcs.ref.head.revision" | "vcs.repository.ref.revision" => fill(&mut event.commit, value),
            "session.id" => fill(&mut event.session_id, value),
            "correlation_id" | "correlation.id" => fill(&mut event.trace.correlation_id, value),
            "telemetry.sdk.language" => {
                let mut language = None;
                let rest = fill(&mut language, value);
                event.platform = event.platform.take().or(language.map(|language| platform(&language)));
                rest
            }
            "telemetry.sdk.name" => fill(&mut event.sdk.get_or_insert_with(Sdk::default).name, value),
            "telemetry.sdk.version" => fill(&mut event.sdk.get_or_insert_with(Sdk::default).version, value),
            "code.file.path" | "code.filepath" => fill(&mut event.source.get_or_insert_with(Source::default).file, value),
            "code.line.number" | "code.lineno" => {
                let slot = &mut event.source.get_or_insert_with(Source::default).line;
                match value.as_u64().or_else(|| value.as_str()?.parse().ok()) {
                    Some(line) if slot.is_none() => {
                        *slot = Some(line);
                        None
                    }
                    _ => Some(value),
                }
            }
            // Where something was logged; a stack trace tells better whom to blame.
            "code.function.name" | "code.function" if !event.exceptions.iter().any(|exception| exception.stacktrace.is_some()) => {
                fill(&mut event.culprit, value)
            }
            "exception.type" | "exception.message" | "exception.stacktrace" | "exception.escaped" => None,
            _ => match name.split_once('.') {
                Some(("user" | "enduser", member)) => user(event.user.get_or_insert_with(User::default), member, value),
                Some(("os", member)) => context(event, "os", member, value),
                Some(("process", member)) => match member.strip_prefix("runtime.") {
                    Some(member) => context(event, "runtime", member, value),
                    None => Some(value),
                },
                Some(("device", member)) => context(event, "device", member, value),
                _ => self.http.take(name, value),
            },
        }
    }
}

fn user(user: &mut User, member: &str, value: Value) -> Option<Value> {
    match member {
        "id" => fill(&mut user.id, value),
        "email" => fill(&mut user.email, value),
        "name" => fill(&mut user.username, value),
        "full_name" => fill(&mut user.name, value),
        _ => {
            insert_beside(&mut user.data, member, value);
            None
        }
    }
}

/// `os.version` as `version` in the context `os`.
fn context(event: &mut Event, context: &str, member: &str, value: Value) -> Option<Value> {
    let Value::Object(members) = event.contexts.entry(context.to_owned()).or_insert_with(|| Value::Object(serde_json::Map::new())) else {
        return Some(value);
    };
    members.entry(member).or_insert(value);
    None
}

/// The platform that Sentry's SDKs call a language.
fn platform(language: &str) -> String {
    match language {
        "nodejs" => "node",
        "webjs" => "javascript",
        "dotnet" => "csharp",
        "cpp" => "native",
        other => other,
    }
    .to_owned()
}
