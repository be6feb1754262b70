//! The one way to split text into search tokens. Both index engines are handed its result, so both find the same.

use std::collections::VecDeque;

use crate::limits;

/// Calls `emit` with each token of `text`, in order, lower case.
///
/// Text is cut at everything that is neither letter nor digit nor one of `_ . / \ : - $ @`. Such a chunk without
/// those marks at its ends is a token; when it has parts (at the marks, at a change from lower to upper case, at
/// the last of several capitals before a small letter, between letters and digits), each part follows as a token
/// of its own: `HttpClient.java` gives `httpclient.java http client java`.
pub fn split(text: &str, emit: impl FnMut(&str)) {
    if text.is_ascii() { split_ascii(text, emit) } else { split_any(text, emit) }
}

fn split_any(text: &str, mut emit: impl FnMut(&str)) {
    let mut whole = String::new();
    let mut parts = VecDeque::new();
    for chunk in text.split(|c: char| !(c.is_alphanumeric() || is_mark(c))) {
        let chunk = chunk.trim_matches(is_mark);
        if chunk.is_empty() {
            continue;
        }
        lower(cut(chunk, limits::TOKEN_BYTES), &mut whole);
        emit(&whole);
        parts.extend(bounds(chunk));
        if parts.len() > 1 {
            for (start, end) in parts.drain(..) {
                lower(cut(&chunk[start..end], limits::TOKEN_BYTES), &mut whole);
                emit(&whole);
            }
        }
        parts.clear();
    }
}

/// The same for plain text, which is nearly all of it: a byte is a character and its lower case takes its place.
fn split_ascii(text: &str, mut emit: impl FnMut(&str)) {
    let lower = text.to_ascii_lowercase();
    let mut token = |from: usize, to: usize| emit(&lower[from..to.min(from + limits::TOKEN_BYTES)]);
    let classes = |at: usize| ASCII[usize::from(text.as_bytes()[at] & 127)];
    let mut parts = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let from = at;
        while at < text.len() && classes(at).is_some() {
            at += 1;
        }
        let chunk = text[from..at].trim_matches(is_mark);
        if !chunk.is_empty() {
            let start = from + text[from..at].len() - text[from..at].trim_start_matches(is_mark).len();
            token(start, start + chunk.len());
            parts.clear();
            ascii_bounds(start, start + chunk.len(), classes, &mut parts);
            if parts.len() > 1 {
                parts.iter().for_each(|(from, to)| token(*from, *to));
            }
        }
        at += 1;
    }
}

/// Start and end of each part of a chunk.
fn ascii_bounds(start: usize, end: usize, class: impl Fn(usize) -> Option<Class>, parts: &mut Vec<(usize, usize)>) {
    let class = |at: usize| if at < end { class(at).unwrap_or(Class::Mark) } else { Class::Mark };
    let (mut from, mut before, mut this) = (None, Class::Mark, class(start));
    for at in start..end {
        let next = class(at + 1);
        if let Some(begin) = from
            && this.begins_part(before, next)
        {
            parts.push((begin, at));
            from = None;
        }
        if this != Class::Mark {
            from = from.or(Some(at));
        }
        (before, this) = (this, next);
    }
    parts.extend(from.map(|begin| (begin, end)));
}

/// The classes of plain characters; none for those that text is cut at.
const ASCII: [Option<Class>; 128] = {
    let mut classes = [None; 128];
    let mut at = 0;
    while at < classes.len() {
        classes[at] = match at as u8 {
            b'_' | b'.' | b'/' | b'\\' | b':' | b'-' | b'$' | b'@' => Some(Class::Mark),
            b'0'..=b'9' => Some(Class::Digit),
            b'A'..=b'Z' => Some(Class::Upper),
            b'a'..=b'z' => Some(Class::Lower),
            _ => None,
        };
        at += 1;
    }
    classes
};

/// The tokens of `text`, at most `most`.
pub fn tokens(text: &str, most: usize) -> Vec<String> {
    let mut tokens = Vec::new();
    split(text, |token| {
        if tokens.len() < most {
            tokens.push(token.to_owned());
        }
    });
    tokens
}

/// The tokens that `text` is looked for by, one after the other, at most `most`. When its first chunk has parts, the
/// chunk as a whole is left out: so `views.py` finds `app/views.py` too.
pub fn phrase(text: &str, most: usize) -> Vec<String> {
    let mut found = tokens(text, most);
    let first = text.split(|c: char| !(c.is_alphanumeric() || is_mark(c))).map(|chunk| chunk.trim_matches(is_mark)).find(|c| !c.is_empty());
    if found.len() > 1 && first.is_some_and(|chunk| bounds(chunk).nth(1).is_some()) {
        found.remove(0);
    }
    found
}

/// The longest head of `text` of at most `bytes` bytes that ends at a character.
pub fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

fn is_mark(c: char) -> bool {
    matches!(c, '_' | '.' | '/' | '\\' | ':' | '-' | '$' | '@')
}

fn lower(text: &str, into: &mut String) {
    into.clear();
    if text.is_ascii() {
        into.push_str(text);
        into.make_ascii_lowercase();
    } else {
        into.extend(text.chars().flat_map(char::to_lowercase));
    }
}

/// Start and end of each part of a chunk.
fn bounds(chunk: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut chars = chunk.char_indices().peekable();
    let mut start = None;
    let mut before = Class::Mark;
    std::iter::from_fn(move || {
        while let Some((at, c)) = chars.next() {
            let class = Class::of(c);
            let next = chars.peek().map_or(Class::Mark, |(_, c)| Class::of(*c));
            let ends = start.is_some() && class.begins_part(before, next);
            before = class;
            match (ends, class) {
                (true, Class::Mark) => return start.take().map(|from| (from, at)),
                (true, _) => return start.replace(at).map(|from| (from, at)),
                (false, Class::Mark) => {}
                (false, _) => start = start.or(Some(at)),
            }
        }
        start.take().map(|from| (from, chunk.len()))
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Mark,
    Digit,
    Upper,
    Lower,
}

impl Class {
    fn of(c: char) -> Self {
        match c {
            c if is_mark(c) => Self::Mark,
            c if c.is_numeric() => Self::Digit,
            c if c.is_uppercase() => Self::Upper,
            _ => Self::Lower,
        }
    }

    fn begins_part(self, before: Self, next: Self) -> bool {
        match (before, self) {
            (_, Self::Mark)
            | (Self::Digit, Self::Upper | Self::Lower)
            | (Self::Upper | Self::Lower, Self::Digit)
            | (Self::Lower, Self::Upper) => true,
            (Self::Upper, Self::Upper) => next == Self::Lower,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn identifiers_are_found_whole_and_in_parts() {
        for (text, expected) in [
            ("connection reset by peer", "connection reset by peer"),
            ("HttpClient.java", "httpclient.java http client java"),
            ("parse_HTTPResponse2xx", "parse_httpresponse2xx parse http response 2 xx"),
            ("/srv/app/views.py:42", "srv/app/views.py:42 srv app views py 42"),
            ("'KeyError': \"a-b\"", "keyerror key error a-b a b"),
            ("Größe ÄNDERN", "größe ändern"),
            ("... -- ::", ""),
        ] {
            assert_eq!(tokens(text, 100).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn a_phrase_is_found_inside_longer_identifiers() {
        for (query, text) in [
            ("views.py", "in /srv/app/views.py:42"),
            ("app/views.py line", "srv/app/views.py line 4"),
            ("KeyError", "MyKeyError: 'x'"),
            ("connection reset", "Connection reset by peer"),
            ("HttpClient", "HttpClient.java"),
        ] {
            let (phrase, found) = (phrase(query, 100), tokens(text, 100));
            assert!(found.windows(phrase.len()).any(|window| window == phrase), "{query}: {phrase:?} in {found:?}");
        }
        assert_eq!(phrase("refused", 100), ["refused"]);
        assert_eq!(phrase(" -- ", 100), [""; 0]);
    }

    proptest! {
        #[test]
        fn a_text_is_found_by_itself(text: String) {
            let (phrase, found) = (phrase(&text, 1000), tokens(&text, 1000));
            prop_assert!(phrase.is_empty() || found.windows(phrase.len()).any(|window| window == phrase));
        }

        #[test]
        fn plain_text_is_split_like_any(text in prop_oneof!["[ -~]{0,80}", "[a-cA-C0-1_.$ /-]{0,40}", "[a-zA-Z]{120,140}"]) {
            let (mut plain, mut any) = (Vec::new(), Vec::new());
            split_ascii(&text, |token| plain.push(token.to_owned()));
            split_any(&text, |token| any.push(token.to_owned()));
            prop_assert_eq!(plain, any);
        }

        #[test]
        fn tokens_are_lower_case_without_white_space_and_short(text: String) {
            split(&text, |token| {
                assert!(!token.is_empty());
                assert!(!token.contains(char::is_whitespace), "{token:?}");
            });
        }

        #[test]
        fn a_token_of_ascii_text_gives_itself_first(text in "[ -~]{0,60}") {
            for token in tokens(&text, 1000) {
                let again = tokens(&token, 1000);
                prop_assert_eq!(again.first(), Some(&token));
            }
        }
    }
}
