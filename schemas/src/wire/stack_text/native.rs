//! C, C++, Objective-C and Swift: Apple's reports, gdb, sanitizers, tombstones and `backtrace_symbols`.

use super::{
    chain::{Chain, Frames, Link, Order},
    place::filled,
};
use crate::{
    event::{Exception, Frame, Thread},
    limits,
};

mod frames;

pub(super) use frames::frame_of;

/// The crashed thread's exception and the other threads.
pub(super) fn parse(lines: &[&str]) -> Option<(Vec<Exception>, Vec<Thread>)> {
    let mut reader = Reader::default();
    for line in lines {
        reader.line(line);
    }
    let Reader { head, stacks, .. } = reader;
    let crashed = stacks.iter().position(|stack| stack.crashed).or_else(|| stacks.iter().position(|stack| !stack.frames.is_empty()))?;
    let is_dump = stacks.iter().any(|stack| stack.thread.is_some());
    let mut link = head.unwrap_or_default();
    let mut threads = Vec::new();
    let mut thread_id = None;
    for (number, stack) in stacks.into_iter().enumerate() {
        let id = stack.thread;
        if number == crashed {
            link.frames = stack.frames;
            thread_id.clone_from(&id);
            if is_dump {
                threads.push(Thread { id, crashed: Some(true), ..Thread::default() });
            }
        } else if is_dump && threads.len() < limits::THREADS {
            threads.push(Thread { id, stacktrace: stack.frames.into_stack(Order::CrashFirst), ..Thread::default() });
        }
    }
    if link.frames.is_empty() {
        return None;
    }
    let mut chain = Chain::default();
    chain.push(link);
    let mut exceptions = chain.finish(Order::CrashFirst)?;
    if let Some(raised) = exceptions.last_mut() {
        raised.thread_id = thread_id;
    }
    Some((exceptions, threads))
}

#[derive(Default)]
struct Stack {
    thread: Option<String>,
    crashed: bool,
    frames: Frames,
    /// The number of the last frame; a smaller one begins another stack.
    last: Option<u64>,
}

#[derive(Default)]
struct Reader {
    head: Option<Link>,
    /// One for each thread of a report, else only one.
    stacks: Vec<Stack>,
    /// A sanitizer prints where the memory was freed and allocated after where it was used.
    done: bool,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let bare = line.trim();
        if let Some((number, frame)) = frame_of(bare) {
            self.frame(number, frame);
        } else if let Some((id, crashed)) = thread_of(bare) {
            if self.stacks.len() < limits::THREADS {
                self.stacks.push(Stack { thread: filled(id), crashed, ..Stack::default() });
                self.done = false;
            } else {
                self.done = true;
            }
        } else if self.stacks.iter().all(|stack| stack.frames.is_empty()) {
            self.before(bare);
        }
    }

    /// A number that is not larger than the last begins another stack, of which only threads have one.
    fn frame(&mut self, number: u64, frame: Frame) {
        if self.stacks.is_empty() {
            self.stacks.push(Stack::default());
        }
        let Some(stack) = self.stacks.last_mut() else { return };
        self.done |= stack.last.is_some_and(|last| number < last || number == 0);
        if !self.done {
            stack.last = Some(number);
            stack.frames.push(frame);
        }
    }

    fn before(&mut self, bare: &str) {
        let known = error_of(bare);
        match (&mut self.head, known) {
            (head, Some(link)) => *head = Some(link),
            (Some(head), None) => {
                if let Some(reason) =
                    ["Exception Subtype:", "Application Specific Information:"].iter().find_map(|at| bare.strip_prefix(at))
                {
                    head.append(reason.trim());
                }
            }
            (head @ None, None) if bare.contains("terminate called") || bare.contains("Assertion") => *head = Some(Link::new(None, bare)),
            _ => {}
        }
    }
}

/// `Thread 0 Crashed:`, `Thread 0 "main" crashed:`, `Thread 3:`, `Thread 2 (LWP 12):`.
fn thread_of(bare: &str) -> Option<(&str, bool)> {
    let rest = bare.strip_prefix("Thread ")?;
    let end = rest.bytes().take_while(u8::is_ascii_digit).count();
    let crashed = rest.to_ascii_lowercase().contains("crashed");
    (end > 0 && bare.ends_with(':')).then_some((&rest[..end], crashed))
}

/// A line that names the error.
fn error_of(bare: &str) -> Option<Link> {
    if let Some(at) = bare.find("Sanitizer: ") {
        let value = &bare[at + "Sanitizer: ".len()..];
        let kind = value.split(' ').next().unwrap_or_default();
        return Some(Link::new(Some(kind), value).uncaught());
    }
    if let Some(rest) = bare.strip_prefix("*** Terminating app due to uncaught exception '") {
        let (kind, rest) = rest.split_once('\'')?;
        let value = rest.split_once("reason: '").map_or("", |(_, value)| value.trim_end_matches('\''));
        return Some(Link::new(Some(kind), value).uncaught());
    }
    if let Some(rest) = bare.strip_prefix("Exception Type:") {
        return Some(Link::new(Some(rest.trim().split(' ').next().unwrap_or_default()), rest.trim()).uncaught());
    }
    if let Some(rest) = bare.strip_prefix("*** Program crashed: ") {
        return Some(Link::new(Some("crash"), rest.trim_end_matches(" ***")).uncaught());
    }
    if let Some(rest) = bare.strip_prefix("Program received signal ").or_else(|| bare.strip_prefix("Program terminated with signal ")) {
        let (kind, value) = rest.split_once(", ").unwrap_or((rest, ""));
        return Some(Link::new(Some(kind), value.trim_end_matches('.')).uncaught());
    }
    if let Some(at) = bare.find("Fatal error: ") {
        return Some(Link::new(Some("Fatal error"), &bare[at + "Fatal error: ".len()..]).uncaught());
    }
    // `signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x0` of a tombstone.
    let (_, rest) = bare.split_once("signal ")?.1.split_once('(')?;
    let (kind, value) = rest.split_once(')')?;
    kind.starts_with("SIG").then(|| Link::new(Some(kind), value.trim_start_matches(", ")).uncaught())
}
