//! Words that are looked for in the full text.

use crate::{limits, tokens};

/// Words as they were written, and the tokens that stand for them in the index (see [`crate::tokens`]). Two are equal
/// when their tokens are: they find the same.
#[derive(Debug, Clone)]
pub struct Phrase {
    text: String,
    tokens: Vec<String>,
}

impl Phrase {
    /// The phrase of a text.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { tokens: tokens::phrase(&text, limits::TEXT_TOKENS), text }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What must follow each other in an event's text. None: every event has it.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }
}

impl From<Vec<String>> for Phrase {
    /// The tokens as they are.
    fn from(tokens: Vec<String>) -> Self {
        Self { text: tokens.join(" "), tokens }
    }
}

impl PartialEq for Phrase {
    fn eq(&self, other: &Self) -> bool {
        self.tokens == other.tokens
    }
}
