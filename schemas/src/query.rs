//! Questions about events: the tree that a query text becomes and that every index engine is handed.
//!
//! [`parse`] reads a text; a tree written out ([`Expr`] displays itself) is read back as what [`Expr::normal`] makes of
//! it. The language for users is in `docs/query.md`.

use std::{ops::Bound, str::FromStr};

use crate::{
    fields::{Field, UnknownField},
    limits, tokens,
};

pub mod eval;
mod normal;
mod parse;
mod phrase;
mod print;
mod wildcard;

pub use parse::{ParseError, parse};
pub use phrase::Phrase;

/// A condition on events.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// Every event.
    All,
    /// All hold. Empty: every event.
    And(Vec<Self>),
    /// At least one holds. Empty: no event.
    Or(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// A field passes a test.
    Field(FieldRef, Test),
    /// The words stand in the event's text one after the other.
    Text(Phrase),
}

/// A field, and for tags which one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldRef {
    /// The field.
    pub field: Field,
    /// The tag's key; present exactly when the field is [`Field::Tags`].
    pub key: Option<String>,
}

impl FieldRef {
    /// A field that needs no key.
    pub fn new(field: Field) -> Self {
        Self { field, key: None }
    }

    /// A tag.
    pub fn tag(key: impl Into<String>) -> Self {
        Self { field: Field::Tags, key: Some(key.into()) }
    }
}

impl std::fmt::Display for FieldRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.key {
            Some(key) => write!(f, "tags.{key}"),
            None => f.write_str(self.field.name()),
        }
    }
}

/// Why a text names no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// No field has this name.
    #[error(transparent)]
    Unknown(#[from] UnknownField),
    /// `tags` alone.
    #[error("tags must be followed by the tag's key, like tags.tenant")]
    NoKey,
}

impl FromStr for FieldRef {
    type Err = FieldError;

    /// `service`, `error.type`, `tags.KEY`; a key that is too long for the index is cut as it is there.
    fn from_str(name: &str) -> Result<Self, FieldError> {
        match name.strip_prefix("tags.") {
            None if name == Field::Tags.name() => Err(FieldError::NoKey),
            Some("") => Err(FieldError::NoKey),
            Some(key) => Ok(Self::tag(tokens::cut(key, limits::KEYWORD_BYTES))),
            None => Ok(Self::new(name.parse()?)),
        }
    }
}

/// What a field must be. A field without a value passes no test; `Not` turns that around.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Has a value.
    Exists,
    /// Has this value; keywords compare byte by byte.
    Equals(Value),
    /// A keyword that matches this pattern.
    Wildcard(Wildcard),
    /// Lies in this range; keywords can't.
    Range(Bound<Value>, Bound<Value>),
}

/// A pattern over a whole keyword.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wildcard(pub Vec<Piece>);

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// This text.
    Literal(String),
    /// Exactly one character.
    AnyOne,
    /// Any characters, none too.
    AnyMany,
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub enum Value {
    /// Of a keyword or tag.
    Keyword(String),
    /// Of a whole number.
    Long(i64),
    /// Of a yes or no.
    Bool(bool),
    /// Of a time: milliseconds since 1970, UTC.
    Millis(i64),
}
