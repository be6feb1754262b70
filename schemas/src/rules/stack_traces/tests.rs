#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::{
    super::{glob::Glob, glob::Style, matcher::Subject, matcher::Test},
    *,
};

fn one(text: &str) -> Rule {
    let (mut rules, errors) = parse(text);
    assert_eq!((rules.len(), &errors), (1, &Vec::new()), "{text}");
    rules.remove(0)
}

fn function(glob: &str) -> Matcher {
    Matcher { negated: false, test: Test::Text(Subject::Function, Glob::new(glob, Style::Exact).unwrap()) }
}

#[test]
fn rules_of_the_documentation_are_read() {
    let rules = "# mark all functions in the std namespace to be outside the app
        family:native stack.function:std::*       -app
        stack.abs_path:**/node_modules/**         -app
        stack.abs_path:**/generated/**.js         -group

        family:native max-frames=3
        stack.function:fetchSavedSearches v-group
        stack.abs_path:**/app/views/**.jsx stack.function:fetchData ^-group
        family:native stack.function:SpawnThread v-app -app
        stack.function:std::panicking::begin_panic       ^-app -app ^-group -group  # the machinery
        [ category:telemetry ] | app:yes -group
        category:system | [ app:yes ] -group
        app:no                   +app
        error.type:\"Connection Reset\" !value:*timeout* min-frames=2 category=telemetry";
    let (rules, errors) = parse(rules);
    assert_eq!((rules.len(), errors), (12, Vec::new()));
}

#[test]
fn a_rule_says_which_frames_it_is_about() {
    let rule = one("[ function:a ] | function:b function:c | [ function:d ] ^-group v+app category=x max-frames=2");
    assert_eq!(rule.caller, [function("a")]);
    assert_eq!(rule.matchers, [function("b"), function("c")]);
    assert_eq!(rule.callee, [function("d")]);
    let actions = [
        Action::Group(false, Range::TowardsCrash),
        Action::App(true, Range::TowardsStart),
        Action::Category("x".into()),
        Action::MaxFrames(2),
    ];
    assert_eq!(rule.actions, actions);
    assert_eq!(one("[function:a]|function:b -group").caller, [function("a")]);
    assert_eq!(one("function:\"a b\" -app").matchers, [function("a b")]);
}

#[test]
fn what_is_wrong_is_told_by_line_and_column_with_what_may_have_been_meant() {
    for (text, column, message, suggestion) in [
        ("fucntion:a -app", 1, "there is no condition \"fucntion\"", Some("function")),
        ("function:a -aap", 12, "there is no action", Some("-app")),
        ("function:a", 11, "an action is expected here", None),
        ("-app", 1, "a condition is expected here", None),
        ("function: -app", 10, "a pattern is expected", None),
        ("path:a[b -app", 6, "\\[", None),
        ("function:a +sentinel", 12, "+sentinel is not supported", None),
        ("function:a invert-stacktrace=1", 12, "not supported", None),
        ("function:a max-frames=x", 23, "a whole number", None),
        ("function:a max-frame=1", 12, "there is no action", Some("max-frames=")),
        ("[ function:a | function:b -app", 14, "a condition is expected", None),
        ("[ function:a ] function:b -app", 16, "| is expected", None),
        ("[ type:a ] | function:b -app", 3, "brackets are about a frame", None),
        ("function:b | function:a -app", 14, "[ is expected", None),
        ("path:** -group", 1, "every frame out of grouping", None),
        ("family:all function:* ^-group", 1, "every frame out of grouping", None),
        ("logger:x -app", 1, "there is no condition \"logger\"", None),
    ] {
        let (rules, errors) = parse(&format!("function:fine +app\n{text}"));
        assert_eq!((rules.len(), errors.len()), (1, 1), "{text}");
        let error = &errors[0];
        assert_eq!((error.pointer.as_str(), error.line, error.column), ("/stack_traces", Some(2), Some(column)), "{text}: {error:?}");
        assert!(error.message.contains(message), "{text}: {error:?}");
        assert_eq!(error.suggestion.as_deref(), suggestion, "{text}");
    }
}

#[test]
fn rules_have_limits() {
    let many = "function:a -app\n".repeat(limits::RULE_LINES + 1);
    let (rules, errors) = parse(&many);
    assert_eq!((rules.len(), errors[0].line), (limits::RULE_LINES, Some(limits::RULE_LINES + 1)));
    assert!(parse(&format!("function:{} -app", "a".repeat(limits::RULE_LINE_BYTES))).1[0].message.contains("2000 bytes"));
    let conditions = "function:a ".repeat(limits::RULE_MATCHERS + 1);
    assert!(parse(&format!("{conditions} -app")).1[0].message.contains("20 conditions"));
    assert_eq!(parse(&"nonsense\n".repeat(1_000)).1.len(), limits::RULE_ERRORS);
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_fault(text in "(function:|path:|-group|\\^|v|\\[|\\]|\\||\"| |=|max-frames|!|#|\\\\|\n|\\PC){0,24}") {
        for error in parse(&text).1 {
            let line = text.lines().nth(error.line.unwrap() - 1).unwrap();
            prop_assert!(error.column.unwrap() <= line.chars().count() + 1, "{:?}", error);
        }
    }
}
