//! Message templates: a message with everything that differs from one sighting to the next put aside, so that
//! `user 17 not found` and `user 4 not found` are the same error.
//!
//! A hand-written scanner, one look at each place and a bounded look ahead: time is linear in the text. The order
//! of the kinds at one place: email, url, path, traceparent, uuid, date, ip, hostname, hashes, duration, hex,
//! float, int, quoted values, bool after `=`, random ids. What scrubbing left behind (`[email]`, `[ip]`) counts
//! as what it stands for, so that a project's scrubbing settings do not regroup its errors.

mod dates;
mod hosts;
mod numbers;
mod quotes;
mod words;

/// Lines of a message that name the error; the others are detail.
const LINES: usize = 2;
/// Characters of a message that are looked at.
const CHARS: usize = 1_024;
/// Longest quoted text that counts as one value, in bytes.
const QUOTED: usize = 256;

/// The template of a message: its first two lines that are not empty, at most 1,024 characters of them.
pub fn template(text: &str) -> String {
    let head = head(text);
    let bytes = head.as_bytes();
    let mut out = String::with_capacity(head.len());
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        if let Some((end, kind)) = token(bytes, at) {
            out.push_str(&head[copied..at]);
            out.push('<');
            out.push_str(kind);
            out.push('>');
            (at, copied) = (end, end);
        } else if is_word(bytes[at]) {
            out.push_str(&head[copied..at]);
            at = words::copy(&head, at, &mut out);
            copied = at;
        } else {
            at += 1;
        }
    }
    out.push_str(&head[copied..]);
    out
}

fn head(text: &str) -> String {
    let mut head = String::new();
    let mut left = CHARS;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES) {
        if !head.is_empty() {
            head.push('\n');
        }
        let end = line.char_indices().nth(left).map_or(line.len(), |(at, _)| at);
        head.push_str(&line[..end]);
        left = left.saturating_sub(line[..end].chars().count());
    }
    head
}

/// The end and kind of the value that begins at `at`, where a word begins or a mark stands.
fn token(text: &[u8], at: usize) -> Option<(usize, &'static str)> {
    let before = at.checked_sub(1).map(|i| text[i]);
    match text[at] {
        b'"' | b'\'' if quotes::is_value(text, at) => quoted(text, at).map(|end| (end, "quoted_str")),
        b'[' => placeholder(text, at),
        b'/' => hosts::unix_path(text, at, before).map(|end| (end, "path")),
        b':' if !before.is_some_and(is_word) => hosts::ip(text, at).map(|end| (end, "ip")),
        b'-' | b'+' if !before.is_some_and(is_word) => numbers::signed(text, at),
        c if c.is_ascii_alphanumeric() => word(text, at, before),
        _ => None,
    }
}

fn word(text: &[u8], at: usize, before: Option<u8>) -> Option<(usize, &'static str)> {
    let named = |end: Option<usize>, kind| end.map(|end| (end, kind));
    if before == Some(b'=')
        && let Some(end) = boolean(text, at)
    {
        return Some((end, "bool"));
    }
    named(hosts::email(text, at), "email")
        .or_else(|| named(hosts::url(text, at), "url"))
        .or_else(|| named(hosts::windows_path(text, at), "path"))
        .or_else(|| named(numbers::traceparent(text, at), "traceparent"))
        .or_else(|| named(numbers::uuid(text, at), "uuid"))
        .or_else(|| named(dates::date(text, at), "date"))
        .or_else(|| named(hosts::ip(text, at), "ip"))
        .or_else(|| named(hosts::hostname(text, at), "hostname"))
        .or_else(|| numbers::hash(text, at))
        .or_else(|| named(numbers::duration(text, at), "duration"))
        .or_else(|| numbers::number(text, at))
}

fn quoted(text: &[u8], at: usize) -> Option<usize> {
    let rest = &text[at + 1..text.len().min(at + 1 + QUOTED)];
    memchr::memchr(text[at], rest).map(|length| at + length + 2)
}

fn boolean(text: &[u8], at: usize) -> Option<usize> {
    let end = word_end(text, at);
    (text[at..end].eq_ignore_ascii_case(b"true") || text[at..end].eq_ignore_ascii_case(b"false")).then_some(end)
}

fn placeholder(text: &[u8], at: usize) -> Option<(usize, &'static str)> {
    let rest = &text[at..];
    let known = [("[email]", "email"), ("[ip]", "ip")];
    known.iter().find(|(left, _)| rest.starts_with(left.as_bytes())).map(|(left, kind)| (at + left.len(), *kind))
}

/// Letters, digits and underscores of ASCII; text of other scripts often stands against numbers without a space.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn word_end(text: &[u8], at: usize) -> usize {
    run(text, at, usize::MAX, is_word)
}

/// The end of the run of bytes from `at` for which `is` holds, at most `most` long.
fn run(text: &[u8], at: usize, most: usize, is: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take(most).take_while(|byte| is(**byte)).count()
}

/// `end`, if no word goes on there.
fn ends(text: &[u8], end: usize) -> Option<usize> {
    (!text.get(end).is_some_and(|byte| is_word(*byte))).then_some(end)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpora/message-templates/vectors.tsv");

    #[test]
    fn every_vector_gives_its_template_alone_and_within_a_sentence() {
        let vectors = std::fs::read_to_string(VECTORS).unwrap();
        let mut wrong = Vec::new();
        for line in vectors.lines() {
            let [name, raw, expected] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            for (left, right) in [("", ""), ("Cannot do it: ", ""), ("", " was refused"), ("Cannot do ", " (again)")] {
                let found = template(&format!("{left}{raw}{right}"));
                if found != format!("{left}{expected}{right}") {
                    wrong.push(format!("{name}: {left}{raw}{right} -> {found}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn what_vectors_do_not_say() {
        for (raw, expected) in [
            ("order_99120 of user 7", "order_<int> of user <int>"),
            ("订单12345失败", "订单<int>失败"),
            ("mail to [email] from [ip] failed", "mail to <email> from <ip> failed"),
            ("no customer cus_9s6XKzkNRiz8i3", "no customer cus_<id>"),
            ("took 1h2m3.5s", "took <duration>"),
            ("see http://a.example/x.", "see <url>."),
            ("2026/11/23 12:00:01 WARN x", "<date> WARN x"),
            ("Base64Url2Decoder failed", "Base64Url2Decoder failed"),
            ("line one 1\n\n  line two 2\nline three", "line one <int>\nline two <int>"),
            ("java.lang.IllegalStateException: x", "java.lang.IllegalStateException: x"),
            ("sent SHA-256 over iso-8859-1", "sent SHA-256 over iso-8859-1"),
            ("user 'alice' is locked", "user <quoted_str> is locked"),
            ("no such user: \"bob.smith\"", "no such user: <quoted_str>"),
            ("Unknown column 'total' in 'field list'", "Unknown column 'total' in 'field list'"),
            ("table \"orders\" does not exist", "table \"orders\" does not exist"),
            ("bad body {\"id\":\"k9\",\"total\":17}", "bad body {\"id\":<quoted_str>,\"total\":<int>}"),
            ("bad {\"name\": \"Ann Lee\", \"ok\": true}", "bad {\"name\": <quoted_str>, \"ok\": true}"),
            ("can't find 'don't'", "can't find 'don't'"),
            ("no pool for jdbc:postgresql://db1.internal:5432/shop?user=a", "no pool for jdbc:<url>"),
            ("jdbc:oracle:thin:@//db.internal:1521/SHOP refused", "jdbc:oracle:thin:@//<hostname>:<int>/SHOP refused"),
            ("jdbc:mysql://10.0.0.9:3306/shop?useSSL=false: refused", "jdbc:<url>: refused"),
        ] {
            assert_eq!(template(raw), expected, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_template(text: String) {
            template(&text);
        }

        #[test]
        fn text_of_marks_and_digits_has_a_template(text in "[-0-9a-fxT:/.@=\"' é\\[\\],]{0,80}") {
            template(&text);
        }

        #[test]
        fn a_number_never_changes_the_template(a in 0..9_999_999_u32, b in 0..9_999_999_u32) {
            prop_assert_eq!(template(&format!("row {a} is locked")), template(&format!("row {b} is locked")));
        }
    }
}
