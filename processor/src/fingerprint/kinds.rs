//! Types of exceptions, as they are the same through every door.
//!
//! SDKs give a type with or without its package (`IllegalStateException` and `java.lang` apart, `App\Err` whole);
//! text has it whole. Its last part is what all have.

use std::borrow::Cow;

use schemas::event::Exception;

use super::{family::Family, functions};
use crate::template::template;

/// Types of Go that say nothing: what went wrong is in the message.
const GO: [&str; 16] = [
    "panic",
    "error",
    "errorString",
    "wrapError",
    "wrapErrors",
    "joinError",
    "fundamental",
    "withStack",
    "withMessage",
    "Error",
    "boundsError",
    "errorAddressString",
    "plainError",
    "plainErrorString",
    "TypeAssertionError",
    "fatal error",
];
/// The same of Rust.
const RUST: [&str; 3] = ["panic", "Error", "Report"];
/// Types that say that calls went too deep.
const OVERFLOWS: [&str; 6] =
    ["RecursionError", "StackOverflowError", "StackOverflowException", "SystemStackError", "StackOverflow", "InternalError"];

/// The exception's type, if it says anything: empty for those that an SDK made up.
pub(super) fn of(exception: &Exception, family: Family) -> Cow<'_, str> {
    let synthetic = exception.mechanism.as_ref().and_then(|m| m.synthetic) == Some(true);
    let kind = exception.kind.as_deref().unwrap_or_default().trim();
    if synthetic || kind.is_empty() || family == Family::Go && is_mute(exception, family) {
        return Cow::Borrowed("");
    }
    if family == Family::JavaScript {
        return javascript(exception, kind);
    }
    if kind.contains(char::is_whitespace) {
        return Cow::Owned(template(kind));
    }
    functions::without_run_numbers(last(kind), family)
}

/// Engines disagree about the type of calls that went too deep; minifiers rename classes.
fn javascript<'a>(exception: &Exception, kind: &'a str) -> Cow<'a, str> {
    let name = last(kind);
    match name {
        _ if is_overflow(exception) => Cow::Borrowed("RangeError"),
        _ if name.len() <= functions::MINIFIED => Cow::Borrowed(""),
        _ if kind.contains(char::is_whitespace) => Cow::Owned(template(kind)),
        _ => Cow::Borrowed(name),
    }
}

/// The last part of a type's name, without type arguments and pointers.
pub(super) fn last(kind: &str) -> &str {
    let kind = kind.trim_start_matches(['*', '&']);
    let end = kind.find(['<', '[', '`', '(']).filter(|at| *at > 0).unwrap_or(kind.len());
    let name = kind[..end].trim_end_matches([':', '.', '\\', '/']);
    name.rsplit(['.', ':', '\\', '/']).next().unwrap_or(name)
}

/// Whether the type says nothing and the message what went wrong, as programs of this family have it.
pub(super) fn is_mute(exception: &Exception, family: Family) -> bool {
    let kind = exception.kind.as_deref().unwrap_or_default().trim();
    match family {
        Family::Go => kind.is_empty() || GO.contains(&if kind.contains(' ') { kind } else { last(kind) }),
        Family::Rust => RUST.contains(&last(kind)),
        _ => false,
    }
}

/// Whether calls went too deep.
pub(super) fn is_overflow(exception: &Exception) -> bool {
    let name = last(exception.kind.as_deref().unwrap_or_default());
    let value = exception.value.as_deref().unwrap_or_default();
    let says = || {
        ["all stack size exceeded", "too much recursion", "stack overflow", "stack exceeds", "overflowed its stack"]
            .iter()
            .any(|words| value.contains(words))
    };
    match name {
        "RangeError" | "InternalError" | "Error" | "panic" | "fatal error" | "runtime" | "SIGSEGV" | "EXC_BAD_ACCESS" => says(),
        _ => OVERFLOWS.contains(&name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_its_last_part() {
        for (kind, expected) in [
            ("java.lang.IllegalStateException", "IllegalStateException"),
            ("com.shop.Pay$Failed", "Pay$Failed"),
            ("App\\Errors\\PayFailed", "PayFailed"),
            ("Net::ReadTimeout", "ReadTimeout"),
            ("*main.PayError", "PayError"),
            ("*shop.Wrapped[github.com/shop/pay.Order]", "Wrapped"),
            ("Shop.Result`1[System.Int32]", "Result"),
            ("boost::exception_detail::clone_impl<std::runtime_error>", "clone_impl"),
            ("ValueError", "ValueError"),
            ("<unknown>", "<unknown>"),
        ] {
            assert_eq!(last(kind), expected, "{kind}");
        }
    }
}
