//! Classes and methods of Java, Kotlin, Scala, Groovy and Clojure.

use std::borrow::Cow;

use memchr::{memchr_iter, memchr2};

/// Methods through which a lambda or coroutine runs.
const RUNS: [&str; 18] = [
    "invoke",
    "invokeSuspend",
    "invokeStatic",
    "invokePrim",
    "doInvoke",
    "doCall",
    "apply",
    "applyOrElse",
    "call",
    "run",
    "accept",
    "get",
    "emit",
    "collect",
    "test",
    "compare",
    "execute",
    "handle",
];
/// Longest name that is taken for the work of ProGuard or R8.
const MINIFIED: usize = 2;

/// Class and method; `None` if an obfuscator renamed both.
pub(super) fn call<'a>(module: &'a str, function: &'a str) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
    let (class, inner) = class(module);
    let method = method(function);
    let method = match inner {
        Some(name) if RUNS.contains(&&*method) => Cow::Borrowed(name),
        _ => method,
    };
    let renamed = is_renamed(class.rsplit('.').next().unwrap_or_default());
    match (renamed, is_renamed(&method)) {
        (true, true) => None,
        (true, false) => Some((Cow::Borrowed(""), method)),
        _ => Some((class, method)),
    }
}

fn is_renamed(name: &str) -> bool {
    !name.is_empty() && name.len() <= MINIFIED && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// The class without numbers of lambdas and anonymous classes, and the method that a class made by the compiler
/// stands in: `Pay$charge$1` is `Pay` and `charge`, `Pay$Inner` is itself.
pub(super) fn class(name: &str) -> (Cow<'_, str>, Option<&str>) {
    let Some(first) = memchr_iter(b'$', name.as_bytes()).find(|at| *at > 0) else { return (Cow::Borrowed(name), None) };
    let mut class = Cow::Borrowed(&name[..first]);
    let mut inner = None;
    for part in name[first + 1..].split('$') {
        if part.is_empty() || part.bytes().all(|b| b.is_ascii_digit()) || matches!(part, "anonfun" | "anon" | "lambda" | "sam" | "fn") {
            continue;
        }
        if part.starts_with(|c: char| c.is_uppercase()) && inner.is_none() {
            class = Cow::Owned([&*class, "$", part].concat());
        } else if inner.is_none() && !part.starts_with("fn__") {
            inner = Some(groovy(part));
        }
    }
    (class, inner)
}

/// `_charge_closure1` is `charge`.
fn groovy(part: &str) -> &str {
    match part.find("_closure") {
        Some(at) => part[..at].trim_start_matches('_'),
        None => part,
    }
}

/// The method without the numbers of lambdas: `lambda$charge$0`, `charge$lambda-0`, `$anonfun$charge$1` are `charge`.
fn method(name: &str) -> Cow<'_, str> {
    if memchr2(b'$', b'-', name.as_bytes()).is_none() {
        return Cow::Borrowed(name);
    }
    let mut lambda = false;
    for part in name.split('$') {
        if matches!(part, "lambda" | "anonfun" | "") {
            lambda = true;
            continue;
        }
        let part = part.split('-').next().unwrap_or_default();
        return match part {
            "new" if lambda => Cow::Borrowed("<init>"),
            "static" if lambda => Cow::Borrowed("<clinit>"),
            "" => Cow::Borrowed(name),
            part => Cow::Borrowed(part),
        };
    }
    Cow::Borrowed(name)
}
