//! Which events a rule is about, in the language of queries.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::RuleError;
use crate::{
    event::Event,
    limits,
    query::{
        Expr,
        eval::{Compiled, Facts},
        parse,
    },
};

/// A condition on events; as JSON the text of a query.
///
/// It is made ready once, when it is read. A text that is no condition can be kept and sent back, so that whoever
/// wrote it is told all that is wrong; it holds for no event.
#[derive(Debug, Clone)]
pub struct Condition {
    text: String,
    compiled: Result<Compiled, ConditionError>,
}

/// Why a text is not a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConditionError {
    /// Character of the text, from 1.
    pub column: usize,
    /// What is wrong and what is expected.
    pub message: String,
    /// What may have been meant.
    pub suggestion: Option<String>,
}

impl ConditionError {
    fn new(message: impl Into<String>) -> Self {
        Self { column: 1, message: message.into(), suggestion: None }
    }

    /// As an error of the rule set's value at `pointer`.
    pub fn at(self, pointer: impl Into<String>) -> RuleError {
        let Self { column, message, suggestion } = self;
        RuleError { column: Some(column), suggestion, ..RuleError::new(pointer, message) }
    }
}

impl Condition {
    /// Reads a condition. What holds for every event or for none is refused: it is a slip.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        Ok(Self { text: text.to_owned(), compiled: Ok(compile(text)?) })
    }

    /// The text as it was written, a condition or not.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is wrong with it; it stands at `pointer` in its rule set.
    pub fn check(&self, pointer: &str) -> Option<RuleError> {
        self.compiled.as_ref().err().map(|error| error.clone().at(pointer))
    }

    /// Whether it holds for an event. Where several conditions are asked about one event, [`Condition::holds_on`] does
    /// the work once.
    pub fn holds(&self, event: &Event) -> bool {
        self.holds_on(&Facts::of(event))
    }

    /// Whether it holds for the event with these facts.
    pub fn holds_on(&self, facts: &Facts<'_>) -> bool {
        self.compiled.as_ref().is_ok_and(|compiled| compiled.holds(facts))
    }
}

fn compile(text: &str) -> Result<Compiled, ConditionError> {
    if text.len() > limits::CONDITION_BYTES {
        return Err(ConditionError::new(format!("a condition has at most {} bytes, this one has {}", limits::CONDITION_BYTES, text.len())));
    }
    let expr = parse(text).map_err(|error| ConditionError { column: error.column, message: error.message, suggestion: error.nearest })?;
    let terms = terms(&expr);
    if terms > limits::CONDITION_TERMS {
        return Err(ConditionError::new(format!("a condition has at most {} terms, this one has {terms}", limits::CONDITION_TERMS)));
    }
    let compiled = Compiled::new(&expr);
    match compiled.always() {
        Some(true) => {
            Err(ConditionError::new("this holds for every event; say which ones are meant, like level:debug or service:checkout"))
        }
        Some(false) => Err(ConditionError::new("this holds for no event; say which ones are meant, like level:debug or service:checkout")),
        None => Ok(compiled),
    }
}

fn terms(expr: &Expr) -> usize {
    match expr {
        Expr::And(exprs) | Expr::Or(exprs) => exprs.iter().map(terms).sum(),
        Expr::Not(expr) => terms(expr),
        Expr::All | Expr::Field(..) | Expr::Text(_) => 1,
    }
}

impl From<String> for Condition {
    /// Takes any text; see [`Condition::check`].
    fn from(text: String) -> Self {
        Self { compiled: compile(&text), text }
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{EventId, ProjectId};

    fn event(service: &str) -> Event {
        let mut event = Event::new(EventId([1; 16]), ProjectId(1), "2026-11-20T12:00:00Z".parse().unwrap());
        event.service = Some(service.into());
        event
    }

    #[test]
    fn a_condition_holds_for_the_events_that_its_query_finds() {
        let condition = Condition::parse("service:check* -level:debug").unwrap();
        assert!(condition.holds(&event("checkout")) && !condition.holds(&event("cart")));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_what_may_be_meant() {
        for (text, column, part, suggestion) in [
            ("", 1, "every event", None),
            ("  ", 1, "every event", None),
            ("has:id", 1, "every event", None),
            ("-level:*", 1, "no event", None),
            ("üü levl:error", 4, "unknown field", Some("level")),
            ("service:a status:abc", 18, "whole number", None),
            ("\"open", 1, "not closed", None),
            (&"a ".repeat(limits::CONDITION_TERMS + 1), 1, "at most 50 terms", None),
            (&"a".repeat(limits::CONDITION_BYTES + 1), 1, "at most 2048 bytes", None),
        ] {
            let error = Condition::parse(text).unwrap_err();
            assert_eq!((error.column, error.suggestion.as_deref()), (column, suggestion), "{text}: {error}");
            assert!(error.message.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn as_json_it_is_its_text_and_a_bad_one_is_kept_and_holds_for_nothing() {
        let good: Condition = serde_json::from_str("\"service:checkout\"").unwrap();
        assert_eq!((good.check("/x"), serde_json::to_string(&good).unwrap()), (None, "\"service:checkout\"".into()));
        let bad: Condition = serde_json::from_str("\"servce:checkout\"").unwrap();
        let error = bad.check("/filters/3/condition").unwrap();
        assert_eq!((error.pointer.as_str(), error.column, error.suggestion.as_deref()), ("/filters/3/condition", Some(1), Some("service")));
        assert!(!bad.holds(&event("checkout")));
        assert!(serde_json::from_str::<Condition>("7").is_err());
    }
}
