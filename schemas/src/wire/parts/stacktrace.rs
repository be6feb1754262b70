//! Stack traces and their frames.

use super::scalar::{boolean, free, text, unsigned};
use crate::{
    event::{Frame, Stacktrace},
    wire::{
        odd::{Odd, Path, insert_beside},
        tree::{Object, Tree},
    },
};

/// A stack trace: an object, a list of frames, or text, which is kept as it is. `None` when it holds nothing.
pub(in crate::wire) fn stacktrace(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<Stacktrace> {
    let mut stacktrace = Stacktrace::default();
    match value {
        Tree::Null => {}
        Tree::String(text) if text.is_empty() => {}
        Tree::String(text) => stacktrace.raw = Some(text),
        Tree::Array(list) => match lines_of(&list) {
            Some(text) => stacktrace.raw = Some(text),
            None => stacktrace.frames = frames(list, at, odd),
        },
        Tree::Object(map) => {
            for (key, value) in map {
                member(&mut stacktrace, &key, value, &at.key(&key), odd);
            }
        }
        other => odd.misfit(at, other, "expected an object with frames"),
    }
    (stacktrace != Stacktrace::default()).then_some(stacktrace)
}

/// The text of a stack trace that came line by line.
fn lines_of(list: &[Tree]) -> Option<String> {
    let lines: Option<Vec<&str>> = list.iter().map(Tree::as_str).collect();
    lines.filter(|lines| !lines.is_empty()).map(|lines| lines.join("\n"))
}

fn member(stacktrace: &mut Stacktrace, key: &str, value: Tree, at: &Path<'_>, odd: &mut Odd) {
    match (key, value) {
        (_, Tree::Null) => {}
        ("frames", Tree::Array(list)) => stacktrace.frames = frames(list, at, odd),
        // One frame by itself, or an empty object.
        ("frames", Tree::Object(map)) => stacktrace.frames.extend(frame(map, at, odd)),
        ("frames", other) => odd.misfit(at, other, "expected a list of frames"),
        ("raw", Tree::String(text)) => stacktrace.raw = Some(text),
        ("frames_omitted", Tree::Array(range)) => match range.iter().map(Tree::as_u64).collect::<Vec<_>>()[..] {
            // Older SDKs say which: from the first to before the last.
            [Some(from), Some(to)] if from <= to => stacktrace.frames_omitted = to - from,
            _ => odd.misfit(at, Tree::Array(range), "expected a whole number from 0"),
        },
        ("frames_omitted", value) => stacktrace.frames_omitted = unsigned(value, at, odd).unwrap_or_default(),
        ("registers", value) => stacktrace.registers = free(value, at, odd),
        (_, value) => odd.keep(at, value),
    }
}

fn frames(list: Vec<Tree>, at: &Path<'_>, odd: &mut Odd) -> Vec<Frame> {
    let mut frames = Vec::with_capacity(list.len());
    for (index, value) in list.into_iter().enumerate() {
        let at = at.index(index);
        match value {
            Tree::Null => {}
            Tree::Object(map) => frames.extend(frame(map, &at, odd)),
            other => odd.misfit(&at, other, "expected a frame"),
        }
    }
    frames
}

/// One frame. `None` when it says nothing.
fn frame(map: Object<'_>, at: &Path<'_>, odd: &mut Odd) -> Option<Frame> {
    if map.is_empty() {
        return None;
    }
    let mut frame = Frame::default();
    for (key, value) in map {
        if value.is_null() {
            continue;
        }
        let at = at.key(&key);
        match &*key {
            "function" => frame.function = text(value, &at, odd),
            "raw_function" => frame.raw_function = text(value, &at, odd),
            "module" => frame.module = text(value, &at, odd),
            "package" => frame.package = text(value, &at, odd),
            "filename" => frame.filename = text(value, &at, odd),
            "abs_path" => frame.abs_path = text(value, &at, odd),
            "context_line" => frame.context_line = text(value, &at, odd),
            "platform" => frame.platform = text(value, &at, odd),
            "in_app" => frame.in_app = boolean(value, &at, odd),
            // Java writes -2 for native methods and -1 for lines that it does not know.
            "lineno" | "colno" if value.as_i64().is_some_and(|number| number < 0) => insert_beside(&mut frame.data, key, value),
            "lineno" => frame.lineno = unsigned(value, &at, odd),
            "colno" => frame.colno = unsigned(value, &at, odd),
            "pre_context" => frame.pre_context = lines(value, &at, odd),
            "post_context" => frame.post_context = lines(value, &at, odd),
            "vars" => frame.vars = variables(value, &at, odd),
            "instruction_addr" => frame.instruction_addr = text(address(value), &at, odd),
            "image_addr" | "symbol_addr" => insert_beside(&mut frame.data, key, address(value)),
            "data" => match value {
                Tree::Object(data) => data.into_iter().for_each(|(key, value)| insert_beside(&mut frame.data, key, value)),
                other => insert_beside(&mut frame.data, key, other),
            },
            _ => insert_beside(&mut frame.data, key, value),
        }
    }
    Some(frame)
}

/// Lines of source; a line that is null is empty.
fn lines(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Vec<String> {
    match value {
        Tree::Array(list) => {
            list.into_iter().enumerate().map(|(index, line)| text(line, &at.index(index), odd).unwrap_or_default()).collect()
        }
        Tree::String(line) => vec![line],
        other => {
            odd.misfit(at, other, "expected a list of lines");
            Vec::new()
        }
    }
}

/// Variables by name, or by number when they come as a list.
fn variables(value: Tree, at: &Path<'_>, odd: &mut Odd) -> crate::event::Free {
    match value {
        // A variable that is null is known to be null.
        Tree::Object(map) => map.into_iter().map(|(key, value)| (key.into_owned(), value.into())).collect(),
        Tree::Array(list) => list.into_iter().enumerate().map(|(index, value)| (index.to_string(), value.into())).collect(),
        other => free(other, at, odd),
    }
}

/// Addresses are written in hex.
fn address(value: Tree<'_>) -> Tree<'_> {
    match value.as_u64() {
        Some(address) => Tree::String(format!("{address:#x}")),
        None => value,
    }
}
