//! One stream of lines: where a trace begins and where it ends.

use std::{borrow::Cow, collections::VecDeque};

use jiff::Timestamp;

use super::{
    Item,
    header::{self, Header},
    json_line::{self, Trace},
};
use crate::{
    limits,
    wire::stack_text::{self, Language},
};

mod open;

use open::{Open, Taken};

/// Lines that are remembered before a trace: the head of one with a long message.
const WINDOW: usize = 24;
/// The same where each line has a header, so that a head is nearer.
const HEADED_WINDOW: usize = 8;
/// Lines of others that may stand between the lines of a trace.
const FOREIGN: usize = 3;

/// One line, taken apart.
pub(super) struct Kept<'a> {
    text: Cow<'a, str>,
    header: Option<Header>,
    time: Option<Timestamp>,
    start: usize,
    number: usize,
    /// The trace that a line of JSON holds.
    pub(super) trace: Option<Trace>,
}

impl<'a> Kept<'a> {
    pub(super) fn new(text: Cow<'a, str>, time: Option<Timestamp>, start: usize, number: usize, now: Timestamp) -> Self {
        if let Some(record) = json_line::read(&text, now) {
            let header = Header { time: record.time, severity: record.severity, logger: record.logger, end: 0 };
            let whole = record.message.contains('\n').then(|| stack_text::parse(&record.message, None)).flatten();
            let trace = record.trace.or_else(|| whole.map(|_| Trace { text: record.message.clone(), ..Trace::default() }));
            return Self { text: Cow::Owned(record.message), header: Some(header), time, start, number, trace };
        }
        let header = header::read(&text, now);
        let mut kept = Self { text, header, time, start, number, trace: None };
        kept.trace = kept.escaped();
        kept
    }

    /// A trace on one line, its line ends written as `\n`.
    fn escaped(&self) -> Option<Trace> {
        let content = self.content();
        let end = memchr::memmem::find(content.as_bytes(), b"\\n")?;
        let rest = content[end + 2..].trim_start_matches("\\t").trim_start();
        let is_trace = ["at ", "File \\\"", "File \"", "#0 "].iter().any(|start| rest.starts_with(start));
        is_trace.then(|| Trace {
            text: content.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\\t", "\t").replace("\\\"", "\""),
            ..Trace::default()
        })
    }

    /// What the line says, without its header.
    fn content(&self) -> &str {
        &self.text[self.header.as_ref().map_or(0, |header| header.end)..]
    }

    /// The item of a line that holds a whole trace.
    pub(super) fn into_item(self) -> Option<Item> {
        let trace = self.trace?;
        let parsed = stack_text::parse(&trace.text, None);
        let looks = trace.text.lines().filter(|line| stack_text::shape(line.trim()).is_some()).count() > 1;
        let raised = parsed.as_ref().and_then(|parsed| parsed.exceptions.last());
        let header = self.header.unwrap_or_default();
        let message = self.text[header.end..].trim();
        (parsed.is_some() || looks).then(|| Item {
            kind: trace.kind.or_else(|| raised.and_then(|raised| raised.kind.clone())),
            value: trace.value.or_else(|| raised.and_then(|raised| raised.value.clone())),
            is_parsed: parsed.is_some(),
            message: (!message.is_empty() && !message.contains('\n')).then(|| message.to_owned()).filter(|_| !message.contains("\\n")),
            timestamp: header.time.or(self.time),
            severity: header.severity,
            logger: header.logger,
            offset: self.start,
            record: self.start,
            line: self.number,
            text: trace.text,
        })
    }
}

/// The lines of one stream.
#[derive(Default)]
pub(super) struct Stream<'a> {
    /// The newest lines that belong to no trace.
    window: VecDeque<Kept<'a>>,
    open: Option<Open>,
    foreign: usize,
    pub(super) last_line: usize,
}

impl<'a> Stream<'a> {
    /// Takes the next line.
    pub(super) fn push(&mut self, kept: Kept<'a>, items: &mut Vec<Item>) {
        self.last_line = kept.number;
        let bare = kept.content().trim();
        let shape = stack_text::shape(bare);
        if let Some(open) = &mut self.open {
            match open.take(kept.content(), kept.header.is_some(), shape, self.foreign) {
                Taken::Yes => {
                    self.foreign = 0;
                    return;
                }
                Taken::Perhaps => return,
                Taken::No => {
                    self.foreign += 1;
                    if open.is_complete() || self.foreign > FOREIGN || stack_text::names_error(bare) {
                        items.extend(self.close());
                    }
                }
            }
        }
        if self.open.is_none() && shape.is_some_and(|(_, weight)| weight >= 2) || is_start(bare) {
            items.extend(self.close());
            self.begin(&kept, shape);
        } else {
            if self.window.len() == WINDOW {
                self.window.pop_front();
            }
            self.window.push_back(kept);
        }
    }

    /// Ends the trace that is open.
    pub(super) fn close(&mut self) -> Option<Item> {
        self.foreign = 0;
        self.open.take()?.finish()
    }

    /// From where on the lines are needed again, if more come.
    pub(super) fn held(&self) -> Option<usize> {
        let record = self.window.iter().rposition(|kept| kept.header.is_some()).unwrap_or(0);
        let window = self.window.get(record).map(|kept| kept.start);
        self.open.as_ref().map(|open| open.item.record).into_iter().chain(window).min()
    }

    /// Opens a trace with a line that is surely of one. Its head may stand before it.
    fn begin(&mut self, kept: &Kept<'a>, shape: Option<(Language, u32)>) {
        let start = if is_start(kept.content().trim()) { self.window.len() } else { self.head(kept, shape) };
        let head: Vec<Kept<'a>> = self.window.drain(start..).collect();
        let first = head.first().unwrap_or(kept);
        // The context is the record that the trace belongs to, else the line before it.
        let before = self.window.iter().rev().find(|kept| !kept.content().trim().is_empty());
        let own = first.header.clone().or_else(|| before.and_then(|before| before.header.clone())).unwrap_or_default();
        let message = before.map(|before| crate::tokens::cut(before.content().trim(), limits::MESSAGE_CHARS).to_owned());
        let item = Item {
            text: String::new(),
            kind: None,
            value: None,
            is_parsed: false,
            message,
            timestamp: own.time.or(first.time),
            severity: own.severity,
            logger: own.logger,
            offset: first.start,
            record: before.map_or(first.start, |before| before.start),
            line: first.number,
        };
        let in_record = self.window.iter().any(|kept| kept.header.is_some());
        let mut open = Open::new(item, kept.header.is_some(), in_record);
        for line in &head {
            open.add(line.content(), stack_text::shape(line.content().trim()));
        }
        open.add(kept.content(), shape);
        self.open = Some(open);
        self.window.clear();
    }

    /// Where in the window the head of a trace is, whose first frame this line is.
    fn head(&self, frame: &Kept<'a>, shape: Option<(Language, u32)>) -> usize {
        let headed = frame.header.is_some();
        let most = if headed { HEADED_WINDOW } else { WINDOW };
        let mut found = None;
        for (index, kept) in self.window.iter().enumerate().rev().take(most) {
            let names = stack_text::names_error(kept.content().trim());
            let is_record = kept.header.is_some() && !headed;
            if names && !(is_record && found.is_some()) {
                found = Some(index);
            }
            if is_record {
                break;
            }
        }
        found.unwrap_or_else(|| self.window.len() - self.bare_calls(shape))
    }

    /// How many lines at the end of the window are calls of JavaScriptCore, which have nothing but a name.
    fn bare_calls(&self, shape: Option<(Language, u32)>) -> usize {
        let is_call = |bare: &str| {
            let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$');
            !bare.is_empty() && bare.bytes().all(word) || matches!(bare, "eval code" | "global code" | "module code")
        };
        let is_javascript = shape.is_some_and(|(language, _)| language == Language::JavaScript);
        let calls = self.window.iter().rev().take_while(|kept| is_javascript && kept.header.is_none() && is_call(kept.content().trim()));
        calls.count()
    }
}

/// Whether a trace begins here and nowhere before.
fn is_start(bare: &str) -> bool {
    const STARTS: [&str; 15] = [
        "Traceback (most recent call last)",
        "Exception Group Traceback",
        "+ Exception Group Traceback",
        "Exception in thread \"",
        "Unhandled exception. ",
        "Unhandled exception:",
        "Unhandled Exception:",
        "PHP Fatal error:",
        "PHP Parse error:",
        "exception '",
        "panic: ",
        "fatal error: ",
        "Fatal Python error",
        "*** Terminating app",
        "thread '",
    ];
    STARTS.iter().any(|start| bare.starts_with(start)) || bare.starts_with("** (") || bare.starts_with("*** Program crashed")
}
