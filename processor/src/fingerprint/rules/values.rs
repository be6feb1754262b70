//! What stands in place of variables.

use std::borrow::Cow;

use schemas::{
    event::{Event, Frame},
    limits,
    rules::fingerprints::{Piece, Template, Variable},
    tokens,
};

use crate::template::template;

/// A part of a fingerprint. Messages are put in as their templates, so that ids in them do not split the group.
pub(super) fn filled(parts: &Template, event: &Event) -> String {
    let mut text = String::new();
    for piece in parts {
        match piece {
            Piece::Text(plain) => text.push_str(plain),
            Piece::Variable(variable) => match (variable, value(variable, event)) {
                (_, None) => text.push_str(&variable.missing()),
                (Variable::Message | Variable::Value, Some(value)) => text.push_str(&template(&value)),
                (_, Some(value)) => text.push_str(&value),
            },
        }
    }
    text
}

/// A part of a client's fingerprint, which may be a variable too.
pub(crate) fn of_client(part: &str, event: &Event) -> String {
    let name = part.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
    match (name, name.and_then(Variable::named)) {
        (None, _) => part.to_owned(),
        (Some(_), Some(variable)) => filled(&vec![Piece::Variable(variable)], event),
        (Some(name), None) => format!("<unrecognized-variable-{name}>"),
    }
}

/// A title, with values as they are, on one line.
pub(super) fn title(parts: &Template, event: &Event) -> String {
    let mut text = String::new();
    for piece in parts {
        match piece {
            Piece::Text(plain) => text.push_str(plain),
            Piece::Variable(variable) => {
                let value = value(variable, event).unwrap_or_else(|| Cow::Owned(variable.missing()));
                text.push_str(value.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default());
            }
        }
    }
    let end = text.char_indices().nth(limits::TITLE_CHARS).map_or(text.len(), |(at, _)| at);
    tokens::cut(text.trim(), end).to_owned()
}

fn value<'a>(variable: &Variable, event: &'a Event) -> Option<Cow<'a, str>> {
    let frame = |of: fn(&Frame) -> Option<&String>| frame(event).and_then(of).map(String::as_str);
    let raised = event.exceptions.last();
    let text = match variable {
        Variable::Default => None,
        Variable::Transaction => event.transaction.as_deref(),
        Variable::Message => event.message.as_ref().map(|message| message.formatted.as_str()).or(event.error.message.as_deref()),
        Variable::Type => raised.map_or(event.error.kind.as_deref(), |raised| raised.kind.as_deref()),
        Variable::Value => raised.map_or(event.error.message.as_deref(), |raised| raised.value.as_deref()),
        Variable::Function => frame(|frame| frame.function.as_ref()),
        Variable::Path => frame(|frame| frame.abs_path.as_ref().or(frame.filename.as_ref())),
        Variable::Filename => frame(|frame| frame.filename.as_ref()),
        Variable::Module => frame(|frame| frame.module.as_ref()),
        Variable::Package => frame(|frame| frame.package.as_ref()),
        Variable::Level => Some(event.severity.as_str()),
        Variable::Logger => event.logger.as_deref(),
        Variable::Release => event.release.as_deref(),
        Variable::Environment => event.environment.as_deref(),
        Variable::Tag(key) => tag(event, key),
    };
    text.filter(|text| !text.trim().is_empty()).map(Cow::Borrowed)
}

/// A tag, or the field that Sentry shows as a tag of this name.
pub(super) fn tag<'a>(event: &'a Event, key: &str) -> Option<&'a str> {
    event.tags.get(key).map(String::as_str).or_else(|| match key {
        "server_name" => event.host.as_deref(),
        "environment" => event.environment.as_deref(),
        "release" => event.release.as_deref(),
        "dist" => event.dist.as_deref(),
        "logger" => event.logger.as_deref(),
        "transaction" => event.transaction.as_deref(),
        "level" => Some(event.severity.as_str()),
        _ => None,
    })
}

/// The application's frame nearest the crash, else the frame nearest the crash.
fn frame(event: &Event) -> Option<&Frame> {
    let of_exceptions = event.exceptions.iter().rev().filter_map(|exception| exception.stacktrace.as_ref());
    let stack = of_exceptions.chain(&event.stacktrace).find(|stack| !stack.frames.is_empty())?;
    stack.frames.iter().rev().find(|frame| frame.in_app == Some(true)).or(stack.frames.last())
}
