//! Through maps, lists and pairs: each value by its key first, then by its look. Keeps the remarks.

use schemas::{
    event::{Free, Remark, ScrubMethod, Tags},
    limits,
};
use serde_json::{Map, Value};

use super::{
    assignments, checks, emails,
    keys::{self, Meaning},
    path::Path,
    patterns::{self, Look, Scan},
    taint::{self, Search, Taint},
    values,
};

/// Stands in place of a value that was known by its key.
pub(super) const FILTERED: &str = "[Filtered]";
/// The rule of values known by their keys.
const BY_KEY: &str = "@password";
/// How often a text is looked at while something is found in it.
const PASSES: usize = 4;

/// One pass over an event.
pub(super) struct Walk {
    ips: bool,
    remarks: Vec<Remark>,
    /// What was taken out for its name.
    pub(super) taint: Taint,
    /// What to look for instead of by name and look, on the second way through the event.
    search: Option<Search>,
}

impl Walk {
    /// A pass that takes out IP addresses too if `ips`; new remarks follow those of earlier passes.
    pub(super) fn new(ips: bool, remarks: Vec<Remark>) -> Self {
        Self { ips, remarks, taint: Taint::default(), search: None }
    }

    /// From now on takes out only what was taken out elsewhere, wherever it stands; out of the remarks too.
    pub(super) fn seek(&mut self, search: Search) {
        for remark in &mut self.remarks {
            search.replace(&mut remark.path);
        }
        self.search = Some(search);
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
            if let Some(search) = &self.search {
                search.replace(&mut path);
            }
            self.remarks.push(Remark { path, rule: rule.to_owned(), method, bytes: bytes as u64 });
        }
    }

    /// Takes out what looks like a secret.
    pub(super) fn text(&mut self, path: &Path<'_>, text: &mut String, look: Look) {
        if let Some(search) = &self.search {
            let bytes = search.replace(text);
            if bytes == 0 {
                return;
            }
            self.remark(path, taint::RULE, ScrubMethod::Replace, bytes);
        }
        // What was put in place of a secret may make another one stand out.
        for _ in 0..PASSES {
            let Some(scan) = patterns::suspect(text, look, self.ips) else { return };
            if !self.look(path, text, scan) {
                return;
            }
        }
    }

    /// Takes out what the rules find. Whether they found anything.
    fn look(&mut self, path: &Path<'_>, text: &mut String, scan: Scan) -> bool {
        let mut removed: Vec<(&'static str, usize)> = Vec::new();
        patterns::replace(text, scan, |found, secret| {
            match removed.iter_mut().find(|(rule, _)| *rule == found.rule) {
                Some((_, bytes)) => *bytes += secret.len(),
                None => removed.push((found.rule, secret.len())),
            }
            match found.rule {
                assignments::RULE | "@basic" => self.taint.add(secret),
                "@urlauth" => self.taint.add_credentials(secret),
                _ => {}
            }
        });
        for (rule, bytes) in &removed {
            self.remark(path, rule, ScrubMethod::Replace, *bytes);
        }
        !removed.is_empty()
    }

    pub(super) fn optional(&mut self, path: &Path<'_>, text: &mut Option<String>, look: Look) {
        if let Some(text) = text {
            self.text(path, text, look);
        }
    }

    /// Takes out an e-mail address whole, also one that does not look like one.
    pub(super) fn address(&mut self, path: &Path<'_>, text: &mut Option<String>) {
        if self.search.is_some() {
            return self.optional(path, text, Look::Prose);
        }
        if let Some(text) = text.as_mut().filter(|text| !text.is_empty() && *text != emails::WITH && *text != FILTERED) {
            self.remark(path, emails::RULE, ScrubMethod::Replace, text.len());
            emails::WITH.clone_into(text);
        }
    }

    /// Takes out an IP address, if that is wanted.
    pub(super) fn ip(&mut self, path: &Path<'_>, text: &mut Option<String>) {
        if self.ips
            && self.search.is_none()
            && let Some(text) = text.take()
        {
            self.remark(path, "@ip", ScrubMethod::Remove, text.len());
        }
    }

    fn filter(&mut self, path: &Path<'_>, text: &mut String) {
        if !values::is_trivial(text) {
            self.taint.add_under(path, text);
            self.remark(path, BY_KEY, ScrubMethod::Replace, text.len());
            FILTERED.clone_into(text);
        }
    }

    /// What a name says about its value. On the second way nothing: what it told is done.
    fn meaning(&self, key: &str) -> Meaning {
        if self.search.is_some() { Meaning::Plain } else { keys::meaning(key) }
    }

    /// Whether a key may itself hold what must go.
    fn is_suspect(&self, key: &str) -> bool {
        self.search.as_ref().map_or(key.contains('@'), |search| search.is_in(key))
    }

    fn named(&mut self, path: &Path<'_>, key: &str, text: &mut String) {
        let secret = match self.meaning(key) {
            Meaning::Plain => false,
            Meaning::Maybe => checks::is_random(text),
            Meaning::Secret | Meaning::Session => true,
        };
        if secret { self.filter(path, text) } else { self.text(path, text, Look::Prose) }
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
        if tags.keys().any(|key| self.is_suspect(key)) {
            *tags = std::mem::take(tags).into_iter().map(|(key, value)| (self.key(path, key), value)).collect();
        }
    }

    pub(super) fn map(&mut self, path: &Path<'_>, map: &mut Free) {
        for (key, value) in map.iter_mut() {
            self.entry(path, key, value);
        }
        if map.keys().any(|key| self.is_suspect(key)) {
            *map = std::mem::take(map).into_iter().map(|(key, value)| (self.key(path, key), value)).collect();
        }
    }

    fn object(&mut self, path: &Path<'_>, map: &mut Map<String, Value>) {
        // A pair in two members: `{"name": "password", "value": "x"}`.
        let name = ["name", "key", "header", "field"].iter().find_map(|name| Some(map.get(*name)?.as_str()?.to_owned()));
        if let (Some(name), Some(value)) = (name, map.get_mut("value")) {
            self.entry(path, &name, value);
        }
        for (key, value) in map.iter_mut() {
            self.entry(path, key, value);
        }
        if map.keys().any(|key| self.is_suspect(key)) {
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
        match self.meaning(key) {
            Meaning::Secret => self.whole(&path, value),
            Meaning::Session if !nested => self.whole(&path, value),
            Meaning::Maybe if value.as_str().is_some_and(checks::is_random) => self.whole(&path, value),
            Meaning::Session | Meaning::Maybe | Meaning::Plain => self.value(&path, value),
        }
    }

    /// Takes out a value whatever it is.
    fn whole(&mut self, path: &Path<'_>, value: &mut Value) {
        match value {
            Value::String(text) => self.filter(path, text),
            Value::Array(list) if list.is_empty() => {}
            Value::Object(map) if map.is_empty() => {}
            Value::Array(list) if list.iter().all(|value| value.as_str().is_some_and(values::is_trivial)) => {}
            other => {
                self.taint.add_all(other);
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
                let least = if self.search.is_some() { 100_000 } else { 1_000_000_000_000 };
                if let Some(digits) = number.as_u64().filter(|n| *n >= least) {
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
