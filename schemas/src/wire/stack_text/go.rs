//! Go: panics and fatal errors with the goroutine that crashed, and the dump of the others.

use serde_json::{Value, json};

use super::{
    chain::{Chain, Frames, Link, Order},
    place::{filled, frame, leading_number, numbered},
};
use crate::{
    event::{Exception, Frame, Thread},
    limits,
};

/// The exception of the first goroutine, which Go prints first because it crashed, and the others.
pub(super) fn parse(lines: &[&str]) -> Option<(Vec<Exception>, Vec<Thread>)> {
    let start = lines.iter().position(|line| header(line.trim()).is_some() || line.trim() == "runtime stack:").unwrap_or(lines.len());
    let mut chain = head(&lines[..start]);
    let mut goroutines = goroutines(&lines[start..]).into_iter();
    let crashed = goroutines.next();
    let has_panic = chain.links.iter().any(|link| link.kind.is_some());
    if !has_panic && crashed.as_ref().is_none_or(|goroutine| goroutine.frames.is_empty()) {
        return None;
    }
    if chain.links.is_empty() {
        chain.push(Link::default());
    }
    let raised = chain.links.iter().position(|link| link.parent.is_none())?;
    let mut threads: Vec<Thread> = Vec::new();
    let mut thread_id = None;
    if let Some(mut crashed) = crashed {
        chain.links[raised].frames = std::mem::take(&mut crashed.frames);
        thread_id = Some(crashed.id.clone());
        threads.push(Thread { crashed: Some(true), ..crashed.thread() });
    }
    threads.extend(goroutines.filter(|goroutine| !goroutine.frames.is_empty()).map(Goroutine::thread));
    let mut exceptions = chain.finish(Order::CrashFirst)?;
    if let Some(last) = exceptions.last_mut() {
        last.thread_id = thread_id;
    }
    Some((exceptions, threads))
}

/// What stands before the first goroutine: each panic that came while another was handled is caused by that one.
fn head(lines: &[&str]) -> Chain {
    let mut chain = Chain::default();
    let mut last: Option<usize> = None;
    let mut other = "";
    let mut open = false;
    for line in lines {
        let bare = line.trim();
        if let Some(link) = panic_of(bare) {
            let number = chain.push(link);
            if let (Some(number), Some(before)) = (number, last) {
                chain.join(number, before, "panic");
            }
            (last, open) = (number.or(last), true);
        } else if let Some(signal) = bare.strip_prefix("[signal ") {
            let name = signal.split([':', ' ']).next().unwrap_or_default();
            if let Some(link) = last.and_then(|last| chain.links.get_mut(last)) {
                link.mechanism.meta = Some(json!({"signal": {"name": name}}));
            }
            open = false;
        } else if let Some(link) = last.and_then(|last| chain.links.get_mut(last)) {
            open &= !bare.is_empty();
            if open {
                link.append(line.trim_end());
            }
        } else if !bare.is_empty() {
            other = bare;
        }
    }
    if chain.links.is_empty() && !other.is_empty() {
        chain.push(Link::new(None, other));
    }
    chain
}

fn panic_of(bare: &str) -> Option<Link> {
    if let Some(value) = bare.strip_prefix("panic: ") {
        let value = value.strip_suffix(" [recovered]").or_else(|| value.strip_suffix(" [recovered, repanicked]")).unwrap_or(value);
        return Some(Link::new(Some("panic"), value).uncaught());
    }
    if let Some(value) = bare.strip_prefix("fatal error: ") {
        return Some(Link::new(Some("fatal error"), value).uncaught());
    }
    if let Some((_, rest)) = bare.split_once("panic serving ") {
        return Some(Link::new(Some("panic"), rest.split_once(": ").map_or(rest, |(_, value)| value)));
    }
    let signal = bare.split_once(": ").filter(|(name, _)| name.starts_with("SIG") && name.bytes().all(|b| b.is_ascii_uppercase()));
    if let Some((name, value)) = signal {
        return Some(Link::new(Some(name), value).uncaught());
    }
    bare.split_once("panic: ").map(|(_, value)| Link::new(Some("panic"), value))
}

/// One goroutine of a dump.
#[derive(Debug, Default)]
pub(super) struct Goroutine {
    pub(super) id: String,
    pub(super) state: String,
    pub(super) frames: Frames,
    /// Who started it.
    pub(super) created_by: Option<Frame>,
}

impl Goroutine {
    fn thread(self) -> Thread {
        let mut thread = Thread { id: filled(&self.id), stacktrace: self.frames.into_stack(Order::CrashFirst), ..Thread::default() };
        thread.data.insert("state".to_owned(), Value::String(self.state));
        if let Some(by) = self.created_by {
            let name = |part: Option<String>| part.unwrap_or_default();
            let file = name(by.abs_path.or(by.filename));
            let call = format!("{}.{} ({file}:{})", name(by.module), name(by.function), by.lineno.unwrap_or_default());
            thread.data.insert("created_by".to_owned(), Value::String(call));
        }
        thread
    }
}

/// `goroutine 24 [running, locked to thread]:`, newer ones with `gp=0x… m=0` before the state: number and state.
fn header(bare: &str) -> Option<(&str, &str)> {
    let rest = bare.strip_prefix("goroutine ")?;
    let (id, rest) = rest.split_once(' ')?;
    let state = rest[rest.find('[')? + 1..].strip_suffix("]:").or_else(|| rest[rest.find('[')? + 1..].split("]:").next())?;
    (!id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())).then_some((id, state))
}

/// Every goroutine of a dump, up to the limit of threads.
pub(super) fn goroutines(lines: &[&str]) -> Vec<Goroutine> {
    let mut found: Vec<Goroutine> = Vec::new();
    let mut open = false;
    // A call whose place is on the next line, and whether it is the one that started the goroutine.
    let mut pending: Option<(&str, bool)> = None;
    for bare in lines.iter().map(|line| line.trim()) {
        if let (true, Some((call, creates)), Some(goroutine)) = (open, pending.take(), found.last_mut()) {
            let place = place(bare);
            goroutine.add(call, creates, place);
            if place.is_some() {
                continue;
            }
        }
        if let Some((id, state)) = header(bare) {
            if found.len() == limits::THREADS {
                break;
            }
            found.push(Goroutine { id: id.to_owned(), state: state.to_owned(), ..Goroutine::default() });
            open = true;
        } else if bare.is_empty() || bare.starts_with("[originating from goroutine ") {
            open = false;
        } else if let Some(count) = bare.strip_prefix("...").filter(|rest| open && rest.ends_with("elided...")) {
            if let Some(goroutine) = found.last_mut() {
                let omitted = leading_number(count).map_or(1, |(count, _)| count);
                goroutine.frames.omitted = goroutine.frames.omitted.saturating_add(omitted);
            }
        } else if let Some(by) = bare.strip_prefix("created by ") {
            pending = Some((by.split(" in goroutine ").next().unwrap_or_default(), true));
        } else if is_call(bare) {
            pending = Some((bare, false));
        }
    }
    if let (true, Some((call, creates)), Some(goroutine)) = (open, pending, found.last_mut()) {
        goroutine.add(call, creates, None);
    }
    found
}

impl Goroutine {
    fn add(&mut self, call: &str, creates: bool, place: Option<(&str, u64)>) {
        let name = if creates { call } else { call.rfind('(').map_or(call, |at| &call[..at]) };
        let (module, function) = split(name);
        let mut frame = frame(function, place.map_or("", |(file, _)| file), place.map(|(_, line)| line), None);
        frame.module = filled(&module.replace("%2e", "."));
        if creates {
            self.created_by = Some(frame);
        } else {
            self.frames.push(frame);
        }
    }
}

/// `main.(*T).pay(0xc000104400, {0x1, 0x2})`.
pub(super) fn is_call(bare: &str) -> bool {
    let Some(open) = bare.strip_suffix(')').and_then(|call| call.rfind('(')) else { return false };
    let name = &bare[..open];
    !name.is_empty() && !name.contains(' ') && (name.contains('.') || name == "panic")
}

/// `/srv/shop/main.go:12 +0x1f`, also with `fp=0x… sp=0x… pc=0x…` behind.
pub(super) fn place(bare: &str) -> Option<(&str, u64)> {
    let end = bare.find(" +0x").or_else(|| bare.find(" fp=0x")).unwrap_or(bare.len());
    numbered(&bare[..end]).filter(|(file, _)| !file.ends_with(')') && file.contains('.'))
}

/// Package and function: the dot after the last slash ends the package. The built-in `panic` is the runtime's.
fn split(name: &str) -> (&str, &str) {
    let end = name.find(['[', '(']).unwrap_or(name.len());
    let base = name[..end].rfind('/').map_or(0, |at| at + 1);
    match name[base..].find('.') {
        Some(dot) => (&name[..base + dot], &name[base + dot + 1..]),
        None if name == "panic" => ("runtime", name),
        None => ("", name),
    }
}
