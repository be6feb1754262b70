//! Texts with a rule a line, read character by character.

use super::RuleError;
use crate::{limits, nearest::nearest, tokens};

/// A line that is being read.
pub(super) struct Line<'a> {
    text: &'a str,
    at: usize,
}

/// What is wrong at a byte of a line.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) message: String,
    pub(super) suggestion: Option<String>,
}

impl Fault {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), suggestion: None }
    }

    /// A word that is none of those that are known.
    pub(super) fn unknown(at: usize, what: &str, word: &str, known: &[&str]) -> Self {
        let message = format!("there is no {what} {:?}; there are {}", tokens::cut(word, 60), known.join(", "));
        Self { at, message, suggestion: nearest(word, known.iter().copied()).map(str::to_owned) }
    }
}

pub(super) type Read<T> = Result<T, Fault>;

impl<'a> Line<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes on to the next character that is no space.
    pub(super) fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Takes `mark` if it stands here.
    pub(super) fn eat(&mut self, mark: &str) -> bool {
        let found = self.rest().starts_with(mark);
        if found {
            self.at += mark.len();
        }
        found
    }

    /// Takes what stands before the first character that `is_end`.
    pub(super) fn until(&mut self, is_end: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = rest.find(is_end).map_or(rest, |end| &rest[..end]);
        self.at += taken.len();
        taken
    }

    /// A text in double quotes; `\"` is a quote in it, other backslashes stay.
    pub(super) fn quoted(&mut self) -> Read<String> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += at + 1;
                    return Ok(text);
                }
                '\\' => {
                    let next = chars.next().map(|(_, c)| c);
                    if next != Some('"') {
                        text.push('\\');
                    }
                    text.extend(next);
                }
                c => text.push(c),
            }
        }
        Err(Fault::new(start, "this quote is never closed"))
    }
}

/// Reads each line that is not empty and no comment with `read`. Errors get the pointer of the text, line and column.
pub(super) fn each<T>(text: &str, pointer: &str, read: impl Fn(&mut Line<'_>) -> Read<T>) -> (Vec<T>, Vec<RuleError>) {
    let (mut rules, mut errors) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        if matches!(line.trim_start().chars().next(), None | Some('#')) {
            continue;
        }
        let fault = if line.len() > limits::RULE_LINE_BYTES {
            Fault::new(0, format!("a rule has at most {} bytes", limits::RULE_LINE_BYTES))
        } else if rules.len() == limits::RULE_LINES {
            errors.push(error(pointer, number, line, Fault::new(0, format!("there are at most {} rules", limits::RULE_LINES))));
            break;
        } else {
            match read(&mut Line::new(line)) {
                Ok(rule) => {
                    rules.push(rule);
                    continue;
                }
                Err(fault) => fault,
            }
        };
        errors.push(error(pointer, number, line, fault));
        if errors.len() == limits::RULE_ERRORS {
            break;
        }
    }
    (rules, errors)
}

fn error(pointer: &str, number: usize, line: &str, fault: Fault) -> RuleError {
    let before = line.get(..fault.at).unwrap_or(line);
    RuleError {
        pointer: pointer.to_owned(),
        line: Some(number + 1),
        column: Some(before.chars().count() + 1),
        message: fault.message,
        suggestion: fault.suggestion,
    }
}
