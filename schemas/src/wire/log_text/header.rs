//! What a logger puts before a message: time, level, thread, name.

use jiff::Timestamp;

use super::time;
use crate::event::Severity;

/// How far into a line a level is looked for, in bytes.
const LEVEL_BYTES: usize = 96;

/// What stands before a message.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Header {
    pub(super) time: Option<Timestamp>,
    pub(super) severity: Option<Severity>,
    pub(super) logger: Option<String>,
    /// Where the message begins.
    pub(super) end: usize,
}

/// The header of a line; `None` when it begins with neither a time nor a level.
pub(super) fn read(text: &str, now: Timestamp) -> Option<Header> {
    if let Some(header) = lettered(text, now) {
        return Some(header);
    }
    let open = usize::from(text.starts_with('['));
    let (stamp, length) = match time::leading(&text[open..], now) {
        Some((stamp, length)) => (stamp, open + length),
        None => (None, 0),
    };
    let level = level(text, length);
    if length == 0 && level.as_ref().is_none_or(|level| level.start > 1) {
        return None;
    }
    let mut header = Header { time: stamp, severity: level.as_ref().map(|level| level.severity), ..Header::default() };
    let end = level.as_ref().map_or(length, |level| level.end);
    // Some loggers put their name between time and level: `2026-11-23 10:00:00 - shop.pay - ERROR - text`.
    let between = level.as_ref().map_or("", |level| &text[length..level.start]);
    let between = between.trim_matches(|c| matches!(c, ' ' | '-' | '[' | ']' | '|' | ':' | '.'));
    if is_logger(between) {
        header.logger = Some(between.to_owned());
    }
    header.end = message(text, end, &mut header.logger);
    Some(header)
}

struct Level {
    severity: Severity,
    start: usize,
    end: usize,
}

/// The first word that is a level.
fn level(text: &str, from: usize) -> Option<Level> {
    let bytes = text.as_bytes();
    let until = bytes.len().min(from + LEVEL_BYTES);
    let mut at = from;
    while at < until {
        let length = bytes[at..until].iter().take_while(|b| b.is_ascii_alphabetic()).count();
        if (3..=13).contains(&length) {
            let word = &text[at..at + length];
            let alone = (at == 0 || !is_word(bytes[at - 1])) && bytes.get(at + length).is_none_or(|b| !is_word(*b));
            // Small letters only at the start or in brackets: they are words of a message elsewhere.
            let loud = word.bytes().all(|b| b.is_ascii_uppercase());
            // `Error: text` names an error of JavaScript, `error: text` a level.
            let quiet = word.bytes().all(|b| b.is_ascii_lowercase());
            let marked = at == from || from == 0 && at <= 1 || at > 0 && bytes[at - 1] == b'[' || at == from + 1;
            if alone
                && (loud || quiet && marked && bytes.get(at + length).is_some_and(|b| matches!(b, b':' | b']')))
                && let Some(severity) = severity(word)
            {
                return Some(Level { severity, start: at, end: at + length });
            }
        }
        at += length.max(1);
    }
    None
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The level that a word means; .NET shortens some.
fn severity(word: &str) -> Option<Severity> {
    match word {
        "log" | "LOG" | "sample" | "panic" => None,
        "fail" | "FAIL" => Some(Severity::Error),
        "crit" => Some(Severity::Critical),
        "dbug" | "FINE" | "FINER" | "FINEST" => Some(Severity::Debug),
        word => word.parse().ok(),
    }
}

/// Where the message begins: behind brackets with thread or process and the logger's name.
fn message(text: &str, from: usize, logger: &mut Option<String>) -> usize {
    let mut at = from;
    // `1 --- [main] c.s.Pay : text` of Spring Boot.
    let head = &text[at..crate::tokens::cut(&text[at..], LEVEL_BYTES * 2).len() + at];
    if let (Some(dashes), Some(colon)) = (head.find(" --- "), head.find(" : "))
        && dashes < colon
    {
        *logger = head[..colon].split_whitespace().last().map(str::to_owned);
        return at + colon + 3;
    }
    at += punctuation(&text[at..]);
    // Loggers pad levels to five letters.
    let pad = text[at..].bytes().take_while(|b| *b == b' ').count();
    let is_short = from >= 4
        && text.as_bytes()[from - 4..from].iter().all(u8::is_ascii_uppercase)
        && (from == 4 || !is_word(text.as_bytes()[from - 5]));
    if pad == 1 && is_short || text[at + pad..].starts_with('[') {
        at += pad;
    }
    while text[at..].starts_with('[') {
        let Some(close) = text[at..].find(']').filter(|close| *close < LEVEL_BYTES) else { break };
        at += close + 1;
        at += punctuation(&text[at..]);
    }
    let rest = &text[at..];
    let word = rest.split([' ', ':']).next().unwrap_or_default();
    let after = &rest[word.len()..];
    let separator = [" - ", ": ", ":", " -- : "].into_iter().find(|separator| after.starts_with(separator));
    if let Some(separator) = separator.filter(|separator| is_logger(word) && (separator.len() > 2 || logger.is_none() && is_quiet(word))) {
        logger.get_or_insert_with(|| word.to_owned());
        return at + word.len() + separator.len();
    }
    at
}

/// Separators and one space; more spaces are the message's own.
fn punctuation(text: &str) -> usize {
    let marks = text.bytes().take_while(|b| matches!(b, b']' | b':' | b'|' | b',' | b')')).count();
    let rest = &text[marks..];
    let dash = ["  - ", " - ", " -- : ", " | ", " : "].into_iter().find(|mark| rest.starts_with(mark)).map_or(0, str::len);
    marks + if dash > 0 { dash } else { usize::from(rest.starts_with(' ')) }
}

/// Whether a word can be the name of a logger.
fn is_logger(word: &str) -> bool {
    !word.is_empty()
        && word.len() <= 128
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'$' | b'/' | b'[' | b']'))
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Whether it names no error: `java.io.IOException: text` is a message.
fn is_quiet(word: &str) -> bool {
    !["Error", "Exception", "Throwable", "panic", "exception"].iter().any(|end| word.ends_with(end))
}

/// Levels of one letter: `E1123 10:00:00.000000 1 pay.go:12] text`, `E, [2026-11-23T10:00:00 #7] ERROR -- : text`,
/// `E/AndroidRuntime( 123): text`, `11-23 10:00:00.123  12  12 E AndroidRuntime: text`.
fn lettered(text: &str, now: Timestamp) -> Option<Header> {
    let bytes = text.as_bytes();
    let letter = |byte: u8| match byte {
        b'D' | b'V' => Some(Severity::Debug),
        b'I' => Some(Severity::Info),
        b'W' => Some(Severity::Warning),
        b'E' => Some(Severity::Error),
        b'F' => Some(Severity::Critical),
        _ => None,
    };
    let severity = letter(*bytes.first()?);
    if bytes.get(1..4) == Some(b", [") && severity.is_some() {
        let stamp = time::leading(&text[4..], now).and_then(|(stamp, _)| stamp);
        let end = text.find(" -- ").and_then(|at| Some(at + text[at..].find(": ")? + 2))?;
        return Some(Header { time: stamp, severity, end, ..Header::default() });
    }
    if bytes.get(1) == Some(&b'/') && severity.is_some() {
        let end = text.find("): ").filter(|at| *at < LEVEL_BYTES)?;
        let logger = text[2..end].split('(').next().map(|name| name.trim().to_owned());
        return Some(Header { severity, logger, end: end + 3, ..Header::default() });
    }
    let is_glog =
        severity.is_some() && bytes.len() > 14 && bytes[1..5].iter().all(u8::is_ascii_digit) && bytes[5] == b' ' && bytes[8] == b':';
    if is_glog {
        let end = text.find("] ").filter(|at| *at < LEVEL_BYTES)?;
        return Some(Header { severity, end: end + 2, ..Header::default() });
    }
    let is_logcat =
        bytes.len() > 20 && bytes[2] == b'-' && bytes[5] == b' ' && bytes[8] == b':' && bytes[..2].iter().all(u8::is_ascii_digit);
    if is_logcat {
        let mut words = text.split_ascii_whitespace().skip(4);
        let severity = words.next().filter(|word| word.len() == 1).and_then(|word| letter(word.as_bytes()[0]))?;
        let end = text[18..].find(": ").map(|at| at + 20).filter(|at| *at < LEVEL_BYTES)?;
        let logger = words.next().map(|word| word.trim_end_matches(':').to_owned());
        return Some(Header { severity: Some(severity), logger, end, ..Header::default() });
    }
    None
}
