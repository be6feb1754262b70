//! Which of many rules can hold of some texts at all: those whose keyword stands in one of them. One look at each text
//! for all rules together, so that hundreds of rules cost little more than a few.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use schemas::rules::matcher::{Matcher, Scope, Test};

/// Shortest keyword that is worth looking for, in bytes.
const SHORTEST: usize = 3;
/// So much of a keyword is looked for, in bytes: enough to be rare.
const LONGEST: usize = 24;

/// The keywords of rules, by the rules' numbers.
#[derive(Debug, Default)]
pub(crate) struct Keywords {
    automaton: Option<AhoCorasick>,
    /// The rule of each keyword.
    owners: Vec<usize>,
    /// Whether a rule has a keyword.
    has: Vec<bool>,
}

impl Keywords {
    /// One keyword or none for each rule. In any case of letters.
    pub(crate) fn new<'a>(of_rules: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let (mut keywords, mut owners, mut has) = (Vec::new(), Vec::new(), Vec::new());
        for (number, keyword) in of_rules.into_iter().enumerate() {
            let keyword = keyword.filter(|keyword| keyword.len() >= SHORTEST);
            has.push(keyword.is_some());
            if let Some(keyword) = keyword {
                keywords.push(&keyword.as_bytes()[..keyword.len().min(LONGEST)]);
                owners.push(number);
            }
        }
        let builder = || AhoCorasickBuilder::new().ascii_case_insensitive(true).build(&keywords).ok();
        // Rules whose keywords can't be looked for are simply tried.
        match (!keywords.is_empty()).then(builder).flatten() {
            Some(automaton) => Self { automaton: Some(automaton), owners, has },
            None => Self { automaton: None, owners: Vec::new(), has: vec![false; has.len()] },
        }
    }

    /// Whether a rule can only hold where its keyword stands.
    pub(crate) fn has(&self, rule: usize) -> bool {
        self.has.get(rule).copied().unwrap_or_default()
    }

    /// Calls `hit` with each rule whose keyword stands in `text`, some more than once.
    pub(crate) fn find(&self, text: &str, mut hit: impl FnMut(usize)) {
        if let Some(automaton) = &self.automaton {
            for found in automaton.find_overlapping_iter(text) {
                hit(self.owners[found.pattern().as_usize()]);
            }
        }
    }
}

/// The longest keyword of the conditions about frames.
pub(crate) fn of_frames(matchers: &[Matcher]) -> Option<&str> {
    longest(matchers.iter().filter(|matcher| matcher.scope() == Scope::Frame))
}

/// The longest keyword that must stand in the event for all of these to hold.
pub(crate) fn longest<'a>(matchers: impl Iterator<Item = &'a Matcher>) -> Option<&'a str> {
    let keywords = matchers.filter(|matcher| !matcher.negated).filter_map(|matcher| match &matcher.test {
        Test::Text(_, glob) => glob.keyword(),
        _ => None,
    });
    keywords.max_by_key(|keyword| keyword.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_found_by_their_keywords_in_any_case() {
        let keywords = Keywords::new([Some("node_modules"), None, Some("modules"), Some("ab"), Some("pay")]);
        let mut found = Vec::new();
        keywords.find("/srv/Node_Modules/x.js", |rule| found.push(rule));
        assert_eq!(found, [0, 2]);
        assert_eq!((0..6).map(|rule| keywords.has(rule)).collect::<Vec<_>>(), [true, false, true, false, true, false]);
    }
}
