//! What the parsers collect: exceptions with their frames and who caused whom, in the order of the text.

use crate::{
    event::{Exception, Frame, Mechanism, Stacktrace},
    limits,
};

/// Most exceptions that are read from one text. The ends of a long chain are what counts, and the processor keeps
/// them; this bounds the work.
const LINKS: usize = 4 * limits::EXCEPTIONS;

/// Most frames that a text may say it left out; a larger number is no count of calls.
const OMITTED: u64 = u32::MAX as u64;

/// The order of the frames in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The place of the crash first, as nearly all print them.
    CrashFirst,
    /// Callers first.
    CallersFirst,
}

/// Frames in the order of the text. Of too many, both ends are kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Frames {
    pub(super) list: Vec<Frame>,
    pub(super) omitted: u64,
}

impl Frames {
    pub(super) fn push(&mut self, frame: Frame) {
        self.list.push(frame);
        if self.list.len() == 2 * limits::FRAMES {
            let half = limits::FRAMES / 2;
            self.list.drain(half..2 * limits::FRAMES - half);
            self.omitted = self.omitted.saturating_add(limits::FRAMES as u64);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn into_stack(mut self, order: Order) -> Option<Stacktrace> {
        if order == Order::CrashFirst {
            self.list.reverse();
        }
        (!self.list.is_empty()).then(|| Stacktrace {
            frames: self.list,
            frames_omitted: self.omitted.min(OMITTED),
            ..Stacktrace::default()
        })
    }
}

/// One exception of a text.
#[derive(Debug, Clone, Default)]
pub(super) struct Link {
    pub(super) kind: Option<String>,
    pub(super) value: String,
    pub(super) frames: Frames,
    /// How it was caught; `source` says how its parent holds it.
    pub(super) mechanism: Mechanism,
    /// The exception that it caused or that holds it, by its number in the text.
    pub(super) parent: Option<usize>,
    /// Frames at its end that are those of the exception it caused, and are not printed again.
    pub(super) shared: usize,
}

impl Link {
    pub(super) fn new(kind: Option<&str>, value: &str) -> Self {
        Self { kind: kind.map(str::to_owned), value: value.to_owned(), ..Self::default() }
    }

    /// Appends a line to the message.
    pub(super) fn append(&mut self, line: &str) {
        self.value.push('\n');
        self.value.push_str(line);
    }

    /// Notes that nothing caught it.
    pub(super) fn uncaught(mut self) -> Self {
        self.mechanism.handled = Some(false);
        self
    }
}

/// The exceptions of a text while it is read.
#[derive(Debug, Default)]
pub(super) struct Chain {
    pub(super) links: Vec<Link>,
}

impl Chain {
    /// Adds an exception and answers its number; `None` when there are too many.
    pub(super) fn push(&mut self, link: Link) -> Option<usize> {
        (self.links.len() < LINKS).then(|| {
            self.links.push(link);
            self.links.len() - 1
        })
    }

    /// Says that one exception was caused by, or holds, another.
    pub(super) fn join(&mut self, parent: usize, child: usize, source: impl Into<String>) {
        if parent != child && parent < self.links.len() && child < self.links.len() {
            self.links[child].parent = Some(parent);
            self.links[child].mechanism.source = Some(source.into());
        }
    }

    /// The exceptions of the first tree, causes first, the raised one last.
    pub(super) fn finish(self, order: Order) -> Option<Vec<Exception>> {
        let mut children = vec![Vec::new(); self.links.len()];
        for (number, link) in self.links.iter().enumerate() {
            if let Some(parent) = link.parent {
                children[parent].push(number);
            }
        }
        let root = self.links.iter().position(|link| link.parent.is_none())?;
        let mut links: Vec<Option<Link>> = self.links.into_iter().map(Some).collect();
        let mut exceptions = Vec::new();
        // The number of each one's parent in the event, beside it.
        let mut stack = vec![(root, None)];
        let is_chain = !children[root].is_empty();
        while let Some((number, parent)) = stack.pop() {
            let Some(link) = links[number].take() else { continue };
            let id = exceptions.len() as u64;
            exceptions.push(link.finish(order, is_chain.then_some((id, parent))));
            stack.extend(children[number].iter().rev().map(|child| (*child, Some(id))));
        }
        exceptions.reverse();
        Some(exceptions)
    }
}

impl Link {
    fn finish(self, order: Order, place: Option<(u64, Option<u64>)>) -> Exception {
        let mut mechanism = self.mechanism;
        if let Some((id, parent)) = place {
            mechanism.exception_id = Some(id);
            mechanism.parent_id = parent;
            if parent.is_some() {
                mechanism.kind = Some("chained".to_owned());
            }
        }
        let value = self.value.trim();
        Exception {
            kind: self.kind.filter(|kind| !kind.is_empty()),
            value: (!value.is_empty()).then(|| value.to_owned()),
            mechanism: (mechanism != Mechanism::default()).then_some(mechanism),
            stacktrace: self.frames.into_stack(order),
            ..Exception::default()
        }
    }
}
