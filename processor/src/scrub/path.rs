//! Where in an event a value stands: a chain on the stack, written out only for a remark.

use std::fmt;

use schemas::rules::scrubbing::Type;

/// A place in an event.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    part: Part<'a>,
    /// What Sentry calls this part, where that is not what we call it.
    alias: &'static str,
    of: Option<Type>,
}

/// The last part of a path.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Name(&'a str),
    Number(usize),
}

impl<'a> Path<'a> {
    pub(super) fn root(name: &'a str) -> Self {
        Self { parent: None, part: Part::Name(name), alias: "", of: None }
    }

    pub(super) fn name<'b>(&'b self, name: &'b str) -> Path<'b> {
        Path { parent: Some(self), part: Part::Name(name), alias: "", of: None }
    }

    pub(super) fn number(&self, number: usize) -> Path<'_> {
        Path { parent: Some(self), part: Part::Number(number), alias: "", of: None }
    }

    /// The same place, which Sentry calls so.
    pub(super) fn alias(self, alias: &'static str) -> Self {
        Self { alias, ..self }
    }

    /// The same place, at which such a value stands.
    pub(super) fn of(self, of: Type) -> Self {
        Self { of: Some(of), ..self }
    }

    pub(super) fn parent(&self) -> Option<&'a Path<'a>> {
        self.parent
    }

    pub(super) fn part(&self) -> Part<'a> {
        self.part
    }

    /// What Sentry calls the last part; empty if nothing else than we do.
    pub(super) fn aliased(&self) -> &'static str {
        self.alias
    }

    /// Of what type the value there is, beside text, number, list and map.
    pub(super) fn value_type(&self) -> Option<Type> {
        self.of
    }

    /// The name that the value stands under, be it in lists.
    pub(super) fn key(&self) -> Option<&'a str> {
        match self.part {
            Part::Name(name) => Some(name),
            Part::Number(_) => self.parent?.key(),
        }
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
