//! Canonical JSON arrays, written once and kept as they were hashed.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use serde_json::{Value, value::RawValue};

/// JSON in the one form that a fingerprint is made of: no spaces, strings escaped as `serde_json` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canonical(String);

/// A canonical array that is being written.
#[derive(Debug)]
pub struct List<'a>(&'a mut String);

impl Canonical {
    /// An array of what `fill` puts into it.
    pub fn array(fill: impl FnOnce(&mut List<'_>)) -> Self {
        let mut text = String::new();
        List(&mut text).list(fill);
        Self(text)
    }

    /// What is hashed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same to be looked into.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).expect("only valid JSON is ever put in")
    }
}

impl List<'_> {
    /// A text as the next element.
    pub fn text(&mut self, text: &str) {
        self.next();
        let is_odd = |b: &u8| *b < b' ' || *b == b'"' || *b == b'\\';
        // Looked through to the end, so that it is done many bytes at once.
        if text.as_bytes().iter().fold(false, |odd, b| odd | is_odd(b)) {
            self.0.push_str(&serde_json::to_string(text).expect("a text can be written"));
            return;
        }
        self.0.push('"');
        self.0.push_str(text);
        self.0.push('"');
    }

    /// An array as the next element.
    pub fn list(&mut self, fill: impl FnOnce(&mut List<'_>)) {
        self.next();
        self.0.push('[');
        fill(&mut List(self.0));
        self.0.push(']');
    }

    /// What is written already as the next element.
    pub fn array(&mut self, other: &Canonical) {
        self.next();
        self.0.push_str(&other.0);
    }

    fn next(&mut self) {
        // What an array begins with is the only element that stands behind a bracket.
        if !matches!(self.0.as_bytes().last(), None | Some(b'[')) {
            self.0.push(',');
        }
    }
}

impl From<Value> for Canonical {
    fn from(value: Value) -> Self {
        Self(value.to_string())
    }
}

impl Serialize for Canonical {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.0).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Canonical {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from).map_err(D::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_what_serde_writes() {
        let texts = ["", "pay", "say \"no\"", "C:\\shop", "a\nb", "\u{1}\u{7f}\u{e9}\u{1f600}", "[", "]"];
        let written = Canonical::array(|list| {
            list.text("fp1");
            list.list(|_| {});
            list.list(|list| texts.iter().for_each(|text| list.text(text)));
            list.array(&Canonical::from(json!(["a", []])));
            list.text("end");
        });
        let expected = json!(["fp1", [], texts, ["a", []], "end"]);
        assert_eq!(written.as_str(), expected.to_string());
        assert_eq!(written.value(), expected);
        assert_eq!(written, Canonical::from(expected));
    }

    #[test]
    fn it_is_stored_as_the_array_that_it_is() {
        let parts = Canonical::from(json!(["fp1", ["a \"b\""]]));
        assert_eq!(serde_json::to_string(&parts).unwrap(), parts.as_str());
        assert_eq!(serde_json::to_value(&parts).unwrap(), parts.value());
        assert_eq!(serde_json::from_str::<Canonical>("[ \"fp1\", [\"a \\\"b\\\"\"] ]").unwrap(), parts);
        assert_eq!(serde_json::from_value::<Canonical>(parts.value()).unwrap(), parts);
    }
}
