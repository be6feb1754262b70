//! Texts, numbers, levels and lists of things.

use serde_json::{Map, Value};

use crate::{
    event::{Free, Severity},
    wire::odd::{Odd, Path},
};

/// Text; numbers and yes or no are written out.
pub(in crate::wire) fn text(value: Value, at: &Path<'_>, odd: &mut Odd) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        other => {
            odd.misfit(at, other, "expected text");
            None
        }
    }
}

/// Text as Python writes it: `True`, `1` for 1.0. `Err` for what is no primitive, null too.
pub(super) fn primitive(value: Value) -> Result<String, Value> {
    match value {
        Value::String(text) => Ok(text),
        Value::Bool(true) => Ok("True".into()),
        Value::Bool(false) => Ok("False".into()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(other),
    }
}

/// A whole number from 0, also as text.
pub(in crate::wire) fn unsigned(value: Value, at: &Path<'_>, odd: &mut Odd) -> Option<u64> {
    let number = match &value {
        Value::Null => return None,
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) if text.trim().is_empty() => return None,
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    if number.is_none() {
        odd.misfit(at, value, "expected a whole number from 0");
    }
    number
}

fn whole(number: f64) -> Option<u64> {
    ((0.0..=9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

/// Any number, also as text.
pub(in crate::wire) fn number(value: Value, at: &Path<'_>, odd: &mut Odd) -> Option<f64> {
    let number = match &value {
        Value::Null => return None,
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    };
    if number.is_none() {
        odd.misfit(at, value, "expected a number");
    }
    number
}

/// Yes or no, also as text or 0 and 1.
pub(super) fn boolean(value: Value, at: &Path<'_>, odd: &mut Odd) -> Option<bool> {
    let yes = match &value {
        Value::Null => return None,
        Value::Bool(yes) => Some(*yes),
        Value::Number(number) if number.as_u64() == Some(1) => Some(true),
        Value::Number(number) if number.as_u64() == Some(0) => Some(false),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    };
    if yes.is_none() {
        odd.misfit(at, value, "expected true or false");
    }
    yes
}

/// A level by name or number.
pub(in crate::wire) fn severity(value: Value, at: &Path<'_>, odd: &mut Odd) -> Option<Severity> {
    let severity = match &value {
        Value::Null => return None,
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    };
    if severity.is_none() {
        odd.misfit(at, value, "expected debug, info, warning, error, critical, fatal or 10 to 50");
    }
    severity
}

/// An object of anything; nulls say nothing.
pub(in crate::wire) fn free(value: Value, at: &Path<'_>, odd: &mut Odd) -> Free {
    match value {
        Value::Null => Free::new(),
        Value::Object(map) => map.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        // PHP writes an empty map as a list.
        Value::Array(list) if list.is_empty() => Free::new(),
        other => {
            odd.misfit(at, other, "expected an object");
            Free::new()
        }
    }
}

/// Things that come as `{"values": [...]}`, as a list, or one by itself.
pub(super) struct Listed {
    /// The things.
    pub(super) items: Vec<Value>,
    /// The key that they were found under, if any.
    pub(super) key: Option<&'static str>,
    /// What stood beside `values`.
    pub(super) beside: Map<String, Value>,
    /// The thing came by itself, not in a list.
    pub(super) single: bool,
}

/// Finds the things in any of their forms. `{}` and null are none.
pub(super) fn listed(value: Value) -> Listed {
    let mut found = Listed { items: Vec::new(), key: None, beside: Map::new(), single: false };
    match value {
        Value::Null => {}
        Value::Array(list) => found.items = list,
        Value::Object(mut map) => match map.remove("values") {
            Some(values) => {
                found.key = Some("values");
                found.items = match values {
                    Value::Null => Vec::new(),
                    Value::Array(list) => list,
                    one => vec![one],
                };
                found.beside = map;
            }
            None if map.is_empty() => {}
            None => {
                found.single = true;
                found.items.push(Value::Object(map));
            }
        },
        one => {
            found.single = true;
            found.items.push(one);
        }
    }
    found
}

impl Listed {
    /// Reads each thing with `read`, which gets its place.
    pub(super) fn read<T>(self, at: &Path<'_>, odd: &mut Odd, mut read: impl FnMut(Value, &Path<'_>, &mut Odd) -> Option<T>) -> Vec<T> {
        for (key, value) in self.beside {
            odd.keep(&at.key(&key), value);
        }
        let inner;
        let base = match self.key {
            Some(key) => {
                inner = at.key(key);
                &inner
            }
            None => at,
        };
        if self.single {
            return self.items.into_iter().filter_map(|item| read(item, base, odd)).collect();
        }
        self.items.into_iter().enumerate().filter_map(|(i, item)| read(item, &base.index(i), odd)).collect()
    }
}
