//! Releases by pattern or by version.

use std::cmp::Ordering;

use crate::{query::Wildcard, release::Release};

/// Releases: a pattern over the whole release (`shop@2.0.*`), or comparisons of its version that all hold
/// (`>=2.0.0 <2.1.0`, `shop@<1.4`). Versions are compared as semantic versions; a release that is none fits no
/// comparison, nor does one of another package than the one that is named.
#[derive(Debug, Clone, PartialEq)]
pub struct Releases(Test);

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Pattern(Wildcard),
    All(Vec<(Comparison, String)>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
}

/// Longer ones first.
const COMPARISONS: [(&str, Comparison); 5] = [
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    ("=", Comparison::Equal),
];

impl Releases {
    /// Reads a test. `Err` says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (package, rest) = match text.rsplit_once('@') {
            Some((package, rest)) if rest.starts_with(['<', '>', '=']) => (Some(package), rest),
            _ => (None, text),
        };
        if rest.starts_with(['<', '>', '=']) {
            let all = rest.split_whitespace().map(|part| comparison(package, part));
            return all.collect::<Result<_, _>>().map(|all| Self(Test::All(all)));
        }
        let pattern = Wildcard::glob(text);
        match pattern.longest_literal() {
            Some(_) => Ok(Self(Test::Pattern(pattern))),
            None => Err("a pattern needs some text: this one fits every release".into()),
        }
    }

    /// Whether a release is one of these.
    pub fn contain(&self, release: &str) -> bool {
        match &self.0 {
            Test::Pattern(pattern) => pattern.matches(release),
            Test::All(all) => {
                let release = Release::parse(release);
                all.iter().all(|(comparison, than)| release.compare(&Release::parse(than)).is_some_and(|order| comparison.allows(order)))
            }
        }
    }
}

/// `part` is `<1.4.0`.
fn comparison(package: Option<&str>, part: &str) -> Result<(Comparison, String), String> {
    let wrong = || format!("a comparison like <1.4.0 or >=2.0.0-rc.1 is expected, not {part:?}; no space stands before the version");
    let (comparison, version) =
        COMPARISONS.iter().find_map(|(sign, comparison)| Some((*comparison, part.strip_prefix(sign)?))).ok_or_else(wrong)?;
    let than = package.map_or_else(|| version.to_owned(), |package| format!("{package}@{version}"));
    // What can't be compared with itself can't be compared with anything.
    let good = { Release::parse(&than).compare(&Release::parse(&than)).is_some() };
    if good { Ok((comparison, than)) } else { Err(wrong()) }
}

impl Comparison {
    fn allows(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Equal => order.is_eq(),
        }
    }
}
