//! What the project and the operator chose for scrubbing, made ready for use.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;
use regex::RegexSet;
use schemas::rules::scrubbing::{Addresses, Emails, Known, Scrubbing, Selector};

use super::{
    hash::HashKey,
    path::{Part, Path},
};

mod fields;
mod select;
mod step;

pub(super) use select::Leaf;
pub(super) use step::{Find, Step};

use fields::Fields;

/// From so many patterns on it pays to ask for all at once which of them find anything.
const SET: usize = 4;
/// Most bytes that the patterns take together, compiled, and most for their automaton's cache.
const SET_BYTES: usize = 16 << 20;
const CACHE_BYTES: usize = 4 << 20;
/// What scrubbing puts in place of values beside what stands for the known kinds.
const PLACEHOLDERS: [&str; 2] = ["[phone]", "[session]"];

/// The rules for scrubbing the events of one project.
#[derive(Debug, Default)]
pub struct Chosen {
    /// Whether the built-in rules are switched off.
    pub(super) without_defaults: bool,
    pub(super) anonymous: bool,
    pub(super) addresses: Option<Addresses>,
    pub(super) emails: Option<Emails>,
    /// Whether there is anything that must be asked at each value.
    pub(super) asks: bool,
    pub(super) key: Option<HashKey>,
    applications: Vec<Application>,
    steps: Vec<Step>,
    /// The applications whose selector ends in a name, by [`name_hash`]; and the others.
    by_name: HashMap<u64, Vec<usize>>,
    anywhere: Vec<usize>,
    safe: Vec<Selector>,
    fields: Fields,
    /// The step that takes the values of sensitive fields out of texts.
    fields_step: Option<usize>,
    /// The patterns of all steps.
    patterns: Option<RegexSet>,
    /// What rules put in place of values: what a pattern finds in it is not looked for.
    placeholders: Option<AhoCorasick>,
}

#[derive(Debug)]
struct Application {
    selector: Selector,
    specific: bool,
    /// Its steps, by number.
    steps: std::ops::Range<usize>,
}

impl Chosen {
    /// What a project chose, and where it chose nothing what was chosen for all. Rules of both are used, the project's
    /// first. One that can't be used is left out.
    pub fn new(own: &Scrubbing, all: &Scrubbing) -> Self {
        let mut chosen = Self {
            without_defaults: own.scrub_defaults.or(all.scrub_defaults) == Some(false),
            anonymous: own.anonymous_users.or(all.anonymous_users) == Some(true),
            addresses: own.ip_addresses.or(all.ip_addresses),
            emails: own.email.or(all.email),
            ..Self::default()
        };
        for section in [own, all] {
            chosen.safe.extend(section.safe_fields.iter().filter_map(|entry| Scrubbing::safe(entry).ok()));
            for (selector, names) in &section.applications {
                if let Ok(selector) = selector.parse() {
                    chosen.apply(section, selector, names);
                }
            }
        }
        chosen.fields = Fields::new(own.sensitive_fields.iter().chain(&all.sensitive_fields));
        if let Some(step) = chosen.fields.step() {
            chosen.fields_step = Some(chosen.steps.len());
            chosen.steps.push(step);
        }
        chosen.prepare();
        chosen
    }

    /// The same with the project's key for hashes. Without one, what is to be hashed is removed.
    pub fn keyed(self, key: HashKey) -> Self {
        Self { key: Some(key), ..self }
    }

    fn apply(&mut self, section: &Scrubbing, selector: Selector, names: &[String]) {
        let from = self.steps.len();
        for step in names.iter().filter_map(|name| section.resolve(name).ok()).flatten() {
            self.steps.extend(Step::new(&step));
        }
        let number = self.applications.len();
        match select::last_names(&selector) {
            Some(names) => names.iter().for_each(|name| self.by_name.entry(name_hash(name)).or_default().push(number)),
            None => self.anywhere.push(number),
        }
        let specific = selector.is_specific();
        self.applications.push(Application { selector, specific, steps: from..self.steps.len() });
    }

    fn prepare(&mut self) {
        self.asks = self.without_defaults || !self.steps.is_empty() || !self.safe.is_empty() || !self.fields.is_empty();
        let patterns: Vec<(usize, &str)> = self.steps.iter().enumerate().filter_map(|(at, step)| Some((at, step.pattern()?))).collect();
        if patterns.len() >= SET {
            let built = regex::RegexSetBuilder::new(patterns.iter().map(|(_, pattern)| pattern))
                .size_limit(SET_BYTES)
                .dfa_size_limit(CACHE_BYTES)
                .build();
            if let Ok(set) = built {
                let places: Vec<usize> = patterns.into_iter().map(|(at, _)| at).collect();
                self.patterns = Some(set);
                for (number, at) in places.into_iter().enumerate() {
                    self.steps[at].number = Some(number);
                }
            }
        }
        if self.asks {
            let texts = Known::ALL.map(Known::placeholder).into_iter().chain(PLACEHOLDERS);
            let texts = texts.chain(self.steps.iter().filter_map(Step::puts)).filter(|text| !text.is_empty());
            self.placeholders = AhoCorasick::new(texts).ok();
        }
    }

    /// Whether a value is never to be scrubbed.
    pub(super) fn is_safe(&self, path: &Path<'_>, leaf: Leaf<'_>) -> bool {
        self.safe.iter().any(|selector| select::matches(selector, path, leaf))
    }

    /// Whether the value stands under a name that the project calls sensitive.
    pub(super) fn is_sensitive(&self, path: &Path<'_>) -> bool {
        !self.fields.is_empty() && path.key().is_some_and(|key| self.fields.has(key))
    }

    /// The steps for a value, into `found`, by number. `hidden`: only those whose selector names the place.
    pub(super) fn steps_at(&self, path: &Path<'_>, leaf: Leaf<'_>, hidden: bool, found: &mut Vec<usize>) {
        found.clear();
        let named = |name: &str| self.by_name.get(&name_hash(name)).map_or(&[][..], Vec::as_slice);
        let (by_name, by_alias) = match path.part() {
            Part::Name(name) if !self.by_name.is_empty() => {
                (named(name), if path.aliased().is_empty() { &[][..] } else { named(path.aliased()) })
            }
            _ => (&[][..], &[][..]),
        };
        for number in by_name.iter().chain(by_alias).chain(&self.anywhere) {
            let application = &self.applications[*number];
            if (!hidden || application.specific) && select::matches(&application.selector, path, leaf) {
                found.extend(application.steps.clone());
            }
        }
        if !hidden && matches!(leaf, Leaf::Text(_)) {
            found.extend(self.fields_step);
        }
    }

    /// The step of this number.
    pub(super) fn step(&self, number: usize) -> &Step {
        &self.steps[number]
    }

    /// Which patterns find anything in a text, by their number. `None`: each must be asked.
    pub(super) fn patterns_in(&self, text: &str) -> Option<regex::SetMatches> {
        self.patterns.as_ref().map(|set| set.matches(text))
    }

    /// Where in a text stands what rules put there, in ranges that do not touch.
    pub(super) fn placeholders(&self, text: &str) -> Vec<std::ops::Range<usize>> {
        let mut spans: Vec<_> = self.placeholders.iter().flat_map(|texts| texts.find_iter(text)).map(|found| found.range()).collect();
        spans.extend(step::hashes(text, self.key.as_ref()));
        spans.extend(step::stars(text));
        step::union(spans)
    }
}

/// A hash of a name without regard to case. Names of the same hash are told apart by the selectors.
fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
#[path = "chosen/tests.rs"]
mod tests;
