//! JSON as clients send it: read strictly, and when that fails, repaired once and read again.
//!
//! Nesting of 128 levels and more ([`limits::JSON_DEPTH`] counts the value inside) is refused before any stack is
//! at risk. Of a repeated key the last value counts. What is cut within a value stays refused.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::tree::Tree;
use crate::limits;

mod repair;
mod shallow;

pub(crate) use repair::repair;
pub(crate) use shallow::shallow;

/// Why bytes are not JSON that is read here. Holds nothing of the content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not JSON, and no repair helps; the parser's words and the place.
    #[error("invalid JSON: {0}")]
    Malformed(String),
    /// Nested too deeply.
    #[error("invalid JSON: nested more than {limit} levels", limit = limits::JSON_DEPTH)]
    TooDeep,
    /// So many control characters that repairing would multiply the size.
    #[error("invalid JSON: mostly control characters")]
    Binary,
}

/// Reads one JSON value.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    read_tree(bytes, |tree| tree.into())
}

/// The verdict of [`parse`] without building the value.
pub fn check(bytes: &[u8]) -> Result<(), JsonError> {
    read::<Checked>(bytes).map(|_| ())
}

/// Reads one value strictly, else repairs and reads again, and gives it to `take`.
pub(crate) fn read_tree<R>(bytes: &[u8], take: impl FnOnce(Tree<'_>) -> R) -> Result<R, JsonError> {
    match serde_json::from_slice(bytes) {
        Ok(tree) => Ok(take(tree)),
        Err(strict) => match repair(bytes)? {
            Some(repaired) => serde_json::from_slice(&repaired).map(take).map_err(malformed),
            None => Err(malformed(strict)),
        },
    }
}

/// The same for a type of its own.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    serde_json::from_slice(bytes).or_else(|strict| match repair(bytes)? {
        Some(repaired) => serde_json::from_slice(&repaired).map_err(malformed),
        None => Err(malformed(strict)),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
pub(crate) fn malformed(error: serde_json::Error) -> JsonError {
    let text = error.to_string();
    // "invalid type: string "secret", expected u64": what was found is content.
    let found = text.starts_with("invalid ").then(|| Some((text.find(": ")?, text.rfind(", expected ")?))).flatten();
    JsonError::Malformed(match found {
        Some((from, to)) if from < to => format!("{}{}", &text[..from], &text[to..]),
        _ => text,
    })
}

/// Owned JSON within something else that is read. `serde_json`'s own reader is not used: it takes an object with a
/// certain private key for something else and reads the text inside without a limit on nesting.
pub(crate) struct Json(pub(crate) Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Tree::deserialize(deserializer).map(|tree| Self(tree.into()))
    }
}

/// Anything, read over.
struct Checked;

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CheckedVisitor)
    }
}

struct CheckedVisitor;

impl<'de> Visitor<'de> for CheckedVisitor {
    type Value = Checked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_str<E>(self, _: &str) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Checked, A::Error> {
        while items.next_element::<Checked>()?.is_some() {}
        Ok(Checked)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Checked, A::Error> {
        while entries.next_entry::<Checked, Checked>()?.is_some() {}
        Ok(Checked)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn repairs_give_what_was_meant() {
        for (bytes, expected) in [
            (&b"\xef\xbb\xbf{\"a\":1}"[..], json!({"a": 1})),
            (
                br#"{"a":NaN,"b":[-Infinity, Infinity],"c":nan,"NaN":"NaN, \"Infinity"}"#,
                json!({"a": null, "b": [null, null], "c": null, "NaN": "NaN, \"Infinity"}),
            ),
            (b"{\"a\":\"x\xff\xfey\"}", json!({"a": "x\u{fffd}\u{fffd}y"})),
            (
                br#"["\ud83d", "\ude00!", "\ud83dx", "\ud83d\ud83d\ude00", "\uD83D\u0041"]"#,
                json!(["\u{fffd}", "\u{fffd}!", "\u{fffd}x", "\u{fffd}😀", "\u{fffd}A"]),
            ),
            (b"{\"a\":\"line\nnext\ttab\x00nul\x1b[0m\"}\0\0", json!({"a": "line\nnext\ttab\0nul\u{1b}[0m"})),
            (br#"{"path":"C:\Users\x","u":"\u12"}"#, json!({"path": "C:\\Users\\x", "u": "\\u12"})),
            (br#"{"a":{"b":[1,{"c":"d"}"#, json!({"a": {"b": [1, {"c": "d"}]}})),
            (b"[1e400, -1e999, 1e-999]", json!(["1e400", "-1e999", 0.0])),
        ] {
            assert_eq!(parse(bytes).unwrap(), expected, "{}", String::from_utf8_lossy(bytes));
            assert_eq!(check(bytes), Ok(()));
        }
    }

    #[test]
    fn what_no_repair_helps_is_refused() {
        for bytes in [
            &b""[..],
            b"{oops",
            b"{\"a\":",
            b"\"a",
            b"[\"a",
            b"[1,",
            b"\"\\",
            b"{} {}",
            b"[1,]",
            b"None",
            b"{\"a\":Infinit}",
            b"NaNNaN",
            b"\"\\ud800",
        ] {
            assert!(matches!(parse(bytes), Err(JsonError::Malformed(_))), "{}", String::from_utf8_lossy(bytes));
            assert!(check(bytes).is_err());
        }
    }

    #[test]
    fn nesting_is_refused_from_128_levels_on() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert!(parse(&nested(127)).is_ok());
        for depth in [128, 10_000, 1_000_000] {
            assert_eq!(parse(&nested(depth)), Err(JsonError::TooDeep));
            assert_eq!(check(&nested(depth)), Err(JsonError::TooDeep));
        }
        assert_eq!(parse(&b"{\"a\":".repeat(100_000)), Err(JsonError::TooDeep));
        assert!(parse(format!("\"{}\"", "[".repeat(1000)).as_bytes()).is_ok());
    }

    #[test]
    fn a_text_within_a_private_key_is_a_text() {
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        let bytes = json!({"$serde_json::private::RawValue": deep}).to_string();
        assert_eq!(parse(bytes.as_bytes()).unwrap(), json!({"$serde_json::private::RawValue": deep}));
        assert_eq!(parse(br#"{"$serde_json::private::RawValue":5}"#).unwrap(), json!({"$serde_json::private::RawValue": 5}));
    }

    #[test]
    fn of_a_repeated_key_the_last_counts_and_keys_may_be_long() {
        assert_eq!(parse(br#"{"a":1,"a":2}"#).unwrap(), json!({"a": 2}));
        let key = "k".repeat(1 << 20);
        assert_eq!(parse(json!({ &key: 1 }).to_string().as_bytes()).unwrap()[&key], 1);
    }

    #[test]
    fn repairs_never_multiply_the_size() {
        let bytes = [b"\"".to_vec(), vec![1; 1 << 20], b"\"".to_vec()].concat();
        assert_eq!(parse(&bytes), Err(JsonError::Binary));
    }

    /// Bytes that look like JSON often enough to get far.
    fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
        const TOKENS: [&[u8]; 27] = [
            b"{",
            b"}",
            b"[",
            b"]",
            b"\"",
            b":",
            b",",
            b"\"a\":",
            b"NaN",
            b"-Infinity",
            b"1e999",
            b"12",
            b"-0.5",
            b"null",
            b"true",
            b"\\ud800",
            b"\\udc00",
            b"\\u0041",
            b"\\",
            b"\\n",
            b"\x00",
            b"\xff",
            b"\xe2\x82",
            b"\xef\xbb\xbf",
            b" ",
            b"\n",
            "é".as_bytes(),
        ];
        proptest::collection::vec(proptest::sample::select(&TOKENS[..]), 0..60).prop_map(|tokens| tokens.concat())
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 60, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map(".*", inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn parse_and_check_agree_on_any_bytes(bytes in nearly_json(), noise: Vec<u8>) {
            for bytes in [bytes, noise] {
                prop_assert_eq!(parse(&bytes).map(|_| ()), check(&bytes));
            }
        }

        #[test]
        fn repair_never_changes_what_is_json_already(value in any_json(), bytes in nearly_json()) {
            prop_assert_eq!(repair(value.to_string().as_bytes()), Ok(None));
            if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
                prop_assert_eq!(repair(&bytes), Ok(None));
                prop_assert_eq!(parse(&bytes), Ok(value));
            }
        }

        #[test]
        fn what_was_repaired_needs_no_repair(bytes in nearly_json()) {
            if let Ok(Some(repaired)) = repair(&bytes) {
                prop_assert_eq!(repair(&repaired), Ok(None));
            }
        }
    }
}
