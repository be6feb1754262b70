//! Conditions on one event in memory: the answer that the index would give about it.
//!
//! [`Facts`] takes out of an event what conditions ask for, each thing once, so that many conditions share the work.
//! Never for a search: an index finds without looking at every event.

use std::{
    cell::OnceCell,
    ops::{Bound, RangeBounds},
};

use memchr::memmem::Finder;

use super::{Expr, FieldRef, Test, Value};
use crate::{
    event::Event,
    fields::{self, Field, Found},
    limits, tokens,
};

/// What an event answers to conditions.
#[derive(Debug)]
pub struct Facts<'e> {
    event: &'e Event,
    /// By the number of the field; tags and the id aside.
    values: [Option<Found<'e>>; Field::ALL.len()],
    id: OnceCell<String>,
    /// The tokens of the text, a space before and after each.
    text: OnceCell<String>,
}

impl<'e> Facts<'e> {
    /// The facts of an event as it is now.
    pub fn of(event: &'e Event) -> Self {
        let mut values = [None; Field::ALL.len()];
        fields::values(event, "", |field, found| {
            if field != Field::Tags {
                values[field as usize] = Some(found);
            }
        });
        Self { event, values, id: OnceCell::new(), text: OnceCell::new() }
    }

    /// The event itself.
    pub fn event(&self) -> &'e Event {
        self.event
    }

    /// The tokens of its text, in lower case and in their order, a space before and after each.
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| {
            let mut text = String::with_capacity(8 << 10);
            text.push(' ');
            fields::text(self.event, |token| {
                text.push_str(token);
                text.push(' ');
            });
            text
        })
    }

    /// Whether one of the values of `field` is as `wanted`.
    fn any(&self, field: &FieldRef, wanted: impl Fn(Found<'_>) -> bool) -> bool {
        match (field.field, &field.key) {
            (Field::Tags, Some(key)) => self.tags(key).any(|value| wanted(Found::Tag(key, value))),
            (Field::Tags, None) | (_, Some(_)) => false,
            (Field::Id, None) => wanted(Found::Keyword(self.id.get_or_init(|| self.event.id.to_string()))),
            (field, None) => self.values[field as usize].is_some_and(wanted),
        }
    }

    /// The values of tags with this key; more than one only where keys too long for the index begin alike.
    fn tags(&self, key: &str) -> impl Iterator<Item = &'e str> {
        let from = self.event.tags.range::<str, _>((Bound::Included(key), Bound::Unbounded));
        let alike = from.take_while(move |(long, _)| long.starts_with(key));
        let same = alike.filter(move |(long, _)| tokens::cut(long, limits::KEYWORD_BYTES) == key);
        same.map(|(_, value)| tokens::cut(value, limits::KEYWORD_BYTES))
    }
}

/// An [`Expr`] made ready to be asked often.
#[derive(Debug, Clone)]
pub struct Compiled(Node);

#[derive(Debug, Clone)]
enum Node {
    /// What does not depend on the event.
    Always(bool),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Field(FieldRef, Test),
    /// A phrase in the form of [`Facts::text`].
    Text(Finder<'static>),
}

impl Compiled {
    /// Makes `expr` ready. A test that an index would refuse, like a pattern on a number, is passed by no event.
    pub fn new(expr: &Expr) -> Self {
        Self(Node::new(expr))
    }

    /// Whether it holds for an event.
    pub fn holds(&self, facts: &Facts<'_>) -> bool {
        self.0.holds(facts)
    }

    /// The answer, if it is the same for every event.
    pub fn always(&self) -> Option<bool> {
        self.0.always()
    }
}

impl Node {
    fn new(expr: &Expr) -> Self {
        match expr {
            Expr::All => Self::Always(true),
            Expr::And(all) => Self::And(Self::cheap_first(all)),
            Expr::Or(any) => Self::Or(Self::cheap_first(any)),
            Expr::Not(expr) => Self::Not(Box::new(Self::new(expr))),
            Expr::Field(field, test) => Self::Field(field.clone(), test.clone()),
            Expr::Text(phrase) if phrase.tokens().is_empty() => Self::Always(true),
            Expr::Text(phrase) if phrase.tokens().iter().any(|token| token.contains(' ')) => Self::Always(false),
            Expr::Text(phrase) => Self::Text(Finder::new(&format!(" {} ", phrase.tokens().join(" "))).into_owned()),
        }
    }

    /// The text is asked last.
    fn cheap_first(exprs: &[Expr]) -> Vec<Self> {
        let mut nodes: Vec<Self> = exprs.iter().map(Self::new).collect();
        nodes.sort_by_key(Self::reads_text);
        nodes
    }

    fn reads_text(&self) -> bool {
        match self {
            Self::Always(_) | Self::Field(..) => false,
            Self::Text(_) => true,
            Self::Not(node) => node.reads_text(),
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().any(Self::reads_text),
        }
    }

    fn holds(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Always(answer) => *answer,
            Self::And(all) => all.iter().all(|node| node.holds(facts)),
            Self::Or(any) => any.iter().any(|node| node.holds(facts)),
            Self::Not(node) => !node.holds(facts),
            Self::Field(field, test) => facts.any(field, |found| passes(found, test)),
            Self::Text(phrase) => phrase.find(facts.text().as_bytes()).is_some(),
        }
    }

    fn always(&self) -> Option<bool> {
        match self {
            Self::Always(answer) => Some(*answer),
            Self::And(nodes) if nodes.iter().any(|node| node.always() == Some(false)) => Some(false),
            Self::And(nodes) => nodes.iter().all(|node| node.always() == Some(true)).then_some(true),
            Self::Or(nodes) if nodes.iter().any(|node| node.always() == Some(true)) => Some(true),
            Self::Or(nodes) => nodes.iter().all(|node| node.always() == Some(false)).then_some(false),
            Self::Not(node) => node.always().map(|answer| !answer),
            Self::Field(field, test) => (has_always(field.field) && takes_any(test)).then_some(true),
            Self::Text(_) => None,
        }
    }
}

/// Fields in which every event has a value.
fn has_always(field: Field) -> bool {
    use Field::{Category, Id, Level, Priority, Project, ReceivedAt, Timestamp};
    matches!(field, Id | Project | Timestamp | ReceivedAt | Level | Category | Priority)
}

fn takes_any(test: &Test) -> bool {
    match test {
        Test::Exists | Test::Range(Bound::Unbounded, Bound::Unbounded) => true,
        Test::Wildcard(wildcard) => !wildcard.0.is_empty() && wildcard.0.iter().all(|piece| *piece == super::Piece::AnyMany),
        Test::Equals(_) | Test::Range(..) => false,
    }
}

fn passes(found: Found<'_>, test: &Test) -> bool {
    match (test, found) {
        (Test::Exists, _) => true,
        (Test::Equals(Value::Keyword(wanted)), Found::Keyword(text) | Found::Tag(_, text)) => wanted == text,
        (Test::Equals(Value::Long(wanted)), Found::Long(number)) => *wanted == number,
        (Test::Equals(Value::Millis(wanted)), Found::Millis(millis)) => *wanted == millis,
        (Test::Equals(Value::Bool(wanted)), Found::Bool(yes)) => *wanted == yes,
        (Test::Wildcard(wildcard), Found::Keyword(text) | Found::Tag(_, text)) => wildcard.matches(text),
        (Test::Range(low, high), Found::Long(_) | Found::Millis(_) | Found::Bool(_)) => lies(&found.to_value(), low, high),
        (Test::Equals(_) | Test::Wildcard(_) | Test::Range(..), _) => false,
    }
}

/// Whether a value lies in a range; an end of another type takes none in.
fn lies(value: &Value, low: &Bound<Value>, high: &Bound<Value>) -> bool {
    let alike = |bound: &Bound<Value>| match bound {
        Bound::Included(end) | Bound::Excluded(end) => std::mem::discriminant(end) == std::mem::discriminant(value),
        Bound::Unbounded => true,
    };
    alike(low) && alike(high) && (low.as_ref(), high.as_ref()).contains(value)
}

#[cfg(test)]
#[path = "eval/tests.rs"]
mod tests;
