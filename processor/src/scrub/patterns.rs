//! Which rules look at a text, and the replacing.
//!
//! One pass over the bytes and one over the words tell which rules can find anything at all; for most texts none can.

use std::ops::Range;

use super::{
    assignments, calls, cards, emails, encoded, homes, ibans, ips, macs, markup, paths, phones, secrets, spoken, ssns, tokens, urls,
    words::{self, Marks},
};

/// What a text is, which decides what in it can be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Sentences, values, addresses, bodies.
    Prose,
    /// As prose, but for a path in it, which is a route of the application and not one of files.
    Route,
    /// Lines of source code: `password = prompt()` is no secret, `password = "hunter2"` is.
    Source,
    /// Path or URL of a file.
    Place,
    /// A name that is only scrubbed if it is an e-mail address.
    Name,
}

/// Looks for the first secret of a kind at or after a byte.
pub(super) type Find = fn(&str, usize) -> Option<Found>;

/// A secret in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The rule that knows it, as in remarks.
    pub(super) rule: &'static str,
    /// Where it is.
    pub(super) range: Range<usize>,
    /// What stands in its place.
    pub(super) with: &'static str,
}

/// The rules that may find something in a text, in the order in which they look.
#[derive(Clone, Copy, Default)]
pub(super) struct Scan {
    finds: [Option<Find>; 21],
    count: usize,
}

impl Scan {
    fn add(&mut self, when: bool, find: Find) {
        if when {
            self.finds[self.count] = Some(find);
            self.count += 1;
        }
    }
}

const AT: u16 = 1;
const COLON: u16 = 2;
const EQUALS: u16 = 4;
const DASH: u16 = 8;
const SPACE: u16 = 16;
const UPPER: u16 = 32;
const DOT: u16 = 64;
const QUOTE: u16 = 128;
const DIGIT: u16 = 256;
const PLUS: u16 = 512;
const ANGLE: u16 = 1024;
const PERCENT: u16 = 2048;
const SLASH: u16 = 4096;
const UNDERSCORE: u16 = 8192;

/// What each byte may be a part of.
const CLASSES: [u16; 256] = {
    let mut classes = [0; 256];
    let mut letter = b'A';
    while letter <= b'Z' {
        classes[letter as usize] = UPPER;
        letter += 1;
    }
    let mut digit = b'0';
    while digit <= b'9' {
        classes[digit as usize] = DIGIT;
        digit += 1;
    }
    classes[b'@' as usize] = AT;
    classes[b':' as usize] = COLON;
    classes[b'=' as usize] = EQUALS;
    classes[b'-' as usize] = DASH;
    classes[b' ' as usize] = SPACE;
    classes[b'.' as usize] = DOT;
    classes[b'"' as usize] = QUOTE;
    classes[b'\'' as usize] = QUOTE;
    classes[b'`' as usize] = QUOTE;
    classes[b'+' as usize] = PLUS;
    classes[b'(' as usize] = PLUS;
    classes[b'<' as usize] = ANGLE;
    classes[b'%' as usize] = PERCENT;
    classes[b'/' as usize] = SLASH;
    classes[b'\\' as usize] = SLASH;
    classes[b'_' as usize] = UNDERSCORE;
    classes
};

/// Least digits of a card number, an IBAN and a phone number.
const CARD_DIGITS: usize = 13;
const IBAN_DIGITS: usize = 8;
const PHONE_DIGITS: usize = 8;
/// Texts without any of these hold no word of which a secret is known.
const WORDY: u16 = DIGIT | SPACE | COLON | EQUALS | ANGLE | PERCENT | SLASH;
/// Shortest text with such a word and a secret.
const SHORTEST: usize = 5;

/// The rules that may find something; `None` if there are none. Those by name come last: what the others put in place
/// of a secret may itself stand before a value.
pub(super) fn suspect(text: &str, look: Look, ips: bool) -> Option<Scan> {
    let seen = text.bytes().fold(0, |seen, byte| seen | CLASSES[usize::from(byte)]);
    let has = |class| seen & class != 0;
    if look == Look::Name {
        let mut scan = Scan::default();
        scan.add(has(AT) && has(DOT), emails::find);
        return (scan.count > 0).then_some(scan);
    }
    let marks = if has(WORDY) && text.len() >= SHORTEST { words::marks(text) } else { Marks::NONE };
    let mut scan = Scan::default();
    // In code only what is quoted can be a secret.
    let literal = look != Look::Source || has(QUOTE);
    scan.add(marks.has(Marks::PEM) && look != Look::Place, secrets::pem);
    scan.add(has(AT) && has(COLON), urls::find);
    scan.add(literal && marks.has(Marks::BEARER), secrets::bearer);
    scan.add(literal && marks.has(Marks::BASIC), secrets::basic);
    scan.add(literal && marks.has(Marks::JWT) && has(DOT), secrets::jwt);
    scan.add(marks.has(Marks::TABLE), tokens::find);
    scan.add(marks.has(Marks::PATH), paths::find);
    if look != Look::Place {
        let digits = if has(DIGIT) { text.bytes().filter(u8::is_ascii_digit).count() } else { 0 };
        scan.add(has(AT | PERCENT) && has(DOT), emails::find);
        scan.add(digits >= CARD_DIGITS, cards::find);
        scan.add(digits >= IBAN_DIGITS && has(UPPER), ibans::find);
        scan.add(digits >= 9 && has(DASH), ssns::find);
        scan.add(digits >= PHONE_DIGITS && has(PLUS), phones::find);
        scan.add((has(COLON) || has(DASH)) && digits > 0 && text.len() >= macs::LENGTH, macs::find);
        scan.add(ips && (has(DOT) && digits >= 4 || has(COLON)), ips::find);
    }
    scan.add(marks.has(Marks::HOME) && look != Look::Route, homes::find);
    if marks.has(Marks::NAME) {
        scan.add(look != Look::Source && (has(ANGLE) || has(QUOTE)), markup::find);
        scan.add(has(PERCENT), encoded::find);
        scan.add(look != Look::Place && has(QUOTE), calls::find);
        match look {
            Look::Source => scan.add(literal && (has(EQUALS) || has(COLON)), assignments::find_in_code),
            Look::Place => scan.add(has(EQUALS), assignments::find),
            _ => {
                scan.add(has(EQUALS) || has(COLON), assignments::find);
                scan.add(has(SPACE), spoken::find);
            }
        }
    }
    (scan.count > 0).then_some(scan)
}

/// Replaces what the rules find, and tells `removed` about each.
pub(super) fn replace(text: &mut String, scan: Scan, mut removed: impl FnMut(&Found, &str)) {
    for find in scan.finds.iter().flatten() {
        let mut out = String::new();
        let (mut copied, mut at) = (0, 0);
        while let Some(found) = find(text, at) {
            out.push_str(&text[copied..found.range.start]);
            out.push_str(found.with);
            removed(&found, &text[found.range.clone()]);
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
        }
    }
}
