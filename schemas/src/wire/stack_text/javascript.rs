//! JavaScript: V8 (Chrome, Edge, Node, new Opera) and Internet Explorer in lines with `at`; the others in
//! `javascript::gecko`.

use super::{
    chain::{Chain, Link, Order},
    place::{frame, frame_at, is_error_name, is_type, leading_number, numbered, position},
};
use crate::event::{Exception, Frame};

mod gecko;

pub(in crate::wire::stack_text) use gecko::frame_of as gecko_frame;

pub(super) fn parse(lines: &[&str]) -> Option<Vec<Exception>> {
    if !lines.iter().any(|line| line.trim_start().strip_prefix("at ").is_some_and(|rest| frame_of(rest).is_some())) {
        return gecko::parse(lines);
    }
    let mut reader = Reader::default();
    for line in lines {
        reader.line(line);
    }
    let mut chain = reader.chain;
    if chain.links.iter().all(|link| !link.frames.list.iter().any(|frame| frame.abs_path.is_some() || frame.filename.is_some())) {
        return None;
    }
    fill(&mut chain, &reader.gaps);
    chain.finish(Order::CrashFirst)
}

/// Lines that Node left out of an error because its cause has them: of which error, before which frame, how many.
struct Gap {
    link: usize,
    at: usize,
    count: usize,
}

#[derive(Default)]
struct Reader {
    chain: Chain,
    /// The errors that are open, each with the indentation of its first line.
    open: Vec<(usize, usize)>,
    before: String,
    in_message: bool,
    /// The indentation of a list of errors and how many it had so far.
    list: Option<(usize, usize)>,
    gaps: Vec<Gap>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let bare = line.trim();
        let indent = line.len() - line.trim_start().len();
        if let Some(frame) = bare.strip_prefix("at ").and_then(frame_of) {
            self.open_before();
            self.in_message = false;
            if let Some((_, number)) = self.open.last() {
                self.chain.links[*number].frames.push(frame);
            }
            return;
        }
        if self.chain.links.is_empty() {
            return self.before(bare, line);
        }
        if let Some((cause, source)) = cause_of(bare) {
            self.nested(indent, cause, source);
        } else if bare == "[errors]: [" {
            self.close(indent);
            self.list = Some((indent + 2, 0));
        } else if let Some(count) = bare.strip_prefix("... ").and_then(leading_number).filter(|(_, rest)| rest.contains("matching cause")) {
            self.gap(count.0);
        } else if let Some((_, members)) = self.list.filter(|(of, _)| *of == indent && error_of(bare).is_some()) {
            self.close(indent);
            self.nested(indent, bare, &format!("errors[{members}]"));
            self.list = Some((indent, members + 1));
        } else if self.in_message
            && let Some((_, number)) = self.open.last()
        {
            self.chain.links[*number].append(line.trim_end());
        }
    }

    /// A line before the first frame. What Node prints of the source comes before the line that names the error.
    fn before(&mut self, bare: &str, line: &str) {
        if let Some(link) = error_of(bare) {
            self.open_link(0, link);
        } else {
            self.before.push_str(line.trim_end());
            self.before.push('\n');
        }
    }

    fn open_before(&mut self) {
        if self.chain.links.is_empty() {
            let text = std::mem::take(&mut self.before);
            let text = text.trim();
            let named = text.split_once(": ").filter(|(kind, _)| kind.starts_with(|c: char| c.is_uppercase()) && is_type(kind));
            let link = named.map_or_else(|| Link::new(None, text), |(kind, value)| Link::new(Some(kind), value));
            self.open_link(0, link);
        }
    }

    fn open_link(&mut self, indent: usize, link: Link) -> Option<usize> {
        let number = self.chain.push(link)?;
        self.open.push((indent, number));
        self.in_message = true;
        Some(number)
    }

    /// Ends the errors that are indented like this or deeper.
    fn close(&mut self, indent: usize) {
        while self.open.len() > 1 && self.open.last().is_some_and(|(of, _)| *of >= indent) {
            self.open.pop();
        }
    }

    fn nested(&mut self, indent: usize, text: &str, source: &str) {
        if indent > 0 {
            self.close(indent);
        }
        let holder = self.open.last().map(|(_, number)| *number);
        let link = error_of(text).unwrap_or_else(|| Link::new(None, text));
        if let (Some(number), Some(holder)) = (self.open_link(indent, link), holder) {
            self.chain.join(holder, number, source);
            if source.starts_with("errors[") {
                self.chain.links[holder].mechanism.is_exception_group = Some(true);
            }
        }
    }

    fn gap(&mut self, count: u64) {
        if let Some((_, number)) = self.open.last() {
            let at = self.chain.links[*number].frames.list.len();
            self.gaps.push(Gap { link: *number, at, count: usize::try_from(count).unwrap_or(usize::MAX) });
        }
    }
}

/// Most frames that are put back, over all errors of a text.
const FILLED: usize = 1_000;

/// Puts back the frames that Node left out: they follow, in the cause, the frame that stands before the gap.
fn fill(chain: &mut Chain, gaps: &[Gap]) {
    let mut left = FILLED;
    for gap in gaps.iter().rev() {
        let own = &chain.links[gap.link].frames;
        let before = gap.at.checked_sub(1).and_then(|at| own.list.get(at));
        let cause = chain.links.iter().find(|link| link.parent == Some(gap.link));
        let same = cause.and_then(|cause| Some((cause, cause.frames.list.iter().position(|frame| Some(frame) == before)?)));
        let filled: Vec<Frame> = match same {
            Some((cause, at)) => cause.frames.list[at + 1..].iter().take(gap.count.min(left)).cloned().collect(),
            None => Vec::new(),
        };
        let own = &mut chain.links[gap.link].frames;
        left -= filled.len();
        own.omitted = own.omitted.saturating_add((gap.count - filled.len()) as u64);
        let at = gap.at.min(own.list.len());
        own.list.splice(at..at, filled);
    }
}

/// The error in a line that says what caused another one, and how that one holds it.
fn cause_of(bare: &str) -> Option<(&str, &str)> {
    let (text, source) = match bare.strip_prefix("[cause]: ").or_else(|| bare.strip_prefix("Caused by: ")) {
        Some(text) => (text, "cause"),
        None => (bare.strip_prefix("[errors]: ")?, "errors"),
    };
    let text = text.trim_end_matches(" {");
    (source == "cause").then_some((text.trim_start_matches('[').trim_end_matches(']'), source))
}

/// `TypeError: message`, `Uncaught (in promise) Error [CODE]: message`.
pub(in crate::wire::stack_text) fn error_of(line: &str) -> Option<Link> {
    let uncaught = line.strip_prefix("Uncaught ").map(|rest| rest.strip_prefix("(in promise) ").unwrap_or(rest));
    let text = uncaught.unwrap_or(line).trim_start_matches('[');
    let (head, value) = match text.find(": ") {
        Some(at) => (&text[..at], &text[at + 2..]),
        None => (text.trim_end_matches(" {").trim_end_matches([':', ']']), ""),
    };
    let kind = head.find(" [").filter(|_| head.ends_with(']')).map_or(head, |at| &head[..at]);
    let named = is_type(kind) && (is_error_name(kind) || uncaught.is_some());
    let link = named.then(|| Link::new(Some(kind), value))?;
    Some(if uncaught.is_some() { link.uncaught() } else { link })
}

/// What follows `at `.
pub(in crate::wire::stack_text) fn frame_of(text: &str) -> Option<Frame> {
    let text = text.trim_end_matches(" {").trim_end_matches(',');
    let text = text.strip_prefix("async ").unwrap_or(text);
    let Some(call) = text.strip_suffix(')') else { return bare_frame(text) };
    let (function, place) = match call.find(" (") {
        Some(at) => (&call[..at], &call[at + 2..]),
        None => call.split_once('(').filter(|(_, place)| numbered(place).is_some())?,
    };
    if place.starts_with("eval at ") || place.starts_with("eval code at ") {
        return Some(frame_at(function, eval_origin(place)));
    }
    let place = place.strip_prefix("address at ").unwrap_or(place);
    let (file, line, column) = position(place);
    let file = match file {
        "index" => return None,
        _ if place.starts_with("index ") && leading_number(&place[6..]).is_some() => "",
        file => file,
    };
    let known = line.is_some() || file.is_empty() || matches!(file, "<anonymous>" | "native" | "unknown location") || is_path(file);
    known.then(|| frame(function, if file == "unknown location" { "" } else { file }, line, column))
}

/// A frame without brackets: a place, or the name of a function.
fn bare_frame(text: &str) -> Option<Frame> {
    let (file, line, column) = position(text);
    if line.is_some() {
        return Some(frame("", file, line, column));
    }
    if is_path(text) || text == "<anonymous>" {
        return Some(frame("", text, None, None));
    }
    let name = text.strip_prefix("new ").unwrap_or(text);
    let is_name =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'.' | b'<' | b'>' | b'#'));
    is_name.then(|| frame(text, "", None, None))
}

fn is_path(text: &str) -> bool {
    !text.contains(' ') && (text.contains("://") || text.starts_with('/') || text.starts_with("node:"))
}

/// The place where the outermost `eval` was called; it is the last in the text, and the only one in a real file.
fn eval_origin(place: &str) -> &str {
    let inner = place.rfind('(').map_or(place, |at| &place[at + 1..]);
    inner.split(')').next().unwrap_or_default()
}
