//! Function and module names without what compilers, runtimes and browsers add and change.

use std::borrow::Cow;

use super::{files, frames::Family};

/// Digits from which a number within a name is taken for an id that was made at run time.
const LONG_NUMBER: usize = 5;
/// Longest name of a JavaScript function that is taken for the work of a minifier; it changes with each build.
const MINIFIED: usize = 2;

/// The function's name as it stays from build to build; empty if it says nothing.
pub(super) fn clean(function: &str, family: Family) -> Cow<'_, str> {
    let function = function.trim();
    if matches!(function, "" | "?" | "<unknown>" | "<anonymous>" | "<redacted>" | "(unknown)" | "unknown") {
        return Cow::Borrowed("");
    }
    let cleaned = match family {
        Family::JavaScript => Cow::Borrowed(javascript(function)),
        Family::Java => java(function),
        // A line of a backtrace that the SDK could not take apart.
        Family::Rust | Family::Native if function.starts_with("at /") || function.starts_with("at ./") => Cow::Borrowed(""),
        Family::Rust => rust(function),
        Family::Native if function.starts_with('<') && !function.starts_with("<lambda") => rust(function),
        Family::Native => native(function),
        Family::Go => go(function),
        Family::CSharp => csharp(function),
        Family::Php => php(function),
        Family::Ruby => ruby(function),
        Family::Python | Family::Other => Cow::Borrowed(function),
    };
    without_long_numbers(cleaned)
}

/// The module's name as it stays from build to build.
pub(super) fn clean_module(module: &str, family: Family) -> Cow<'_, str> {
    match family {
        Family::JavaScript => files::without_hashes(module),
        Family::Java => without_long_numbers(java(module)),
        Family::Rust => rust(module),
        Family::Php => php(module),
        _ => Cow::Borrowed(module),
    }
}

/// Without receiver, `async`, `new` and `[as name]`. Browsers name code without a function differently.
fn javascript(function: &str) -> &str {
    let name = function.split(" [as ").next().unwrap_or_default();
    let name = name.trim_start_matches("async ").trim_start_matches("new ");
    let name = name.rsplit('.').next().unwrap_or_default();
    let nothing = matches!(
        name,
        "eval" | "eval code" | "global code" | "module code" | "native code" | "[native code]" | "anonymous" | "Anonymous function"
    );
    let nested = name.ends_with("/<") || name.ends_with('<') || name.starts_with('<') || name == "*";
    if nothing || nested || name.len() <= MINIFIED { "" } else { name }
}

/// Without the numbers of lambdas, proxies and anonymous classes, and what byte-code generators append.
fn java(name: &str) -> Cow<'_, str> {
    let known = ["$$", "_$$_", "HibernateProxy", "ByteBuddy"];
    let end = known.iter().filter_map(|mark| name.find(mark)).min().unwrap_or(name.len());
    let head = &name[..end];
    if !head.contains('$') && !head.contains("Accessor") {
        return if end < name.len() { Cow::Owned(format!("{head}<auto>")) } else { Cow::Borrowed(head) };
    }
    let mut clean = String::with_capacity(head.len());
    for part in head.split_inclusive(['$', '.', '/']) {
        let bare = part.trim_end_matches(['$', '.', '/']);
        let generated = bare.bytes().all(|b| b.is_ascii_digit()) || bare.starts_with("Proxy") || bare.contains("Accessor");
        clean.push_str(if generated { bare.trim_end_matches(|c: char| c.is_ascii_digit()) } else { bare });
        clean.push_str(&part[bare.len()..]);
    }
    if end < name.len() {
        clean.push_str("<auto>");
    }
    Cow::Owned(clean)
}

/// Without the hash of the symbol and the numbers of closures and impls.
fn rust(name: &str) -> Cow<'_, str> {
    let hash = name.rfind("::h").filter(|at| name.len() - at == 19 && name[at + 3..].bytes().all(|b| b.is_ascii_hexdigit()));
    let name = &name[..hash.unwrap_or(name.len())];
    if name.contains('#') { Cow::Owned(without_digits_after(name, '#')) } else { Cow::Borrowed(name) }
}

/// Without arguments, template arguments, symbol versions and offsets.
fn native(name: &str) -> Cow<'_, str> {
    let name = name.split("@@").next().unwrap_or_default();
    let name = name.split(" + ").next().unwrap_or_default();
    if name.contains("operator") || name.starts_with(['-', '+']) || !name.contains(['(', '<']) {
        return Cow::Borrowed(name);
    }
    let mut clean = String::with_capacity(name.len());
    let mut depth = 0_usize;
    for (at, c) in name.char_indices() {
        match c {
            '(' if depth == 0 && name[at..].starts_with("(anonymous namespace)") => clean.push_str("(anonymous)"),
            _ => {}
        }
        match c {
            '(' | '<' => depth += 1,
            ')' | '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => clean.push(c),
            _ => {}
        }
    }
    let clean = clean.trim().trim_end_matches(" const").to_owned();
    if clean.is_empty() { Cow::Borrowed(name) } else { Cow::Owned(clean) }
}

/// Closures are numbered in the order of the source: `run.func1.2` and `run.func3` are both `run.func`.
fn go(name: &str) -> Cow<'_, str> {
    let name = name.trim_end_matches("-fm");
    if !name.split('.').any(is_closure) {
        return Cow::Borrowed(name);
    }
    let mut clean = String::with_capacity(name.len());
    for part in name.split('.') {
        let part = if is_closure(part) { "func" } else { part };
        if part == "func" && clean.ends_with("func") {
            continue;
        }
        if !clean.is_empty() {
            clean.push('.');
        }
        clean.push_str(part);
    }
    Cow::Owned(clean)
}

fn is_closure(part: &str) -> bool {
    let number = part.strip_prefix("func").or_else(|| part.strip_prefix("gowrap")).unwrap_or(part);
    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

/// Without the numbers of state machines (`<Save>d__12`), closures (`<>c__DisplayClass3_0`) and generics (`List`1`).
fn csharp(name: &str) -> Cow<'_, str> {
    if !name.contains("__") && !name.contains('`') {
        return Cow::Borrowed(name);
    }
    let mut clean = String::with_capacity(name.len());
    let mut numbers = false;
    for (at, c) in name.char_indices() {
        numbers = c == '`' || name[..at].ends_with("__") || name[..at].ends_with("DisplayClass") || numbers && is_number(c);
        if !(numbers && is_number(c)) && c != '`' {
            clean.push(c);
        }
    }
    Cow::Owned(clean)
}

fn is_number(c: char) -> bool {
    c.is_ascii_digit() || c == '_'
}

/// Without the place that names anonymous classes and closures.
fn php(name: &str) -> Cow<'_, str> {
    if let Some(at) = name.find("@anonymous") {
        let rest = name[at..].find("::").filter(|_| name.contains('$')).map_or("", |method| &name[at + method..]);
        return Cow::Owned(format!("{}{rest}", &name[..at + "@anonymous".len()]));
    }
    match name.find("{closure") {
        Some(at) => Cow::Owned(format!("{}{{closure}}", &name[..at])),
        None => Cow::Borrowed(name),
    }
}

/// Without the receiver that newer versions add, without levels of blocks and the numbers of template methods.
fn ruby(name: &str) -> Cow<'_, str> {
    let name = name.strip_prefix("Kernel#").unwrap_or(name);
    let (block, method) = match name.split_once(" in ") {
        Some((block, method)) => (block.split(" (").next().unwrap_or_default(), method),
        None => ("", name),
    };
    let method = method.rsplit(['#', '.']).next().unwrap_or_default();
    let method = method.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    match (block, method) {
        (_, "") => Cow::Borrowed(name),
        ("", method) => Cow::Borrowed(method),
        (block, method) => Cow::Owned(format!("{block} in {method}")),
    }
}

fn without_digits_after(name: &str, mark: char) -> String {
    let mut clean = String::with_capacity(name.len());
    let mut numbers = false;
    for c in name.chars() {
        numbers = c == mark || numbers && c.is_ascii_digit();
        if !numbers || c == mark {
            clean.push(c);
        }
    }
    clean
}

fn without_long_numbers(name: Cow<'_, str>) -> Cow<'_, str> {
    if !name.as_bytes().windows(LONG_NUMBER).any(|w| w.iter().all(u8::is_ascii_digit)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_by_build_browser_or_run_are_one() {
        for (family, same, expected) in [
            (Family::JavaScript, &["HTMLButtonElement.onStock", "onStock", "Object.onStock [as click]", "async onStock"][..], "onStock"),
            (Family::JavaScript, &["", "?", "eval", "Anonymous function", "run/<", "<anonymous>", "t", "e.n", "eval code"], ""),
            (Family::Java, &["lambda$run$0", "lambda$run$17"], "lambda$run$"),
            (Family::Java, &["com.a.Job$$Lambda$14/0x0000000800c8", "com.a.Job$$EnhancerBySpringCGLIB$$ab12"], "com.a.Job<auto>"),
            (Family::Java, &["com.sun.proxy.$Proxy12", "com.sun.proxy.$Proxy3"], "com.sun.proxy.$Proxy"),
            (Family::Java, &["com.a.Outer$1", "com.a.Outer$2"], "com.a.Outer$"),
            (Family::Rust, &["shop::pay::h0123456789abcdef", "shop::pay::hfedcba9876543210", "shop::pay"], "shop::pay"),
            (Family::Rust, &["shop::run::{closure#0}", "shop::run::{closure#12}"], "shop::run::{closure#}"),
            (Family::Native, &["a::run(int, std::vector<int>)", "a::run<char>(char)", "a::run"], "a::run"),
            (Family::Native, &["(anonymous namespace)::go(int)"], "(anonymous)::go"),
            (Family::Native, &["-[Shop pay:with:]"], "-[Shop pay:with:]"),
            (Family::Go, &["main.run.func1", "main.run.func3", "main.run.func1.2"], "main.run.func"),
            (Family::Go, &["(*Server).Serve"], "(*Server).Serve"),
            (Family::CSharp, &["<SaveAsync>d__12.MoveNext", "<SaveAsync>d__3.MoveNext"], "<SaveAsync>d__.MoveNext"),
            (Family::Php, &["class@anonymous\0/srv/a.php:12$0", "class@anonymous"], "class@anonymous"),
            (Family::Php, &["App\\{closure:/srv/a.php:12}", "App\\{closure}"], "App\\{closure}"),
            (Family::Ruby, &["block (2 levels) in Shop#pay", "block in pay"], "block in pay"),
            (Family::Ruby, &["_app_views_show__1234_5678", "_app_views_show__99_1"], "_app_views_show"),
            (Family::Python, &["<lambda>"], "<lambda>"),
            (Family::Other, &["task_1234567", "task_7654321"], "task_"),
        ] {
            for name in same {
                assert_eq!(clean(name, family), expected, "{name}");
            }
        }
    }
}
