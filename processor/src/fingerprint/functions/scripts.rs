//! Functions of Python, Ruby, PHP, Go, Elixir and Dart.

use std::borrow::Cow;

use schemas::event::Frame;

use super::path;
use crate::fingerprint::files;

/// The module's end, else the file's. What is run as the main program is known by its file only.
pub(super) fn python_place<'a>(frame: &'a Frame, module: &'a str) -> Cow<'a, str> {
    if module.is_empty() || module == "__main__" || module == "__mp_main__" { path(frame) } else { files::module(module) }
}

/// The last part of a qualified name. Comprehensions of lists, sets and dictionaries are calls before Python 3.12
/// only.
pub(super) fn python(name: &str) -> &str {
    let name = name.rsplit('.').next().unwrap_or_default();
    if matches!(name, "<listcomp>" | "<setcomp>" | "<dictcomp>") { "" } else { name }
}

/// Closures are numbered in the order of the source: `run.func1.2` is called `run`; type arguments are left out.
pub(super) fn go(name: &str) -> Cow<'_, str> {
    let name = name.trim_end_matches("-fm");
    let mut at = 0;
    let mut end = name.len();
    for part in name.split('.') {
        if at > 0 && is_closure(part) {
            end = at - 1;
            break;
        }
        at += part.len() + 1;
    }
    super::without_brackets(&name[..end], '[', ']')
}

fn is_closure(part: &str) -> bool {
    let number = ["func", "gowrap", "deferwrap"].iter().find_map(|word| part.strip_prefix(word)).unwrap_or(part);
    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

/// Without arguments and the place that names anonymous classes and closures; closures have one name.
pub(super) fn php(name: &str) -> Cow<'_, str> {
    if name.contains("{closure") {
        return Cow::Borrowed("{closure}");
    }
    if name.starts_with("{main}") {
        return Cow::Borrowed("");
    }
    if let Some(at) = name.find("@anonymous") {
        let method = name[at..].rfind("::").map_or("", |method| &name[at + method..]);
        return Cow::Owned(format!("{}{method}", &name[..at + "@anonymous".len()]));
    }
    let name = name.split('(').next().unwrap_or_default();
    if name.contains("->") { Cow::Owned(name.replacen("->", "::", 1)) } else { Cow::Borrowed(name) }
}

/// The method that a block stands in, without the class that newer versions name and the numbers of templates.
pub(super) fn ruby(name: &str) -> &str {
    let method = name.rsplit(" in ").next().unwrap_or_default();
    let method = if method.starts_with('<') { method } else { method.rsplit(['#', '.']).next().unwrap_or_default() };
    if method.starts_with('_') { method.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_') } else { method }
}

/// Module and function with arity. What has no name is called by the function it stands in.
pub(super) fn elixir<'a>(module: &'a str, name: &'a str) -> (&'a str, &'a str) {
    let name = name.strip_prefix("anonymous fn").and_then(|rest| rest.split_once(" in ")).map_or(name, |(_, holder)| holder);
    let bare = |module: &'a str| module.trim_start_matches(':').trim_start_matches("Elixir.");
    let quoted = name.find("\"-").or_else(|| name.starts_with('-').then_some(0));
    if let Some(at) = quoted {
        let holder = name[at..].trim_start_matches(['"', '-']);
        let holder = holder.split("-fun-").next().unwrap_or_default().split("-").next().unwrap_or_default();
        let prefix = name[..at].trim_end_matches('.');
        return (bare(if module.is_empty() { prefix } else { module }), holder);
    }
    let slash = name.rfind('/').unwrap_or(name.len());
    match name[..slash].rfind('.').filter(|dot| *dot > 0 && !name[..*dot].ends_with('.')) {
        Some(dot) => (bare(&name[..dot]), &name[dot + 1..]),
        None => (bare(module), name),
    }
}

/// The function that a closure stands in, without the numbers of private names.
pub(super) fn dart(name: &str) -> Cow<'_, str> {
    let name = name.trim_start_matches("new ");
    let end = [".<anonymous", ".<fn>", ".<async"].iter().filter_map(|mark| name.find(mark)).min().unwrap_or(name.len());
    let name = &name[..end];
    if !name.contains('@') {
        return Cow::Borrowed(name);
    }
    let mut clean = String::with_capacity(name.len());
    let mut number = false;
    for c in name.chars() {
        number = c == '@' || number && c.is_ascii_digit();
        if !number {
            clean.push(c);
        }
    }
    Cow::Owned(clean)
}
