//! Functions of C, C++, Objective-C, Swift and Rust, as demanglers and debuggers print them.

use std::borrow::Cow;

use super::without_brackets;

/// What optimizers append to the name of a part or copy of a function.
const COPIES: [&str; 7] = [".cold", ".constprop.", ".isra.", ".part.", ".llvm.", ".lto_priv.", ".clone."];

/// The function without arguments, template arguments, result, versions, offsets and what optimizers append; a block
/// or closure is the function it stands in.
pub(super) fn function(name: &str) -> Cow<'_, str> {
    if name.starts_with("at /") || name.starts_with("at ./") || is_made_up(name) {
        // A line of a backtrace that the SDK could not take apart, or a name made of an address.
        return Cow::Borrowed("");
    }
    let name = name.split("@@").next().unwrap_or_default();
    let name = name.split(" + ").next().unwrap_or_default();
    let name = name.split(" [clone ").next().unwrap_or_default();
    let end = COPIES.iter().filter_map(|copy| name.find(copy)).min().unwrap_or(name.len());
    let name = swift(&name[..end]);
    if let Some(method) = objective_c(name) {
        return Cow::Borrowed(method);
    }
    if name.starts_with('<') && !name.starts_with("<lambda") {
        return rust("", name);
    }
    if name.contains("operator") || !name.contains(['(', '<', '{', '`', ' ']) {
        return without_lambda(name);
    }
    cpp(name)
}

/// `sub_401000`, `FUN_00401000`, `0x7fff1234`, `___lldb_unnamed_symbol12`.
fn is_made_up(name: &str) -> bool {
    let hex = |rest: &str| rest.len() >= 4 && rest.bytes().all(|b| b.is_ascii_hexdigit());
    let after = |start: &str| name.strip_prefix(start).is_some_and(hex);
    after("sub_")
        || after("FUN_")
        || after("0x")
        || name.starts_with("___lldb_unnamed_symbol")
        || name == "__mh_execute_header"
        || name == "_mh_execute_header"
}

/// `-[Shop pay:]`, also inside `__22-[Shop pay:]_block_invoke_2`.
fn objective_c(name: &str) -> Option<&str> {
    let start = name.find("-[").or_else(|| name.find("+["))?;
    let end = start + name[start..].find(']')?;
    Some(&name[start..=end])
}

/// Swift: what a closure stands in, without what the compiler made of it.
fn swift(name: &str) -> &str {
    let name = match name.rfind(" closure #").or_else(|| name.starts_with("closure #").then_some(0)) {
        Some(at) => name[at..].split_once(" in ").map_or(name, |(_, holder)| holder),
        None => name,
    };
    let words = ["partial apply for ", "specialized ", "implicit ", "@objc ", "static ", "merged ", "generic specialization of "];
    let mut bare = name;
    while let Some(rest) = words.iter().find_map(|word| bare.strip_prefix(word)) {
        bare = rest;
    }
    match bare.strip_prefix("closure #").and_then(|rest| rest.split_once(" in ")) {
        Some((_, holder)) => swift(holder),
        None => bare,
    }
}

fn cpp(name: &str) -> Cow<'_, str> {
    let name = without_lambda(name);
    let name = name.replace("(anonymous namespace)", "{anonymous}").replace("`anonymous namespace'", "{anonymous}");
    let name = without_brackets(&name, '<', '>').into_owned();
    let name = without_brackets(&name, '(', ')').into_owned();
    // What Swift prints behind the arguments.
    let name = name.split(" -> ").next().unwrap_or_default();
    let name = name.trim().trim_end_matches(" const").trim_end_matches(" throws").trim_end_matches(" async").trim_end();
    // Templates are printed with their result.
    let name = name.rsplit(' ').next().unwrap_or(name);
    Cow::Owned(name.trim_end_matches("::").to_owned())
}

/// A lambda is the function it stands in.
fn without_lambda(name: &str) -> Cow<'_, str> {
    let marks = ["::{lambda(", "::'lambda", "::<lambda", "::$_", "::`lambda", "::lambda::"];
    match marks.iter().filter_map(|mark| name.find(mark)).min() {
        Some(at) if at > 0 => Cow::Owned(cpp(&name[..at]).into_owned()),
        _ => Cow::Borrowed(name),
    }
}

/// A function of Rust without the hash of the symbol, numbers of crates and impls, type arguments and closures.
pub(super) fn rust<'a>(module: &'a str, name: &'a str) -> Cow<'a, str> {
    if name.starts_with("at /") || name.starts_with("at ./") {
        return Cow::Borrowed("");
    }
    let hash = name.rfind("::h").filter(|at| name.len() - at == 19 && name[at + 3..].bytes().all(|b| b.is_ascii_hexdigit()));
    let name = &name[..hash.unwrap_or(name.len())];
    let mut name = Cow::Borrowed(name);
    if name.contains("::<") || name.contains('[') {
        name = Cow::Owned(without_arguments(&name));
    }
    if name.contains('{') {
        name = Cow::Owned(without_closures(&name));
    }
    if !module.is_empty() && !name.is_empty() && !name.contains("::") {
        return Cow::Owned(format!("{module}::{name}"));
    }
    name
}

/// Without `::<...>` and the `[hash]` of crates.
fn without_arguments(name: &str) -> String {
    let name = without_brackets(name, '[', ']');
    let mut clean = String::with_capacity(name.len());
    let mut rest = &*name;
    while let Some(at) = rest.find("::<") {
        clean.push_str(&rest[..at]);
        let mut depth = 0_usize;
        let end = rest[at + 2..].find(|c: char| {
            depth = depth + usize::from(c == '<') - usize::from(c == '>' && depth > 0);
            depth == 0
        });
        rest = end.map_or("", |end| &rest[at + 2 + end + 1..]);
    }
    clean.push_str(rest);
    clean
}

/// Without `::{{closure}}`, `::{closure#0}`, `::{async_fn#0}`; an impl keeps its braces, not its number.
fn without_closures(name: &str) -> String {
    let parts = name.split("::").filter(|part| !part.starts_with('{') || part.starts_with("{impl"));
    let parts: Vec<&str> = parts.map(|part| if part.starts_with("{impl") { "{impl}" } else { part }).collect();
    parts.join("::")
}
