//! Through maps, lists and pairs: each value by its key first, then by its look. Keeps the remarks.

use schemas::{
    event::{Free, Remark, ScrubMethod, Tags},
    limits,
};
use serde_json::{Map, Value};

use super::{
    emails,
    keys::{self, Meaning},
    path::Path,
    patterns::{self, Look},
};

/// Stands in place of a value that was known by its key.
pub(super) const FILTERED: &str = "[Filtered]";
/// The rule of values known by their keys.
const BY_KEY: &str = "@password";

/// One pass over an event.
pub(super) struct Walk {
    ips: bool,
    remarks: Vec<Remark>,
}

impl Walk {
    /// A pass that takes out IP addresses too if `ips`; new remarks follow those of earlier passes.
    pub(super) fn new(ips: bool, remarks: Vec<Remark>) -> Self {
        Self { ips, remarks }
    }

    /// What was done.
    pub(super) fn remarks(self) -> Vec<Remark> {
        self.remarks
    }

    fn remark(&mut self, path: &Path<'_>, rule: &str, method: ScrubMethod, bytes: usize) {
        if self.remarks.len() < limits::SCRUB_REMARKS {
            let mut path = path.to_string();
            if let Some(scan) = patterns::suspect(&path, Look::Prose, self.ips) {
                patterns::replace(&mut path, scan, |_, _| {});
            }
            self.remarks.push(Remark { path, rule: rule.to_owned(), method, bytes: bytes as u64 });
        }
    }

    /// Takes out what looks like a secret.
    pub(super) fn text(&mut self, path: &Path<'_>, text: &mut String, look: Look) {
        if let Some(scan) = patterns::suspect(text, look, self.ips) {
            patterns::replace(text, scan, |rule, bytes| self.remark(path, rule, ScrubMethod::Replace, bytes));
        }
    }

    pub(super) fn optional(&mut self, path: &Path<'_>, text: &mut Option<String>, look: Look) {
        if let Some(text) = text {
            self.text(path, text, look);
        }
    }

    /// Takes out an e-mail address whole, also one that does not look like one.
    pub(super) fn address(&mut self, path: &Path<'_>, text: &mut Option<String>) {
        if let Some(text) = text.as_mut().filter(|text| !text.is_empty() && *text != emails::WITH && *text != FILTERED) {
            self.remark(path, emails::RULE.name, ScrubMethod::Replace, text.len());
            emails::WITH.clone_into(text);
        }
    }

    /// Takes out an IP address, if that is wanted.
    pub(super) fn ip(&mut self, path: &Path<'_>, text: &mut Option<String>) {
        if self.ips
            && let Some(text) = text.take()
        {
            self.remark(path, "@ip", ScrubMethod::Remove, text.len());
        }
    }

    fn filter(&mut self, path: &Path<'_>, text: &mut String) {
        if !keys::is_trivial(text) {
            self.remark(path, BY_KEY, ScrubMethod::Replace, text.len());
            FILTERED.clone_into(text);
        }
    }

    fn named(&mut self, path: &Path<'_>, key: &str, text: &mut String) {
        if keys::meaning(key) == Meaning::Plain { self.text(path, text, Look::Prose) } else { self.filter(path, text) }
    }

    pub(super) fn pairs(&mut self, path: &Path<'_>, pairs: &mut [(String, String)]) {
        for (key, value) in pairs {
            self.named(&path.name(key), key, value);
            self.text(path, key, Look::Name);
        }
    }

    pub(super) fn tags(&mut self, path: &Path<'_>, tags: &mut Tags) {
        for (key, value) in tags.iter_mut() {
            self.named(&path.name(key), key, value);
        }
        if tags.keys().any(|key| is_suspect(key)) {
            *tags = std::mem::take(tags).into_iter().map(|(key, value)| (self.key(path, key), value)).collect();
        }
    }

    pub(super) fn map(&mut self, path: &Path<'_>, map: &mut Free) {
        for (key, value) in map.iter_mut() {
            self.entry(path, key, value);
        }
        if map.keys().any(|key| is_suspect(key)) {
            *map = std::mem::take(map).into_iter().map(|(key, value)| (self.key(path, key), value)).collect();
        }
    }

    fn object(&mut self, path: &Path<'_>, map: &mut Map<String, Value>) {
        for (key, value) in map.iter_mut() {
            self.entry(path, key, value);
        }
        if map.keys().any(|key| is_suspect(key)) {
            *map = std::mem::take(map).into_iter().map(|(key, value)| (self.key(path, key), value)).collect();
        }
    }

    fn key(&mut self, path: &Path<'_>, mut key: String) -> String {
        self.text(path, &mut key, Look::Name);
        key
    }

    fn entry(&mut self, path: &Path<'_>, key: &str, value: &mut Value) {
        let path = path.name(key);
        if value.is_null() || value.is_boolean() {
            return;
        }
        let nested = value.is_object() || value.is_array();
        match keys::meaning(key) {
            Meaning::Secret => self.whole(&path, value),
            Meaning::Session if !nested => self.whole(&path, value),
            Meaning::Session | Meaning::Plain => self.value(&path, value),
        }
    }

    /// Takes out a value whatever it is.
    fn whole(&mut self, path: &Path<'_>, value: &mut Value) {
        match value {
            Value::String(text) => self.filter(path, text),
            Value::Array(list) if list.is_empty() => {}
            Value::Object(map) if map.is_empty() => {}
            other => {
                let bytes = serde_json::to_string(other).map_or(0, |json| json.len());
                self.remark(path, BY_KEY, ScrubMethod::Replace, bytes);
                *other = Value::from(FILTERED);
            }
        }
    }

    /// Takes out of a free value what must go. A list of two, the first of them a name, is a pair.
    pub(super) fn value(&mut self, path: &Path<'_>, value: &mut Value) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                if let Some(digits) = number.as_u64().filter(|n| *n >= 1_000_000_000_000) {
                    let mut text = digits.to_string();
                    self.text(path, &mut text, Look::Prose);
                    if text.starts_with('[') {
                        *value = Value::from(text);
                    }
                }
            }
            Value::String(text) => self.text(path, text, Look::Prose),
            Value::Object(map) => self.object(path, map),
            Value::Array(list) => {
                for (number, value) in list.iter_mut().enumerate() {
                    self.value(&path.number(number), value);
                }
                if let [Value::String(key), second] = list.as_mut_slice()
                    && !key.contains(' ')
                {
                    self.entry(path, key, second);
                }
            }
        }
    }
}

/// Whether a key may hold an e-mail address itself.
fn is_suspect(key: &str) -> bool {
    key.contains('@')
}
