//! One look at a text for every word beside which secrets stand: heads of tokens, names of values, schemes, folders.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::{keys, paths, tokens};

/// Which kinds of words stand in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks(u8);

impl Marks {
    /// No word.
    pub(super) const NONE: Self = Self(0);
    /// What the name of a secret is made of.
    pub(super) const NAME: Self = Self(1);
    /// A keyword of the table of tokens.
    pub(super) const TABLE: Self = Self(2);
    /// `Bearer `.
    pub(super) const BEARER: Self = Self(4);
    /// `Basic `.
    pub(super) const BASIC: Self = Self(8);
    /// The head of a JSON Web Token.
    pub(super) const JWT: Self = Self(16);
    /// The head of a key in PEM.
    pub(super) const PEM: Self = Self(32);
    /// A folder with the homes of users.
    pub(super) const HOME: Self = Self(64);
    /// A part of a path behind which tokens stand.
    pub(super) const PATH: Self = Self(128);

    /// Whether words of this kind are there.
    pub(super) fn has(self, kind: Self) -> bool {
        self.0 & kind.0 != 0
    }
}

struct Words {
    automaton: AhoCorasick,
    /// What each word of the automaton is.
    marks: Vec<Marks>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let others = [
        ("earer ", Marks::BEARER),
        ("basic ", Marks::BASIC),
        ("eyj", Marks::JWT),
        ("-----begin ", Marks::PEM),
        ("/home/", Marks::HOME),
        ("users/", Marks::HOME),
        ("users\\", Marks::HOME),
        ("settings\\", Marks::HOME),
    ];
    let names = keys::STEMS.iter().map(|stem| (*stem, Marks::NAME));
    let heads = tokens::keywords().map(|keyword| (keyword, Marks::TABLE));
    let (words, marks): (Vec<_>, Vec<_>) = names.chain(heads).chain(paths::WORDS.map(|word| (word, Marks::PATH))).chain(others).unzip();
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words)
        .expect("a few hundred short words make an automaton");
    Words { automaton, marks }
});

/// The kinds of words in a text.
pub(super) fn marks(text: &str) -> Marks {
    let words = &*WORDS;
    let found = words.automaton.find_overlapping_iter(text).fold(0, |marks, word| marks | words.marks[word.pattern().as_usize()].0);
    Marks(found)
}
