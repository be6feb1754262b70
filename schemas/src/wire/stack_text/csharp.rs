//! .NET and Mono: inner exceptions, aggregates, state machines of async methods, localized words.

use super::{
    chain::{Chain, Link, Order},
    place::{frame, is_error_name, is_type, leading_number, numbered},
};
use crate::event::{Exception, Frame};

/// `at` as the runtime's languages say it.
pub(super) const AT: [&str; 10] = ["at ", "bei ", "à ", "en ", "em ", "в ", "w ", "in ", "在 ", "場所 "];

pub(super) fn parse(lines: &[&str]) -> Option<Vec<Exception>> {
    let mut reader = Reader::default();
    for line in lines {
        reader.line(line);
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
    /// The exceptions that are open, the outermost first.
    open: Vec<usize>,
    head: String,
    in_message: bool,
    /// An aggregate prints its first inner exception twice; the second time it is skipped.
    skipping: bool,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let bare = line.trim();
        if let Some(inner) = bare.strip_prefix("---> ") {
            return self.inner(inner);
        }
        if let Some(frame) = called(bare) {
            self.open_head();
            self.in_message = false;
            if let (Some(number), false) = (self.open.last(), self.skipping) {
                self.chain.links[*number].frames.push(frame);
            }
            if bare.ends_with("<---") {
                self.end_inner();
            }
        } else if bare.starts_with("--- ") && bare.ends_with(" ---") {
            // The other such line says that an exception was thrown again; its frames go on.
            if line.starts_with(' ') || bare.contains(" inner ") {
                self.end_inner();
            }
            self.in_message = false;
        } else if bare.starts_with("<---") {
            self.end_inner();
        } else if self.chain.links.is_empty() {
            self.before(bare);
        } else if self.in_message
            && let Some(number) = self.open.last()
        {
            self.chain.links[*number].append(line.trim_end());
        }
    }

    fn before(&mut self, bare: &str) {
        let unhandled = ["Unhandled exception. ", "Unhandled Exception: ", "Unhandled exception: "];
        let uncaught = unhandled.iter().find_map(|words| Some(&bare[bare.find(words)? + words.len()..]));
        let text = uncaught.unwrap_or(bare);
        match error_of(text) {
            Some(_) => self.outer(text, uncaught.is_some()),
            None if !bare.is_empty() => self.head = bare.to_owned(),
            None => {}
        }
    }

    /// The first line; .NET Framework writes the inner exceptions on it too.
    fn outer(&mut self, text: &str, uncaught: bool) {
        for (index, part) in text.split(" ---> ").enumerate() {
            if index > 0 {
                self.inner(part);
            } else if let Some(link) = error_of(part) {
                self.open.extend(self.chain.push(if uncaught { link.uncaught() } else { link }));
                self.in_message = true;
            }
        }
    }

    fn open_head(&mut self) {
        if self.chain.links.is_empty() {
            let head = std::mem::take(&mut self.head);
            self.open.extend(self.chain.push(Link::new(None, &head)));
        }
    }

    fn inner(&mut self, text: &str) {
        self.open_head();
        let numbered = text.strip_prefix("(Inner Exception #").and_then(leading_number);
        let holder = if numbered.is_some() { self.open.first() } else { self.open.last() }.copied();
        let (text, source) = match numbered {
            Some((0, _)) if self.chain.links.len() > 1 => {
                self.skipping = true;
                return;
            }
            Some((number, rest)) => (rest.trim_start_matches(") "), format!("InnerExceptions[{number}]")),
            None => (text, "InnerException".to_owned()),
        };
        if self.skipping && numbered.is_none() {
            return;
        }
        self.skipping = false;
        let link = error_of(text).unwrap_or_else(|| Link::new(None, text));
        if let (Some(number), Some(holder)) = (self.chain.push(link), holder) {
            self.chain.join(holder, number, source);
            if numbered.is_some() {
                self.chain.links[holder].mechanism.is_exception_group = Some(true);
                self.open.truncate(1);
            }
            self.open.push(number);
            self.in_message = true;
        }
    }

    fn end_inner(&mut self) {
        if self.open.len() > 1 && !self.skipping {
            self.open.pop();
        }
    }
}

/// `System.InvalidOperationException: message`, `Name.Space.Error (0x80004005): message`.
fn error_of(text: &str) -> Option<Link> {
    let (kind, value) = match text.find(": ") {
        Some(at) => (&text[..at], &text[at + 2..]),
        None => (text.strip_suffix(':').unwrap_or(text), ""),
    };
    let kind = kind.split(" (").next().unwrap_or_default();
    let dotted = kind.contains('.') && kind.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_uppercase()));
    (is_type(kind) && (is_error_name(kind) || dotted)).then(|| Link::new(Some(kind), value))
}

/// A whole line of a trace, in any of the runtime's languages.
pub(super) fn called(bare: &str) -> Option<Frame> {
    frame_of(AT.iter().find_map(|word| bare.strip_prefix(word))?)
}

/// What follows `at `: `Space.Type.Method(Int32 id) in C:\shop\Pay.cs:line 12`.
pub(super) fn frame_of(text: &str) -> Option<Frame> {
    let text = if text.starts_with("(wrapper ") { text.split_once(") ")?.1 } else { text };
    let open = text.find('(')?;
    let close = open + text[open..].find(')')?;
    let name = text[..open].trim_end();
    if !is_method(name) {
        return None;
    }
    let rest = text[close + 1..].trim_end_matches("<---").trim();
    let (file, line) = place(rest);
    let file = if file == "<filename unknown>" || file.starts_with('<') { "" } else { file };
    let (module, function) = split(name);
    let mut frame = frame(function, file, line, None);
    frame.module = Some(module.to_owned());
    rename(&mut frame);
    Some(frame)
}

/// Whether it is a dotted name, with nothing that other languages put there.
fn is_method(name: &str) -> bool {
    let dotted = name.bytes().skip(1).any(|b| b == b'.');
    let mut depth = 0_i32;
    dotted
        && name.chars().all(|c| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            c.is_alphanumeric()
                || depth > 0
                || matches!(c, '.' | '_' | '<' | '>' | '`' | '+' | '|' | '[' | ']' | ',' | '@' | '=' | '$' | '-')
        })
}

/// ` in file:line 12`, ` dans file:ligne 12`, ` [0x00007] in file:12`.
fn place(rest: &str) -> (&str, Option<u64>) {
    let rest = if rest.starts_with("[0x") { rest.split_once("] ").map_or("", |(_, rest)| rest) } else { rest };
    let Some((_, place)) = rest.split_once(' ') else { return ("", None) };
    let place = place.trim_end_matches('.');
    if let Some((file, line)) = numbered(place) {
        return (file, Some(line));
    }
    let digits = place.bytes().rev().take_while(u8::is_ascii_digit).count();
    let word = place[..place.len() - digits].rfind(':').filter(|_| digits > 0);
    word.map_or((place, None), |at| (&place[..at], place[place.len() - digits..].parse().ok()))
}

/// Type and method. Constructors begin with a dot; type arguments of the method are left out.
fn split(name: &str) -> (&str, &str) {
    let bare = match name.strip_suffix(']') {
        Some(_) => name.rfind('[').map_or(name, |at| &name[..at]),
        None => name,
    };
    for constructor in [".ctor", ".cctor"] {
        if let Some(module) = bare.strip_suffix(constructor).and_then(|rest| rest.strip_suffix('.')) {
            return (module, constructor);
        }
    }
    bare.rfind('.').map_or(("", bare), |dot| (&bare[..dot], &bare[dot + 1..]))
}

/// An async method is a class `<Save>d__12` with a method `MoveNext`; people know it as `Save`.
fn rename(frame: &mut Frame) {
    if frame.function.as_deref() != Some("MoveNext") {
        return;
    }
    let Some((module, machine)) = frame.module.as_deref().and_then(|module| module.rsplit_once(['.', '+'])) else { return };
    let Some(method) = machine.strip_prefix('<').and_then(|rest| rest.split_once(">d__")).map(|(method, _)| method) else { return };
    if !method.is_empty() {
        frame.raw_function = Some(format!("{machine}.MoveNext"));
        frame.function = Some(method.to_owned());
        frame.module = Some(module.to_owned());
    }
}
