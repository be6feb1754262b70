//! Functions and files of JavaScript, whatever engine names them and whatever bundler packed them.

use std::borrow::Cow;

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
    let name = function.split(" [as ").next().unwrap_or_default();
    // Firefox: `async*pay`, `promise callback*pay`, `pay/<`.
    let name = name.rsplit('*').next().unwrap_or_default();
    if name.starts_with("./") || name.contains(".js") || name.contains(".ts") || name.ends_with('<') {
        return "";
    }
    let name = name.rsplit('/').next().unwrap_or_default();
    let name = ["async ", "new ", "get ", "set ", "bound "].iter().fold(name, |name, word| name.trim_start_matches(word));
    let name = name.rsplit('.').next().unwrap_or_default();
    let name = without_copy(name);
    let nothing = matches!(
        name,
        "eval" | "eval code" | "global code" | "module code" | "native code" | "[native code]" | "anonymous" | "Anonymous function"
    );
    let number = name.bytes().all(|b| b.is_ascii_digit());
    if nothing || number || is_minified(name) || name.starts_with('<') { "" } else { name }
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
