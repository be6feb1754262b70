//! PHP: uncaught exceptions with those before them, `(string) $e`, and what Monolog writes of them.

use super::{
    chain::{Chain, Link, Order},
    place::{frame, is_type, numbered},
};
use crate::event::Exception;

pub(super) fn parse(lines: &[&str]) -> Option<Vec<Exception>> {
    let mut reader = Reader::default();
    for line in lines {
        reader.line(line);
    }
    reader.close();
    let chain = reader.chain;
    if chain.links.iter().all(|link| link.frames.is_empty()) {
        return None;
    }
    chain.finish(Order::CrashFirst)
}

/// How an exception relates to the one read before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// It was thrown after it, because of it.
    Next,
    /// It came before it.
    Previous,
}

#[derive(Default)]
struct Reader {
    chain: Chain,
    head: String,
    relation: Option<Relation>,
    last: Option<usize>,
    /// The exception that is open: where the function that the next line names was.
    open: Option<(Link, Option<Place>)>,
}

struct Place {
    file: String,
    line: Option<u64>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let bare = line.trim();
        if let Some((place, function)) = call_of(bare) {
            self.call(place, function);
        } else if bare.starts_with("Stack trace:") || bare.starts_with("[stacktrace]") {
            self.open();
        } else if let Some(next) = bare.strip_prefix("Next ") {
            self.close();
            self.begin(next, Relation::Next);
        } else if let Some(previous) = bare.strip_prefix("[previous exception] ") {
            self.close();
            self.begin(previous, Relation::Previous);
        } else if self.open.is_none() {
            if is_head(bare) {
                self.head.clear();
            }
            self.head.push_str(line.trim_end());
            self.head.push('\n');
        }
    }

    fn begin(&mut self, head: &str, relation: Relation) {
        self.head = format!("{head}\n");
        self.relation = self.last.map(|_| relation);
    }

    fn open(&mut self) {
        let head = std::mem::take(&mut self.head);
        if self.open.is_none() {
            self.open = Some(head_of(head.trim()));
        }
    }

    /// `#0 file(9): pay()`: `pay` was running at the place known before, and was called from this one.
    fn call(&mut self, place: Option<Place>, function: &str) {
        self.open();
        let Some((link, at)) = &mut self.open else { return };
        if let Some(at) = at.take() {
            link.frames.push(frame(&name(function), &at.file, at.line, None));
        }
        *at = place;
    }

    fn close(&mut self) {
        let Some((mut link, at)) = self.open.take() else { return self.close_fatal() };
        if let Some(at) = at {
            link.frames.push(frame("", &at.file, at.line, None));
        }
        self.push(link);
    }

    /// A fatal error that is no exception has no trace, only a place.
    fn close_fatal(&mut self) {
        let head = std::mem::take(&mut self.head);
        for kind in ["Fatal error", "Parse error"] {
            let Some(at) = head.find(kind) else { continue };
            let text = head[at + kind.len()..].trim_start_matches(':').trim();
            let text = text.lines().next().unwrap_or_default();
            let Some((text, line)) = text.rsplit_once(" on line ") else { continue };
            let Some((value, file)) = text.rsplit_once(" in ") else { continue };
            let mut link = Link::new(Some(kind), value).uncaught();
            link.frames.push(frame("", file, line.trim().parse().ok(), None));
            return self.push(link);
        }
    }

    fn push(&mut self, link: Link) {
        let Some(number) = self.chain.push(link) else { return };
        match (self.relation.take(), self.last) {
            (Some(Relation::Next), Some(before)) => self.chain.join(number, before, "previous"),
            (Some(Relation::Previous), Some(before)) => self.chain.join(before, number, "previous"),
            _ => {}
        }
        self.last = Some(number);
    }
}

/// Whether a line can be the first of an exception.
fn is_head(bare: &str) -> bool {
    bare.starts_with("exception '") || bare.contains("Uncaught ") || bare.contains("[object] (") || bare.contains(" error: ")
}

/// The exception that a head names, and where it was thrown.
fn head_of(text: &str) -> (Link, Option<Place>) {
    if let Some(at) = text.find("[object] (") {
        return logged(&text[at + "[object] (".len()..]);
    }
    let uncaught = text.find("Uncaught ").map(|at| &text[at + "Uncaught ".len()..]);
    let text = uncaught.unwrap_or(text);
    let (text, place) = match text.rsplit_once(" in ").map(|(text, place)| (text, numbered(place.trim()))) {
        Some((text, Some((file, line)))) => (text, Some(Place { file: file.to_owned(), line: Some(line) })),
        _ => (text, None),
    };
    let old = text.strip_prefix("exception '").and_then(|rest| rest.split_once('\''));
    let (kind, value) = match old {
        // `exception 'Exception' with message 'text'`
        Some((kind, rest)) => (kind, rest.strip_prefix(" with message '").map_or("", |value| value.strip_suffix('\'').unwrap_or(value))),
        None => match text.split_once(": ") {
            Some((kind, value)) if is_type(kind) => (kind, value),
            None if is_type(text) => (text, ""),
            _ => ("", text),
        },
    };
    let link = Link::new((!kind.is_empty()).then_some(kind), value);
    (if uncaught.is_some() { link.uncaught() } else { link }, place)
}

/// `RuntimeException(code: 0): message at /srv/shop/pay.php:12)` as Monolog writes it.
fn logged(text: &str) -> (Link, Option<Place>) {
    let text = text.trim_end().trim_end_matches(')');
    let (text, place) = match text.rsplit_once(" at ").map(|(text, place)| (text, numbered(place))) {
        Some((text, Some((file, line)))) => (text, Some(Place { file: file.to_owned(), line: Some(line) })),
        _ => (text, None),
    };
    let (kind, rest) = text.split_once("(code: ").unwrap_or((text, ""));
    (Link::new(Some(kind), rest.split_once("): ").map_or("", |(_, value)| value)), place)
}

/// `#0 /srv/shop/pay.php(9): pay('x')`, `#1 [internal function]: {closure}()`, `#2 {main}`: place and call.
fn call_of(bare: &str) -> Option<(Option<Place>, &str)> {
    let rest = numbered_call(bare)?;
    if rest.starts_with("{main}") {
        return Some((None, ""));
    }
    if let Some(call) = rest.strip_prefix("[internal function]: ") {
        return Some((Some(Place { file: "[internal]".to_owned(), line: None }), call));
    }
    let at = memchr::memmem::find(rest.as_bytes(), b"): ")?;
    let (file, line) = rest[..at].rsplit_once('(')?;
    Some((Some(Place { file: file.to_owned(), line: Some(line.parse().ok()?) }), &rest[at + 3..]))
}

/// What follows `#0 `.
fn numbered_call(bare: &str) -> Option<&str> {
    let rest = bare.strip_prefix('#')?;
    rest.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix(' ').filter(|_| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether a line is a call of a trace.
pub(super) fn is_call(bare: &str) -> bool {
    call_of(bare).is_some()
}

/// The function without arguments; methods are named as `Class::method`.
fn name(call: &str) -> String {
    let name = call.split('(').next().unwrap_or_default();
    name.replacen("->", "::", 1)
}
