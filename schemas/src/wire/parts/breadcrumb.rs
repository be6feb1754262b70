//! Breadcrumbs and log entries before the error.

use super::{
    scalar::{listed, severity, text},
    timestamp,
};
use crate::{
    event::Breadcrumb,
    wire::{
        odd::{Odd, Path, insert_beside},
        tree::Tree,
    },
};

/// Breadcrumbs in any form. A text by itself is a message.
pub(in crate::wire) fn breadcrumbs(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Vec<Breadcrumb> {
    listed(value).read(at, odd, breadcrumb)
}

fn breadcrumb(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<Breadcrumb> {
    let mut crumb = Breadcrumb::default();
    let map = match value {
        Tree::Null => return None,
        Tree::Object(map) => map,
        Tree::String(text) => {
            crumb.message = Some(text);
            return Some(crumb);
        }
        other => {
            odd.misfit(at, other, "expected a breadcrumb");
            return None;
        }
    };
    for (key, value) in map {
        let at = at.key(&key);
        match &*key {
            _ if value.is_null() => {}
            "timestamp" => crumb.timestamp = timestamp(value, &at, odd),
            "type" => crumb.kind = text(value, &at, odd),
            "category" => crumb.category = text(value, &at, odd),
            "level" | "severity" => crumb.severity = severity(value, &at, odd),
            "message" => {
                crumb.message = match value {
                    value @ (Tree::Object(_) | Tree::Array(_)) => Some(value.into_text()),
                    value => text(value, &at, odd),
                }
            }
            "data" => match value {
                Tree::Object(data) => data.into_iter().for_each(|(key, value)| insert_beside(&mut crumb.data, key, value)),
                other => insert_beside(&mut crumb.data, key, other),
            },
            _ => insert_beside(&mut crumb.data, key, value),
        }
    }
    (crumb != Breadcrumb::default()).then_some(crumb)
}
