//! A trace whose end was not seen yet.

use crate::{
    limits,
    wire::{
        log_text::Item,
        stack_text::{self, Language},
    },
};

/// Blank lines that may stand within a trace.
const BLANKS: usize = 2;
/// Lines of a message before the first frame, or after the last.
const MESSAGE_LINES: usize = 24;

/// Whether a line belongs to the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    Yes,
    /// If the next one does.
    Perhaps,
    No,
}

pub(super) struct Open {
    pub(super) item: Item,
    /// Whether its lines have headers.
    headed: bool,
    /// Whether it stands in a log whose records have headers, so that lines without belong to the record before.
    in_record: bool,
    language: Option<Language>,
    lines: usize,
    frames: usize,
    /// Lines since the last frame.
    tail: usize,
    /// Blank lines and others that belong here if what follows them does.
    pending: Vec<String>,
    blanks: usize,
    /// A line was seen that stands once in a trace of its language: its first frame or goroutine.
    begun: bool,
    /// A cause was named and no frame of it came yet.
    naming: bool,
    /// The error was named after the frames, or the trace can't go on for another reason.
    complete: bool,
}

impl Open {
    pub(super) fn new(item: Item, headed: bool, in_record: bool) -> Self {
        Self {
            item,
            headed,
            in_record,
            language: None,
            lines: 0,
            frames: 0,
            tail: 0,
            pending: Vec::new(),
            blanks: 0,
            begun: false,
            naming: false,
            complete: false,
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Takes a line if it belongs here. `foreign` is how many did not right before it.
    pub(super) fn take(&mut self, content: &str, has_header: bool, shape: Option<(Language, u32)>, foreign: usize) -> Taken {
        let bare = content.trim();
        // The line that names the error may have a header and the frames none.
        self.headed &= has_header || self.lines > 1;
        if bare.is_empty() && (!has_header || self.headed) && foreign == 0 {
            self.blanks += 1;
            self.pending.push(String::new());
            return if self.blanks <= BLANKS { Taken::Perhaps } else { Taken::No };
        }
        let can_be = has_header == self.headed || has_header && is_mark(bare);
        let is_message = shape.is_none() && !content.starts_with([' ', '\t']) && !is_mark(bare) && !is_relation(bare);
        if can_be && foreign == 0 && self.naming && is_message && self.pending.len() < MESSAGE_LINES {
            self.pending.push(content.trim_end().to_owned());
            return Taken::Perhaps;
        }
        if !can_be || !self.continues(content, bare, shape, foreign) {
            return Taken::No;
        }
        self.add(content, shape);
        Taken::Yes
    }

    /// Appends a line, up to the limit; the frames beyond it are not missed.
    pub(super) fn add(&mut self, content: &str, shape: Option<(Language, u32)>) {
        self.lines += 1;
        self.blanks = 0;
        for line in std::mem::take(&mut self.pending) {
            self.append(&line);
        }
        self.append(content.trim_end());
        self.note(content.trim(), content.starts_with([' ', '\t']), shape);
    }

    fn append(&mut self, line: &str) {
        let text = &mut self.item.text;
        if text.len() + line.len() < limits::LOG_TRACE_BYTES {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(line);
        }
    }

    fn note(&mut self, bare: &str, indented: bool, shape: Option<(Language, u32)>) {
        self.begun |= bare.starts_with("goroutine ") || bare.starts_with("#0 ") || shape == Some((Language::Elixir, 2));
        let named = self.language == Some(Language::Python) && self.frames > 0 && !indented && !is_bar(bare);
        match shape {
            Some((language, weight)) => {
                self.language = self.language.or((weight >= 2).then_some(language));
                if bare.starts_with("Traceback (") {
                    self.language = Some(Language::Python);
                } else if weight >= 2 {
                    self.frames += 1;
                }
                (self.tail, self.complete) = (0, false);
                self.naming = weight == 1 && is_cause(bare);
            }
            None if is_relation(bare) => (self.tail, self.complete) = (0, false),
            None => {
                self.tail += 1;
                self.complete |= named || bare.starts_with("note: run with") || bare.starts_with("thrown in ");
            }
        }
        self.complete |= self.language == Some(Language::Php) && (bare.contains(" on line ") || bare.ends_with("{main}"));
        self.complete |= self.language == Some(Language::Rust) && bare.starts_with("note: ");
    }

    fn continues(&self, content: &str, bare: &str, shape: Option<(Language, u32)>, foreign: usize) -> bool {
        let indented = content.starts_with([' ', '\t']);
        let same = |language: Language| self.language.is_none_or(|own| own == language);
        match shape {
            // After lines of others only what is surely a frame of the same trace.
            Some((language, weight)) if foreign > 0 => weight >= 2 && same(language) && !self.complete && !self.starts_anew(bare),
            Some((language, _)) => (same(language) || indented || self.frames == 0) && !self.starts_anew(bare),
            None if foreign > 0 => false,
            None if is_relation(bare) || is_mark(bare) => true,
            None if self.complete => self.blanks == 0 && self.in_record && self.tail < MESSAGE_LINES && !stack_text::names_error(bare),
            None if indented || is_bar(bare) => true,
            // The line that names the error, or its message.
            None if self.frames == 0 => self.tail < MESSAGE_LINES && self.is_headless(bare),
            None if self.language == Some(Language::Python) => true,
            None => self.in_record && self.blanks == 0 && self.tail < MESSAGE_LINES && !stack_text::names_error(bare),
        }
    }

    /// Whether a line begins another trace.
    fn starts_anew(&self, bare: &str) -> bool {
        match self.language {
            Some(Language::Python) => bare.starts_with("Traceback (") && self.complete,
            Some(Language::Go) => bare.starts_with("panic: ") && self.begun,
            Some(Language::Php) => bare.starts_with("PHP ") || bare.starts_with("exception '") || bare.starts_with("#0 ") && self.complete,
            Some(Language::Rust) => bare.starts_with("thread '"),
            Some(Language::Dart) => bare.starts_with("#0 ") && self.begun,
            Some(Language::Native) => bare.contains("Sanitizer: ") && self.begun,
            Some(Language::Elixir) => bare.starts_with("** (") && self.begun,
            Some(Language::Java) => bare.starts_with("Exception in thread"),
            _ => false,
        }
    }

    /// Whether a line before the first frame may belong to the trace. Without records nothing else tells, so only
    /// some traces go on then.
    fn is_headless(&self, bare: &str) -> bool {
        let told =
            self.item.text.starts_with("thread '") || self.item.text.starts_with("Unhandled") || self.item.text.starts_with("Traceback");
        self.in_record || told || bare.starts_with('[') || self.item.text.contains("Fatal Python error")
    }

    /// The trace, if it is one.
    pub(super) fn finish(self) -> Option<Item> {
        let mut item = self.item;
        let parsed = stack_text::parse(&item.text, None);
        let frames = |text: &str| text.lines().filter(|line| stack_text::shape(line.trim()).is_some_and(|(_, weight)| weight >= 2)).count();
        match parsed.as_ref().and_then(|parsed| parsed.exceptions.last()) {
            // A single place without an error is no trace: logs are full of them.
            Some(raised) if raised.kind.is_none() && frames(&item.text) < 2 => return None,
            Some(raised) => {
                item.kind.clone_from(&raised.kind);
                item.value.clone_from(&raised.value);
                item.is_parsed = true;
            }
            None if frames(&item.text) < 3 => return None,
            None => {}
        }
        Some(item)
    }
}

/// A line that names what caused an error.
fn is_cause(bare: &str) -> bool {
    bare.starts_with("Caused by: ") || bare.starts_with("Suppressed: ")
}

/// What Python prints between an exception and the one that came of it.
fn is_relation(bare: &str) -> bool {
    bare.starts_with("The above exception was the direct cause") || bare.starts_with("During handling of the above exception")
}

/// The margin of Python's groups.
fn is_bar(bare: &str) -> bool {
    bare.starts_with(['|', '+'])
}

/// Lines that only stand in traces.
fn is_mark(bare: &str) -> bool {
    const MARKS: [&str; 24] = [
        "Caused by: ",
        "Suppressed: ",
        "... ",
        "--- End of",
        "---> ",
        "<---",
        "Next ",
        "[signal ",
        "[cause]: ",
        "[errors]: ",
        "[stacktrace]",
        "[previous exception]",
        "created by ",
        "goroutine ",
        "runtime stack:",
        "[originating from",
        "<asynchronous suspension>",
        "Stack trace:",
        "stack backtrace:",
        "Stack backtrace:",
        "note: ",
        "Error created at ",
        "eval code",
        "global code",
    ];
    MARKS.iter().any(|mark| bare.starts_with(mark)) || matches!(bare, "}" | "]" | "{" | "(" | ")" | "})" | "]}" | "\"}")
}
