//! Which rules look at a text, and the replacing.
//!
//! One pass over the bytes tells which rules can find anything at all; for most texts none can.

use std::{ops::Range, sync::LazyLock};

use memchr::memmem::Finder;

use super::{assignments, cards, emails, ips, secrets, urls};

/// What a text is, which decides what in it can be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Sentences, values, addresses, bodies.
    Prose,
    /// Lines of source code: `password = prompt()` is no secret, `password = "hunter2"` is.
    Source,
    /// Path or URL of a file.
    Place,
    /// A name that is only scrubbed if it is an e-mail address.
    Name,
}

/// A kind of secret that is known by its look.
pub(super) struct Rule {
    /// As in remarks.
    pub(super) name: &'static str,
    /// The first one at or after a byte.
    pub(super) find: fn(&str, usize) -> Option<Found>,
}

/// A secret in a text.
pub(super) struct Found {
    /// Where it is.
    pub(super) range: Range<usize>,
    /// What stands in its place.
    pub(super) with: &'static str,
}

/// The rules that may find something in a text, in the order in which they look.
#[derive(Clone, Copy, Default)]
pub(super) struct Scan {
    rules: [Option<&'static Rule>; 8],
    count: usize,
}

impl Scan {
    fn add(&mut self, when: bool, rule: &'static Rule) {
        if when {
            self.rules[self.count] = Some(rule);
            self.count += 1;
        }
    }
}

const AT: u16 = 1;
const COLON: u16 = 2;
const EQUALS: u16 = 4;
const DASH: u16 = 8;
const SPACE: u16 = 16;
const J: u16 = 32;
const DOT: u16 = 64;
const QUOTE: u16 = 128;
const DIGIT: u16 = 256;

/// What each byte may be a part of.
const CLASSES: [u16; 256] = {
    let mut classes = [0; 256];
    classes[b'@' as usize] = AT;
    classes[b':' as usize] = COLON;
    classes[b'=' as usize] = EQUALS;
    classes[b'-' as usize] = DASH;
    classes[b' ' as usize] = SPACE;
    classes[b'J' as usize] = J;
    classes[b'.' as usize] = DOT;
    classes[b'"' as usize] = QUOTE;
    classes[b'\'' as usize] = QUOTE;
    let mut digit = b'0';
    while digit <= b'9' {
        classes[digit as usize] = DIGIT;
        digit += 1;
    }
    classes
};

/// Least digits of a card number.
const CARD_DIGITS: usize = 13;
/// Shortest text that can hold a bearer token.
const BEARER: usize = 14;

static EARER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("earer "));

/// The rules that may find something; `None` if there are none. Those by name come last: what the others put in place
/// of a secret may itself stand before a value.
pub(super) fn suspect(text: &str, look: Look, ips: bool) -> Option<Scan> {
    let seen = text.bytes().fold(0, |seen, byte| seen | CLASSES[usize::from(byte)]);
    let has = |class| seen & class != 0;
    let digits = if has(DIGIT) { text.bytes().filter(u8::is_ascii_digit).count() } else { 0 };
    let free = matches!(look, Look::Prose | Look::Source);
    // In code only what is quoted can be a secret.
    let literal = look == Look::Prose || look == Look::Source && has(QUOTE);
    let mut scan = Scan::default();
    scan.add(free && has(DASH) && has(SPACE) && text.contains("-----BEGIN"), &secrets::PEM);
    scan.add(look != Look::Name && has(AT) && has(COLON), &urls::RULE);
    scan.add(literal && has(SPACE) && text.len() >= BEARER && EARER.find(text.as_bytes()).is_some(), &secrets::BEARER);
    scan.add(literal && has(J) && has(DOT), &secrets::JWT);
    scan.add(look != Look::Place && has(AT) && has(DOT), &emails::RULE);
    scan.add(free && digits >= CARD_DIGITS, &cards::RULE);
    scan.add(ips && look != Look::Place && (has(DOT) && digits >= 4 || has(COLON)), &ips::RULE);
    match look {
        Look::Prose => scan.add(has(EQUALS) || has(COLON) && (has(QUOTE) || has(SPACE)), &assignments::PROSE),
        Look::Source => scan.add(literal && (has(EQUALS) || has(COLON)), &assignments::SOURCE),
        Look::Place => scan.add(has(EQUALS), &assignments::PROSE),
        Look::Name => {}
    }
    (scan.count > 0).then_some(scan)
}

/// Replaces what the rules find. `removed` is told rule and length for each rule that found anything.
pub(super) fn replace(text: &mut String, scan: Scan, mut removed: impl FnMut(&'static str, usize)) {
    for rule in scan.rules.iter().flatten() {
        let mut out = String::new();
        let (mut copied, mut at, mut bytes) = (0, 0, 0);
        while let Some(found) = (rule.find)(text, at) {
            out.push_str(&text[copied..found.range.start]);
            out.push_str(found.with);
            bytes += found.range.len();
            copied = found.range.end;
            at = found.range.end.max(at + 1);
            if at >= text.len() {
                break;
            }
            at = text.ceil_char_boundary(at);
        }
        if copied > 0 {
            out.push_str(&text[copied..]);
            *text = out;
            removed(rule.name, bytes);
        }
    }
}
