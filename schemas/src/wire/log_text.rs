//! Stack traces in the midst of a log: finds them whatever stands before, between and after their lines.
//!
//! A log is a mix of streams (containers, processes, pods), each told by what was put before its lines. In a stream,
//! a trace begins at the line that names the error and goes on while lines look like it. Never for what a trace
//! says; that is `stack_text`'s. Pure and linear in the text.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::Timestamp;

use super::stack_text;
use crate::event::Severity;

mod event;
mod header;
mod json_line;
mod stream;
mod time;
mod wrapper;

pub use event::{Defaults, events};
use stream::{Kept, Stream};

/// Most streams that are told apart; lines of further ones are taken together.
const STREAMS: usize = 256;
/// A stream that was silent for so many lines has nothing open any more.
const SILENT_LINES: usize = 200;

/// One trace of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its lines without what was put before them.
    pub text: String,
    /// Type of the error, when a parser knows the trace.
    pub kind: Option<String>,
    /// Its message.
    pub value: Option<String>,
    /// Whether a parser knows it. If not, it only looks like a trace.
    pub is_parsed: bool,
    /// What was logged right before it.
    pub message: Option<String>,
    /// When it was logged, if a line says so. Times without a zone are taken to be UTC.
    pub timestamp: Option<Timestamp>,
    /// The level it was logged with.
    pub severity: Option<Severity>,
    /// The logger.
    pub logger: Option<String>,
    /// Where it begins, in bytes from the start of the text.
    pub offset: usize,
    /// Where the record begins that it stands in: read from here on, it is found with all that is known of it.
    pub record: usize,
    /// Its first line, from 1.
    pub line: usize,
}

/// What is in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The traces in the order of their last lines.
    pub items: Vec<Item>,
    /// Up to which byte nothing is open: from here on the text is looked at again when more of it is there.
    pub consumed: usize,
}

/// Finds the traces of a text. Not `at_end`, what may go on in text that is still to come is left out, and a last
/// line without its end is not looked at. `now` tells the year where a log does not.
pub fn split(text: &str, now: Timestamp, at_end: bool) -> Found {
    let mut splitter = Splitter { now, streams: BTreeMap::new(), items: Vec::new(), number: 0 };
    let mut start = 0;
    while start < text.len() {
        let rest = &text[start..];
        let Some(end) = memchr::memchr(b'\n', rest.as_bytes()).map(|at| at + 1).or_else(|| at_end.then_some(rest.len())) else { break };
        splitter.line(rest[..end].trim_end_matches(['\n', '\r']), start);
        start += end;
    }
    splitter.finish(start, at_end)
}

struct Splitter<'a> {
    now: Timestamp,
    streams: BTreeMap<Cow<'a, str>, Stream<'a>>,
    items: Vec<Item>,
    number: usize,
}

impl<'a> Splitter<'a> {
    fn line(&mut self, raw: &'a str, start: usize) {
        self.number += 1;
        let line = wrapper::unwrap(raw, self.now);
        let key = if self.streams.len() < STREAMS || self.streams.contains_key(&line.stream) { line.stream } else { Cow::Borrowed("") };
        let stream = self.streams.entry(key).or_default();
        let kept = Kept::new(line.text, line.time, start, self.number, self.now);
        if kept.trace.is_some() {
            self.items.extend(stream.close());
            self.items.extend(kept.into_item());
        } else {
            stream.push(kept, &mut self.items);
        }
    }

    fn finish(mut self, end: usize, at_end: bool) -> Found {
        let mut consumed = end;
        for stream in self.streams.values_mut() {
            if at_end || stream.last_line + SILENT_LINES < self.number {
                self.items.extend(stream.close());
            } else {
                consumed = consumed.min(stream.held().unwrap_or(end));
            }
        }
        // What begins behind that is found again, with all that belongs to it.
        self.items.retain(|item| at_end || item.offset < consumed);
        Found { items: self.items, consumed }
    }
}

#[cfg(test)]
#[path = "log_text/tests.rs"]
mod tests;
