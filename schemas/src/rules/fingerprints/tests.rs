#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn one(text: &str) -> Rule {
    let (mut rules, errors) = parse(text);
    assert_eq!((rules.len(), &errors), (1, &Vec::new()), "{text}");
    rules.remove(0)
}

fn text(text: &str) -> Template {
    vec![Piece::Text(text.to_owned())]
}

fn variable(variable: Variable) -> Template {
    vec![Piece::Variable(variable)]
}

#[test]
fn rules_of_the_documentation_are_read() {
    let rule = one("error.value:\"connection error: *\" -> connection-error, {{ transaction }}");
    assert_eq!(rule.parts, [text("connection-error"), variable(Variable::Transaction)]);
    let rule = one("logger:my.package.* level:error -> error-logger, {{ logger }} title=\"Error from Logger {{ logger }}\"");
    assert_eq!(rule.matchers.len(), 2);
    assert_eq!(rule.title, Some(vec![Piece::Text("Error from Logger ".into()), Piece::Variable(Variable::Logger)]));
    let rule = one("family:native !stack.module:\"myproject::*\" -> not-from-my-project");
    assert!(!rule.matchers[0].negated && rule.matchers[1].negated);
    let rule = one("tags.server_name:\"canary-*.mycompany.internal\" -> canary-events");
    assert_eq!(rule.text, "tags.server_name:\"canary-*.mycompany.internal\" -> canary-events");
    let rule = one("app:yes stack.function:assert -> {{default}} \"of {{ tags.tenant }}!\" x");
    let of_tenant = vec![Piece::Text("of ".into()), Piece::Variable(Variable::Tag("tenant".into())), Piece::Text("!".into())];
    assert_eq!(rule.parts, [variable(Variable::Default), of_tenant, text("x")]);
}

#[test]
fn comments_and_empty_lines_are_no_rules() {
    let (rules, errors) = parse("\n  # all of them\r\ntype:A -> a\r\n\n\ttype:B -> b\n");
    assert_eq!((rules.len(), errors), (2, Vec::new()));
}

#[test]
fn what_is_wrong_is_told_by_line_and_column_with_what_may_have_been_meant() {
    for (text, column, message, suggestion) in [
        ("error.typ:X -> x", 1, "there is no condition \"error.typ\"", Some("error.type")),
        ("type:X -> {{ trasaction }}", 11, "there is no variable \"trasaction\"", Some("transaction")),
        ("type:X -> \"a {{ tags. }}\"", 14, "there is no variable \"tags.\"", Some("tags.X")),
        ("type:X", 7, "another condition or -> is expected", None),
        ("type:X ->", 10, "a fingerprint is expected", None),
        ("-> x", 1, "a condition is expected", None),
        ("type: -> x", 6, "a pattern is expected behind type:", None),
        ("type:\"X -> x", 6, "this quote is never closed", None),
        ("type:X -> a, \"{{ logger\"", 15, "never closed", None),
        ("type:X -> {{ logger", 11, "never closed", None),
        ("type:X -> {logger}", 11, "two braces", None),
        ("type:X -> a titel=\"b\"", 13, "there is no attribute", Some("title")),
        ("type:X -> a title=b", 19, "in quotes", None),
        ("type:X -> a title=\"b\" c", 23, "nothing may follow the title", None),
        ("type:X -> \"a {{ default }}\"", 12, "by itself", None),
        ("type:X -> a title=\"{{ default }}\"", 20, "by itself", None),
        ("family:all message:* -> x", 1, "every event into one group", None),
        ("thread.name:main -> x", 1, "threads", None),
        ("[ function:a ] | function:b -> x", 1, "callers and callees are not supported", None),
        ("app:maybe -> x", 5, "yes or no", None),
        ("family:jav -> x", 8, "there is no family", Some("javascript")),
        ("value:\"é[\" function:x -> x", 7, "never closed", None),
        ("value:\"é\" nope:x -> x", 11, "there is no condition", None),
    ] {
        let (rules, errors) = parse(&format!("# first\n{text}"));
        assert_eq!((rules.len(), errors.len()), (0, 1), "{text}");
        let error = &errors[0];
        assert_eq!((error.pointer.as_str(), error.line, error.column), ("/fingerprints", Some(2), Some(column)), "{text}: {error:?}");
        assert!(error.message.contains(message), "{text}: {error:?}");
        assert_eq!(error.suggestion.as_deref(), suggestion, "{text}");
    }
}

#[test]
fn a_rule_for_every_event_may_divide_groups() {
    assert_eq!(one("message:* -> {{ default }}, {{ tags.tenant }}").parts.len(), 2);
}

#[test]
fn every_variable_has_its_names() {
    for name in Variable::NAMES {
        assert!(Variable::named(name).is_some(), "{name}");
    }
    assert_eq!(Variable::named("stack.abs_path").unwrap().missing(), "<no-abs-path>");
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_fault(text in "(type:|->|\"|\\{\\{|\\}\\}| |,|title=|logger|!|\\[|#|\\\\|\n|\\PC){0,24}") {
        for error in parse(&text).1 {
            let line = text.lines().nth(error.line.unwrap() - 1).unwrap();
            prop_assert!(error.column.unwrap() <= line.chars().count() + 1, "{:?}", error);
            prop_assert!(!error.message.is_empty());
        }
    }
}
