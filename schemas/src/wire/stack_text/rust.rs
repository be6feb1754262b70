//! Rust: panics of old and new versions with their backtraces, and errors that `main` returned.

use super::{
    chain::{Chain, Link, Order},
    place::{frame, leading_number, position},
};
use crate::event::{Exception, Frame};

pub(super) fn parse(lines: &[&str]) -> Option<Vec<Exception>> {
    let mut reader = Reader::default();
    for line in lines {
        reader.line(line);
    }
    let mut chain = reader.chain;
    let place = reader.place.filter(|_| chain.links.first().is_some_and(|link| link.frames.is_empty()));
    if let (Some(place), Some(link)) = (place, chain.links.first_mut()) {
        let (file, line, column) = position(&place);
        link.frames.push(frame("", file, line, column));
    }
    // A numbered list looks like a backtrace, but for the names.
    let first = chain.links.first()?;
    let told = |frame: &Frame| frame.function.as_deref().is_some_and(|name| name.contains("::")) || frame.lineno.is_some();
    if first.frames.is_empty() || first.kind.is_none() && !first.frames.list.iter().any(told) {
        return None;
    }
    chain.finish(Order::CrashFirst)
}

#[derive(Default, PartialEq, Eq, Clone, Copy)]
enum State {
    #[default]
    Outside,
    Message,
    /// Among the causes of an error that was returned.
    Causes,
    Backtrace,
    /// Of another panic than the first; nothing more is taken.
    Done,
}

#[derive(Default)]
struct Reader {
    chain: Chain,
    state: State,
    /// Where the panic was; known better than the backtrace, which is often left out.
    place: Option<String>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let bare = line.trim();
        if let Some((_, rest)) = panicked(bare) {
            if self.chain.links.is_empty() {
                self.panic(rest);
            } else {
                self.state = State::Done;
            }
            return;
        }
        match self.state {
            State::Done => {}
            State::Outside => self.outside(bare),
            _ if bare.eq_ignore_ascii_case("stack backtrace:") => self.state = State::Backtrace,
            _ if bare.starts_with("note: ") => self.state = State::Backtrace,
            State::Message if bare == "Caused by:" => self.state = State::Causes,
            State::Message => {
                if let Some(link) = self.chain.links.last_mut() {
                    link.append(line.trim_end());
                }
            }
            State::Causes => self.cause(bare),
            State::Backtrace => self.backtrace(bare),
        }
    }

    fn outside(&mut self, bare: &str) {
        if let Some(value) = bare.strip_prefix("Error: ") {
            self.chain.push(Link::new(Some("Error"), value));
            self.state = State::Message;
        } else if bare.eq_ignore_ascii_case("stack backtrace:") {
            self.chain.push(Link::default());
            self.state = State::Backtrace;
        } else if frame_of(bare).is_some() {
            self.chain.push(Link::default());
            self.state = State::Backtrace;
            self.backtrace(bare);
        }
    }

    /// New: `src/main.rs:2:5:` and the message in the lines that follow. Old: `'message', src/main.rs:2:5`.
    fn panic(&mut self, rest: &str) {
        let old = rest.strip_prefix('\'').and_then(|rest| rest.rsplit_once("', "));
        let (value, place) = old.unwrap_or(("", rest.trim_end_matches(':')));
        self.place = Some(place.to_owned());
        self.chain.push(Link::new(Some("panic"), value).uncaught());
        self.state = State::Message;
    }

    fn cause(&mut self, bare: &str) {
        let value = leading_number(bare).and_then(|(_, rest)| rest.strip_prefix(": ")).unwrap_or(bare);
        let before = self.chain.links.len() - 1;
        if !value.is_empty()
            && let Some(number) = self.chain.push(Link::new(None, value))
        {
            self.chain.join(before, number, "source");
        }
    }

    fn backtrace(&mut self, bare: &str) {
        let Some(link) = self.chain.links.first_mut() else { return };
        if let Some((name, address)) = frame_of(bare) {
            let mut frame = frame(name, "", None, None);
            frame.instruction_addr = address.map(str::to_owned);
            link.frames.push(frame);
        } else if let (Some(place), Some(last)) = (bare.strip_prefix("at "), link.frames.list.last_mut()) {
            let (file, line, column) = position(place);
            let name = last.function.take().unwrap_or_default();
            *last = Frame { instruction_addr: last.instruction_addr.take(), ..frame(&name, file, line, column) };
        } else if bare.contains(" frames hidden ") || bare.contains("omitted") {
            let count = bare.split(' ').find_map(|word| word.parse::<u64>().ok());
            link.frames.omitted = link.frames.omitted.saturating_add(count.unwrap_or_default());
        }
    }
}

/// The thread's name, and what follows `thread 'main' (123) panicked at `.
pub(super) fn panicked(bare: &str) -> Option<(&str, &str)> {
    let rest = &bare[bare.find("thread '")? + "thread '".len()..];
    let (name, rest) = rest.split_once('\'')?;
    let rest = rest.split_once("panicked at ").filter(|(between, _)| between.len() < 32)?.1;
    Some((name, rest))
}

/// `12: 0x5581a2 - shop::pay::h0123456789abcdef`: name without the hash, and address.
pub(super) fn frame_of(bare: &str) -> Option<(&str, Option<&str>)> {
    let (_, rest) = leading_number(bare)?;
    let rest = rest.strip_prefix(": ")?.trim_start();
    let (address, name) = match rest.split_once(" - ") {
        Some((address, name)) if address.starts_with("0x") => (Some(address), name),
        _ => (None, rest),
    };
    let name = name.trim();
    let hash = name.rfind("::h").filter(|at| name.len() - at == 19 && name[at + 3..].bytes().all(|b| b.is_ascii_hexdigit()));
    Some((&name[..hash.unwrap_or(name.len())], address))
}
