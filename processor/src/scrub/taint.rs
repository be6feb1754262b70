//! Secrets that were seen in one place of an event and stand in others too: a password of the form that the message
//! repeats, a token of a header in a local variable. What was taken out for its name is looked for in every text of the
//! event and taken out there as well.
//!
//! Short values, common words and names of the event itself are let be: taking them out of every sentence would cost
//! more than it hides.

use aho_corasick::{
    AhoCorasick, MatchKind,
    packed::{self, Searcher},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use schemas::event::Event;
use serde_json::Value;

use super::{
    edges::{free_after, free_before},
    keys::{self, Meaning},
    path::Path,
    secrets, values,
    walk::FILTERED,
};

/// The rule in remarks.
pub(super) const RULE: &str = "@taint";

/// Most values that are looked for, and their lengths in bytes.
const MOST: usize = 64;
const SHORTEST: usize = 6;
const LONGEST: usize = 4096;
/// Least length of a value with spaces, and of one that is found inside words too.
const SENTENCE: usize = 10;
const INSIDE: usize = 16;

/// Parts of the names of what people choose themselves.
const PASSWORDS: [&str; 9] = ["pass", "pwd", "pw", "secret", "cred", "wort", "senha", "contrase", "woord"];

/// What stays as it is in a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Words that are passwords of test systems and much else besides.
const COMMON: &str = "password passwort secret default admin administrator localhost production staging development testing example \
    username anonymous system service session access refresh client server public private internal external manager account customer \
    checkout payment request response message exception timeout connect connection function object string number boolean integer module \
    package library python javascript typescript postgres postgresql mysql mongodb redis kafka rabbitmq amazon google github gitlab \
    facebook twitter stripe paypal docker kubernetes database primary secondary master replica backend frontend mobile desktop android \
    windows browser firefox chrome safari version release develop feature branch update create delete insert select change sandbox \
    application email address company website support credentials bearer authorization cookie cookies header headers content token \
    tokens signature user_id userid api_key apikey access_token refresh_token csrf_token id_token client_secret client_credentials \
    authorization_code oauth2 localhost:3000 testtest guest guests tester postgres123 sessionid sqlite memory disabled enabled";

/// Values that were taken out for their names.
#[derive(Debug, Default)]
pub(super) struct Taint {
    values: Vec<String>,
}

impl Taint {
    /// Remembers a value that stood at this place. What parsers call a token is a word of some language, in letters of
    /// one case: it is no secret. Passwords may be words.
    pub(super) fn add_under(&mut self, path: &Path<'_>, value: &str) {
        let mark = |b: u8| matches!(b, b'_' | b'.' | b'-');
        let bare = unquoted(value.trim());
        let is_word = bare.bytes().all(|b| b.is_ascii_lowercase() || mark(b)) || bare.bytes().all(|b| b.is_ascii_uppercase() || mark(b));
        let name = if is_word { path.to_string().to_ascii_lowercase() } else { String::new() };
        if !is_word || PASSWORDS.iter().any(|stem| name.contains(stem)) {
            self.add(value);
        }
    }

    /// Remembers a value as it stood under a telling name: quoted, behind a scheme, with others in a list of cookies.
    pub(super) fn add(&mut self, value: &str) {
        if self.values.len() >= MOST || value.len() > LONGEST {
            return;
        }
        let value = unquoted(value.trim());
        if let Some((scheme, rest)) = value.split_once(' ').filter(|(scheme, _)| is_scheme(scheme)) {
            let decoded = if scheme.eq_ignore_ascii_case("basic") { secrets::credentials(rest.trim()) } else { None };
            if let Some((_, password)) = decoded {
                self.push(&password);
            }
            self.push(rest.trim());
        } else if value.contains('=') && value.split("; ").all(|pair| pair.contains('=') || is_attribute(pair)) {
            let pairs = value.split("; ").filter_map(|pair| pair.split_once('='));
            for (_, value) in pairs.filter(|(name, value)| value.len() >= SENTENCE && !is_attribute(name)) {
                self.push(value);
            }
            self.push(value);
        } else {
            self.push(value);
        }
    }

    /// Remembers the texts and numbers of a list or map, those with a telling name of their own or none.
    pub(super) fn add_all(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add(text),
            Value::Number(number) => self.add(&number.to_string()),
            Value::Array(list) => list.iter().for_each(|value| self.add_all(value)),
            Value::Object(map) => {
                let telling = map.iter().filter(|(key, _)| keys::meaning(key) == Meaning::Secret);
                telling.for_each(|(_, value)| self.add_all(value));
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Remembers the password of `user:password`, as it stands in an address.
    pub(super) fn add_credentials(&mut self, value: &str) {
        if let Some((_, password)) = value.split_once(':') {
            self.push(password);
        }
    }

    fn push(&mut self, value: &str) {
        let decoded = percent_decode_str(value).decode_utf8().ok().filter(|decoded| decoded != value);
        for value in [Some(value), decoded.as_deref()].into_iter().flatten() {
            if self.values.len() < MOST && tells(value) && !self.values.iter().any(|known| known == value) {
                self.values.push(value.to_owned());
            }
        }
    }

    /// What to look for; `None` if there is nothing. Names of the event itself are no secrets.
    pub(super) fn search(&mut self, event: &Event) -> Option<Search> {
        if self.values.is_empty() {
            return None;
        }
        let names = [&event.service, &event.environment, &event.release, &event.host, &event.transaction, &event.logger, &event.platform];
        let is_name = |value: &String| names.into_iter().flatten().any(|name| name.eq_ignore_ascii_case(value));
        let mut forms: Vec<String> = Vec::new();
        for value in self.values.drain(..).filter(|value| !is_name(value)) {
            let encoded = utf8_percent_encode(&value, QUERY).to_string();
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            forms
                .extend([small_escapes(&encoded), encoded.replace("%20", "+"), escaped, encoded].into_iter().filter(|form| *form != value));
            forms.push(value);
        }
        forms.sort_unstable();
        forms.dedup();
        let shortest = forms.iter().map(String::len).min()?;
        Some(Search { engine: Engine::new(&forms)?, shortest })
    }
}

/// The same text with the letters of its escapes small: `%2F` as `%2f`.
fn small_escapes(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let first = parts.next().unwrap_or("").to_owned();
    parts.fold(first, |text, part| text + "%" + &part[..2].to_ascii_lowercase() + &part[2..])
}

/// The text of a value that was printed with its quotes.
fn unquoted(value: &str) -> &str {
    let bare = value.strip_prefix('b').filter(|rest| rest.starts_with(['"', '\''])).unwrap_or(value);
    ['"', '\''].into_iter().find_map(|quote| bare.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value)
}

fn is_scheme(word: &str) -> bool {
    ["bearer", "basic", "token", "digest", "negotiate", "apikey"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Whether a word is what the server says about a cookie.
fn is_attribute(word: &str) -> bool {
    ["path", "domain", "expires", "max-age", "samesite", "secure", "httponly", "priority", "partitioned"]
        .iter()
        .any(|known| word.trim().eq_ignore_ascii_case(known))
}

/// Whether a value is so much its own that it means the same wherever it stands.
fn tells(value: &str) -> bool {
    let least = if value.contains(char::is_whitespace) { SENTENCE } else { SHORTEST };
    if !(least..=LONGEST).contains(&value.len()) || values::is_trivial(value) || values::is_placeholder(value) {
        return false;
    }
    let structured = value.starts_with(['<', '{', '[', '(', '/']) || value.contains("://") || value.contains(['\n', '\r']);
    let marks = value.bytes().filter(|b| !b.is_ascii_punctuation()).count() < 4;
    let round = value.bytes().all(|b| b.is_ascii_digit()) && value.trim_end_matches('0').len() < 3;
    let common = COMMON.split_ascii_whitespace().any(|word| value.eq_ignore_ascii_case(word));
    !(structured || marks || round || common)
}

/// Finds the first of several values. Most events have few, for which vectors are made sooner than an automaton.
#[derive(Debug)]
enum Engine {
    Vectors(Searcher),
    Automaton(AhoCorasick),
}

impl Engine {
    fn new(forms: &[String]) -> Option<Self> {
        let vectors = packed::Config::new().match_kind(packed::MatchKind::LeftmostLongest).builder().extend(forms).build();
        let automaton = || AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(forms).ok();
        vectors.map(Self::Vectors).or_else(|| automaton().map(Self::Automaton))
    }

    /// Where the first one at or after `from` begins and ends.
    fn find(&self, bytes: &[u8], from: usize) -> Option<(usize, usize)> {
        let found = match self {
            Self::Vectors(searcher) => searcher.find(&bytes[from..]),
            Self::Automaton(automaton) => automaton.find(&bytes[from..]),
        }?;
        Some((from + found.start(), from + found.end()))
    }
}

/// Looks for the values in texts.
#[derive(Debug)]
pub(super) struct Search {
    engine: Engine,
    shortest: usize,
}

impl Search {
    /// Whether a text holds one of the values.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.next(text, 0).is_some()
    }

    fn next(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        if text.len() < self.shortest {
            return None;
        }
        let bytes = text.as_bytes();
        let mut at = from;
        while let Some((start, end)) = self.engine.find(bytes, at) {
            let inside = !free_before(bytes, start) && bytes[start].is_ascii_alphanumeric()
                || !free_after(bytes, end) && bytes[end - 1].is_ascii_alphanumeric();
            let long = end - start >= INSIDE && bytes[start..end].iter().any(u8::is_ascii_digit);
            if long || !inside {
                return Some((start, end));
            }
            at = end;
        }
        None
    }

    /// Takes the values out of a text; how many bytes went.
    pub(super) fn replace(&self, text: &mut String) -> usize {
        let (mut out, mut copied, mut removed) = (String::new(), 0, 0);
        while let Some((start, end)) = self.next(text, copied) {
            out.push_str(&text[copied..start]);
            out.push_str(FILTERED);
            removed += end - start;
            copied = end;
        }
        if removed > 0 {
            out.push_str(&text[copied..]);
            *text = out;
        }
        removed
    }
}
