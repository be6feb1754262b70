//! Where in an event a value stands: a chain on the stack, written out only for a remark.

use std::fmt;

/// A place in an event.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    part: Part<'a>,
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Name(&'a str),
    Number(usize),
}

impl<'a> Path<'a> {
    pub(super) fn root(name: &'a str) -> Self {
        Self { parent: None, part: Part::Name(name) }
    }

    pub(super) fn name<'b>(&'b self, name: &'b str) -> Path<'b> {
        Path { parent: Some(self), part: Part::Name(name) }
    }

    pub(super) fn number(&self, number: usize) -> Path<'_> {
        Path { parent: Some(self), part: Part::Number(number) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}.")?;
        }
        match self.part {
            Part::Name(name) => f.write_str(name),
            Part::Number(number) => number.fmt(f),
        }
    }
}
