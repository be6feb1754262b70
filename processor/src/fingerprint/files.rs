//! Names of files without what changes from build to build and from host to host.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2, memrchr2};

/// Shortest part of a file name that can be a hash of its content.
const HASH: usize = 7;
/// Length of the hashes of Rollup, Vite and esbuild; those of Rollup may have no digit.
const LETTERS: usize = 8;
/// What parts the parts of a file name.
const MARKS: [char; 4] = ['.', '-', '_', '~'];
/// Directories that say where a program was put, not which part of it this is, in lower case.
const ROOTS: [&str; 40] = [
    "app",
    "apps",
    "application",
    "src",
    "source",
    "lib",
    "lib64",
    "libs",
    "code",
    "dist",
    "build",
    "out",
    "bin",
    "public",
    "static",
    "assets",
    "chunks",
    "js",
    "www",
    "html",
    "htdocs",
    "srv",
    "opt",
    "var",
    "task",
    "usr",
    "local",
    "home",
    "root",
    "tmp",
    "workspace",
    "current",
    "release",
    "releases",
    "site-packages",
    "dist-packages",
    "node_modules",
    "vendor",
    "gems",
    ".",
];
/// Names of files that say nothing without their directory.
const COMMON: [&str; 11] = ["index", "page", "route", "layout", "handler", "mod", "main", "controller", "service", "model", "routes"];

/// Whether a path names no file: code that was evaluated, or is part of the engine.
pub(super) fn is_none(path: &str) -> bool {
    matches!(path, "<anonymous>" | "[native code]" | "native code" | "native" | "eval code" | "global code" | "<unknown>")
        || path.starts_with("index ") && path[6..].bytes().all(|b| b.is_ascii_digit())
}

/// The name of a file in lower case without directory, extension, query, fragment and content hashes:
/// `https://a.example/js/main.3f2a1bcd.js?v=2` gives `main`. A name that many files have gets its directory before
/// it. Empty for the root of a site.
pub(super) fn stem(path: &str) -> Cow<'_, str> {
    let (directory, name) = split(path);
    let name = clean(name);
    if !COMMON.contains(&&*name) {
        return name;
    }
    with_directory(directory, name)
}

/// The name of a file as [`stem`] has it, after the name of its directory: `/srv/shop/orders/views.py` gives
/// `orders/views`. Directories that say where the program was put are left out.
pub(super) fn path(path: &str) -> Cow<'_, str> {
    let (directory, name) = split(path);
    with_directory(directory, clean(name))
}

/// The end of a dotted module, like [`path`]: `shop.orders.views` gives `orders/views`.
pub(super) fn module(module: &str) -> Cow<'_, str> {
    let module = module.strip_suffix(".__init__").unwrap_or(module);
    let (rest, name) = module.rsplit_once('.').unwrap_or(("", module));
    let directory = rest.rsplit('.').next().unwrap_or_default();
    with_directory(directory, lower(name))
}

fn with_directory<'a>(directory: &str, name: Cow<'a, str>) -> Cow<'a, str> {
    let directory = memrchr2(b'/', b'\\', directory.as_bytes()).map_or(directory, |at| &directory[at + 1..]);
    if directory.is_empty()
        || directory.ends_with(':')
        || is_version(directory)
        || ROOTS.iter().any(|root| root.eq_ignore_ascii_case(directory))
    {
        return name;
    }
    let mut path = [directory, "/", &name].concat();
    path[..directory.len()].make_ascii_lowercase();
    Cow::Owned(path)
}

/// Whether a directory is named by a version, a date or a hash: `v1.2.3`, `20261123`, `python3.12`.
fn is_version(directory: &str) -> bool {
    let rest = directory.strip_prefix("python").or_else(|| directory.strip_prefix('v')).unwrap_or(directory);
    let number = rest.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_' | b'T' | b'Z'));
    number && rest.bytes().any(|b| b.is_ascii_digit()) || directory.contains('@') || is_hash(directory.as_bytes())
}

/// Directory and name, without scheme, host, query and fragment. A Python package is its directory.
fn split(path: &str) -> (&str, &str) {
    let scheme = memchr_iter(b':', path.as_bytes()).find(|at| path[at + 1..].starts_with("//"));
    let path = match scheme.map(|at| &path[at + "://".len()..]) {
        Some(rest) => before(rest, memchr2(b'?', b'#', rest.as_bytes())).split_once('/').map_or("", |(_, path)| path),
        None => before(path, memchr(b'?', path.as_bytes())),
    };
    let path = path.strip_suffix("/__init__.py").or_else(|| path.strip_suffix("\\__init__.py")).unwrap_or(path);
    memrchr2(b'/', b'\\', path.as_bytes()).map_or(("", path), |at| (&path[..at], &path[at + 1..]))
}

/// What stands before a place in a text, else all of it.
fn before(text: &str, at: Option<usize>) -> &str {
    at.map_or(text, |at| &text[..at])
}

/// A file's name without extension and hashes, in lower case.
fn clean(name: &str) -> Cow<'_, str> {
    let stem =
        name.rsplit_once('.').filter(|(stem, end)| !stem.is_empty() && end.len() <= 6 && end.bytes().all(|b| b.is_ascii_alphanumeric()));
    let stem = stem.map_or(name, |(stem, _)| stem);
    let stem = stem.strip_suffix(".min").unwrap_or(stem);
    let stem = if stem.contains('.') { stem.split(".so").next().unwrap_or(stem) } else { stem };
    without_hashes(stem)
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) { Cow::Owned(name.to_ascii_lowercase()) } else { Cow::Borrowed(name) }
}

/// A name in lower case without the parts, between dots, hyphens and underscores, that are hashes or numbers of chunks.
pub(super) fn without_hashes(name: &str) -> Cow<'_, str> {
    let chunk = || name.contains("chunk") || name.bytes().all(|b| b.is_ascii_digit());
    if !name.as_bytes().split(|b| MARKS.contains(&char::from(*b))).any(|part| is_changing(part, chunk)) {
        return lower(name);
    }
    let mut clean = String::with_capacity(name.len());
    let mut at = 0;
    for part in name.split(MARKS) {
        if !part.is_empty() && !is_changing(part.as_bytes(), chunk) {
            if !clean.is_empty() {
                clean.push_str(&name[at - 1..at]);
            }
            clean.push_str(part);
        }
        at += part.len() + 1;
    }
    clean.make_ascii_lowercase();
    Cow::Owned(clean)
}

/// Whether a part of a name changes with each build; `chunk` if a bundler numbers the parts of this name.
fn is_changing(part: &[u8], chunk: impl Fn() -> bool) -> bool {
    let upper = || part.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let number = || part.iter().all(u8::is_ascii_digit);
    is_hash(part) || !part.is_empty() && (number() || part.len() >= HASH - 1 && upper()) && chunk()
}

/// Whether a part of a name is a hash: hex with a digit, or letters of both cases and digits that take turns.
fn is_hash(part: &[u8]) -> bool {
    if part.len() < HASH {
        return false;
    }
    let has = |is: fn(&u8) -> bool| part.iter().any(is);
    let (digit, upper) = (has(u8::is_ascii_digit), has(u8::is_ascii_uppercase));
    if !digit && !upper {
        return false;
    }
    let hex = || part.iter().all(u8::is_ascii_hexdigit);
    let mixed = upper && part.iter().all(u8::is_ascii_alphanumeric) && has(u8::is_ascii_lowercase);
    let capitals = || part.len() >= LETTERS && part.iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    digit && (hex() || capitals() || mixed && 3 * turns(part) >= part.len()) || part.len() == LETTERS && mixed && turns(part) >= 2
}

/// How often a letter follows a digit or the other way round, or a capital a small letter.
fn turns(part: &[u8]) -> usize {
    let pairs = part.windows(2);
    pairs.filter(|p| p[0].is_ascii_digit() != p[1].is_ascii_digit() || p[0].is_ascii_lowercase() && p[1].is_ascii_uppercase()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_file_of_two_builds_has_one_name() {
        for (path, expected) in [
            ("https://a.example/js/main.3f2a1bcd.js?v=2#x", "main"),
            ("https://a.example/js/shop.9c01de77.js", "shop"),
            ("/assets/checkout-DkY7sw2_.js", "checkout"),
            ("/assets/checkout-CkvHqXzB.js", "checkout"),
            ("https://a.example/chunk-XHYUZTFR.mjs", "chunk"),
            ("https://a.example/chunk-ABCDEF.mjs", "chunk"),
            ("app:///2.3f2a1bcd.chunk.js", "chunk"),
            ("/static/js/571.chunk.js", "chunk"),
            ("https://a.example/", ""),
            ("https://a.example", ""),
            ("C:\\src\\App\\Payments.cs", "payments"),
            ("/srv/app/views.py", "views"),
            ("/srv/app/jquery.min.js", "jquery"),
            ("OrderService2Handler.java", "orderservice2handler"),
            ("webpack:///./src/orders/index.ts", "orders/index"),
            ("/srv/shop/index.js", "shop/index"),
            ("package:shop/pay.dart", "pay"),
        ] {
            assert_eq!(stem(path), expected, "{path}");
        }
    }

    #[test]
    fn files_and_modules_of_the_same_code_have_one_path() {
        for (module_of, path_of, expected) in [
            ("app.views", "/srv/app/views.py", "views"),
            ("shop.pay", "/srv/shop/pay.py", "shop/pay"),
            ("shop.orders.views", "/srv/app/shop/orders/views.py", "orders/views"),
            ("shop.orders", "C:\\Work\\shop\\orders\\__init__.py", "shop/orders"),
            ("json.decoder", "/usr/lib/python3.11/json/decoder.py", "json/decoder"),
            ("six", "/venv/lib/python3.11/site-packages/six.py", "six"),
            ("worker", "/srv/releases/20261123/worker.py", "worker"),
        ] {
            assert_eq!(module(module_of), expected, "{module_of}");
            assert_eq!(path(path_of), expected, "{path_of}");
        }
    }
}
