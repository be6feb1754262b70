//! Secrets between names that stand apart from them: elements of XML (`<password>x</password>`), parts of forms
//! (`name="password"` and the value after an empty line), lists of names and values (`"name":"token","value":"x"`).

use memchr::memmem;

use super::{
    keys::{self, Meaning},
    patterns::Found,
    values,
    walk::FILTERED,
};

/// Longest name of an element, in bytes.
const NAME: usize = 64;
/// Longest section of plain characters, in bytes.
const SECTION: usize = 1024;
/// How far a value may stand from its name, in bytes.
const GAP: usize = 96;

/// The first secret at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    let found = [element(text, from), pair(text, from)];
    found.into_iter().flatten().min_by_key(|found| found.range.start)
}

fn found(text: &str, start: usize, end: usize) -> Option<Found> {
    let end = text.floor_char_boundary(end);
    let value = text.get(start..end)?;
    let is_new = !values::is_trivial(value) && !value.starts_with('[');
    is_new.then_some(Found { rule: "@password", range: start..end, with: FILTERED })
}

/// What stands in an element with a telling name and has no elements itself.
fn element(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    memmem::find_iter(&bytes[from..], "</").find_map(|at| {
        let end = from + at;
        let name = end + 2;
        let length = bytes[name..].iter().take(NAME).take_while(|b| b.is_ascii_alphanumeric() || b"_-.:".contains(b)).count();
        if bytes.get(name + length) != Some(&b'>') || keys::meaning(&text[name..name + length]) != Meaning::Secret {
            return None;
        }
        let start = from + memchr::memrchr(b'>', &bytes[from..end])? + 1;
        let (start, end) = plain_characters(text, from, start, end).unwrap_or((start, end));
        found(text, start, end)
    })
}

/// What is between the marks of a section of plain characters that ends at `start`, `<![CDATA[x]]>`.
fn plain_characters(text: &str, from: usize, start: usize, end: usize) -> Option<(usize, usize)> {
    let close = end.checked_sub(3).filter(|close| start == end && text.is_char_boundary(*close) && &text[*close..end] == "]]>")?;
    let window = text.ceil_char_boundary(close.saturating_sub(SECTION).max(from));
    let open = text.get(window..close)?.rfind("<![CDATA[")?;
    Some((window + open + "<![CDATA[".len(), close))
}

/// The value of a pair whose name is itself a value: `name="password" value="x"`.
fn pair(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'=', b':', &bytes[from..]).find_map(|at| {
        let mark = from + at;
        let head = bytes[mark.saturating_sub(8).max(from)..mark].trim_ascii_end();
        let head = head.strip_suffix(b"\"").or_else(|| head.strip_suffix(b"'")).unwrap_or(head);
        let is_name = [&b"name"[..], b"key", b"header", b"field"].iter().any(|word| {
            let starts = head.len().checked_sub(word.len() + 1).is_none_or(|i| !head[i].is_ascii_alphanumeric());
            starts && head.len() >= word.len() && head[head.len() - word.len()..].eq_ignore_ascii_case(word)
        });
        let (name, after) = if is_name { quoted(text, mark + 1)? } else { return None };
        if keys::meaning(name) != Meaning::Secret {
            return None;
        }
        let (start, end) = form_part(text, after).or_else(|| attribute(text, after))?;
        found(text, start, end)
    })
}

/// What is in quotes after some spaces, and where they end.
fn quoted(text: &str, at: usize) -> Option<(&str, usize)> {
    let bytes = text.as_bytes();
    let start = at + bytes[at..].iter().take(3).take_while(|b| **b == b' ').count();
    let quote = *bytes.get(start).filter(|b| matches!(b, b'"' | b'\''))?;
    let length = bytes[start + 1..].iter().take(NAME + 1).position(|b| *b == quote)?;
    Some((text.get(start + 1..start + 1 + length)?, start + length + 2))
}

/// The value of a part of a form, `multipart/form-data`, whose headers end at the empty line after `at`.
fn form_part(text: &str, at: usize) -> Option<(usize, usize)> {
    let end = text.floor_char_boundary(text.len().min(at + GAP));
    let (length, gap) = ["\r\n\r\n", "\n\n", "\\r\\n\\r\\n"].iter().find_map(|gap| Some((text[at..end].find(gap)?, gap)))?;
    if text[at..at + length].contains('"') && !text[at..at + length].contains("Content-Type") {
        return None;
    }
    let start = at + length + gap.len();
    Some((start, start + text[start..].find(&gap[..gap.len() / 2]).unwrap_or(text.len() - start)))
}

/// The value of `value` right after the name.
fn attribute(text: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let gap = bytes[at..].iter().take(8).take_while(|b| b" ,\"'\n".contains(b)).count();
    let word = text.get(at + gap..at + gap + 5).filter(|word| word.eq_ignore_ascii_case("value"))?;
    let mut mark = at + gap + word.len();
    mark += bytes[mark..].iter().take(4).take_while(|b| b" :=\"'".contains(b)).count();
    let quote = *bytes.get(mark - 1).filter(|b| matches!(b, b'"' | b'\''))?;
    let length = memchr::memchr(quote, &bytes[mark..]).unwrap_or(bytes.len() - mark);
    Some((mark, mark + length))
}
