//! Many patterns at once: of those that a text matches, the first.
//!
//! In a pattern `*` stands for any characters and `?` for one; a slash and a backslash are the same. The longest
//! literal of each pattern is looked for in one pass over the text, so that a pattern costs only where its literal
//! stands.

use std::borrow::Cow;

use aho_corasick::AhoCorasick;

/// Patterns in their order.
#[derive(Debug, Default)]
pub(super) struct Globs {
    patterns: Vec<String>,
    /// Finds the literals.
    literals: Option<AhoCorasick>,
    /// The patterns of each literal, in their order.
    of_literal: Vec<Vec<usize>>,
    /// The patterns without a literal.
    loose: Vec<usize>,
}

impl Globs {
    pub(super) fn new<'a>(patterns: impl Iterator<Item = &'a str>) -> Self {
        let patterns: Vec<String> = patterns.map(|pattern| slashed(pattern).into_owned()).collect();
        let mut literals: Vec<&str> = Vec::new();
        let (mut of_literal, mut loose) = (Vec::<Vec<usize>>::new(), Vec::new());
        let mut numbers = std::collections::HashMap::new();
        for (number, pattern) in patterns.iter().enumerate() {
            let literal = pattern.split(['*', '?']).max_by_key(|literal| literal.len()).unwrap_or_default();
            if literal.is_empty() {
                loose.push(number);
                continue;
            }
            let at = *numbers.entry(literal).or_insert_with(|| {
                literals.push(literal);
                of_literal.push(Vec::new());
                literals.len() - 1
            });
            of_literal[at].push(number);
        }
        // Patterns have few bytes in all: it can't fail for want of room. If it did, each pattern would be tried.
        let found = (!literals.is_empty()).then(|| AhoCorasick::new(&literals)).transpose();
        let Ok(found) = found else {
            return Self { loose: (0..patterns.len()).collect(), patterns, ..Self::default() };
        };
        Self { patterns, literals: found, of_literal, loose }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The number of the first pattern that this text matches.
    pub(super) fn first(&self, text: &str) -> Option<usize> {
        let text = slashed(text);
        let mut first = self.loose.iter().copied().find(|number| matches(&self.patterns[*number], &text));
        let Some(literals) = &self.literals else { return first };
        let mut seen = Vec::new();
        for found in literals.find_overlapping_iter(text.as_ref()) {
            let literal = found.pattern().as_usize();
            if seen.is_empty() {
                seen = vec![false; self.of_literal.len()];
            }
            if std::mem::replace(&mut seen[literal], true) {
                continue;
            }
            let earlier = self.of_literal[literal].iter().take_while(|number| first.is_none_or(|first| **number < first));
            first = earlier.copied().find(|number| matches(&self.patterns[*number], &text)).or(first);
        }
        first
    }
}

fn slashed(text: &str) -> Cow<'_, str> {
    if text.contains('\\') { Cow::Owned(text.replace('\\', "/")) } else { Cow::Borrowed(text) }
}

/// Whether the whole text matches. Takes at most the product of both lengths: only the last `*` is ever gone back to.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(b'?') => {
                p += 1;
                t += char_length(text[t]);
            }
            Some(byte) if *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    t = from + char_length(text[from]);
                    star = Some((at, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// Bytes of the UTF-8 character that begins with this byte.
fn char_length(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, expected) in [
            ("checkout", "checkout", true),
            ("checkout", "checkout-eu", false),
            ("checkout-*", "checkout-eu", true),
            ("checkout-*", "checkout", false),
            ("*", "", true),
            ("*/cart/*.py", "src/shop/cart/models/order.py", true),
            ("*/cart/*.py", "src/shop/carts/order.py", false),
            ("src\\Shop\\*", "src/Shop/Cart.cs", true),
            ("src/Shop/*", "src\\Shop\\Cart.cs", true),
            ("com.shop.?.Order", "com.shop.ü.Order", true),
            ("?", "", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbXbX", false),
            ("**", "any", true),
        ] {
            assert_eq!(matches(&slashed(pattern), &slashed(text)), expected, "{pattern} {text}");
            assert_eq!(Globs::new([pattern].into_iter()).first(text).is_some(), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn the_first_of_the_matching_patterns_is_found() {
        let globs = Globs::new(["src/pay/*", "*/refund*", "src/*", "*", "src/pay/refund.rs"].into_iter());
        assert_eq!(globs.first("src/pay/refund.rs"), Some(0));
        assert_eq!(globs.first("src/shop/refund.rs"), Some(1));
        assert_eq!(globs.first("src/main.rs"), Some(2));
        assert_eq!(globs.first("lib/main.rs"), Some(3));
        assert_eq!(Globs::new([].into_iter()).first("x"), None);
    }

    proptest! {
        #[test]
        fn many_patterns_find_what_each_by_itself_finds(patterns in proptest::collection::vec("[ab*?ü]{1,5}", 0..8), text in "[abü/]{0,10}") {
            let globs = Globs::new(patterns.iter().map(String::as_str));
            prop_assert_eq!(globs.first(&text), patterns.iter().position(|pattern| matches(pattern, &text)));
        }
    }
}
