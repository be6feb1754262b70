//! What the message of an exception says: phrases, and statuses and codes that follow phrases. The table is
//! `messages.tsv`. One automaton finds all phrases in one pass over the head of the message.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Match};
use schemas::{event::Category, tokens};

use super::{codes, status, table};

/// How much of a message is looked through, in bytes. Messages name what failed first; what follows is the inputs.
const HEAD: usize = 512;

/// What was found in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Finding<'a> {
    /// How much it counts.
    pub(super) weight: Weight,
    /// The category; none: nothing failed by itself.
    pub(super) category: Option<Category>,
    /// The phrase, or the code as written.
    pub(super) text: &'a str,
}

/// How much a finding counts against others in the same message, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// It says that something failed; why may stand beside it.
    Weak,
    /// It says that the program itself broke it off.
    Cancelled,
    /// It says what failed.
    Phrase,
    /// It says that something took too long.
    TimeOut,
    /// The status of an answer.
    Status,
    /// The code of an error.
    Code,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Category(Category, Weight),
    Cancelled,
    /// A status of HTTP follows, or is the phrase's own begin.
    Status(Option<u16>),
    /// A number follows, which is a status unless what it counts stands behind it.
    StatusOrCount,
    Grpc,
    SqlState,
    Number(&'static str),
    Domain,
    End,
}

#[derive(Debug)]
struct Phrase {
    text: &'static str,
    says: Says,
    exact: bool,
    first: bool,
    last: bool,
}

struct Table {
    phrases: Vec<Phrase>,
    automaton: AhoCorasick,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let phrases: Vec<_> = table::lines(include_str!("messages.tsv")).map(phrase).collect();
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(phrases.iter().map(|phrase| phrase.text))
        .expect("a few hundred short phrases make an automaton; a test makes it");
    Table { phrases, automaton }
});

fn phrase([says, text]: [&'static str; 2]) -> Phrase {
    let (text, first) = text.strip_prefix('^').map_or((text, false), |text| (text, true));
    let (text, last) = text.strip_suffix('$').map_or((text, false), |text| (text, true));
    let says = match says {
        "STATUS" => Says::Status(text.get(..3).and_then(|digits| digits.parse().ok())),
        "STATUS~" => Says::StatusOrCount,
        "NSURL" => Says::Number("NSURLErrorDomain"),
        "NSPOSIX" => Says::Number("NSPOSIXErrorDomain"),
        "GRPC" => Says::Grpc,
        "SQLSTATE" => Says::SqlState,
        "CURL" => Says::Number("curl"),
        "CLOSE" => Says::Number("close"),
        "DOMAIN" => Says::Domain,
        "NONE" => Says::Cancelled,
        "END" => Says::End,
        _ => match table::marked(says) {
            (category, Some('!')) => Says::Category(category, Weight::Code),
            (category, Some(_)) => Says::Category(category, Weight::Weak),
            (Category::Timeout, None) => Says::Category(Category::Timeout, Weight::TimeOut),
            (category, None) => Says::Category(category, Weight::Phrase),
        },
    };
    Phrase { text, says, exact: text.bytes().any(|byte| byte.is_ascii_uppercase()), first, last }
}

/// What a message says: what counts most, of that what stands first.
pub(super) fn find(message: &str) -> Option<Finding<'_>> {
    let head = tokens::cut(message.trim(), HEAD);
    let mut best = code_first(head);
    for found in TABLE.automaton.find_overlapping_iter(head) {
        let phrase = &TABLE.phrases[found.pattern().as_usize()];
        if !phrase.stands(head, &found) {
            continue;
        }
        if phrase.says == Says::End {
            break;
        }
        let finding = phrase.reads(head, &found);
        best = [best, finding].into_iter().flatten().reduce(|best, next| if next.weight > best.weight { next } else { best });
    }
    best
}

/// A message that begins with a status or a code, in the ways of clients that do so: `404 "Not Found"`,
/// `404 NOT_FOUND "No such order"`, `5 NOT_FOUND: no document`, `UNAVAILABLE: io exception`, `42P01: relation`.
fn code_first(head: &str) -> Option<Finding<'_>> {
    let text = head.trim_start_matches(['[', '(', '"', '\'', '`']);
    let digits = &text[..text.bytes().take_while(u8::is_ascii_digit).count()];
    let rest = &text[digits.len()..];
    let name = rest.strip_prefix(' ').unwrap_or(rest);
    let name = &name[..name.bytes().take_while(|byte| byte.is_ascii_uppercase() || *byte == b'_').count()];
    let told = || [" Client Error", " Server Error", ", message=", ": ", " : ", " \""].into_iter().any(|next| rest.starts_with(next));
    if digits.len() == 3 && (name.len() > 3 || told()) {
        return number(digits);
    }
    if digits.len() < 3 && name.len() > 3 && rest.trim_start()[name.len()..].starts_with(':') {
        return coded(name, codes::grpc);
    }
    let code = text.get(..5).filter(|_| text[5..].starts_with(": "))?;
    let fits =
        code.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) && code.bytes().any(|byte| byte.is_ascii_digit());
    if fits { coded(code, codes::sqlstate) } else { None }
}

fn number(digits: &str) -> Option<Finding<'_>> {
    let category = status::category(digits.parse().ok()?)?;
    Some(Finding { weight: Weight::Status, category: Some(category), text: digits })
}

impl Phrase {
    /// Whether what the automaton found is this phrase, as a word of its own.
    fn stands(&self, head: &str, found: &Match) -> bool {
        let (start, end) = (found.start(), found.end());
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let bytes = head.as_bytes();
        let joined = |inside: usize, outside: Option<usize>| {
            outside.and_then(|at| bytes.get(at)).is_some_and(|byte| is_word(*byte) && is_word(bytes[inside]))
        };
        (!self.exact || &head[start..end] == self.text)
            && (!self.first || start == 0)
            && (!self.last || end == head.len())
            && !joined(start, start.checked_sub(1))
            && !joined(end - 1, Some(end))
    }

    /// What it says here.
    fn reads<'a>(&self, head: &'a str, found: &Match) -> Option<Finding<'a>> {
        let rest = &head[found.end()..];
        match self.says {
            Says::Category(category, weight) => Some(Finding { weight, category: Some(category), text: self.text }),
            Says::Cancelled => Some(Finding { weight: Weight::Cancelled, category: None, text: self.text }),
            Says::Status(Some(status)) => Some(Finding { weight: Weight::Status, category: status::category(status), text: self.text }),
            Says::Status(None) => following(rest).or_else(|| bracketed(rest)),
            Says::StatusOrCount => following(rest).filter(|_| !is_count(rest)),
            Says::Grpc => coded(word(rest, |c| c.is_ascii_alphabetic() || c == '_')?, codes::grpc),
            Says::SqlState => self.sqlstate(rest),
            Says::Number(set) => coded(word(rest, |c| c == '-' || c.is_ascii_digit())?, |code| codes::find(set, code)),
            Says::Domain => {
                let (domain, rest) = rest.split_once(" Code=")?;
                coded(word(rest, |c| c == '-' || c.is_ascii_digit())?, |code| codes::find(domain, code))
            }
            Says::End => None,
        }
    }

    /// Five digits and upper-case letters. `ERROR 23505 (unique_violation)`: behind a word that can be followed by
    /// anything a bracket must follow too.
    fn sqlstate<'a>(&self, rest: &'a str) -> Option<Finding<'a>> {
        let code = word(rest, |c| c.is_ascii_digit() || c.is_ascii_uppercase())?;
        if code.len() == 4 {
            // MySQL's number stands before it: `Error 1146 (42S02): Table 'shop.orders' doesn't exist`.
            let behind = rest.split_once(code)?.1.strip_prefix(" (")?;
            return coded(word(behind, |c| c.is_ascii_digit() || c.is_ascii_uppercase()).filter(|code| code.len() == 5)?, codes::sqlstate);
        }
        let fits = code.len() == 5 && code.bytes().any(|byte| byte.is_ascii_digit()) && (!self.first || rest.contains(" ("));
        if fits { coded(code, codes::sqlstate) } else { None }
    }
}

/// The status that follows.
fn following(rest: &str) -> Option<Finding<'_>> {
    number(word(rest, |c| c.is_ascii_digit()).filter(|digits| digits.len() == 3)?)
}

/// The status in brackets behind its words: `: Not Found (404)`, ` (Code: 502)`.
fn bracketed(rest: &str) -> Option<Finding<'_>> {
    let words = rest.bytes().take(40).take_while(|byte| byte.is_ascii_alphabetic() || b" :(".contains(byte)).count();
    let status = rest[words..].get(..3).filter(|_| rest[..words].contains('('))?;
    if rest[words + 3..].starts_with(')') { number(status) } else { None }
}

/// Whether a number is followed by what it counts: `returned 500 items`.
fn is_count(rest: &str) -> bool {
    let behind = rest.trim_start_matches(|c: char| !c.is_ascii_digit()).trim_start_matches(|c: char| c.is_ascii_digit());
    behind.starts_with('.') && behind[1..].starts_with(|c: char| c.is_ascii_digit())
        || behind.strip_prefix(' ').is_some_and(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// The word that follows, behind brackets, quotes and signs. It ends where a word ends.
fn word(rest: &str, belongs: impl Fn(char) -> bool) -> Option<&str> {
    let start = rest.bytes().take(4).take_while(|byte| b" :=([{\"'`".contains(byte)).count();
    let rest = &rest[start..];
    let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
    let ends = !rest[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (end > 0 && ends).then(|| &rest[..end])
}

fn coded<'a>(code: &'a str, says: impl Fn(&str) -> Option<codes::Says>) -> Option<Finding<'a>> {
    let says = says(code)?;
    let weight = if says.weak { Weight::Weak } else { Weight::Code };
    Some(Finding { weight, category: Some(says.category).filter(|category| *category != Category::Unknown), text: code })
}
