//! The Java virtual machine: causes, suppressed exceptions, shared frames, module prefixes and packaging data.

use super::{
    chain::{Chain, Link, Order},
    place::{frame, is_error_name, is_type, leading_number, numbered},
};
use crate::event::{Exception, Frame};

/// Most frames that are filled in for `... 12 more`, over all exceptions of a text.
const FILLED: usize = 1_000;

pub(super) fn parse(lines: &[&str]) -> Option<Vec<Exception>> {
    let mut reader = Reader::default();
    for line in lines {
        reader.line(line);
    }
    let mut chain = reader.chain;
    if chain.links.iter().all(|link| link.frames.is_empty()) {
        return None;
    }
    fill(&mut chain);
    chain.finish(Order::CrashFirst)
}

#[derive(Default)]
struct Reader {
    chain: Chain,
    /// The exceptions that are open, each with the indentation of its first line.
    open: Vec<(usize, usize)>,
    /// A line before the first frame that may name the error.
    head: Option<String>,
    in_message: bool,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let bare = line.trim();
        let indent = line.len() - line.trim_start().len();
        if let Some(frame) = bare.strip_prefix("at ").and_then(frame_of) {
            self.open_head();
            self.in_message = false;
            if let Some(link) = self.current() {
                link.frames.push(frame);
            }
        } else if let Some(rest) = bare.strip_prefix("... ") {
            self.shared(rest);
        } else if let Some(cause) = bare.strip_prefix("Caused by: ") {
            self.nested(indent, cause, "cause");
        } else if let Some(suppressed) = bare.strip_prefix("Suppressed: ") {
            self.nested(indent, suppressed, "suppressed");
        } else if let Some(wrapper) = bare.strip_prefix("Wrapped by: ") {
            self.wrapper(indent, wrapper);
        } else if self.chain.links.is_empty() {
            self.before(line, indent);
        } else if self.in_message
            && let Some(link) = self.current()
        {
            link.append(line.trim_end());
        }
    }

    fn current(&mut self) -> Option<&mut Link> {
        let (_, number) = self.open.last()?;
        self.chain.links.get_mut(*number)
    }

    /// A line before the first frame: the first that names a type opens the exception.
    fn before(&mut self, line: &str, indent: usize) {
        let uncaught = line.find("Exception in thread \"").map(|at| &line[at + "Exception in thread \"".len()..]);
        let (text, is_uncaught) = match uncaught.and_then(|rest| rest.split_once("\" ")) {
            Some((_, rest)) => (rest, true),
            None => (line.trim(), false),
        };
        match error_of(text) {
            Some(link) => {
                let link = if is_uncaught { link.uncaught() } else { link };
                self.open_link(indent, link);
            }
            None if !text.is_empty() => self.head = Some(text.to_owned()),
            None => {}
        }
    }

    /// Frames under no line that names a type belong to the line before them.
    fn open_head(&mut self) {
        if self.chain.links.is_empty() {
            let head = self.head.take().unwrap_or_default();
            self.open_link(0, Link::new(None, &head));
        }
    }

    fn open_link(&mut self, indent: usize, link: Link) -> Option<usize> {
        let number = self.chain.push(link)?;
        self.open.push((indent, number));
        self.in_message = true;
        Some(number)
    }

    /// A cause stands under its exception at the same indentation, a suppressed one deeper.
    fn nested(&mut self, indent: usize, text: &str, source: &str) {
        if text.starts_with("[CIRCULAR REFERENCE") {
            return;
        }
        self.open_head();
        let is_holder = |of: usize| if source == "cause" { of <= indent } else { of < indent };
        while self.open.len() > 1 && self.open.last().is_some_and(|(of, _)| !is_holder(*of)) {
            self.open.pop();
        }
        let holder = self.open.last().map(|(_, number)| *number);
        if source == "cause" {
            self.open.pop();
        }
        let link = error_of(text).unwrap_or_else(|| Link::new(None, text));
        if let (Some(number), Some(holder)) = (self.open_link(indent, link), holder) {
            self.chain.join(holder, number, source);
        }
    }

    /// Logback can print the root cause first.
    fn wrapper(&mut self, indent: usize, text: &str) {
        let inner = self.open.pop().map(|(_, number)| number);
        let link = error_of(text).unwrap_or_else(|| Link::new(None, text));
        if let (Some(number), Some(inner)) = (self.open_link(indent, link), inner) {
            self.chain.join(number, inner, "cause");
        }
    }

    /// `... 12 more`, `... 12 common frames omitted`.
    fn shared(&mut self, rest: &str) {
        let count = leading_number(rest).filter(|(_, rest)| rest.starts_with(" more") || rest.starts_with(" common frames omitted"));
        if let (Some((count, _)), Some(link)) = (count, self.current()) {
            link.shared = usize::try_from(count).unwrap_or(usize::MAX);
            self.in_message = false;
        }
    }
}

/// Fills in the frames that an exception shares with the one that holds it.
fn fill(chain: &mut Chain) {
    let mut left = FILLED;
    for number in 0..chain.links.len() {
        let shared = chain.links[number].shared;
        let Some(holder) = chain.links[number].parent.filter(|_| shared > 0) else { continue };
        let frames = &chain.links[holder].frames;
        let from = frames.list.len().saturating_sub(shared);
        let filled: Vec<Frame> = if frames.omitted > 0 { Vec::new() } else { frames.list[from..].iter().take(left).cloned().collect() };
        left -= filled.len();
        let own = &mut chain.links[number].frames;
        own.omitted = own.omitted.saturating_add((shared - filled.len().min(shared)) as u64);
        filled.into_iter().for_each(|frame| own.push(frame));
    }
}

/// `java.lang.IllegalStateException: message`.
fn error_of(text: &str) -> Option<Link> {
    let (kind, value) = match text.find(": ") {
        Some(at) => (&text[..at], &text[at + 2..]),
        None => (text.strip_suffix(':').unwrap_or(text), ""),
    };
    let last = kind.rsplit(['.', '$', '/']).next().unwrap_or_default();
    let named = kind.contains('.') && last.starts_with(|c: char| c.is_uppercase()) || is_error_name(kind);
    let kind = kind.rsplit('/').next().unwrap_or_default();
    (named && is_type(kind)).then(|| Link::new(Some(kind), value))
}

/// What follows `at `: `[loader/][module@version/]package.Class.method(File.java:12) [~[jar:version]]`.
pub(super) fn frame_of(text: &str) -> Option<Frame> {
    let (call, packaging) = match text.rfind(") ") {
        Some(at) if !text.ends_with(')') => (&text[..=at], text[at + 2..].trim()),
        _ => (text, ""),
    };
    let call = call.strip_suffix(')')?;
    let open = call.rfind('(')?;
    let (name, place) = (&call[..open], &call[open + 1..]);
    if !is_place(place) || name.ends_with(' ') {
        return None;
    }
    let (module_of, name) = without_module(name);
    let dot = name.rfind('.')?;
    let (file, line) = match place {
        "Native Method" | "Unknown Source" | "<generated>" | "Native method" => ("", None),
        _ => numbered(place).map_or((place, None), |(file, line)| (file, Some(line))),
    };
    let mut frame = frame(&name[dot + 1..], file, line, None);
    frame.module = Some(name[..dot].to_owned());
    let jar = packaging.trim_start_matches('~').trim_matches(['[', ']']).split(':').next().unwrap_or_default();
    let jar = if matches!(jar, "?" | "na") { "" } else { jar };
    frame.package = [jar, module_of].into_iter().find(|package| !package.is_empty()).map(str::to_owned);
    Some(frame)
}

/// Whether it can stand in the brackets of a frame.
pub(super) fn is_place(place: &str) -> bool {
    if matches!(place, "Native Method" | "Unknown Source" | "<generated>" | "Native method") {
        return true;
    }
    let file = numbered(place).map_or(place, |(file, _)| file);
    let known = [".java", ".kt", ".kts", ".scala", ".groovy", ".clj", ".aj"].iter().any(|end| file.ends_with(end));
    let word = !file.is_empty() && file.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'-' | b'.'));
    known && !file.contains('/') || word && file.len() < place.len()
}

/// The module and the name without class loader, module and version: `app//`, `java.base@17.0.1/`.
fn without_module(name: &str) -> (&str, &str) {
    let mut rest = name;
    let mut module = "";
    while let Some(at) = rest.find('/') {
        let part = &rest[..at];
        // Hidden classes have a slash too, behind a dollar: `Job$$Lambda/0x01.run`.
        if part.contains('$') {
            break;
        }
        if !matches!(part, "" | "app" | "platform") {
            module = part.split('@').next().unwrap_or_default();
        }
        rest = &rest[at + 1..];
    }
    (module, rest)
}

/// Whether a line is `package.Type: message` or `Type`, of an error.
pub(super) fn names_error(bare: &str) -> bool {
    error_of(bare).is_some()
}
