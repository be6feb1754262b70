//! Free values within their limits: depth, entries, length of texts, bytes in all. One walk, linear in what is kept.

use schemas::{event::Free, limits};
use serde_json::Value;

use super::trims::Cuts;

/// Stands where something was deeper than is kept.
const DEEPER: &str = "...";

/// What may still be kept.
pub(super) struct Budget<'a> {
    bytes: usize,
    cuts: &'a mut Cuts,
}

impl<'a> Budget<'a> {
    pub(super) fn new(bytes: usize, cuts: &'a mut Cuts) -> Self {
        Self { bytes: bytes.saturating_sub(2), cuts }
    }

    /// Takes bytes, as many as there are.
    fn take(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Cuts a map; what no longer fits is left out from the end.
    pub(super) fn map(&mut self, map: &mut Free) {
        let mut entries = 0;
        map.retain(|key, value| self.entry(&mut entries, key.len()) && self.value(value, limits::FREE_DEPTH));
    }

    /// Whether one more entry fits.
    fn entry(&mut self, entries: &mut usize, key: usize) -> bool {
        *entries += 1;
        let fits = *entries <= limits::FREE_ENTRIES && self.bytes > key + 4;
        self.cuts.left_out(usize::from(!fits));
        self.take(key + 4);
        fits
    }

    /// Cuts a value of which `depth` levels may be kept. Answers whether it fits at all.
    pub(super) fn value(&mut self, value: &mut Value, depth: usize) -> bool {
        match value {
            Value::Null | Value::Bool(_) => self.take(5),
            Value::Number(_) => self.take(8),
            Value::String(text) => self.text(text),
            Value::Array(list) if depth == 0 && !list.is_empty() => self.deeper(value),
            Value::Object(map) if depth == 0 && !map.is_empty() => self.deeper(value),
            Value::Array(list) => {
                let mut entries = 0;
                list.retain_mut(|value| self.entry(&mut entries, 0) && self.value(value, depth - 1));
            }
            Value::Object(map) => {
                let mut entries = 0;
                map.retain(|key, value| self.entry(&mut entries, key.len()) && self.value(value, depth - 1));
            }
        }
        true
    }

    fn deeper(&mut self, value: &mut Value) {
        *value = Value::String(DEEPER.to_owned());
        self.take(DEEPER.len() + 2);
        self.cuts.deeper();
    }

    fn text(&mut self, text: &mut String) {
        let most = limits::FREE_TEXT_CHARS.min(self.bytes.saturating_sub(2));
        self.cuts.text(text, most);
        self.take(text.len() + 2);
    }
}
