//! Through maps, lists and pairs: each value by what the project chose, then by its key, then by its look. Keeps the
//! remarks.

use schemas::{
    event::{Free, Remark, ScrubMethod, Tags},
    limits,
    rules::scrubbing::Addresses,
};
use serde_json::{Map, Value};

use super::{
    addresses, assignments, checks,
    chosen::Chosen,
    keys::{self, Meaning},
    path::Path,
    patterns::{self, Look, Scan},
    taint::{self, Search, Taint},
    values,
};

mod own;

/// Stands in place of a value that was known by its key.
pub(super) const FILTERED: &str = "[Filtered]";
/// The rule of values known by their keys.
const BY_KEY: &str = "@password";
/// How often a text is looked at while something is found in it.
const PASSES: usize = 4;
/// Least numbers that are looked at: a card number, and on the second way the shortest value that is looked for.
const LEAST: u64 = 1_000_000_000_000;
const LEAST_SOUGHT: u64 = 100_000;

/// One pass over an event.
pub(super) struct Walk<'a> {
    chosen: &'a Chosen,
    addresses: Addresses,
    remarks: Vec<Remark>,
    /// What was taken out for its name.
    pub(super) taint: Taint,
    /// What to look for instead of by name and look, on the second way through the event.
    search: Option<Search>,
    /// The steps for the value at hand, by number.
    steps: Vec<usize>,
}

/// What becomes of a part of an event as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// It is looked into.
    Kept,
    /// It stays as it is.
    Safe,
    /// It goes.
    Gone,
}

impl<'a> Walk<'a> {
    /// A pass by what was chosen; `without_ips` takes IP addresses out whatever was. New remarks follow those of earlier
    /// passes.
    pub(super) fn new(chosen: &'a Chosen, without_ips: bool, remarks: Vec<Remark>) -> Self {
        let addresses = match chosen.addresses {
            _ if chosen.anonymous => Addresses::Remove,
            _ if without_ips => Addresses::Remove,
            addresses => addresses.unwrap_or(Addresses::Keep),
        };
        Self { chosen, addresses, remarks, taint: Taint::default(), search: None, steps: Vec::new() }
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

    /// What was chosen.
    pub(super) fn chosen(&self) -> &'a Chosen {
        self.chosen
    }

    /// What becomes of IP addresses.
    pub(super) fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Whether the e-mail addresses of users are taken out.
    pub(super) fn takes_emails(&self) -> bool {
        !self.chosen.without_defaults || self.chosen.emails.is_some() || self.chosen.anonymous
    }

    /// Whether the built-in rules look for IP addresses in texts.
    fn ips(&self) -> bool {
        matches!(self.addresses, Addresses::Remove | Addresses::GeoOnly)
    }

    pub(super) fn remark(&mut self, path: &Path<'_>, rule: &str, method: ScrubMethod, bytes: usize) {
        if self.remarks.len() < limits::SCRUB_REMARKS {
            let mut path = path.to_string();
            if let Some(scan) = patterns::suspect(&path, Look::Prose, self.ips()) {
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
        if self.chosen.asks {
            self.own_text(path, text, Some(look), false);
        } else {
            self.built_in(path, text, look);
        }
    }

    pub(super) fn optional(&mut self, path: &Path<'_>, text: &mut Option<String>, look: Look) {
        if let Some(inner) = text {
            self.text(path, inner, look);
            text.take_if(|text| text.is_empty() && self.chosen.asks);
        }
    }

    /// By the built-in rules. Whether anything was found.
    pub(super) fn built_in(&mut self, path: &Path<'_>, text: &mut String, look: Look) -> bool {
        let mut changed = false;
        if let Some(search) = &self.search {
            let bytes = search.replace(text);
            if bytes > 0 {
                self.remark(path, taint::RULE, ScrubMethod::Replace, bytes);
                changed = true;
            } else if !self.chosen.asks {
                // The first way has found what there is.
                return false;
            }
        }
        if self.addresses == Addresses::Truncate
            && let Some(bytes) = addresses::truncate(text, look)
        {
            self.remark(path, "@ip", ScrubMethod::Replace, bytes);
            changed = true;
        }
        if self.chosen.without_defaults {
            return changed | self.without_defaults(path, text, look);
        }
        // What was put in place of a secret may make another one stand out.
        for _ in 0..PASSES {
            let Some(scan) = patterns::suspect(text, look, self.ips()) else { break };
            if !self.look(path, text, scan) {
                break;
            }
            changed = true;
        }
        changed
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

    /// What stays to be done when the built-in rules are switched off: IP addresses, if they are to go.
    fn without_defaults(&mut self, path: &Path<'_>, text: &mut String, look: Look) -> bool {
        let bytes = if self.ips() { addresses::replace(text, look) } else { None };
        bytes.map(|bytes| self.remark(path, "@ip", ScrubMethod::Replace, bytes)).is_some()
    }

    fn filter(&mut self, path: &Path<'_>, text: &mut String) {
        if !values::is_trivial(text) {
            self.taint.add_under(path, text);
            self.remark(path, BY_KEY, ScrubMethod::Replace, text.len());
            FILTERED.clone_into(text);
        }
    }

    /// What a name says about its value by the built-in rules. On the second way nothing: what it told is done.
    fn meaning(&self, key: &str) -> Meaning {
        if self.chosen.without_defaults || self.search.is_some() { Meaning::Plain } else { keys::meaning(key) }
    }

    fn named(&mut self, path: &Path<'_>, key: &str, text: &mut String) {
        if self.is_own(path, text) {
            return;
        }
        let secret = match self.meaning(key) {
            Meaning::Plain => false,
            Meaning::Maybe => checks::is_random(text),
            Meaning::Secret | Meaning::Session => true,
        };
        if secret { self.filter(path, text) } else { self.text(path, text, Look::Prose) }
    }

    /// Whether a key may itself hold what must go.
    fn is_suspect(&self, key: &str) -> bool {
        self.search.as_ref().map_or(key.contains('@'), |search| search.is_in(key))
    }

    pub(super) fn pairs(&mut self, path: &Path<'_>, pairs: &mut Vec<(String, String)>) {
        match self.part(path, pairs) {
            Part::Safe => return,
            Part::Gone => pairs.clear(),
            Part::Kept => {}
        }
        for (key, value) in pairs {
            self.named(&path.name(key), key, value);
            self.key_text(path, key);
        }
    }

    pub(super) fn tags(&mut self, path: &Path<'_>, tags: &mut Tags) {
        match self.part(path, tags) {
            Part::Safe => return,
            Part::Gone => tags.clear(),
            Part::Kept => {}
        }
        for (key, value) in tags.iter_mut() {
            self.named(&path.name(key), key, value);
        }
        if self.chosen.asks {
            tags.retain(|_, value| !value.is_empty());
        }
        if tags.keys().any(|key| self.is_suspect(key)) {
            *tags = std::mem::take(tags).into_iter().map(|(key, value)| (self.key(path, key), value)).collect();
        }
    }

    pub(super) fn map(&mut self, path: &Path<'_>, map: &mut Free) {
        match self.part(path, map) {
            Part::Safe => return,
            Part::Gone => map.clear(),
            Part::Kept => {}
        }
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
        self.key_text(path, &mut key);
        key
    }

    /// Names are scrubbed by the built-in rules only.
    fn key_text(&mut self, path: &Path<'_>, key: &mut String) {
        self.built_in(path, key, Look::Name);
    }

    pub(super) fn entry(&mut self, path: &Path<'_>, key: &str, value: &mut Value) {
        let path = path.name(key);
        if value.is_null() || self.own_value(&path, value) || value.is_boolean() {
            return;
        }
        let nested = value.is_object() || value.is_array();
        match self.meaning(key) {
            Meaning::Secret if is_count(key, value) => {}
            Meaning::Secret => self.whole(&path, value),
            Meaning::Session if !nested => self.whole(&path, value),
            Meaning::Maybe if value.as_str().is_some_and(checks::is_random) => self.whole(&path, value),
            Meaning::Session | Meaning::Maybe | Meaning::Plain => self.inner(&path, value),
        }
    }

    /// Takes out a value whatever it is.
    pub(super) fn whole(&mut self, path: &Path<'_>, value: &mut Value) {
        match value {
            Value::String(text) => self.filter(path, text),
            Value::Null => {}
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

    /// Takes out what a user gave to a query, unless the project says otherwise.
    pub(super) fn given(&mut self, path: &Path<'_>, value: &mut Value) {
        if !value.is_null() && !value.is_boolean() && !self.own_value(path, value) {
            self.whole(path, value);
        }
    }

    /// Takes out of a free value what must go.
    pub(super) fn value(&mut self, path: &Path<'_>, value: &mut Value) {
        if !self.own_value(path, value) {
            self.inner(path, value);
        }
    }

    /// What is in a value. A list of two, the first of them a name, is a pair.
    fn inner(&mut self, path: &Path<'_>, value: &mut Value) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                let is_long = number.as_u64().is_some_and(|n| n >= if self.search.is_some() { LEAST_SOUGHT } else { LEAST });
                if is_long || self.chosen.asks {
                    let before = number.to_string();
                    let mut text = before.clone();
                    self.number(path, &mut text, is_long);
                    if text != before {
                        *value = Value::from(text);
                        self.value(path, value);
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

/// Whether a value is how many there are of what its key names.
fn is_count(key: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => keys::is_count(key, text),
        Value::Number(number) => number.as_u64().is_some_and(|count| keys::is_count(key, &count.to_string())),
        _ => false,
    }
}
