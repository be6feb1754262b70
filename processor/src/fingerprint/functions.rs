//! Names of functions, modules and classes without what compilers, runtimes and browsers add and change. What has no
//! name of its own, as a lambda or a state machine, is called by the function it stands in.

use std::borrow::Cow;

use schemas::event::Frame;

use super::{family::Family, files, frames::Call};

mod csharp;
mod javascript;
mod jvm;
mod native;
mod scripts;

pub(super) use javascript::{MINIFIED, without_alias};

/// Digits from which a number within a name is taken for an id that was made at run time.
const LONG_NUMBER: usize = 5;

/// Place and function of a frame. The function is empty if its name says nothing; `None` if the frame does not
/// either.
pub(super) fn call<'a>(frame: &'a Frame, function: &'a str, family: Family) -> Option<Call<'a>> {
    let function = if is_nothing(function.trim()) { "" } else { function.trim() };
    let module = frame.module.as_deref().unwrap_or_default();
    let call = |place: Cow<'a, str>, function: Cow<'a, str>| Some(Call { place, function: without_long_numbers(function) });
    match family {
        Family::Java => jvm::call(module, function).and_then(|(class, method)| call(without_long_numbers(class), method)),
        Family::CSharp => {
            let (class, method) = csharp::call(module, function);
            call(if class.is_empty() { path(frame) } else { class }, method)
        }
        Family::JavaScript => call(javascript::place(frame, module), Cow::Borrowed(javascript::function(function))),
        Family::Native => call(Cow::Borrowed(""), native::function(function)),
        Family::Rust => call(Cow::Borrowed(""), native::rust(module, function)),
        Family::Go => call(if module.is_empty() { path(frame) } else { Cow::Borrowed(module) }, scripts::go(function)),
        Family::Python => call(scripts::python_place(frame, module), Cow::Borrowed(scripts::python(function))),
        Family::Php => {
            let function = scripts::php(function);
            call(if function.contains("::") { Cow::Borrowed("") } else { stem(frame) }, function)
        }
        Family::Ruby => call(path(frame), Cow::Borrowed(scripts::ruby(function))),
        Family::Elixir => {
            let (module, function) = scripts::elixir(module, function);
            call(Cow::Borrowed(module), Cow::Borrowed(function))
        }
        Family::Dart => call(stem(frame), scripts::dart(function)),
        Family::Other if module.is_empty() => call(path(frame), Cow::Borrowed(function)),
        Family::Other => call(Cow::Borrowed(module), Cow::Borrowed(function)),
    }
}

fn is_nothing(function: &str) -> bool {
    let named =
        matches!(function, "" | "?" | "??" | "???" | "<unknown>" | "<anonymous>" | "<redacted>" | "(unknown)" | "unknown" | "Object.?");
    named || function.starts_with("0x") && function[2..].bytes().all(|b| b.is_ascii_hexdigit())
}

/// The path of a frame's file, else of its library.
fn file(frame: &Frame) -> &str {
    [&frame.abs_path, &frame.filename, &frame.package].into_iter().flatten().find(|path| !path.is_empty()).map_or("", String::as_str)
}

fn path(frame: &Frame) -> Cow<'_, str> {
    files::path(file(frame))
}

/// The name of a frame's file, else of its library, without what changes from build to build.
pub(super) fn stem(frame: &Frame) -> Cow<'_, str> {
    files::stem(file(frame))
}

/// The name of a type without numbers that were given at run time or by the compiler.
pub(super) fn without_run_numbers(name: &str, family: Family) -> Cow<'_, str> {
    let name = if family == Family::Java { jvm::class(name).0 } else { Cow::Borrowed(name) };
    without_long_numbers(name)
}

fn without_long_numbers(name: Cow<'_, str>) -> Cow<'_, str> {
    let mut run = 0;
    let long = name.bytes().any(|b| {
        run = if b.is_ascii_digit() { run + 1 } else { 0 };
        run == LONG_NUMBER
    });
    if !long {
        return name;
    }
    let mut clean = String::with_capacity(name.len());
    let mut rest = &*name;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let length = rest[start..].bytes().take_while(u8::is_ascii_digit).count();
        clean.push_str(&rest[..start]);
        if length < LONG_NUMBER {
            clean.push_str(&rest[start..start + length]);
        }
        rest = &rest[start + length..];
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

/// Without what stands between `open` and `close`, which may be nested.
fn without_brackets(name: &str, open: char, close: char) -> Cow<'_, str> {
    if !name.contains(open) {
        return Cow::Borrowed(name);
    }
    let mut clean = String::with_capacity(name.len());
    let mut depth = 0_usize;
    for c in name.chars() {
        if c == open {
            depth += 1;
        } else if c == close && depth > 0 {
            depth -= 1;
        } else if depth == 0 {
            clean.push(c);
        }
    }
    Cow::Owned(clean)
}

#[cfg(test)]
#[path = "functions/tests.rs"]
mod tests;
