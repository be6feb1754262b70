//! Secrets as the second argument of a call whose first one names them: `scope.set_extra("password", "x")`,
//! `request.setHeader('X-Api-Key', 'x')`.

use super::{
    assignments::RULE,
    keys::{self, Meaning},
    patterns::Found,
    values,
    walk::FILTERED,
};

/// Longest name and longest value, in bytes.
const NAME: usize = 64;
const VALUE: usize = 512;
/// What is in the names of functions that take a name and a value, in lower case: others describe what has that name
/// (`label("password", "Your password")`).
const SETTERS: [&str; 12] = ["set", "put", "add", "append", "header", "insert", "with", "prop", "param", "env", "store", "save"];

/// The first secret at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    memchr::memchr_iter(b',', &text.as_bytes()[from..]).find_map(|at| {
        let comma = from + at;
        let name = name_before(&text[from..comma])?;
        let (start, end) = literal_after(text, comma + 1)?;
        let value = &text[start..end];
        let is_plain = value.contains(char::is_whitespace) || value.starts_with(['-', '[']) || value.eq_ignore_ascii_case(name);
        let hides = !is_plain && !values::is_trivial(value) && !values::is_placeholder(value) && keys::meaning(name) == Meaning::Secret;
        hides.then_some(Found { rule: RULE, range: start..end, with: FILTERED })
    })
}

/// The name in quotes that is the first argument of a setter at the end of `before`.
fn name_before(before: &str) -> Option<&str> {
    let before = before.trim_end_matches(' ');
    let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\''))?;
    let before = before[..before.len() - 1].trim_end_matches('\\');
    let name = before.len() - before.bytes().rev().take(NAME).take_while(|b| b.is_ascii_alphanumeric() || b"_-.".contains(b)).count();
    let call = before[..name].strip_suffix(quote)?.trim_end_matches('\\').trim_end_matches(' ').strip_suffix('(')?;
    let function = call.len() - call.bytes().rev().take(NAME).take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let function = call[function..].to_ascii_lowercase();
    SETTERS.iter().any(|setter| function.contains(setter)).then(|| &before[name..])
}

/// Where the literal is that follows.
fn literal_after(text: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let at = at + bytes[at..].iter().take(4).take_while(|b| **b == b' ').count();
    let escapes = bytes[at..].iter().take(4).take_while(|b| **b == b'\\').count();
    let start = at + escapes + 1;
    let quote = *bytes.get(start - 1).filter(|b| matches!(b, b'"' | b'\''))?;
    let length = bytes[start..].iter().take(VALUE).position(|b| *b == quote)?;
    Some((start, start + length.saturating_sub(escapes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        find(text, 0).map(|found| &text[found.range])
    }

    #[test]
    fn the_argument_behind_a_telling_one_is_a_secret() {
        for text in [
            r#"scope.set_extra("password","hunter2")"#,
            "request.setHeader('X-Api-Key', 'hunter2');",
            r#"props.put("db.password", "hunter2");"#,
            r#"{"line": "scope.set_extra(\"password\", \"hunter2\")"}"#,
            r#"f(1, 2); m.insert( "token" , "hunter2")"#,
        ] {
            assert_eq!(found(text), Some("hunter2"), "{text}");
        }
    }

    #[test]
    fn what_only_speaks_of_a_name_stays() {
        for text in [
            r#"label("password", "hunter2")"#,
            r#"set("password", "Your password")"#,
            r#"set("colour", "hunter2")"#,
            r#"set("password", "password")"#,
            r#"set("password", "")"#,
            r#"set("password", "%s")"#,
            r#"set("password", password)"#,
            r#"add_argument("--password", "-p")"#,
            r#"set("password", "[Filtered]")"#,
            "set(\"password\"",
            ",",
            "',",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
