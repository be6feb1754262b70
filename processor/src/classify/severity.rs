//! How bad an event is: what its sender says, raised where an engineer on call would be woken whatever it says.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use schemas::{
    event::{Change, Event, Severity},
    tokens,
};

/// How much of a message is looked through, in bytes.
const HEAD: usize = 512;

/// Types of errors after which a process can't be trusted any more.
const TYPES: [&str; 9] = [
    "OutOfMemoryError",
    "OutOfMemoryException",
    "MemoryError",
    "NoMemoryError",
    "std::bad_alloc",
    "SIGSEGV",
    "SIGBUS",
    "EXC_BAD_ACCESS",
    "AccessViolationException",
];

/// What nobody lets lie until tomorrow: memory, disks or descriptors are used up, data is lost or damaged, a
/// certificate is over, memory is written where it must not be.
const PHRASES: [&str; 36] = [
    "out of memory",
    "java heap space",
    "gc overhead limit exceeded",
    "cannot allocate memory",
    "allowed memory size of",
    "heap out of memory",
    "no space left on device",
    "disk full",
    "disk is full",
    "disk quota exceeded",
    "read-only file system",
    "too many open files",
    "data loss",
    "data corruption",
    "database corruption",
    "corrupted database",
    "database disk image is malformed",
    "index is corrupt",
    "index is corrupted",
    "checksum mismatch",
    "invalid page in block",
    "could not read block",
    "certificate has expired",
    "certificate expired",
    "certificate is expired",
    "cert_has_expired",
    "segmentation fault",
    "stack smashing detected",
    "heap corruption",
    "double free or corruption",
    "all goroutines are asleep",
    "concurrent map writes",
    "kernel panic",
    "split brain",
    "remaining connection slots",
    "too many clients already",
];

/// Words before a phrase that turn it into its contrary.
const CONTRARY: [&str; 12] =
    ["no", "not", "without", "avoid", "avoids", "avoiding", "prevent", "prevents", "preventing", "against", "zero", "never"];

static AUTOMATON: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let built = AhoCorasick::builder().ascii_case_insensitive(true).build(PHRASES);
    built.expect("a few dozen short phrases make an automaton; every test of this stage makes it")
});

/// Raises an error to critical where its type or message demands it. What is less than an error only tells of such
/// things, so it stays.
pub(super) fn rate(event: &mut Event) {
    if event.severity != Severity::Error {
        return;
    }
    let why = if event.exceptions.is_empty() {
        let message = event.error.message.as_deref().or_else(|| event.message.as_ref().map(|m| m.formatted.as_str()));
        message.and_then(phrase)
    } else {
        event.exceptions.iter().find_map(|e| of_type(e.kind.as_deref()?).or_else(|| phrase(e.value.as_deref()?)))
    };
    if let Some(why) = why {
        set(event, Severity::Critical, why);
    }
}

/// Gives the event a severity and keeps why, if it is another one.
pub(super) fn set(event: &mut Event, to: Severity, why: String) {
    if event.severity != to {
        let (field, from) = ("severity".to_owned(), event.severity.as_str().to_owned());
        event.changes.push(Change { field, from, to: to.as_str().to_owned(), why });
        event.severity = to;
    }
}

fn of_type(kind: &str) -> Option<String> {
    let last = kind.rsplit('.').next().unwrap_or(kind);
    TYPES.contains(&last).then(|| format!("type {last}"))
}

fn phrase(message: &str) -> Option<String> {
    let head = tokens::cut(message, HEAD);
    let found = AUTOMATON.find_iter(head).find(|found| {
        let (before, after) = (&head[..found.start()], &head[found.end()..]);
        let stands = !before.ends_with(|c: char| c.is_alphanumeric()) && !after.starts_with(|c: char| c.is_alphanumeric());
        let previous = before.split_whitespace().next_back().unwrap_or_default();
        stands && !CONTRARY.iter().any(|word| previous.eq_ignore_ascii_case(word))
    })?;
    Some(format!("“{}” in the message", PHRASES[found.pattern().as_usize()]))
}
