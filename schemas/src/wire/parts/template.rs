//! The template that failed, as Django's old SDKs say it.

use super::{text, unsigned};
use crate::{
    event::Source,
    wire::{
        odd::{Odd, Path},
        tree::Tree,
    },
};

/// File and line of a template. Its source code is kept apart.
pub(in crate::wire) fn template(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<Source> {
    let Tree::Object(map) = value else {
        odd.misfit(at, value, "expected an object with a file name");
        return None;
    };
    let mut source = Source::default();
    // Sorted: the whole path comes before the file's name.
    for (key, value) in map.sorted() {
        let at = &at.key(&key);
        match &*key {
            _ if value.is_null() => {}
            "abs_path" | "filename" if source.file.is_none() => source.file = text(value, at, odd),
            "lineno" => source.line = unsigned(value, at, odd),
            _ => odd.keep(at, value),
        }
    }
    (source != Source::default()).then_some(source)
}
