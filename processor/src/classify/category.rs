//! What kind of failure an event is, and what tells it.
//!
//! An exception is judged by its code, its type and its message; of a chain the root cause is asked first, for it is
//! what went wrong, and the wrapper only when no cause says anything. What was merely being handled when another
//! exception was raised (Python's `__context__`) is asked last.

use std::borrow::Cow;

use schemas::event::{Category, Event, Exception};
use serde_json::Value;

use super::{
    codes,
    messages::{self, Weight},
    status, types,
};

/// So many exceptions are asked at each end of a chain.
const ENDS: usize = 8;

/// Longest name that a reason repeats, in bytes.
const SHOWN: usize = 120;

/// A judgement with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) category: Category,
    pub(super) why: String,
}

/// What tells a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The type, or a code of the system.
    Type,
    /// A status or a code that the message names.
    Status,
    /// A phrase of the message.
    Phrase,
}

/// What an exception says.
struct Told<'a> {
    category: Category,
    source: Source,
    what: Cow<'a, str>,
}

/// What an exception says by itself.
enum Says<'a> {
    Told(Told<'a>),
    /// It is known to say nothing: a mistake in the program, or cancelled.
    Silent,
    Nothing,
}

/// The category of an event, if anything tells it.
///
/// A type that says time-out or no connection comes first, then the status of the failed call, in the event or in the
/// message, then a message that says time-out or no connection, then the status that was answered, then the rest.
pub(super) fn judge(event: &Event) -> Option<Judgement> {
    let told = of_exceptions(event);
    let source = |source| told.as_ref().is_some_and(|told| told.source == source);
    let unreached = told.as_ref().is_some_and(|told| matches!(told.category, Category::Timeout | Category::Network));
    let called = || of_status(status::called(event), "the call was answered");
    let answered = || of_status(status::answered(event), "the request was answered");
    let found = if unreached && source(Source::Type) {
        None
    } else if source(Source::Status) || unreached {
        called()
    } else {
        called().or_else(answered)
    };
    found.or_else(|| told.map(|told| Judgement { category: told.category, why: told.what.into_owned() }))
}

fn of_status(status: Option<u16>, what: &str) -> Option<Judgement> {
    let status = status?;
    status::category(status).map(|category| Judgement { category, why: format!("{what} {status}") })
}

fn of_exceptions(event: &Event) -> Option<Told<'_>> {
    let platform = event.platform.as_deref();
    if event.exceptions.is_empty() {
        let message = event.error.message.as_deref().or_else(|| event.message.as_ref().map(|m| m.formatted.as_str()));
        return match of_texts(event.error.kind.as_deref(), None, message, platform) {
            Says::Told(told) => Some(told),
            Says::Silent | Says::Nothing => None,
        };
    }
    in_order(&event.exceptions).find_map(|exception| match of_exception(event, exception) {
        Says::Told(told) => Some(told),
        Says::Silent | Says::Nothing => None,
    })
}

/// The causes from the root up to the exception that was raised, then what was being handled, from its root up.
fn in_order(exceptions: &[Exception]) -> impl Iterator<Item = &Exception> {
    let is_context = |e: &Exception| e.mechanism.as_ref().is_some_and(|m| m.source.as_deref() == Some("__context__"));
    let raised = exceptions.iter().rposition(is_context).map_or(0, |at| at + 1);
    ends(&exceptions[raised..]).chain(ends(&exceptions[..raised]))
}

fn ends(exceptions: &[Exception]) -> impl Iterator<Item = &Exception> {
    let (first, rest) = exceptions.split_at(exceptions.len().min(ENDS));
    first.iter().chain(&rest[rest.len().saturating_sub(ENDS)..])
}

fn of_exception<'a>(event: &'a Event, exception: &'a Exception) -> Says<'a> {
    if let Some(says) = of_domain(exception) {
        return says;
    }
    let told = of_texts(exception.kind.as_deref(), exception.module.as_deref(), exception.value.as_deref(), event.platform.as_deref());
    let code = match &told {
        Says::Silent => None,
        Says::Told(told) if told.source != Source::Phrase => None,
        Says::Told(_) | Says::Nothing => of_fields(event, exception),
    };
    code.map_or(told, Says::Told)
}

/// The domain and code of an Apple error, which stand in its mechanism or in its message.
fn of_domain(exception: &Exception) -> Option<Says<'_>> {
    let (kind, value) = (exception.kind.as_deref()?, exception.value.as_deref().unwrap_or_default());
    let domain = kind.contains("Domain").then_some(kind)?;
    let meta = exception.mechanism.as_ref().and_then(|m| m.meta.as_ref()?.pointer("/ns_error/code")?.as_i64());
    let written = || {
        let rest = value.rsplit_once("Code: ")?.1;
        rest[..rest.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(rest.len())].parse::<i64>().ok()
    };
    let code = meta.or_else(written)?;
    let says = codes::find(domain, &code.to_string())?;
    Some(match says.category {
        Category::Unknown => Says::Silent,
        category => Says::Told(Told { category, source: Source::Type, what: Cow::Owned(format!("{domain} {code}")) }),
    })
}

/// Codes and statuses that SDKs keep beside an exception: a context named as its type, or the mechanism's errno.
fn of_fields<'a>(event: &'a Event, exception: &'a Exception) -> Option<Told<'a>> {
    let context = exception.kind.as_deref().and_then(|kind| event.contexts.get(kind));
    let errno = exception.mechanism.as_ref().and_then(|m| m.meta.as_ref()?.pointer("/errno/name")?.as_str());
    let field = |name| context.and_then(|context| context.get(name));
    let code = errno.or_else(|| field("code")?.as_str()).and_then(messages::find);
    if let Some((finding, category)) = code.and_then(|finding| Some((finding, finding.category?))) {
        return Some(Told { category, source: Source::Type, what: Cow::Owned(format!("code {}", finding.text)) });
    }
    let number = |value: &Value| value.as_u64().and_then(|status| u16::try_from(status).ok());
    let status = ["status", "statusCode", "status_code"].into_iter().find_map(|name| number(field(name)?))?;
    let category = status::category(status)?;
    Some(Told { category, source: Source::Status, what: Cow::Owned(format!("status {status} beside the exception")) })
}

/// What type and message say: a firm type alone, else the message, else the type.
fn of_texts<'a>(kind: Option<&'a str>, module: Option<&str>, message: Option<&'a str>, platform: Option<&str>) -> Says<'a> {
    let by_type = kind.and_then(|kind| types::find(kind, module, platform));
    let type_says = |says: types::Says| match (says.category, kind) {
        (Category::Unknown, _) | (_, None) => Says::Silent,
        (category, Some(kind)) => {
            Says::Told(Told { category, source: Source::Type, what: Cow::Owned(format!("type {}", schemas::tokens::cut(kind, SHOWN))) })
        }
    };
    if let Some(firm) = by_type.filter(|says| says.firm) {
        return type_says(firm);
    }
    if let Some((inner, rest)) = message.and_then(|message| inner(message, kind)) {
        let says = of_texts(Some(inner), None, Some(rest), platform);
        if !matches!(says, Says::Nothing) && types::find(inner, None, platform).is_some() {
            return says;
        }
    }
    match (message.and_then(messages::find), by_type) {
        (Some(finding), Some(says)) if finding.weight == Weight::Weak && says.category != Category::Unknown => type_says(says),
        (Some(finding), _) => of_finding(&finding),
        (None, Some(says)) => type_says(says),
        (None, None) => Says::Nothing,
    }
}

fn of_finding<'a>(finding: &messages::Finding<'a>) -> Says<'a> {
    let Some(category) = finding.category else { return Says::Silent };
    let (source, what) = match finding.weight {
        Weight::Status => (Source::Status, format!("status {} in the message", &finding.text[..3])),
        Weight::Code => (Source::Status, format!("code {} in the message", finding.text)),
        Weight::Weak | Weight::Cancelled | Weight::Phrase | Weight::TimeOut => {
            (Source::Phrase, format!("“{}” in the message", finding.text))
        }
    };
    Says::Told(Told { category, source, what: Cow::Owned(what) })
}

/// The type that a message begins with when a wrapper repeats its cause: `java.net.UnknownHostException: redis`.
fn inner<'a>(message: &'a str, kind: Option<&str>) -> Option<(&'a str, &'a str)> {
    let message = message.trim_start();
    let message = message.strip_prefix("Uncaught ").unwrap_or(message);
    let (name, rest) = message.split_once(": ").or_else(|| Some((message.strip_suffix(':')?, "")))?;
    let is_name = name.len() <= SHOWN
        && (name.ends_with("Error") || name.ends_with("Exception"))
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._$:\\".contains(&byte));
    (is_name && kind != Some(name)).then_some((name, rest))
}
