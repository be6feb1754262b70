//! Elixir: exceptions, exits and crashed processes. What Erlang itself prints is read in `erlang`.

use super::{
    chain::{Chain, Link, Order},
    erlang,
    place::{frame, is_type, numbered},
};
use crate::event::{Exception, Frame};

pub(super) fn parse(lines: &[&str]) -> Option<Vec<Exception>> {
    let mut chain = Chain::default();
    let mut in_message = false;
    for line in lines {
        let bare = line.trim();
        if let Some(link) = error_of(bare) {
            open(&mut chain, link);
            in_message = true;
        } else if let Some(frame) = frame_of(bare).or_else(|| built_in(bare)) {
            in_message = false;
            if let Some(link) = chain.links.last_mut() {
                link.frames.push(frame);
            } else {
                let mut link = Link::default();
                link.frames.push(frame);
                chain.push(link);
            }
        } else if let Some(link) = chain.links.last_mut().filter(|_| in_message) {
            in_message = !is_report(bare);
            if in_message {
                link.append(line.trim_end());
            }
        }
    }
    let told = chain.links.iter().any(|link| link.kind.is_some() || !link.frames.is_empty());
    if told { chain.finish(Order::CrashFirst) } else { erlang::parse(lines) }
}

/// An error within another: `** (exit) an exception was raised:` only carries the one that follows.
fn open(chain: &mut Chain, link: Link) {
    let carried =
        chain.links.last_mut().filter(|before| before.frames.is_empty() && before.value.trim_end().ends_with("an exception was raised:"));
    if let Some(before) = carried {
        *before = Link { parent: before.parent, ..link };
        return;
    }
    let before = chain.links.len().checked_sub(1);
    if let (Some(number), Some(before)) = (chain.push(link), before) {
        chain.join(before, number, "reason");
    }
}

/// What the logger adds under the message of a process that ended.
fn is_report(bare: &str) -> bool {
    ["Last message", "State:", "Process Label:", "Function:", "Args:", "Initial Call:", "Ancestors:", "Stacktrace:"]
        .iter()
        .any(|start| bare.starts_with(start))
}

/// `** (ArithmeticError) bad argument`, `** (EXIT from #PID<0.98.0>) …`.
fn error_of(bare: &str) -> Option<Link> {
    let rest = &bare[bare.find("** (")? + "** (".len()..];
    let (kind, value) = rest.split_once(')')?;
    let word = kind.split(' ').next().unwrap_or_default();
    is_type(word).then(|| Link::new(Some(word), value))
}

/// `:erlang./(1, 0)`: built into the runtime, with the arguments in place of their number.
fn built_in(bare: &str) -> Option<Frame> {
    let (module, call) = bare.strip_prefix(':')?.split_once('.')?;
    let (function, _) = call.strip_suffix(')')?.rsplit_once('(')?;
    let is_name = !module.is_empty() && module.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    is_name.then(|| Frame { module: Some(module.to_owned()), ..frame(function, "", None, None) })
}

/// `(shop 0.1.0) lib/shop/pay.ex:12: Shop.Pay.run/2`, `(stdlib 3.17) gen.erl:3: :gen.call/4`, `lib/pay.ex:12: (file)`.
pub(super) fn frame_of(bare: &str) -> Option<Frame> {
    let (package, rest) = match bare.strip_prefix('(').and_then(|rest| rest.split_once(") ")) {
        Some((package, rest)) if package.starts_with(|c: char| c.is_ascii_lowercase()) => (package, rest),
        Some(_) => return None,
        None => ("", bare),
    };
    let (place, call) = match rest.split_once(": ") {
        Some((place, call)) => (numbered(place), call),
        None => (None, rest),
    };
    let file = place.map_or("", |(file, _)| file);
    let is_file = file.ends_with(".ex")
        || file.ends_with(".exs")
        || file.ends_with(".erl")
        || file == "iex"
        || file.ends_with(".eex")
        || file.ends_with(".heex");
    let has_arity = call.rsplit_once('/').is_some_and(|(_, arity)| !arity.is_empty() && arity.bytes().all(|b| b.is_ascii_digit()));
    if !is_file && (package.is_empty() || !has_arity || place.is_some()) || is_file && !has_arity && !call.starts_with('(') {
        return None;
    }
    let (module, function) = if has_arity { split(call) } else { ("", "") };
    let mut frame = frame(function, file, place.map(|(_, line)| line), None);
    frame.module = (!module.is_empty()).then(|| module.to_owned());
    frame.package = package.split(' ').next().filter(|name| !name.is_empty()).map(str::to_owned);
    Some(frame)
}

/// `Shop.Pay.run/2` into module and function; anonymous functions keep where they are.
fn split(call: &str) -> (&str, &str) {
    if call.starts_with("anonymous fn") {
        return ("", call);
    }
    let end = call.find('"').or_else(|| call.rfind('/')).unwrap_or(call.len());
    let at = if call[end..].starts_with('"') { end.checked_sub(1) } else { call[..end].rfind('.') };
    at.map_or(("", call), |at| (call[..at].trim_start_matches(':'), &call[at + 1..]))
}
