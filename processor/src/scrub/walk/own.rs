//! What the project chose, at each value.

use schemas::event::{ScrubMethod, Tags};
use serde::Serialize;
use serde_json::Value;

use super::{BY_KEY, FILTERED, Part, Walk};
use crate::scrub::{
    chosen::{Leaf, Step},
    path::Path,
    patterns::Look,
    users::SENSITIVE,
    values,
};

/// How often the rules may find something new in what they themselves made of a text; after that it goes whole.
const ROUNDS: usize = 8;
/// Bytes of an empty list or map as JSON.
const EMPTY: usize = 2;

/// What the project chose about a value as a whole.
enum Choice<'a> {
    /// Nothing.
    Open,
    /// It stays as it is.
    Safe,
    /// It goes: it stands under a name that the project calls sensitive.
    Sensitive,
    /// This is done to it.
    Whole(&'a Step),
}

impl<'a> Walk<'a> {
    /// What becomes of a part of the event as a whole. What is empty needs nothing.
    pub(in crate::scrub) fn part(&mut self, path: &Path<'_>, value: &impl Serialize) -> Part {
        if !self.chosen.asks {
            return Part::Kept;
        }
        match self.choice(path, Leaf::Map, false) {
            Choice::Safe => Part::Safe,
            Choice::Whole(step) if !step.is_by_meaning() => {
                let bytes = serde_json::to_string(value).map_or(0, |json| json.len());
                if bytes <= EMPTY {
                    return Part::Kept;
                }
                self.remark(path, &step.rule, ScrubMethod::Remove, bytes);
                Part::Gone
            }
            _ => Part::Kept,
        }
    }

    /// Whether a part of the event is never to be scrubbed.
    pub(in crate::scrub) fn is_safe(&self, path: &Path<'_>) -> bool {
        self.chosen.asks && self.chosen.is_safe(path, Leaf::Map)
    }

    /// A text that only own rules look at whose selector names the place.
    pub(in crate::scrub) fn hidden(&mut self, path: &Path<'_>, text: &mut Option<String>) {
        self.own_only(path, text, true);
    }

    /// A text that own rules look at; what else is done to it is the caller's.
    pub(in crate::scrub) fn own(&mut self, path: &Path<'_>, text: &mut Option<String>) {
        self.own_only(path, text, false);
    }

    fn own_only(&mut self, path: &Path<'_>, text: &mut Option<String>, hidden: bool) {
        if self.chosen.asks
            && let Some(inner) = text
        {
            self.own_text(path, inner, None, hidden);
            text.take_if(|text| text.is_empty());
        }
    }

    /// What becomes of a file as a whole. Whatever is done to it, of a whole file nothing stays.
    pub(in crate::scrub) fn file(&mut self, path: &Path<'_>) -> Part {
        if !self.chosen.asks {
            return Part::Kept;
        }
        match self.choice(path, Leaf::File, true) {
            Choice::Safe => Part::Safe,
            Choice::Whole(_) => Part::Gone,
            Choice::Open | Choice::Sensitive => Part::Kept,
        }
    }

    /// The text of a file. Own rules look at it whose selector names the file.
    pub(in crate::scrub) fn content(&mut self, path: &Path<'_>, text: &mut String) {
        if !self.chosen.asks {
            self.built_in(path, text, Look::Prose);
            return;
        }
        self.chosen.steps_at(path, Leaf::File, true, &mut self.steps);
        self.rounds(path, text, Some(Look::Prose));
    }

    /// Texts that only own rules look at whose selector names the place.
    pub(in crate::scrub) fn hidden_tags(&mut self, path: &Path<'_>, tags: &mut Tags) {
        if self.chosen.asks {
            for (key, value) in tags.iter_mut() {
                self.own_text(&path.name(key), value, None, true);
            }
            tags.retain(|_, value| !value.is_empty());
        }
    }

    /// Whether nothing more is to be done to a text: it is safe.
    pub(in crate::scrub) fn is_settled(&self, path: &Path<'_>, text: &str) -> bool {
        self.chosen.asks && self.chosen.is_safe(path, Leaf::Text(text))
    }

    /// Whether a text says nothing, or is what a rule put in place of a value.
    pub(in crate::scrub) fn is_filtered(&self, text: &str) -> bool {
        values::is_trivial(text) || self.chosen.asks && self.is_placeholder(text)
    }

    fn is_placeholder(&self, text: &str) -> bool {
        self.chosen.placeholders(text).first().is_some_and(|span| *span == (0..text.len()))
    }

    /// Own rules, then the built-in ones for this look if there is any, until neither finds anything more.
    pub(super) fn own_text(&mut self, path: &Path<'_>, text: &mut String, look: Option<Look>, hidden: bool) {
        if self.own_whole(path, text, hidden) {
            return;
        }
        self.rounds(path, text, look);
    }

    /// The steps at hand and the built-in rules, in turns.
    fn rounds(&mut self, path: &Path<'_>, text: &mut String, look: Option<Look>) {
        let steps = std::mem::take(&mut self.steps);
        for round in 0.. {
            let own = self.apply(path, text, &steps);
            let built_in = look.is_some_and(|look| self.built_in(path, text, look));
            // The built-in rules find nothing twice by themselves.
            if !own && (!built_in || steps.is_empty()) {
                break;
            }
            if round == ROUNDS {
                self.remark(path, BY_KEY, ScrubMethod::Replace, text.len());
                FILTERED.clone_into(text);
                break;
            }
        }
        self.steps = steps;
    }

    /// What own rules find in a number; the built-in ones look too if it is `long`.
    pub(super) fn number(&mut self, path: &Path<'_>, text: &mut String, long: bool) {
        let chosen = self.chosen;
        let mut steps = std::mem::take(&mut self.steps);
        chosen.steps_at(path, Leaf::Number, false, &mut steps);
        self.apply(path, text, &steps);
        self.steps = steps;
        if long {
            self.built_in(path, text, Look::Prose);
        }
    }

    /// The parts of a text that own rules find.
    fn apply(&mut self, path: &Path<'_>, text: &mut String, steps: &[usize]) -> bool {
        let chosen = self.chosen;
        let mut changed = false;
        let mut found = None;
        for number in steps {
            let step = chosen.step(*number);
            if let Some(pattern) = step.number {
                let found = found.get_or_insert_with(|| chosen.patterns_in(text));
                if found.as_ref().is_some_and(|found| !found.matched(pattern)) {
                    continue;
                }
            }
            if let Some(bytes) = step.apply(text, chosen) {
                self.remark(path, &step.rule, step.remark(chosen.key.as_ref()), bytes);
                (changed, found) = (true, None);
            }
        }
        changed
    }

    /// Whether what the project chose about a text leaves nothing more to do.
    pub(super) fn is_own(&mut self, path: &Path<'_>, text: &mut String) -> bool {
        self.chosen.asks && self.own_whole(path, text, false)
    }

    /// Does to a text what the project chose for it as a whole. Otherwise the steps for its parts are found.
    fn own_whole(&mut self, path: &Path<'_>, text: &mut String, hidden: bool) -> bool {
        match self.choice(path, Leaf::Text(text), hidden) {
            Choice::Open => return false,
            Choice::Safe => {}
            Choice::Sensitive => self.sensitive(path, text),
            Choice::Whole(step) => self.redact(path, text, step),
        }
        true
    }

    fn sensitive(&mut self, path: &Path<'_>, text: &mut String) {
        if !self.is_filtered(text) {
            self.taint.add(text);
            self.remark(path, SENSITIVE, ScrubMethod::Replace, text.len());
            FILTERED.clone_into(text);
        }
    }

    fn redact(&mut self, path: &Path<'_>, text: &mut String, step: &Step) {
        if !self.is_placeholder(text)
            && let Some(redacted) = step.whole(text, self.chosen.key.as_ref())
        {
            self.remark(path, &step.rule, step.remark(self.chosen.key.as_ref()), text.len());
            *text = redacted;
        }
    }

    /// Whether what the project chose about a value leaves nothing more to do.
    pub(super) fn own_value(&mut self, path: &Path<'_>, value: &mut Value) -> bool {
        if !self.chosen.asks {
            return false;
        }
        let leaf = match value {
            Value::Null => return false,
            Value::String(text) => return self.own_whole(path, text, false),
            Value::Bool(_) => Leaf::Boolean,
            Value::Number(_) => Leaf::Number,
            Value::Array(_) => Leaf::List,
            Value::Object(_) => Leaf::Map,
        };
        let choice = self.choice(path, leaf, false);
        let empty = matches!(value, Value::Array(list) if list.is_empty()) || matches!(value, Value::Object(map) if map.is_empty());
        match choice {
            Choice::Open => return false,
            Choice::Safe => return true,
            _ if empty => return true,
            Choice::Sensitive if value.is_boolean() => return false,
            Choice::Sensitive | Choice::Whole(_) => {}
        }
        let mut text = value.to_string();
        match choice {
            Choice::Whole(step) => self.redact(path, &mut text, step),
            _ => self.sensitive(path, &mut text),
        }
        *value = if text.is_empty() { Value::Null } else { Value::from(text) };
        // There are selectors for texts.
        value.is_null() || self.own_value(path, value)
    }

    fn choice(&mut self, path: &Path<'_>, leaf: Leaf<'_>, hidden: bool) -> Choice<'a> {
        let chosen = self.chosen;
        self.steps.clear();
        if chosen.is_safe(path, leaf) {
            return Choice::Safe;
        }
        chosen.steps_at(path, leaf, hidden, &mut self.steps);
        match self.steps.iter().map(|number| chosen.step(*number)).find(|step| step.is_whole(path)) {
            Some(step) => Choice::Whole(step),
            None if !hidden && chosen.is_sensitive(path) => Choice::Sensitive,
            None => Choice::Open,
        }
    }
}
