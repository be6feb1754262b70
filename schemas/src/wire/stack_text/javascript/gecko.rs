//! SpiderMonkey, JavaScriptCore and old Opera: `function@file:line:column`.

use super::error_of;
use crate::{
    event::{Exception, Frame},
    wire::stack_text::{
        chain::{Chain, Frames, Link, Order},
        place::{frame, frame_at, is_url, leading_number, numbered},
    },
};

pub(super) fn parse(lines: &[&str]) -> Option<Vec<Exception>> {
    let mut head: Option<Link> = None;
    let mut frames = Frames::default();
    let mut sure = false;
    for line in lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()) {
        if let Some(frame) = frame_of(line) {
            sure = true;
            frames.push(frame);
        } else if let Some(link) = error_of(line).filter(|_| head.is_none() && frames.is_empty()) {
            head = Some(link);
        } else if let Some(frame) = bare(line).filter(|_| head.is_none() || !frames.is_empty()) {
            frames.push(frame);
        } else if frames.is_empty() {
            match &mut head {
                Some(link) => link.append(line),
                None => head = Some(Link::new(None, line)),
            }
        }
    }
    let mut link = head.unwrap_or_default();
    link.frames = frames;
    let mut chain = Chain::default();
    chain.push(link);
    chain.finish(Order::CrashFirst).filter(|_| sure)
}

/// `function@place`, or the place alone.
pub(in crate::wire::stack_text) fn frame_of(line: &str) -> Option<Frame> {
    // Opera says where the error object was made; that is no call.
    if line.starts_with("Error created at ") || line.starts_with("Error thrown at ") {
        return None;
    }
    let Some(at) = split(line) else {
        return (is_url(line) && numbered(line).is_some() && !line.contains(' ')).then(|| frame_at("", line));
    };
    let (name, place) = (function(&line[..at]), &line[at + 1..]);
    // `file line 26 > eval line 2 > eval:1:30`: the place in the file counts, not that in the evaluated text.
    if let (Some(at), true) = (place.find(" line "), place.contains(" > ")) {
        let number = leading_number(&place[at + " line ".len()..]).map(|(number, _)| number);
        return Some(frame(name, &place[..at], number, None));
    }
    Some(frame_at(name, place))
}

/// The `@` before something that can be a place.
fn split(line: &str) -> Option<usize> {
    memchr::memchr_iter(b'@', line.as_bytes()).take(16).find(|at| {
        let place = &line[at + 1..];
        let numbered = || numbered(place).is_some();
        place.starts_with("[native code]")
            || (is_url(place) || place.starts_with('/') || place.starts_with("debugger eval code")) && numbered()
    })
}

/// Without what called it later, arguments, and the names of functions without one.
fn function(name: &str) -> &str {
    let name = name.rfind('*').map_or(name, |at| &name[at + 1..]);
    if let Some(named) = name.strip_prefix("<anonymous function: ") {
        return named.split('>').next().unwrap_or_default();
    }
    match name.split('(').next().unwrap_or_default() {
        "<anonymous function>" | "<anonymous>" | "anonymous" => "",
        name => name,
    }
}

/// JavaScriptCore names evaluated and built-in code without a place.
fn bare(line: &str) -> Option<Frame> {
    let is_name = line.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'.' | b'<' | b'>' | b'/'));
    let known = matches!(line, "eval code" | "global code" | "module code" | "Function code");
    if line == "[native code]" {
        return Some(frame("", line, None, None));
    }
    (is_name || known).then(|| frame(line, "", None, None))
}
