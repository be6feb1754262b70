//! What the text of a release says: package, version, build and commit; and which of two versions is older.
//!
//! The form is `package@version+build`, where package and build may be missing. What no part of it can be taken for is
//! the version, as it stands: a release may be any text.

use std::cmp::Ordering;

/// The parts of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release<'a> {
    /// What was released: `shop`, `@shop/cart`, `com.example.shop`.
    pub package: Option<&'a str>,
    /// Which one: `1.2.3-beta.1`, `2024-11-05`, a commit.
    pub version: &'a str,
    /// Which build of it.
    pub build: Option<&'a str>,
}

/// Lengths of a whole git commit id in hex digits: SHA-1 and SHA-256.
const COMMIT_DIGITS: [usize; 2] = [40, 64];
/// Least length of an abbreviated one, as git makes them.
const SHORT_COMMIT_DIGITS: usize = 7;

impl<'a> Release<'a> {
    /// Takes a release apart.
    pub fn parse(text: &'a str) -> Self {
        let text = text.trim();
        // From the right: the package may be an npm scope, which begins with the same sign.
        let (package, rest) = match text.rsplit_once('@') {
            Some((package, rest)) if !package.is_empty() && !rest.is_empty() => (Some(package), rest),
            _ => (None, text),
        };
        match rest.split_once('+') {
            Some((version, build)) if !version.is_empty() && !build.is_empty() => Self { package, version, build: Some(build) },
            _ => Self { package, version: rest, build: None },
        }
    }

    /// The git commit that it was built from, in lower case, if it names one: as the version, as the build, or as `git
    /// describe` does (`v1.2.3-14-g2414721`).
    pub fn commit(&self) -> Option<String> {
        let described = || self.version.rsplit_once("-g").map(|(_, hash)| hash).filter(|hash| is_commit(hash));
        let named = [Some(self.version), self.build].into_iter().flatten().find(|part| is_commit(part));
        named.or_else(described).map(str::to_ascii_lowercase)
    }

    /// How the version compares to `other`'s, by the rules of semantic versions, but with any number of numbers (`1.4` is
    /// `1.4.0`) and a `v` before them allowed. `None` when one of them is no version of numbers, or when both name a
    /// package and not the same. Builds count only between releases that both have one.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        if let (Some(mine), Some(theirs)) = (self.package, other.package)
            && mine != theirs
        {
            return None;
        }
        let versions = Version::parse(self.version)?.compare(&Version::parse(other.version)?);
        let builds = || match (self.build, other.build) {
            (Some(mine), Some(theirs)) => compare_dotted(mine, theirs),
            _ => Ordering::Equal,
        };
        Some(versions.then_with(builds))
    }
}

/// Whether a text is a git commit id. Short ones need both a letter and a digit: `20241105` is a day and `defaced` a word.
fn is_commit(text: &str) -> bool {
    if COMMIT_DIGITS.contains(&text.len()) {
        return text.bytes().all(|b| b.is_ascii_hexdigit());
    }
    let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (SHORT_COMMIT_DIGITS..COMMIT_DIGITS[0]).contains(&text.len())
        && hex
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// A version of numbers.
struct Version<'a> {
    /// `1.4.0`, checked.
    numbers: &'a str,
    /// What follows the first hyphen.
    pre: Option<&'a str>,
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (numbers, pre) = match text.split_once('-') {
            Some((numbers, pre)) => (numbers, Some(pre)),
            None => (text, None),
        };
        let good = numbers.split('.').all(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
        good.then_some(Self { numbers, pre })
    }

    fn compare(&self, other: &Self) -> Ordering {
        let (mut mine, mut theirs) = (self.numbers.split('.'), other.numbers.split('.'));
        loop {
            let order = match (mine.next(), theirs.next()) {
                (None, None) => break,
                (a, b) => compare_numbers(a.unwrap_or_default(), b.unwrap_or_default()),
            };
            if order.is_ne() {
                return order;
            }
        }
        match (self.pre, other.pre) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => compare_dotted(a, b),
        }
    }
}

/// Numbers of any length; an empty one is zero.
fn compare_numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Names between dots as semantic versions order them: numbers by size and before texts, and the shorter list first.
fn compare_dotted(a: &str, b: &str) -> Ordering {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (mut mine, mut theirs) = (a.split('.'), b.split('.'));
    loop {
        let order = match (mine.next(), theirs.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (number(a), number(b)) {
                (true, true) => compare_numbers(a, b),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn compare(a: &str, b: &str) -> Option<Ordering> {
        Release::parse(a).compare(&Release::parse(b))
    }

    #[test]
    fn releases_are_taken_apart() {
        for (text, package, version, build) in [
            ("shop@1.2.3+45", Some("shop"), "1.2.3", Some("45")),
            ("@shop/cart@1.2.3", Some("@shop/cart"), "1.2.3", None),
            ("com.example.shop@2.0-rc.1+build.7", Some("com.example.shop"), "2.0-rc.1", Some("build.7")),
            ("1.2.3", None, "1.2.3", None),
            (" v1.2 ", None, "v1.2", None),
            ("2024-11-05", None, "2024-11-05", None),
            ("@1.2.3", None, "@1.2.3", None),
            ("shop@", None, "shop@", None),
            ("1.0+", None, "1.0+", None),
            ("+7", None, "+7", None),
            ("", None, "", None),
        ] {
            assert_eq!(Release::parse(text), Release { package, version, build }, "{text}");
        }
    }

    #[test]
    fn commits_are_told_from_days_builds_and_words() {
        let whole = "9e107d9d372bb6826bd81d3542a419d6a0b1c2d3";
        for (text, commit) in [
            (whole, Some(whole)),
            ("shop@9E107D9D372BB6826BD81D3542A419D6A0B1C2D3", Some(whole)),
            ("5f8d0a1", Some("5f8d0a1")),
            ("shop@5f8d0a1c", Some("5f8d0a1c")),
            ("shop@1.2.3+5f8d0a1", Some("5f8d0a1")),
            ("v1.2.3-14-g2414721", None),
            ("v1.2.3-14-g24f4721", Some("24f4721")),
            ("20241105", None),
            ("1234567", None),
            ("defaced", None),
            ("5f8d0a", None),
            ("1.2.3", None),
            ("5f8d0a1x", None),
            ("", None),
        ] {
            assert_eq!(Release::parse(text).commit().as_deref(), commit, "{text}");
        }
    }

    #[test]
    fn versions_are_ordered_as_semantic_versions_are() {
        let rising = [
            "0.9",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "v1.0",
            "1.0.0.1",
            "1.4.0",
            "1.10",
            "2024.11.05",
            "18446744073709551616",
        ];
        for (n, a) in rising.iter().enumerate() {
            for (m, b) in rising.iter().enumerate() {
                assert_eq!(compare(a, b), Some(n.cmp(&m)), "{a} and {b}");
            }
        }
    }

    #[test]
    fn packages_must_agree_and_builds_count_between_builds() {
        assert_eq!(compare("shop@1.0", "1.0.0"), Some(Ordering::Equal));
        assert_eq!(compare("shop@1.0", "cart@2.0"), None);
        assert_eq!(compare("1.0+9", "1.0+10"), Some(Ordering::Less));
        assert_eq!(compare("1.0+9", "1.0"), Some(Ordering::Equal));
        for other in ["nightly", "5f8d0a1", "", "1..2", "1.x", "-1"] {
            assert_eq!(compare(other, "1.0"), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn comparing_turned_around_gives_the_opposite(a in "[v0-9a.+@-]{0,12}", b in "[v0-9a.+@-]{0,12}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).map(Ordering::reverse));
        }

        #[test]
        fn any_text_is_a_release(text: String) {
            let release = Release::parse(&text);
            let _ = release.commit();
            prop_assert!(text.contains(release.version));
        }
    }
}
