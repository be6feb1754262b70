//! Texts, numbers, levels and lists of things.

use crate::{
    event::{Free, Severity},
    wire::{
        odd::{Odd, Path},
        tree::{Object, Tree},
    },
};

/// Text; numbers and yes or no are written out.
pub(in crate::wire) fn text(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<String> {
    match value {
        Tree::Null => None,
        Tree::String(text) => Some(text),
        Tree::Number(number) => Some(number.to_string()),
        Tree::Bool(yes) => Some(yes.to_string()),
        other => {
            odd.misfit(at, other, "expected text");
            None
        }
    }
}

/// Text as Python writes it: `True`, `1` for 1.0. `Err` for what is no primitive, null too.
pub(super) fn primitive(value: Tree<'_>) -> Result<String, Tree<'_>> {
    match value {
        Tree::String(text) => Ok(text),
        Tree::Bool(true) => Ok("True".into()),
        Tree::Bool(false) => Ok("False".into()),
        Tree::Number(number) => Ok(number.to_string()),
        other => Err(other),
    }
}

/// A whole number from 0, also as text.
pub(in crate::wire) fn unsigned(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<u64> {
    let number = match &value {
        Tree::Null => return None,
        Tree::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
        Tree::String(text) if text.trim().is_empty() => return None,
        Tree::String(text) => text.trim().parse().ok(),
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
pub(in crate::wire) fn number(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<f64> {
    let number = match &value {
        Tree::Null => return None,
        Tree::Number(number) => number.as_f64(),
        Tree::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    };
    if number.is_none() {
        odd.misfit(at, value, "expected a number");
    }
    number
}

/// Yes or no, also as text or 0 and 1.
pub(super) fn boolean(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<bool> {
    let yes = match &value {
        Tree::Null => return None,
        Tree::Bool(yes) => Some(*yes),
        Tree::Number(number) if number.as_u64() == Some(1) => Some(true),
        Tree::Number(number) if number.as_u64() == Some(0) => Some(false),
        Tree::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Tree::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    };
    if yes.is_none() {
        odd.misfit(at, value, "expected true or false");
    }
    yes
}

/// A level by name or number.
pub(in crate::wire) fn severity(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<Severity> {
    let severity = match &value {
        Tree::Null => return None,
        Tree::String(text) => text.parse().ok(),
        Tree::Number(number) => number.to_string().parse().ok(),
        _ => None,
    };
    if severity.is_none() {
        odd.misfit(at, value, "expected debug, info, warning, error, critical, fatal or 10 to 50");
    }
    severity
}

/// An object of anything; nulls say nothing.
pub(in crate::wire) fn free(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Free {
    match value {
        Tree::Null => Free::new(),
        Tree::Object(map) => {
            map.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.into_owned(), value.into())).collect()
        }
        // PHP writes an empty map as a list.
        Tree::Array(list) if list.is_empty() => Free::new(),
        other => {
            odd.misfit(at, other, "expected an object");
            Free::new()
        }
    }
}

/// Things that come as `{"values": [...]}`, as a list, or one by itself.
pub(super) struct Listed<'a> {
    /// The things.
    pub(super) items: Vec<Tree<'a>>,
    /// The key that they were found under, if any.
    pub(super) key: Option<&'static str>,
    /// What stood beside `values`.
    pub(super) beside: Object<'a>,
    /// The thing came by itself, not in a list.
    pub(super) single: bool,
}

/// Finds the things in any of their forms. `{}` and null are none.
pub(super) fn listed(value: Tree<'_>) -> Listed<'_> {
    let mut found = Listed { items: Vec::new(), key: None, beside: Object::default(), single: false };
    match value {
        Tree::Null => {}
        Tree::Array(list) => found.items = list,
        Tree::Object(mut map) => match map.remove("values") {
            Some(values) => {
                found.key = Some("values");
                found.items = match values {
                    Tree::Null => Vec::new(),
                    Tree::Array(list) => list,
                    one => vec![one],
                };
                found.beside = map;
            }
            None if map.is_empty() => {}
            None => {
                found.single = true;
                found.items.push(Tree::Object(map));
            }
        },
        one => {
            found.single = true;
            found.items.push(one);
        }
    }
    found
}

impl<'a> Listed<'a> {
    /// Reads each thing with `read`, which gets its place.
    pub(super) fn read<T>(self, at: &Path<'_>, odd: &mut Odd, mut read: impl FnMut(Tree<'a>, &Path<'_>, &mut Odd) -> Option<T>) -> Vec<T> {
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
