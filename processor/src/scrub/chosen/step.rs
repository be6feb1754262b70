//! One thing that an own rule does: what it finds, and what becomes of that.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use schemas::{
    event::ScrubMethod,
    limits,
    rules::scrubbing::{self, Known, Method},
};

use super::Chosen;
use crate::scrub::{
    hash::HashKey,
    keys::{self, Meaning},
    kinds,
    path::Path,
    users,
    walk::FILTERED,
};

/// Looks for the first one at or after a byte.
pub(in crate::scrub) type Find = fn(&str, usize) -> Option<Range<usize>>;

/// One thing that an own rule does.
#[derive(Debug, Clone)]
pub(in crate::scrub) struct Step {
    /// The rule, as remarks name it.
    pub(in crate::scrub) rule: String,
    /// Its place among the patterns of all steps, if it has one.
    pub(in crate::scrub) number: Option<usize>,
    matcher: Matcher,
    method: Method,
}

#[derive(Debug, Clone)]
enum Matcher {
    Anything,
    /// These groups of what a pattern finds.
    Pattern(Regex, Vec<usize>),
    /// The value under a name.
    Key(Regex),
    Known(Known, Find),
    /// The value under, or behind, a name that means a secret.
    Password,
}

fn compiled(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).size_limit(limits::SCRUB_REGEX_BYTES).dfa_size_limit(limits::SCRUB_REGEX_BYTES).build().ok()
}

impl Step {
    pub(super) fn new(step: &scrubbing::Step<'_>) -> Option<Self> {
        let matcher = match &step.matcher {
            scrubbing::Matcher::Anything => Matcher::Anything,
            scrubbing::Matcher::Key(pattern) => Matcher::Key(compiled(pattern)?),
            scrubbing::Matcher::Known(Known::Password) => Matcher::Password,
            scrubbing::Matcher::Known(known) => Matcher::Known(*known, kinds::find(*known)),
            scrubbing::Matcher::Pattern(pattern, groups) => {
                Matcher::Pattern(compiled(pattern)?, groups.iter().map(|group| usize::from(*group)).collect())
            }
        };
        Some(Self { rule: step.rule.clone(), number: None, matcher, method: step.method.clone() })
    }

    /// Takes values out of texts that stand behind these names: `account_no=17`, `"Account No": "17"`.
    pub(super) fn assignments(names: &[String]) -> Option<Self> {
        let separated = |name: &String| {
            let words: Vec<String> = name.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(regex::escape).collect();
            words.join("[-_. ]?")
        };
        let names = names.iter().map(separated).collect::<Vec<_>>().join("|");
        let pattern = format!(r#"(?i)\b(?:{names})\\?["']?\s?[=:]\s?\\?["']?([^\s"'&;,}}\\]+)"#);
        let regex = RegexBuilder::new(&pattern).size_limit(4 * limits::SCRUB_REGEX_BYTES).build().ok().filter(|_| !names.is_empty())?;
        let matcher = Matcher::Pattern(regex, vec![1]);
        Some(Self { rule: users::SENSITIVE.to_owned(), number: None, matcher, method: Method::Replace(FILTERED.to_owned()) })
    }

    /// The pattern that it looks for in texts.
    pub(super) fn pattern(&self) -> Option<&str> {
        if let Matcher::Pattern(regex, _) = &self.matcher { Some(regex.as_str()) } else { None }
    }

    /// What it puts in place of values, if always the same.
    pub(super) fn puts(&self) -> Option<&str> {
        if let Method::Replace(text) = &self.method { Some(text) } else { None }
    }

    /// As remarks say it.
    pub(in crate::scrub) fn remark(&self, key: Option<&HashKey>) -> ScrubMethod {
        match self.method {
            Method::Remove => ScrubMethod::Remove,
            Method::Replace(_) => ScrubMethod::Replace,
            Method::Mask => ScrubMethod::Mask,
            Method::Hash => key.map_or(ScrubMethod::Remove, |_| ScrubMethod::Hash),
        }
    }

    /// Whether it takes the whole value there.
    pub(in crate::scrub) fn is_whole(&self, path: &Path<'_>) -> bool {
        match &self.matcher {
            Matcher::Anything => true,
            Matcher::Key(regex) => path.key().is_some_and(|key| regex.is_match(key)),
            Matcher::Password => path.key().is_some_and(|key| keys::meaning(key) != Meaning::Plain),
            Matcher::Pattern(..) | Matcher::Known(..) => false,
        }
    }

    /// Whether it takes values by what their names mean. The names of our own parts mean nothing.
    pub(in crate::scrub) fn is_by_meaning(&self) -> bool {
        matches!(self.matcher, Matcher::Password)
    }

    /// What a value becomes; `None` if it is that already, or empty.
    pub(in crate::scrub) fn whole(&self, text: &str, key: Option<&HashKey>) -> Option<String> {
        let done = match &self.method {
            Method::Hash => key.is_some_and(|key| key.made(text)),
            Method::Mask => text.bytes().all(|byte| byte == b'*'),
            Method::Replace(with) => text == with,
            Method::Remove => false,
        };
        (!done && !text.is_empty()).then(|| self.redacted(text, key))
    }

    fn redacted(&self, text: &str, key: Option<&HashKey>) -> String {
        match (&self.method, key) {
            (Method::Replace(with), _) => with.clone(),
            (Method::Mask, _) => "*".repeat(text.chars().count()),
            (Method::Hash, Some(key)) if matches!(self.matcher, Matcher::Known(Known::Email, _)) => key.hash(&users::folded(text)),
            (Method::Hash, Some(key)) => key.hash(text),
            (Method::Remove | Method::Hash, _) => String::new(),
        }
    }

    /// Redacts what it finds in a text. The bytes taken away, if any were.
    pub(in crate::scrub) fn apply(&self, text: &mut String, chosen: &Chosen) -> Option<usize> {
        let mut spans = self.spans(text);
        if spans.is_empty() {
            return None;
        }
        let kept = chosen.placeholders(text);
        spans.retain(|span| !kept.iter().any(|kept| kept.start <= span.start && span.end <= kept.end));
        spans.sort_by_key(|span| span.start);
        let (mut out, mut copied, mut bytes) = (String::new(), 0, 0);
        for span in spans {
            if span.start >= copied {
                out.push_str(&text[copied..span.start]);
                out.push_str(&self.redacted(&text[span.clone()], chosen.key.as_ref()));
                bytes += span.len();
                copied = span.end;
            }
        }
        if bytes > 0 {
            out.push_str(&text[copied..]);
            *text = out;
        }
        (bytes > 0).then_some(bytes)
    }

    /// What it finds; never empty.
    fn spans(&self, text: &str) -> Vec<Range<usize>> {
        match &self.matcher {
            Matcher::Anything | Matcher::Key(_) => Vec::new(),
            Matcher::Pattern(regex, groups) if groups.as_slice() == [0] => {
                regex.find_iter(text).map(|found| found.range()).filter(|span| !span.is_empty()).collect()
            }
            Matcher::Pattern(regex, groups) => {
                let groups = |found: regex::Captures<'_>| groups.iter().filter_map(|group| found.get(*group)).map(|m| m.range()).collect();
                regex.captures_iter(text).flat_map::<Vec<_>, _>(groups).filter(|span| !span.is_empty()).collect()
            }
            Matcher::Known(_, find) => all(text, *find),
            Matcher::Password => all(text, kinds::find(Known::Password)),
        }
    }
}

fn all(text: &str, find: Find) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut at = 0;
    while at < text.len()
        && let Some(span) = find(text, at)
    {
        at = text.ceil_char_boundary(span.end.max(at + 1));
        spans.extend((!span.is_empty()).then_some(span));
    }
    spans
}

/// The same bytes in ranges that do not touch.
pub(super) fn union(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_by_key(|span| span.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

/// Where in a text hashes stand that were made with the key, by themselves or for an e-mail address.
pub(super) fn hashes(text: &str, key: Option<&HashKey>) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = users::hashed_emails(text).collect();
    let Some(key) = key else { return spans };
    let mut start = 0;
    for (at, byte) in text.bytes().chain([b' ']).enumerate() {
        if !matches!(byte, b'0'..=b'9' | b'a'..=b'f') {
            if at - start >= HASH_DIGITS {
                // Two of them may stand side by side.
                let places = (start..=at - HASH_DIGITS).map(|from| from..from + HASH_DIGITS);
                spans.extend(places.take(MOST_PLACES).filter(|span| key.made(&text[span.clone()])));
            }
            start = at + 1;
        }
    }
    spans
}

/// Hex digits of a hash.
const HASH_DIGITS: usize = 32;
/// In a longer run of hex digits no hash is looked for further than this.
const MOST_PLACES: usize = 256;

/// Where in a text stars stand: they hide something, or say nothing.
pub(super) fn stars(text: &str) -> Vec<Range<usize>> {
    memchr::memchr_iter(b'*', text.as_bytes()).map(|at| at..at + 1).collect()
}
