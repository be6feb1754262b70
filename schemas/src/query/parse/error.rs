//! Why a text is not a query, so that whoever wrote it can mend it.

use std::ops::Range;

/// Why a text is not a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// The part of the text that is wrong, in bytes; empty where something is missing.
    pub span: Range<usize>,
    /// The character that it begins at, from 1.
    pub column: usize,
    /// What is wrong and what to write, for people.
    pub message: String,
    /// What is understood at this place, in few words.
    pub expected: String,
    /// The field or value that may have been meant.
    pub nearest: Option<String>,
}

impl ParseError {
    /// An error at `span`; its column comes with [`ParseError::in_text`].
    pub(super) fn new(span: Range<usize>, expected: impl Into<String>, message: impl Into<String>) -> Self {
        Self { span, column: 1, message: message.into(), expected: expected.into(), nearest: None }
    }

    /// The same, with what may have been meant.
    pub(super) fn or(self, nearest: Option<impl Into<String>>) -> Self {
        Self { nearest: nearest.map(Into::into), ..self }
    }

    /// The same, with its column in `text`.
    pub(super) fn in_text(self, text: &str) -> Self {
        Self { column: text[..text.floor_char_boundary(self.span.start)].chars().count() + 1, ..self }
    }
}
