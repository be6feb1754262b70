//! Functions and files of JavaScript, whatever engine names them and whatever bundler packed them.

use std::borrow::Cow;

use memchr::memchr_iter;
use schemas::event::Frame;

use crate::fingerprint::files;

/// Longest name that is taken for the work of a minifier; it changes with each build.
pub(in crate::fingerprint) const MINIFIED: usize = 2;

/// The name of the file; SDKs make modules of the path in different ways.
pub(super) fn place<'a>(frame: &'a Frame, module: &'a str) -> Cow<'a, str> {
    match [&frame.abs_path, &frame.filename].into_iter().flatten().find(|path| !path.is_empty()) {
        Some(path) => files::stem(path),
        None => files::without_hashes(module),
    }
}

/// Without receiver, `async`, `new` and `[as name]`. Browsers name code without a function differently.
pub(super) fn function(function: &str) -> &str {
    let name = without_alias(function);
    // Firefox: `async*pay`, `promise callback*pay`, `pay/<`.
    let name = name.rsplit('*').next().unwrap_or_default();
    let is_file = memchr_iter(b'.', name.as_bytes()).any(|at| matches!(name.as_bytes().get(at + 1..at + 3), Some(b"js" | b"ts")));
    if name.starts_with("./") || is_file || name.ends_with('<') {
        return "";
    }
    let mut name = name.rsplit('/').next().unwrap_or_default();
    for word in ["async ", "new ", "get ", "set ", "bound "] {
        while let Some(rest) = name.strip_prefix(word) {
            name = rest;
        }
    }
    let name = name.rsplit('.').next().unwrap_or_default();
    let name = without_copy(name);
    let nothing = matches!(
        name,
        "eval" | "eval code" | "global code" | "module code" | "native code" | "[native code]" | "anonymous" | "Anonymous function"
    );
    let number = name.bytes().all(|b| b.is_ascii_digit());
    if nothing || number || is_minified(name) || name.starts_with('<') { "" } else { name }
}

/// Without `[as name]`.
pub(in crate::fingerprint) fn without_alias(name: &str) -> &str {
    // The longer search costs more than all else that is done with a name.
    if name.contains('[') { name.split(" [as ").next().unwrap_or_default() } else { name }
}

/// Short, or one letter more with a mark, digit or capital behind the first.
fn is_minified(name: &str) -> bool {
    let odd = |b: u8| !b.is_ascii_lowercase();
    name.len() <= MINIFIED || name.len() == MINIFIED + 1 && name.bytes().skip(1).any(odd)
}

/// Rollup tells functions of one name apart by `$1`.
fn without_copy(name: &str) -> &str {
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
    bare.strip_suffix('$').filter(|bare| !bare.is_empty()).unwrap_or(name)
}
