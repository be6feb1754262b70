//! Lines that are JSON objects, as structured loggers write them.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::time;
use crate::event::Severity;

const TRACES: [&str; 14] = [
    "stack_trace",
    "stackTrace",
    "stacktrace",
    "stack",
    "exception.stacktrace",
    "error.stack_trace",
    "error.stack",
    "exc_info",
    "exc_text",
    "traceback",
    "backtrace",
    "exception",
    "error",
    "err",
];
const MESSAGES: [&str; 5] = ["message", "msg", "@message", "event", "short_message"];
const TIMES: [&str; 8] = ["@timestamp", "timestamp", "time", "ts", "asctime", "datetime", "date", "@t"];
const LEVELS: [&str; 6] = ["level", "severity", "log.level", "levelname", "lvl", "@l"];
const LOGGERS: [&str; 6] = ["logger", "logger_name", "loggerName", "log.logger", "name", "channel"];
const TYPES: [&str; 6] = ["type", "class", "exception_class", "exceptionClass", "name", "kind"];

/// What a line says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Record {
    pub(super) message: String,
    pub(super) time: Option<Timestamp>,
    pub(super) severity: Option<Severity>,
    pub(super) logger: Option<String>,
    pub(super) trace: Option<Trace>,
}

/// The trace in a record, with what is said of it beside.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Trace {
    pub(super) text: String,
    pub(super) kind: Option<String>,
    pub(super) value: Option<String>,
}

/// Reads a line that is a JSON object with a message or a trace.
pub(super) fn read(text: &str, now: Timestamp) -> Option<Record> {
    let text = text.trim();
    if !text.starts_with('{') || !text.ends_with('}') {
        return None;
    }
    let map: Map<String, Value> = serde_json::from_str(text).ok()?;
    let first = |names: &[&str]| names.iter().find_map(|name| map.get(*name).or_else(|| nested(&map, name)));
    let message = first(&MESSAGES).and_then(Value::as_str).unwrap_or_default().to_owned();
    let trace = TRACES.iter().filter_map(|name| map.get(*name).or_else(|| nested(&map, name))).find_map(trace_of);
    if message.is_empty() && trace.is_none() {
        return None;
    }
    Some(Record {
        message,
        time: first(&TIMES).and_then(|value| instant(value, now)),
        severity: first(&LEVELS).and_then(level),
        logger: first(&LOGGERS).and_then(Value::as_str).map(str::to_owned),
        trace,
    })
}

/// `error.stack` in an object that nests it.
fn nested<'m>(map: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    let (outer, inner) = name.split_once('.')?;
    map.get(outer)?.get(inner)
}

fn trace_of(value: &Value) -> Option<Trace> {
    match value {
        // A word is the name of an error, not its trace.
        Value::String(text) if text.contains('\n') => Some(Trace { text: text.clone(), ..Trace::default() }),
        Value::Array(lines) => {
            let lines: Option<Vec<&str>> = lines.iter().map(Value::as_str).collect();
            lines.filter(|lines| lines.len() > 1).map(|lines| Trace { text: lines.join("\n"), ..Trace::default() })
        }
        Value::Object(map) => {
            let names = ["stacktrace", "stack_trace", "stackTrace", "stack", "backtrace", "trace", "traceback"];
            let text = names.iter().find_map(|name| map.get(*name)).and_then(trace_of)?.text;
            let word = |names: &[&str]| names.iter().find_map(|name| map.get(*name)).and_then(Value::as_str).map(str::to_owned);
            Some(Trace { text, kind: word(&TYPES), value: word(&["message", "msg", "value"]) })
        }
        _ => None,
    }
}

/// A text, or seconds or milliseconds since 1970.
fn instant(value: &Value, now: Timestamp) -> Option<Timestamp> {
    match value {
        Value::String(text) => time::leading(text, now)?.0,
        Value::Number(number) => {
            let number = number.as_f64()?;
            let millis = if number > 1e11 { number } else { number * 1000.0 };
            Timestamp::from_millisecond(millis as i64).ok()
        }
        _ => None,
    }
}

/// A word, or a number of bunyan and pino (10 to 60).
fn level(value: &Value) -> Option<Severity> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => match number.as_u64()? {
            0..=29 => Some(Severity::Debug),
            30..=39 => Some(Severity::Info),
            40..=49 => Some(Severity::Warning),
            50..=59 => Some(Severity::Error),
            _ => Some(Severity::Critical),
        },
        _ => None,
    }
}
