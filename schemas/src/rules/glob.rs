//! Globs: `*` any text, `?` one character, `[a-z]` and `[!a-z]` one of a set, `{a,b}` one of several. In paths `*` and
//! `?` stop at a slash, `**` does not, and `**/` also stands for no folder at all. A backslash before one of these
//! makes it plain.
//!
//! A glob is matched from left to right without ever going back: the work is at most the length of the value times
//! that of the glob, whatever either holds.

mod read;

pub use read::GlobError;

/// How a glob reads its text and the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Letters count as they are.
    Exact,
    /// Letters of ASCII count alike in both cases.
    AnyCase,
    /// Like `AnyCase`; a backslash is a slash, stars know of slashes, and a relative path also counts as one from the
    /// root.
    Path,
}

/// A pattern for whole values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    style: Style,
    /// The ways to match; one without braces.
    ways: Vec<Way>,
}

/// One way to match: a head that stands at the start, then parts behind stars.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Way {
    head: Vec<Piece>,
    rest: Vec<(Star, Vec<Piece>)>,
}

/// How far a star reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Star {
    /// Over anything.
    Any,
    /// Up to the next slash.
    Within,
    /// Over nothing, or over anything up to just behind a slash.
    Folders,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// In lower case, with slashes, where the style says so.
    Text(String),
    One,
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Glob {
    /// Reads a glob. The error says at which byte of `text` it can't be read, and why.
    pub fn new(text: &str, style: Style) -> Result<Self, GlobError> {
        read::glob(text, style).map(|ways| Self { style, ways })
    }

    /// Whether it matches the whole value.
    pub fn matches(&self, value: &str) -> bool {
        let matches = |value: &str| self.ways.iter().any(|way| way.matches(value, self.style));
        if matches(value) {
            return true;
        }
        let is_relative = self.style == Style::Path && !value.starts_with(['/', '\\']);
        is_relative && self.ways.iter().any(Way::may_start_with_slash) && matches(&format!("/{value}"))
    }

    /// Whether every value matches, or every value of more than a character or two.
    pub fn says_nothing(&self) -> bool {
        let is_nothing = |piece: &Piece| match piece {
            Piece::Text(text) => text.bytes().all(|b| matches!(b, b'/' | b'.')),
            Piece::One => true,
            Piece::Set { .. } => false,
        };
        self.ways.iter().any(|way| !way.rest.is_empty() && way.pieces().all(is_nothing))
    }

    /// The longest text without a slash that must stand in every value that matches, if there is one; its case does
    /// not count where the style says so.
    pub fn keyword(&self) -> Option<&str> {
        let [way] = self.ways.as_slice() else { return None };
        let texts = way.pieces().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text),
            _ => None,
        });
        texts.flat_map(|text| text.split('/')).max_by_key(|part| part.len()).filter(|part| !part.is_empty())
    }
}

impl Way {
    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.head.iter().chain(self.rest.iter().flat_map(|(_, pieces)| pieces))
    }

    fn may_start_with_slash(&self) -> bool {
        !matches!(self.head.first(), Some(Piece::Text(text)) if !text.starts_with('/'))
    }

    fn matches(&self, value: &str, style: Style) -> bool {
        let Some(head) = after(&self.head, value, 0, style) else { return false };
        // Where what was matched so far may end, in order.
        let mut ends = vec![head];
        for (number, (star, pieces)) in self.rest.iter().enumerate() {
            let reach = match self.rest.get(number + 1) {
                None if pieces.is_empty() => return reaches_end(&ends, *star, value.as_bytes()),
                None => Reach::End,
                // Such a star goes on from wherever, so the first end is as good as any other.
                Some((Star::Any, _)) => Reach::First,
                Some(_) => Reach::All,
            };
            ends = next_ends(&ends, *star, reach, |start| after(pieces, value, start, style), value);
            if ends.is_empty() {
                return false;
            }
        }
        ends.contains(&value.len())
    }
}

/// Which ends are of interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    First,
    All,
    /// That of the value.
    End,
}

/// Whether a star at the end of a glob reaches the end of the value from one of the places.
fn reaches_end(ends: &[usize], star: Star, value: &[u8]) -> bool {
    match star {
        Star::Any => true,
        Star::Within => ends.iter().any(|&end| !value[end..].iter().any(|&b| is_slash(b))),
        Star::Folders => ends.contains(&value.len()) || value.last().is_some_and(|&b| is_slash(b)),
    }
}

/// Where what stands behind a star may end when the star begins at one of `ends`; `after` is where it ends when it
/// begins at a place.
fn next_ends(ends: &[usize], star: Star, reach: Reach, after: impl Fn(usize) -> Option<usize>, value: &str) -> Vec<usize> {
    let bytes = value.as_bytes();
    let first = ends.first().copied().unwrap_or_default();
    let mut next = Vec::new();
    // Answers whether to go on.
    let mut take = |start: usize| {
        let end = value.is_char_boundary(start).then(|| after(start)).flatten();
        let end = end.filter(|end| reach != Reach::End || *end == bytes.len());
        next.extend(end);
        end.is_none() || reach == Reach::All
    };
    match star {
        Star::Any => {
            (first..=bytes.len()).all(take);
        }
        Star::Within => {
            let mut covered = 0;
            for &end in ends {
                let slash = bytes[end..].iter().position(|&b| is_slash(b)).map_or(bytes.len(), |at| end + at);
                if !(end.max(covered)..=slash).all(&mut take) {
                    break;
                }
                covered = covered.max(slash + 1);
            }
        }
        Star::Folders => {
            let is_start = |at: &usize| ends.binary_search(at).is_ok() || *at > first && is_slash(bytes[at - 1]);
            (first..=bytes.len()).filter(is_start).all(take);
        }
    }
    next.sort_unstable();
    next.dedup();
    next
}

fn is_slash(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

/// Where `pieces` end when they begin at `start`, if they match there.
fn after(pieces: &[Piece], value: &str, start: usize, style: Style) -> Option<usize> {
    let mut at = start;
    for piece in pieces {
        at += match piece {
            Piece::Text(text) => {
                let found = value.as_bytes().get(at..at + text.len())?;
                is_same(text.as_bytes(), found, style).then_some(text.len())?
            }
            Piece::One => one(value, at, style)?.len_utf8(),
            Piece::Set { negated, ranges } => {
                let found = one(value, at, style)?;
                let folded = if style == Style::Exact { found } else { found.to_ascii_lowercase() };
                let is_in = ranges.iter().any(|(from, to)| (*from..=*to).contains(&folded));
                (is_in != *negated).then(|| found.len_utf8())?
            }
        };
    }
    Some(at)
}

/// The character at a place, but for slashes of paths.
fn one(value: &str, at: usize, style: Style) -> Option<char> {
    let found = value.get(at..)?.chars().next()?;
    (style != Style::Path || !matches!(found, '/' | '\\')).then_some(found)
}

fn is_same(text: &[u8], found: &[u8], style: Style) -> bool {
    match style {
        Style::Exact => text == found,
        Style::AnyCase => text.eq_ignore_ascii_case(found),
        Style::Path => text.iter().zip(found).all(|(text, found)| *text == if *found == b'\\' { b'/' } else { found.to_ascii_lowercase() }),
    }
}

#[cfg(test)]
#[path = "glob/tests.rs"]
mod tests;
