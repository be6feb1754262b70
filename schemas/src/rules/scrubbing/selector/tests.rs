#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn path(text: &str) -> Vec<Item> {
    match text.parse().unwrap() {
        Selector::Path(items) => items,
        other => panic!("{text}: {other:?}"),
    }
}

fn key(name: &str) -> Item {
    Item::Key(name.to_owned())
}

#[test]
fn paths_are_read_part_by_part() {
    assert_eq!(path("extra.foo"), [key("extra"), key("foo")]);
    assert_eq!(path("extra.'my key'.'it''s'"), [key("extra"), key("my key"), key("it's")]);
    assert_eq!(path("extra.**"), [key("extra"), Item::Deep]);
    assert_eq!(path(" extra.*.0 "), [key("extra"), Item::One, Item::Index(0)]);
    assert_eq!(path("$frame.vars"), [Item::Type(Type::Frame), key("vars")]);
    assert_eq!(path("$error"), path("$exception"));
    assert_eq!(path("request.headers.X-Api-Key"), [key("request"), key("headers"), key("X-Api-Key")]);
}

#[test]
fn lists_may_be_written_as_sentry_sends_them_as_we_keep_them_or_without_their_elements() {
    let canonical = [key("exception"), Item::One, key("value")];
    for text in ["exception.value", "exception.values.*.value", "exception.*.value", "exception.values.value"] {
        assert_eq!(path(text), canonical, "{text}");
    }
    assert_eq!(path("exceptions.0.value"), [key("exceptions"), Item::Index(0), key("value")]);
    assert_eq!(path("breadcrumbs.values.0.data.x"), [key("breadcrumbs"), Item::Index(0), key("data"), key("x")]);
    assert_eq!(path("extra.threads.name"), [key("extra"), key("threads"), key("name")]);
}

#[test]
fn and_binds_closer_than_or_and_not_closest() {
    let foo = || Selector::Path(vec![key("foo")]);
    let bar = || Selector::Path(vec![key("bar")]);
    let not = |of| Selector::Not(Box::new(of));
    assert_eq!("foo || bar && !foo".parse(), Ok(Selector::Any(vec![foo(), Selector::All(vec![bar(), not(foo())])])));
    assert_eq!("(foo|bar)&~foo".parse(), Ok(Selector::All(vec![Selector::Any(vec![foo(), bar()]), not(foo())])));
    assert_eq!("!(foo)".parse(), Ok(not(foo())));
}

#[test]
fn what_cannot_be_read_is_named_with_its_place_and_a_remedy() {
    for (text, column, says, suggestion) in [
        ("", 1, "found the end", None),
        ("extra.", 7, "found the end", None),
        ("extra.my key", 10, "single quotes", Some("'my key'")),
        ("foo && ", 8, "found the end", None),
        ("foo bar", 5, "single quotes", Some("'foo bar'")),
        ("extra.a@b", 8, "single quotes", Some("'a@b'")),
        ("$strng", 1, "no values are of a type $strng", Some("$string")),
        ("a || $user.$framee.x", 12, "no values are of a type", Some("$frame")),
        ("extra.'x", 7, "never closed", None),
        ("(foo || bar", 12, "expected `)`", None),
        ("foo)", 4, "never opened", None),
        ("a.**.b.**", 8, "once in a path", None),
        ("größe.ß!", 8, "found '!'", None),
    ] {
        let error = text.parse::<Selector>().unwrap_err();
        assert_eq!(error.column, column, "{text}: {error:?}");
        assert!(error.message.contains(says), "{text}: {error:?}");
        assert_eq!(error.suggestion.as_deref(), suggestion, "{text}");
    }
    let deep = format!("{}a", "!".repeat(30));
    assert!(deep.parse::<Selector>().unwrap_err().message.contains("deep"));
}

#[test]
fn selectors_that_match_everywhere_are_known() {
    for broad in ["*", "**", "$string", "$number || foo", "$object.**", "$event.*", "!foo", "$string && !extra.foo", "$event"] {
        assert!(broad.parse::<Selector>().unwrap().is_broad(), "{broad}");
    }
    for narrow in ["foo", "extra.**", "$frame.vars", "foo && $string", "$user.*", "!**", "**.foo", "$attachments.*"] {
        assert!(!narrow.parse::<Selector>().unwrap().is_broad(), "{narrow}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_within_it(text in "[a-z$*.&|!()' 0-9ü@-]{0,30}") {
        if let Err(error) = text.parse::<Selector>() {
            prop_assert!(error.column >= 1 && error.column <= text.chars().count() + 1, "{error:?}");
        }
    }
}
