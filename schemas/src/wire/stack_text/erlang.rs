//! Erlang: crash reports of processes, errors in the shell, and stack traces as terms.

use super::{
    chain::{Chain, Frames, Link, Order},
    place::{frame, leading_number},
};
use crate::event::{Exception, Frame};

pub(super) fn parse(lines: &[&str]) -> Option<Vec<Exception>> {
    let mut link: Option<Link> = None;
    let mut frames = Frames::default();
    let mut in_message = false;
    for line in lines {
        let bare = line.trim();
        if let Some(head) = head_of(bare).filter(|_| link.is_none()) {
            link = Some(head);
            in_message = true;
        } else if let Some(frame) = frame_of(bare) {
            frames.push(frame);
            in_message = false;
        } else if bare.contains(",[{file,\"") {
            terms(bare, &mut link, &mut frames);
            in_message = false;
        } else if let Some(link) = link.as_mut().filter(|_| in_message && !is_detail(bare)) {
            link.append(line.trim_end());
        }
    }
    if frames.is_empty() {
        return None;
    }
    let mut link = link.unwrap_or_default();
    link.frames = frames;
    let mut chain = Chain::default();
    chain.push(link);
    chain.finish(Order::CrashFirst)
}

/// `** exception error: …` in the shell, `exception error: …` in a crash report.
fn head_of(bare: &str) -> Option<Link> {
    let text = bare.strip_prefix("** ").unwrap_or(bare);
    let (kind, value) = text.strip_prefix("exception ")?.split_once(": ")?;
    matches!(kind, "error" | "exit" | "throw").then(|| Link::new(Some(kind), value))
}

/// What says more of a call than its name.
fn is_detail(bare: &str) -> bool {
    bare.is_empty() || bare.starts_with("called as ") || bare.starts_with("in operator ") || bare.starts_with("ancestors: ")
}

/// `in function  shop_pay:run/2 (src/shop_pay.erl, line 12)`, `in call from …`.
pub(super) fn frame_of(bare: &str) -> Option<Frame> {
    let rest = bare.strip_prefix("in function ").or_else(|| bare.strip_prefix("in call from "))?.trim_start();
    let (call, place) = rest.split_once(" (").unwrap_or((rest, ""));
    let (file, line) = place.trim_end_matches(')').split_once(", line ").unwrap_or(("", ""));
    Some(called(call.trim(), file, line.parse().ok()))
}

fn called(call: &str, file: &str, line: Option<u64>) -> Frame {
    let (module, function) = call.split_once(':').unwrap_or(("", call));
    let mut frame = frame(function, file, line, None);
    frame.module = (!module.is_empty()).then(|| module.to_owned());
    frame
}

/// `{badarith,[{shop_pay,run,2,[{file,"src/shop_pay.erl"},{line,12}]},…]}`.
fn terms(text: &str, link: &mut Option<Link>, frames: &mut Frames) {
    if let (None, Some((kind, _))) = (&link, text.strip_prefix('{').and_then(|rest| rest.split_once(",["))) {
        *link = Some(Link::new(Some(kind.trim_start_matches('{')), ""));
    }
    let mut rest = text;
    while let Some(at) = rest.find(",[{file,\"") {
        let (before, after) = (&rest[..at], &rest[at + ",[{file,\"".len()..]);
        let (file, after) = after.split_once('"').unwrap_or((after, ""));
        let line = after.strip_prefix("},{line,").and_then(leading_number).map(|(line, _)| line);
        // A call that failed as such has its arguments in place of their number.
        let call = before.rfind('{').map_or("", |open| &before[open + 1..]);
        let mut parts = call.splitn(3, ',');
        if let (Some(module), Some(function), Some(arity)) = (parts.next(), parts.next(), parts.next()) {
            let arity = if arity.bytes().all(|b| b.is_ascii_digit()) { format!("/{arity}") } else { String::new() };
            frames.push(called(&format!("{module}:{function}{arity}"), file, line));
        }
        rest = after;
    }
}
