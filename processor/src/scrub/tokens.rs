//! Tokens and keys of known services, out of the table `patterns.toml`.
//!
//! One automaton finds the keywords of all rows; the regex of a row is read only from its keyword on, in a window of
//! fixed size, so that time is linear however often a keyword stands there. A row's regex is compiled when its keyword
//! is first seen.

use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use super::{
    checks,
    edges::{free_after, free_before},
    patterns::Found,
    secrets::TOKEN,
};

/// How far a regex may look, in bytes. A token that is longer is taken to its end.
const WINDOW: usize = 512;
/// Most memory for one regex, in bytes.
const REGEX_BYTES: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    pattern: Vec<Pattern>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pattern {
    id: String,
    keywords: Vec<String>,
    regex: String,
    #[serde(default)]
    back: usize,
    #[serde(default)]
    entropy: f32,
    check: Option<Check>,
    with: Option<String>,
    #[serde(skip)]
    compiled: OnceLock<Regex>,
}

/// What a number must be beyond its look.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Check {
    Imei,
    Ssn,
    Phone,
}

static TABLE: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| toml::from_str::<Table>(include_str!("patterns.toml")).expect("the table is a part of the program").pattern);

/// The keywords of all rows, and which row each is of.
static KEYWORDS: LazyLock<(AhoCorasick, Vec<usize>)> = LazyLock::new(|| {
    let rows = TABLE.iter().enumerate();
    let (words, rows): (Vec<_>, Vec<_>) = rows.flat_map(|(row, p)| p.keywords.iter().map(move |word| (word, row))).unzip();
    let automaton = AhoCorasick::builder().ascii_case_insensitive(true).match_kind(MatchKind::Standard).build(words);
    (automaton.expect("a few hundred short words make an automaton"), rows)
});

/// The words beside which a token may stand, in lower case.
pub(super) fn keywords() -> impl Iterator<Item = &'static str> {
    TABLE.iter().flat_map(|pattern| pattern.keywords.iter().map(String::as_str))
}

/// The first token at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    let (automaton, rows) = &*KEYWORDS;
    automaton.find_overlapping_iter(&text.as_bytes()[from..]).find_map(|word| {
        let pattern = &TABLE[rows[word.pattern().as_usize()]];
        pattern.find(text, from, from + word.start())
    })
}

impl Pattern {
    fn regex(&'static self) -> &'static Regex {
        self.compiled.get_or_init(|| {
            let anchored = if self.back > 0 { self.regex.clone() } else { format!(r"\A(?:{})", self.regex) };
            let mut builder = RegexBuilder::new(&anchored);
            builder.unicode(false).size_limit(REGEX_BYTES).dfa_size_limit(REGEX_BYTES);
            builder.build().expect("the table is a part of the program")
        })
    }

    /// The token whose keyword stands at `at`.
    fn find(&'static self, text: &str, from: usize, at: usize) -> Option<Found> {
        let bytes = text.as_bytes();
        let begin = at.saturating_sub(self.back).max(from);
        if self.back == 0 && !begins(bytes, at) {
            return None;
        }
        let window = &bytes[begin..bytes.len().min(at + WINDOW)];
        let found = self.regex().captures(window)?;
        let whole = found.get(0)?;
        let secret = found.iter().skip(1).flatten().next().unwrap_or(whole);
        let (start, mut end) = (begin + secret.start(), begin + secret.end());
        if checks::entropy(&bytes[start..end]) < self.entropy {
            return None;
        }
        if secret.end() == window.len() {
            end += bytes[end..].iter().take_while(|b| b.is_ascii_alphanumeric() || b"-_.%+/=".contains(b)).count();
        }
        let range = text.ceil_char_boundary(start)..text.floor_char_boundary(end);
        let secret = text.get(range.clone())?;
        let is_free = begins(bytes, begin + whole.start()) && free_after(bytes, end);
        let is_secret = self.check.is_none_or(|check| check.holds(secret));
        let with = self.with.as_deref().unwrap_or(TOKEN);
        (is_free && is_secret && secret != with).then_some(Found { rule: &self.id, range, with })
    }
}

/// Whether a token may begin here: not inside a word.
fn begins(bytes: &[u8], at: usize) -> bool {
    !bytes[at].is_ascii_alphanumeric() || free_before(bytes, at)
}

impl Check {
    fn holds(self, secret: &str) -> bool {
        match self {
            Self::Imei => checks::luhn(secret.as_bytes()),
            Self::Ssn => checks::is_ssn(secret),
            Self::Phone => checks::is_local_phone(secret),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_compiles_and_has_its_keywords_in_lower_case() {
        for pattern in TABLE.iter() {
            assert!(pattern.regex().captures_len() >= 1, "{}", pattern.id);
            assert!(pattern.id.starts_with('@') && !pattern.keywords.is_empty());
            assert!(pattern.keywords.iter().all(|word| *word == word.to_ascii_lowercase() && word.len() >= 2), "{}", pattern.id);
        }
    }
}
