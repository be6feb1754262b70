//! Filters by patterns over messages. One search for the longest literal of every pattern finds those that can fit at
//! all; only these are tried.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;
use schemas::{event::Event, query::Wildcard, tokens::cut};

/// How much of a message is looked at.
const MESSAGE_BYTES: usize = 2_048;

/// The patterns of all filters by message.
#[derive(Debug, Default)]
pub(super) struct Messages {
    filters: usize,
    /// Each with the number of its filter.
    patterns: Vec<(usize, Wildcard)>,
    /// Finds literals of patterns.
    literals: Option<AhoCorasick>,
    /// The patterns of each literal.
    of_literal: Vec<Vec<usize>>,
}

impl Messages {
    /// The patterns of each filter, in lower case.
    pub(super) fn new(filters: Vec<Vec<Wildcard>>) -> Self {
        let count = filters.len();
        let numbered = filters.into_iter().enumerate();
        let patterns: Vec<(usize, Wildcard)> =
            numbered.flat_map(|(number, patterns)| patterns.into_iter().map(move |pattern| (number, pattern))).collect();
        let (mut numbers, mut texts, mut of_literal) = (HashMap::new(), Vec::new(), Vec::<Vec<usize>>::new());
        for (place, (_, pattern)) in patterns.iter().enumerate() {
            let Some(literal) = pattern.longest_literal() else { continue };
            let number = *numbers.entry(literal).or_insert_with(|| {
                texts.push(literal);
                of_literal.push(Vec::new());
                texts.len() - 1
            });
            of_literal[number].push(place);
        }
        // Beyond what an automaton can hold, which the limits of rules do not reach, no filter fits.
        let literals = if texts.is_empty() { None } else { AhoCorasick::new(&texts).ok() };
        Self { filters: count, patterns, literals, of_literal }
    }

    /// Which filters fit, by their number.
    pub(super) fn fit(&self, event: &Event) -> Vec<bool> {
        let mut fit = vec![false; self.filters];
        let Some(literals) = &self.literals else { return fit };
        for text in texts(event) {
            let mut seen = vec![false; self.of_literal.len()];
            for found in literals.find_overlapping_iter(&text) {
                if std::mem::replace(&mut seen[found.pattern().as_usize()], true) {
                    continue;
                }
                for (number, pattern) in self.of_literal[found.pattern().as_usize()].iter().map(|place| &self.patterns[*place]) {
                    fit[*number] |= !fit[*number] && pattern.matches(&text);
                }
            }
        }
        fit
    }
}

/// What patterns are tried on, in lower case.
fn texts(event: &Event) -> Vec<String> {
    let (kind, value) = (event.error.kind.as_deref(), event.error.message.as_deref());
    let log = event.message.as_ref().map(|message| message.formatted.as_str()).filter(|log| Some(*log) != value);
    let whole = kind.map(|kind| format!("{kind}: {}", cut(value.unwrap_or_default(), MESSAGE_BYTES)));
    let lower = |text: &str| cut(text, MESSAGE_BYTES).to_lowercase();
    [whole.as_deref(), value, log].into_iter().flatten().map(lower).collect()
}
