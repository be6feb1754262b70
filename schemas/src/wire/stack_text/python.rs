//! Python: tracebacks with their causes and contexts, trees of exception groups, syntax errors, `faulthandler`.

use super::{
    chain::{Chain, Frames, Link, Order},
    place::{frame, leading_number, split_type},
};
use crate::event::{Exception, Frame};

/// Deepest nesting of groups that is told apart.
const DEPTH: usize = 50;
const CAUSE: &str = "The above exception was the direct cause of the following exception:";
const CONTEXT: &str = "During handling of the above exception, another exception occurred:";

pub(super) fn parse(lines: &[&str]) -> Option<Vec<Exception>> {
    let mut reader = Reader { chain: Chain::default(), levels: vec![Level::default()], in_group: false };
    for line in lines {
        reader.line(line);
    }
    while reader.levels.len() > 1 {
        reader.close_level();
    }
    reader.levels[0].close(&mut reader.chain);
    reader.chain.finish(Order::CallersFirst)
}

struct Reader {
    chain: Chain,
    /// The open groups, the outermost first.
    levels: Vec<Level>,
    in_group: bool,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let bare = line.trim_start_matches(' ');
        let column = line.len() - bare.len();
        let depth = (column / 2).saturating_sub(1);
        if let Some(head) = bare.strip_prefix("+ ").filter(|head| head.starts_with("Exception Group Traceback")) {
            self.in_group = true;
            return self.at_level(0, head);
        }
        match bare.bytes().next() {
            Some(b'|') if self.in_group => self.at_level(depth, bare[1..].strip_prefix(' ').unwrap_or(&bare[1..])),
            Some(b'+') if self.in_group => self.separator(depth, bare),
            _ => self.at_level(0, line),
        }
    }

    /// `+-+---------------- 1 ----------------` opens a group, `+---------------- 2 ----------------` goes on in it.
    fn separator(&mut self, depth: usize, bare: &str) {
        let depth = if bare.starts_with("+-+") { depth + 1 } else { depth };
        while self.levels.len() > depth.max(1) {
            self.close_level();
        }
        let number = bare.trim_matches(|c| matches!(c, '+' | '-' | ' ')).parse::<u64>().ok();
        if let (Some(number), Some(above)) = (number, self.levels.last_mut()) {
            above.close(&mut self.chain);
            let group = above.last;
            if self.levels.len() < DEPTH {
                self.levels.push(Level { group, source: format!("exceptions[{}]", number.saturating_sub(1)), ..Level::default() });
            }
        }
    }

    fn at_level(&mut self, depth: usize, line: &str) {
        while self.levels.len() > depth + 1 {
            self.close_level();
        }
        if let Some(level) = self.levels.last_mut() {
            level.line(line, &mut self.chain);
        }
    }

    fn close_level(&mut self) {
        if let Some(mut level) = self.levels.pop() {
            level.close(&mut self.chain);
        }
    }
}

#[derive(Default, PartialEq, Eq, Clone, Copy)]
enum State {
    /// Before a traceback.
    #[default]
    Outside,
    /// Among its frames.
    Frames,
    /// In the message of its exception.
    Message,
}

/// What stands at one margin.
#[derive(Default)]
struct Level {
    state: State,
    /// Indentation of the traceback's first line.
    base: usize,
    frames: Frames,
    newest_first: bool,
    fatal: Option<String>,
    /// The exception read last.
    last: Option<usize>,
    /// How the one before it is held by the one that comes.
    relation: Option<&'static str>,
    /// The group that all of this belongs to, and how.
    group: Option<usize>,
    source: String,
}

impl Level {
    fn line(&mut self, line: &str, chain: &mut Chain) {
        let bare = line.trim();
        let indent = line.len() - line.trim_start().len();
        if bare.starts_with("Traceback (most recent call last)") || bare.starts_with("Exception Group Traceback (most recent call last)") {
            self.close(chain);
            (self.state, self.base) = (State::Frames, indent);
            return;
        }
        match self.state {
            State::Outside => self.outside(bare, indent, chain),
            State::Frames if bare.is_empty() && self.newest_first => self.close(chain),
            State::Frames => self.inside(bare, indent.saturating_sub(self.base), chain),
            State::Message if bare == CAUSE || bare == CONTEXT => {
                self.state = State::Outside;
                self.relation = Some(if bare == CAUSE { "__cause__" } else { "__context__" });
            }
            State::Message => {
                let line = &line[self.base.min(indent)..];
                if let Some(link) = self.last.and_then(|last| chain.links.get_mut(last)) {
                    link.append(line.trim_end());
                }
            }
        }
    }

    fn outside(&mut self, bare: &str, indent: usize, chain: &mut Chain) {
        if let Some(fatal) = bare.strip_prefix("Fatal Python error: ") {
            self.fatal = Some(fatal.to_owned());
        } else if bare.ends_with("(most recent call first):") {
            (self.state, self.base, self.newest_first) = (State::Frames, indent, true);
        } else if let Some(frame) = frame_of(bare) {
            // A syntax error has no traceback when the main file is it.
            (self.state, self.base) = (State::Frames, indent.saturating_sub(2));
            self.frames.push(frame);
        } else if self.group.is_some() && !bare.is_empty() {
            // A member of a group that was never raised has no traceback either.
            self.base = indent;
            self.raised(bare, chain);
        }
    }

    fn inside(&mut self, bare: &str, indent: usize, chain: &mut Chain) {
        if let Some(frame) = frame_of(bare).filter(|_| indent > 0) {
            self.frames.push(frame);
        } else if let Some(repeated) = bare.strip_prefix("[Previous line repeated ") {
            self.frames.omitted = self.frames.omitted.saturating_add(leading_number(repeated).map_or(0, |(times, _)| times));
        } else if indent > 0 {
            let is_mark = bare.bytes().all(|b| matches!(b, b'^' | b'~' | b' '));
            if let Some(frame) = self.frames.list.last_mut().filter(|frame| !is_mark && frame.context_line.is_none()) {
                frame.context_line = Some(bare.to_owned());
            }
        } else if !bare.is_empty() {
            self.raised(bare, chain);
        }
    }

    /// The line that names the exception.
    fn raised(&mut self, line: &str, chain: &mut Chain) {
        let mut link = match split_type(line) {
            Some((kind, value)) => Link::new(Some(kind), value),
            None => Link::new(None, line),
        };
        link.frames = std::mem::take(&mut self.frames);
        self.state = State::Message;
        self.push(link, chain);
    }

    fn push(&mut self, link: Link, chain: &mut Chain) {
        let Some(number) = chain.push(link) else { return };
        if let (Some(relation), Some(cause)) = (self.relation.take(), self.last) {
            chain.join(number, cause, relation);
        }
        if let Some(group) = self.group {
            chain.join(group, number, self.source.clone());
            chain.links[group].mechanism.is_exception_group = Some(true);
        }
        self.last = Some(number);
    }

    /// Ends what is open: a traceback without an exception is one all the same.
    fn close(&mut self, chain: &mut Chain) {
        if !self.frames.is_empty() {
            if std::mem::take(&mut self.newest_first) {
                self.frames.list.reverse();
            }
            let fatal = self.fatal.take();
            let mut link = Link::new(fatal.is_some().then_some("Fatal Python error"), &fatal.unwrap_or_default());
            link.frames = std::mem::take(&mut self.frames);
            self.push(link, chain);
        }
        self.state = State::Outside;
    }
}

/// `File "/srv/shop/pay.py", line 7, in pay`. Syntax errors have no function, `faulthandler` no second comma.
fn frame_of(line: &str) -> Option<Frame> {
    let rest = line.strip_prefix("File \"")?;
    let end = rest.find("\", line ")?;
    let (number, rest_of_line) = leading_number(&rest[end + "\", line ".len()..])?;
    let function = rest_of_line.trim_start_matches(',').trim_start().strip_prefix("in ").unwrap_or_default();
    Some(frame(function, &rest[..end], Some(number), None))
}

/// Whether a line is a frame.
pub(super) fn is_frame(bare: &str) -> bool {
    bare.starts_with("File \"") && frame_of(bare).is_some()
}
