//! Types and methods of .NET: state machines, closures, local functions, generics.

use std::borrow::Cow;

/// Type and method. `Shop.Pay+<SaveAsync>d__12` and `MoveNext` are `Shop.Pay` and `SaveAsync`.
pub(super) fn call<'a>(module: &'a str, function: &'a str) -> (Cow<'a, str>, Cow<'a, str>) {
    let (class, made) = match module.find(".<").or_else(|| module.find("+<")) {
        Some(at) => (&module[..at], &module[at + 1..]),
        None => (module, ""),
    };
    (class_of(class), method(function, made))
}

/// Without the count of type parameters; nested types by a dot.
fn class_of(class: &str) -> Cow<'_, str> {
    let class = class.split('@').next().unwrap_or_default();
    if !class.contains(['`', '+', '[']) {
        return Cow::Borrowed(class);
    }
    let mut clean = String::with_capacity(class.len());
    let (mut count, mut depth) = (false, 0_usize);
    for c in class.chars() {
        count = c == '`' || count && c.is_ascii_digit();
        depth += usize::from(c == '[');
        if !count && depth == 0 {
            clean.push(if c == '+' { '.' } else { c });
        }
        depth = depth.saturating_sub(usize::from(c == ']'));
    }
    Cow::Owned(clean)
}

fn method<'a>(function: &'a str, made: &'a str) -> Cow<'a, str> {
    let function = function.split(" {").next().unwrap_or_default().trim_end();
    if let Some(name) = local(function) {
        return Cow::Borrowed(name);
    }
    if function.starts_with('<') {
        return Cow::Borrowed(inside(function));
    }
    if matches!(function, "MoveNext" | "Invoke" | "") && made.starts_with('<') && !inside(made).is_empty() {
        return Cow::Borrowed(inside(made));
    }
    let head = function.split('(').next().unwrap_or_default().trim_end();
    let name = head.rsplit(' ').next().unwrap_or_default();
    let name = name.split(['`', '[', '<']).next().unwrap_or_default();
    let is_constructor = name.ends_with("ctor");
    Cow::Borrowed(if is_constructor { name } else { name.rsplit('.').next().unwrap_or_default() })
}

/// A function within another: `<Save>g__Check|3_0` and `Save(int id)+Check(int id)` are `Check`.
fn local(function: &str) -> Option<&str> {
    if let Some((_, rest)) = function.split_once(">g__") {
        return rest.split('|').next();
    }
    let (_, rest) = function.split_once(")+")?;
    rest.split('(').next().filter(|name| !name.is_empty())
}

/// The name in angle brackets: `<Save>b__0_1`, `<<Main>$>d__0`.
fn inside(made: &str) -> &str {
    let rest = made.trim_start_matches('<');
    let name = rest.split('>').next().unwrap_or_default();
    if rest.len() == made.len() { "" } else { name }
}
