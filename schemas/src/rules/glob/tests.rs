#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

#[test]
fn names_match_whole_and_by_case() {
    for (glob, value, expected) in [
        ("malloc", "malloc", true),
        ("malloc", "mallocs", false),
        ("malloc", "Malloc", false),
        ("std::*", "std::panicking::begin_panic", true),
        ("std::*", "shop::std::x", false),
        ("*::{new,with_?}", "Cart::new", true),
        ("*::{new,with_?}", "Cart::with_7", true),
        ("*::{new,with_?}", "Cart::without", false),
        ("*Timeout*Error", "ReadTimeoutOnSocketError", true),
        ("*Timeout*Error", "ReadTimeoutErrors", false),
        ("a*b*a", "aba", true),
        ("a*b*a", "ab", false),
        ("[A-Z]at", "Cat", true),
        ("[A-Z]at", "cat", false),
        ("[!A-Z]at", "éat", true),
        ("\\[object Object\\]", "[object Object]", true),
        ("App\\Http\\Pay", "App\\Http\\Pay", true),
        ("App\\\\*", "App\\Http", true),
        ("?", "é", true),
        ("", "", true),
        ("*", "", true),
        ("**", "a/b", true),
    ] {
        assert_eq!(Glob::new(glob, Style::Exact).unwrap().matches(value), expected, "{glob} {value}");
    }
    assert!(Glob::new("*Connection Error*", Style::AnyCase).unwrap().matches("a CONNECTION error: x"));
}

#[test]
fn stars_of_paths_know_of_slashes() {
    for (glob, value, expected) in [
        ("**/node_modules/**", "/srv/app/node_modules/got/index.js", true),
        ("**/node_modules/**", "node_modules/got/index.js", true),
        ("**/node_modules/**", "C:\\app\\Node_Modules\\got\\index.js", true),
        ("**/node_modules/**", "/srv/my_node_modules/x.js", false),
        ("**/vendor/foo/*.c", "/src/vendor/foo/a.c", true),
        ("**/vendor/foo/*.c", "/src/vendor/foo/sub/a.c", false),
        ("**/*.gen.c", "foo.gen.c", true),
        ("**/*.gen.c", "foo/bar.gen.c", true),
        ("**/generated/**.js", "https://shop.example/generated/a/b.js", true),
        ("**src/getsentry/**", "/usr/src/getsentry/x.py", true),
        ("/app/*/views.py", "/app/shop/views.py", true),
        ("/app/*/views.py", "/app/a/b/views.py", false),
        ("/app/**/views.py", "/app/views.py", true),
        ("/vendor/**", "vendor/x.php", true),
        ("?:/Windows/**", "D:\\Windows\\System32\\kernel32.dll", true),
        ("C:\\Windows\\**", "c:/windows/x.dll", true),
        ("a?b", "a/b", false),
        ("linux-gate.so", "linux-gate.so", true),
        ("**/a*/**/b", "/ax/c/ay/b", true),
        ("**/a/*/b", "/a/a/c/b", true),
        ("**/", "a/b/", true),
        ("**/", "a/b", false),
    ] {
        assert_eq!(Glob::new(glob, Style::Path).unwrap().matches(value), expected, "{glob} {value}");
    }
}

#[test]
fn what_is_no_glob_is_told_with_the_remedy() {
    for (glob, at, message) in [
        ("a[b", 1, "\\["),
        ("a{b", 1, "\\{"),
        ("a}b", 1, "\\}"),
        ("{a,{b}}", 3, "braces can't stand in braces"),
        ("{a,b}{a,b}{a,b}{a,b}{a,b}", 0, "at most 16"),
    ] {
        let error = Glob::new(glob, Style::Exact).unwrap_err();
        assert_eq!(error.at, at, "{glob}: {error}");
        assert!(error.message.contains(message), "{glob}: {error}");
    }
    assert!(Glob::new(&"?".repeat(limits::GLOB_WILDCARDS + 1), Style::Exact).is_err());
    assert!(Glob::new(&"x".repeat(limits::GLOB_BYTES + 1), Style::Exact).is_err());
}

#[test]
fn a_glob_for_everything_is_known() {
    for (glob, style, expected) in [
        ("*", Style::Exact, true),
        ("**/*", Style::Path, true),
        ("**", Style::Path, true),
        ("*.*", Style::Path, true),
        ("{a,*}", Style::Exact, true),
        ("**/*.js", Style::Path, false),
        ("<*>", Style::Exact, false),
        ("?", Style::Exact, false),
    ] {
        assert_eq!(Glob::new(glob, style).unwrap().says_nothing(), expected, "{glob}");
    }
}

use crate::limits;

proptest! {
    #[test]
    fn any_text_is_a_glob_or_an_error_and_matches_without_a_fault(glob in "[a*?/\\\\\\[\\]{},!é-]{0,12}", value in "[ab/\\\\é]{0,12}") {
        for style in [Style::Exact, Style::AnyCase, Style::Path] {
            if let Ok(glob) = Glob::new(&glob, style) {
                glob.matches(&value);
            }
        }
    }

    #[test]
    fn a_glob_says_what_the_same_regular_expression_would(glob in "[ab*?]{0,8}", value in "[ab]{0,10}") {
        prop_assert_eq!(Glob::new(&glob, Style::Exact).unwrap().matches(&value), plain(glob.as_bytes(), value.as_bytes()));
    }

    #[test]
    fn a_keyword_stands_in_all_that_matches(glob in "[abc*?]{1,6}", value in "[abc]{0,8}") {
        let glob = Glob::new(&glob, Style::Exact).unwrap();
        if glob.matches(&value) {
            prop_assert!(glob.keyword().is_none_or(|keyword| value.contains(keyword)));
        }
    }
}

/// What a glob means, by definition and without any care for time.
fn plain(glob: &[u8], value: &[u8]) -> bool {
    match (glob.split_first(), value.split_first()) {
        (None, None) => true,
        (Some((b'*', glob)), None) => plain(glob, value),
        (Some((b'*', rest)), Some((_, shorter))) => plain(rest, value) || plain(glob, shorter),
        (Some((b'?', glob)), Some((_, value))) => plain(glob, value),
        (Some((a, glob)), Some((b, value))) => a == b && plain(glob, value),
        _ => false,
    }
}
