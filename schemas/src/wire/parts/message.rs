//! Log messages, with their parameters filled in.

use serde_json::{Map, Value};

use crate::{
    event::Message,
    limits,
    wire::{
        odd::{Odd, Path},
        tree::Tree,
    },
};

/// Longest text that filling in parameters makes, in bytes. Template and parameters are kept beside it.
const FORMATTED_BYTES: usize = limits::MESSAGE_CHARS * 4;

/// A message: text, an object with `message`, `formatted` and `params`, or any JSON, which is written out.
/// `None` when it says nothing: null, `false`, the empty text.
pub(in crate::wire) fn message(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<Message> {
    match value {
        Tree::Null | Tree::Bool(false) => None,
        Tree::String(formatted) => (!formatted.is_empty()).then(|| Message { formatted, ..Message::default() }),
        Tree::Object(map) if map.is_empty() => None,
        Tree::Object(map) => object(map.into(), at, odd),
        other => Some(Message { formatted: other.into_text(), ..Message::default() }),
    }
}

fn object(mut map: Map<String, Value>, at: &Path<'_>, odd: &mut Odd) -> Option<Message> {
    if !["message", "formatted", "template"].iter().any(|key| map.contains_key(*key)) {
        return Some(Message { formatted: Value::Object(map).to_string(), ..Message::default() });
    }
    let mut take = |key: &str| match map.remove(key) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text).filter(|text| !text.is_empty()),
        Some(other) => Some(other.to_string()),
    };
    let (template, formatted) = (take("template"), take("formatted"));
    let template = take("message").or(template);
    let params = map.remove("params").filter(|params| !is_empty(params));
    for (key, value) in map {
        odd.keep(&at.key(&key), value);
    }
    let formatted = match (formatted, &template, &params) {
        (Some(formatted), _, _) => formatted,
        (None, Some(template), Some(params)) => fill(template, params),
        (None, Some(template), None) => template.clone(),
        (None, None, None) => return None,
        (None, None, Some(_)) => String::new(),
    };
    let template = template.filter(|template| params.is_some() || *template != formatted);
    Some(Message { formatted, template, params })
}

fn is_empty(params: &Value) -> bool {
    match params {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// The template with its parameters: `%s` and other conversions, `%(name)s`, `{}`, `{0}`, `{name}`, `{name:form}`.
/// What has no parameter stays as it is.
fn fill(template: &str, params: &Value) -> String {
    let mut filled = String::with_capacity(template.len() + 64);
    let mut rest = template;
    let mut next = 0;
    while let Some(start) = rest.find(['%', '{']) {
        filled.push_str(&rest[..start]);
        rest = &rest[start..];
        if filled.len() > FORMATTED_BYTES {
            break;
        }
        let (length, value) = if rest.starts_with('%') { percent(rest, params, &mut next) } else { brace(rest, params, &mut next) };
        match value {
            Some(value) => push(&mut filled, value),
            None if rest.starts_with("%%") => filled.push('%'),
            None => filled.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    filled.push_str(rest);
    if filled.len() > FORMATTED_BYTES {
        filled.truncate(filled.floor_char_boundary(FORMATTED_BYTES));
    }
    filled
}

/// Length of the placeholder at the start and its parameter.
fn percent<'p>(rest: &str, params: &'p Value, next: &mut usize) -> (usize, Option<&'p Value>) {
    let bytes = rest.as_bytes();
    if bytes.get(1) == Some(&b'%') {
        return (2, None);
    }
    if bytes.get(1) == Some(&b'(')
        && let Some(end) = bytes.iter().take(limits::TAG_KEY_CHARS).position(|b| *b == b')')
    {
        let length = if bytes.get(end + 1).is_some_and(u8::is_ascii_alphabetic) { end + 2 } else { end + 1 };
        return (length, params.get(&rest[2..end]));
    }
    // Flags, width and precision, then one letter.
    let flags = bytes[1..].iter().take(16).take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'#')).count();
    match bytes.get(1 + flags) {
        Some(b's' | b'd' | b'i' | b'u' | b'r' | b'f' | b'g' | b'e' | b'x' | b'X' | b'o' | b'c' | b'v' | b'q' | b't' | b'@') => {
            (flags + 2, positional(params, next))
        }
        _ => (1, None),
    }
}

/// Length of the placeholder at the start and its parameter.
fn brace<'p>(rest: &str, params: &'p Value, next: &mut usize) -> (usize, Option<&'p Value>) {
    if rest.starts_with("{{") {
        return (2, None);
    }
    let end = rest.bytes().take(limits::TAG_KEY_CHARS).position(|b| b == b'}');
    let Some(end) = end else { return (1, None) };
    let name = rest[1..end].split([':', ',']).next().unwrap_or_default().trim_start_matches(['@', '$']);
    let value = match name.parse::<usize>() {
        _ if name.is_empty() => positional(params, next),
        Ok(index) => params.get(index).or_else(|| params.get(name)),
        // Templates of .NET name what they number.
        Err(_) if params.is_array() && name.chars().all(|c| c.is_alphanumeric() || c == '_') => positional(params, next),
        Err(_) => params.get(name),
    };
    // What is no placeholder may hold one.
    (if value.is_some() { end + 1 } else { 1 }, value)
}

fn positional<'p>(params: &'p Value, next: &mut usize) -> Option<&'p Value> {
    let value = match params {
        Value::Array(list) => list.get(*next),
        Value::Object(_) => None,
        one => Some(one).filter(|_| *next == 0),
    };
    *next += usize::from(value.is_some());
    value
}

/// Writes a parameter out, as much as there is room for.
fn push(filled: &mut String, value: &Value) {
    match value {
        Value::String(text) => filled.push_str(&text[..text.floor_char_boundary(FORMATTED_BYTES)]),
        Value::Object(_) | Value::Array(_) => {
            let text = value.to_string();
            filled.push_str(&text[..text.floor_char_boundary(FORMATTED_BYTES)]);
        }
        value => filled.push_str(&value.to_string()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "short to call")]
    fn read(value: Value) -> Option<Message> {
        message(serde_json::from_str(&value.to_string()).unwrap(), &Path::top("logentry"), &mut Odd::default())
    }

    #[test]
    fn parameters_are_filled_in_as_the_languages_write_them() {
        for (template, params, expected) in [
            ("user %s has %d items", json!(["ann", 3]), "user ann has 3 items"),
            ("%(name)s is %(age)d", json!({"name": "ann", "age": 3}), "ann is 3"),
            ("100%% of %s, %s", json!(["x"]), "100% of x, %s"),
            ("%.2f and %-5s|", json!([1.5, "a"]), "1.5 and a|"),
            ("{} then {}", json!(["a", "b"]), "a then b"),
            ("{1} {0} {2}", json!(["a", "b"]), "b a {2}"),
            ("cart {cart_id} by {@User:l}", json!({"cart_id": 7, "User": {"id": 1}}), "cart 7 by {\"id\":1}"),
            ("Order {OrderId} failed", json!([42]), "Order 42 failed"),
            ("json {\"a\": %s} 50% off {", json!(["x"]), "json {\"a\": x} 50% off {"),
            ("{{x}} %(x", json!({"x": 1}), "{{x}} %(x"),
            ("é%sü{}", json!(["ö", true]), "éöütrue"),
        ] {
            let message = read(json!({"message": template, "params": params})).unwrap();
            assert_eq!((message.formatted.as_str(), message.template.as_deref()), (expected, Some(template)));
            assert_eq!(message.params, Some(params));
        }
    }

    #[test]
    fn a_text_that_is_there_formatted_is_not_formatted_again() {
        let message = read(json!({"message": "hello %s", "formatted": "hello Ann", "params": ["Bob"]})).unwrap();
        assert_eq!((message.formatted.as_str(), message.template.as_deref()), ("hello Ann", Some("hello %s")));
        assert_eq!(read(json!({"message": "same", "formatted": "same", "params": []})).unwrap().template, None);
    }

    #[test]
    fn anything_is_a_message_but_what_says_nothing() {
        for (value, expected) in [
            (json!("a"), "a"),
            (json!(7), "7"),
            (json!(["a", 1]), "[\"a\",1]"),
            (json!({"a": 1}), "{\"a\":1}"),
            (json!({"message": {"a": 1}}), "{\"a\":1}"),
        ] {
            assert_eq!(read(value).unwrap().formatted, expected);
        }
        for value in [json!(null), json!(false), json!(""), json!({}), json!({"message": null})] {
            assert_eq!(read(value), None);
        }
    }

    #[test]
    fn filling_in_never_explodes() {
        let message = read(json!({"message": "{0}".repeat(100_000), "params": ["x".repeat(100_000)]})).unwrap();
        assert_eq!(message.formatted.len(), FORMATTED_BYTES);
    }

    proptest! {
        #[test]
        fn any_template_is_filled(template in "([%{}()@:.0-9sda]|é| ){0,40}", params in proptest::collection::vec("[%{}é]{0,3}", 0..4)) {
            let _ = read(json!({"message": &template, "params": &params}));
            let _ = read(json!({"message": template, "params": {"a": params}}));
        }
    }
}
