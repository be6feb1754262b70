//! Ruby: uncaught errors of old and new versions in both orders, backtraces under a line of a log, Rails.

use super::{
    chain::{Chain, Frames, Link, Order},
    place::{frame, is_error_name, is_type, numbered},
};
use crate::event::{Exception, Frame};

pub(super) fn parse(lines: &[&str]) -> Option<Vec<Exception>> {
    let mut reader = Reader::default();
    for line in lines {
        reader.line(line);
    }
    if !reader.early.is_empty() {
        reader.open(Link::default());
    }
    let chain = reader.chain;
    if chain.links.iter().all(|link| link.frames.is_empty()) {
        return None;
    }
    chain.finish(Order::CrashFirst)
}

#[derive(Default)]
struct Reader {
    chain: Chain,
    head: Option<Link>,
    /// Ruby 2.5 to 2.7 print to terminals with the callers first; these are they.
    early: Frames,
    newest_last: bool,
    in_message: bool,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let bare = line.trim();
        if bare.starts_with("Traceback (most recent call last)") {
            self.newest_last = true;
        } else if let Some((frame, rest)) = frame_of(bare) {
            self.frame(frame, rest);
        } else if let Some(link) = self.chain.links.last_mut() {
            if self.in_message {
                link.append(line.trim_end());
            }
        } else if !bare.is_empty() && self.head.as_ref().is_none_or(|head| head.kind.is_none()) {
            self.head = Some(head_of(bare));
        }
    }

    fn frame(&mut self, frame: Frame, rest: &str) {
        if let Some(message) = rest.strip_prefix(": ") {
            let mut link = head_of(message);
            link.frames.push(frame);
            self.open(link);
            self.in_message = true;
        } else if self.newest_last && self.chain.links.is_empty() {
            self.early.push(frame);
        } else {
            if self.chain.links.is_empty() {
                let head = self.head.take().unwrap_or_default();
                self.open(head);
            }
            self.in_message = false;
            if let Some(link) = self.chain.links.last_mut() {
                link.frames.push(frame);
            }
        }
    }

    /// The error that follows another is its cause.
    fn open(&mut self, mut link: Link) {
        let early = std::mem::take(&mut self.early);
        link.frames.omitted = link.frames.omitted.saturating_add(early.omitted);
        early.list.into_iter().rev().for_each(|frame| link.frames.push(frame));
        let before = self.chain.links.len().checked_sub(1);
        if let (Some(number), Some(before)) = (self.chain.push(link), before) {
            self.chain.join(before, number, "cause");
        }
    }
}

/// `message (Type)`, `Type (message):` as Rails logs it, or `Type: message`.
fn head_of(text: &str) -> Link {
    let text = text.rsplit(" -- : ").next().unwrap_or_default().trim();
    if let Some((value, kind)) = text.strip_suffix(')').and_then(|text| text.rsplit_once(" (")).filter(|(_, kind)| is_class(kind)) {
        return Link::new(Some(kind), value);
    }
    if let Some(kind) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).filter(|kind| is_class(kind)) {
        return Link::new(Some(kind), "");
    }
    let rails = text.trim_end_matches(':').strip_suffix(')').and_then(|text| text.split_once(" ("));
    if let Some((kind, value)) = rails.filter(|(kind, _)| is_class(kind)) {
        return Link::new(Some(kind), value);
    }
    match text.split_once(": ") {
        Some((kind, value)) if is_class(kind) && (is_error_name(kind) || kind.contains("::")) => Link::new(Some(kind), value),
        None if is_class(text) && is_error_name(text) => Link::new(Some(text), ""),
        _ => Link::new(None, text),
    }
}

fn is_class(word: &str) -> bool {
    word.starts_with(|c: char| c.is_uppercase()) && is_type(word) && !word.contains(['.', '[', ','])
}

/// A frame and what follows it: `[3: ][from ][gem (1.2) ]file.rb:12:in 'Shop#pay'`.
pub(super) fn frame_of(bare: &str) -> Option<(Frame, &str)> {
    let text = bare.split_once(": from ").filter(|(number, _)| number.bytes().all(|b| b.is_ascii_digit())).map_or(bare, |(_, rest)| rest);
    let from = text.strip_prefix("from ");
    let text = from.unwrap_or(text);
    let Some((place, rest)) = split(text) else {
        let (file, line) = numbered(text).filter(|(file, _)| (file.ends_with(".rb") || from.is_some()) && !file.contains(' '))?;
        return Some((frame("", file, Some(line), None), ""));
    };
    let (file, line) = numbered(place)?;
    let end = rest.find('\'').unwrap_or(rest.len());
    let (package, file) = match file.split_once(") ") {
        Some((gem, path)) if gem.contains(" (") => (Some(gem.replace(" (", " ")), path),
        _ => (None, file),
    };
    let (module, function) = method(&rest[..end]);
    let mut frame = frame(function, file, Some(line), None);
    frame.module = module.map(str::to_owned);
    frame.package = package;
    Some((frame, rest.get(end + 1..).unwrap_or_default()))
}

/// Where `:in 'name'` begins; before Ruby 3.4 with a backtick.
fn split(text: &str) -> Option<(&str, &str)> {
    let at = memchr::memmem::find(text.as_bytes(), b":in ")?;
    let rest = &text[at + 4..];
    rest.starts_with(['`', '\'']).then(|| (&text[..at], &rest[1..]))
}

/// `Shop#pay` and `Shop.pay` name the class since Ruby 3.4; blocks keep theirs.
fn method(name: &str) -> (Option<&str>, &str) {
    let split = name.split_once('#').or_else(|| name.split_once('.'));
    match split.filter(|(class, method)| is_class(class) && !method.is_empty()) {
        Some((class, method)) => (Some(class), method),
        None => (None, name),
    }
}

/// Whether a line names an error in brackets: `Type (message):`, `message (Type)`.
pub(super) fn names_error(bare: &str) -> bool {
    bare.ends_with([')', ':']) && head_of(bare).kind.is_some_and(|kind| is_error_name(&kind) || kind.contains("::"))
}
