#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::{
    fields::Field,
    query::{Value, Wildcard},
};

fn equals(name: &str, value: Value) -> Expr {
    Expr::Field(field(0..0, name).unwrap(), Test::Equals(value))
}

fn keyword(name: &str, value: &str) -> Expr {
    equals(name, Value::Keyword(value.into()))
}

fn not(expr: Expr) -> Expr {
    Expr::Not(Box::new(expr))
}

fn text(tokens: &[&str]) -> Expr {
    Expr::Text(tokens.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>().into())
}

fn like(name: &str, pieces: &[&str]) -> Expr {
    let piece = |piece: &&str| match *piece {
        "*" => Piece::AnyMany,
        "?" => Piece::AnyOne,
        literal => Piece::Literal(literal.into()),
    };
    Expr::Field(field(0..0, name).unwrap(), Test::Wildcard(Wildcard(pieces.iter().map(piece).collect())))
}

fn range(name: &str, from: Bound<Value>, to: Bound<Value>) -> Expr {
    Expr::Field(field(0..0, name).unwrap(), Test::Range(from, to))
}

#[test]
fn terms_that_follow_each_other_all_hold() {
    assert_eq!(parse(""), Ok(Expr::All));
    assert_eq!(parse(" \t\n"), Ok(Expr::All));
    assert_eq!(parse(" service:checkout "), Ok(keyword("service", "checkout")));
    let both = parse("level:error -environment:dev tags.tenant:acme \"connection reset\" refused").unwrap();
    let expected = vec![
        keyword("level", "error"),
        not(keyword("environment", "dev")),
        keyword("tags.tenant", "acme"),
        text(&["connection", "reset"]),
        text(&["refused"]),
    ];
    assert_eq!(both, Expr::And(expected));
}

#[test]
fn minus_and_not_turn_a_term_around() {
    assert_eq!(parse("-service:a"), Ok(not(keyword("service", "a"))));
    assert_eq!(parse("NOT service:a"), Ok(not(keyword("service", "a"))));
    assert_eq!(parse("NOT -service:a"), Ok(keyword("service", "a")));
    assert_eq!(parse("-has:user"), Ok(not(Expr::Field(FieldRef::new(Field::User), Test::Exists))));
    assert_eq!(parse("-refused"), Ok(not(text(&["refused"]))));
    assert_eq!(parse("re-fused"), Ok(text(&["re", "fused"])));
    assert_eq!(parse("NOTHING"), Ok(text(&["nothing"])));
}

#[test]
fn values_take_quotes_escapes_and_wildcards() {
    for (query, expected) in [
        (r#"message:"connection reset""#, keyword("message", "connection reset")),
        (r#"message:"say \"hi\" to C:\Users\\x""#, keyword("message", r#"say "hi" to C:\Users\x"#)),
        (r#"message:"a*b?""#, keyword("message", "a*b?")),
        (r"message:a\ b\*\:", keyword("message", "a b*:")),
        (r"message:C:\Users", keyword("message", r"C:\Users")),
        (r"message:\", keyword("message", r"\")),
        ("release:checkout@1.2.0+b:7", keyword("release", "checkout@1.2.0+b:7")),
        ("tags.tenant:ac*", like("tags.tenant", &["ac", "*"])),
        ("message:*timed?out**", like("message", &["*", "timed", "?", "out", "*"])),
        (r#"message:"timed * out"*"#, like("message", &["timed * out", "*"])),
        ("level:err*", like("level", &["err", "*"])),
        ("service:*", Expr::Field(FieldRef::new(Field::Service), Test::Exists)),
        ("status:*", Expr::Field(FieldRef::new(Field::Status), Test::Exists)),
        (r#"tags."a b:c":d"#, keyword("tags.a b:c", "d")),
        ("tags.größe:xl", keyword("tags.größe", "xl")),
        ("has:tags.tenant", Expr::Field(FieldRef::tag("tenant"), Test::Exists)),
        (r#"has:tags."a b""#, Expr::Field(FieldRef::tag("a b"), Test::Exists)),
    ] {
        assert_eq!(parse(query), Ok(expected), "{query}");
    }
}

#[test]
fn values_have_the_type_of_their_field_and_its_stored_form() {
    for (query, expected) in [
        ("status:503", equals("status", Value::Long(503))),
        ("handled:false", equals("handled", Value::Bool(false))),
        ("level:FATAL", keyword("level", "critical")),
        ("severity:warn", keyword("level", "warning")),
        ("category:rate_limit", keyword("category", "RATE_LIMIT")),
        ("priority:Major", keyword("priority", "major")),
        ("type:KeyError", keyword("error.type", "KeyError")),
        ("id:FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0", keyword("id", "fc6d8c0c43fc4630ad850ee518f1b9d0")),
        ("timestamp:1790000000123", equals("timestamp", Value::Millis(1_790_000_000_123))),
        // 2026-09-21T14:13:20Z is 1,790,000,000 s.
        ("timestamp:2026-09-21T14:13:20.123Z", equals("timestamp", Value::Millis(1_790_000_000_123))),
        ("timestamp:2026-09-21T16:13:20+02:00", equals("timestamp", Value::Millis(1_790_000_000_000))),
        ("timestamp:2026-09-21T14:13:20", equals("timestamp", Value::Millis(1_790_000_000_000))),
        ("timestamp:>=2026-09-21", range("timestamp", Bound::Included(Value::Millis(1_789_948_800_000)), Bound::Unbounded)),
        ("status:>=500", range("status", Bound::Included(Value::Long(500)), Bound::Unbounded)),
        ("status:>500", range("status", Bound::Excluded(Value::Long(500)), Bound::Unbounded)),
        ("status:<=-5", range("status", Bound::Unbounded, Bound::Included(Value::Long(-5)))),
        ("status:<500", range("status", Bound::Unbounded, Bound::Excluded(Value::Long(500)))),
        ("status:[500 TO 599]", range("status", Bound::Included(Value::Long(500)), Bound::Included(Value::Long(599)))),
        ("status:[ 500  TO * ]", range("status", Bound::Included(Value::Long(500)), Bound::Unbounded)),
    ] {
        assert_eq!(parse(query), Ok(expected), "{query}");
    }
    let long = "x".repeat(2_000);
    assert_eq!(parse(&format!("message:{long}")), Ok(keyword("message", &long[..limits::KEYWORD_BYTES])));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (query, at, message) in [
        ("a enviroment:x", 2, "unknown field \"enviroment\", did you mean \"environment\"?"),
        ("zzz:x", 0, "unknown field \"zzz\"; put it into quotes to search for the text"),
        ("status:abc", 7, "status must be a whole number like 503, not \"abc\""),
        ("status:5*", 7, "status takes no wildcards; write status:>=from or status:[from TO to]"),
        ("status:>5*", 8, "a comparison takes no wildcards"),
        ("status:99999999999999999999", 7, "status must be a whole number like 503, not \"99999999999999999999\""),
        ("level:bad", 6, "level must be one of debug, info, warning, error, critical, not \"bad\""),
        ("priority:p1", 9, "priority must be one of critical, major, minor, warning, not \"p1\""),
        ("id:12", 3, "id must be 32 hex digits, with or without hyphens, not \"12\""),
        ("handled:maybe", 8, "handled must be one of false, true, not \"maybe\""),
        ("handled:t*", 8, "handled is true or false; it takes no wildcards"),
        ("timestamp:soon", 10, "timestamp must be a time like 2026-01-31T12:00:00Z, a day or milliseconds since 1970, not \"soon\""),
        ("service:", 8, "a value is expected after service:, or -has:service for events without one"),
        ("service:\"\"", 8, "a value is expected after service:, or -has:service for events without one"),
        ("service:>5", 9, "service has no order; put a value that begins with <, > or [ into quotes"),
        ("message:[x]", 9, "message has no order; put a value that begins with <, > or [ into quotes"),
        ("status:[1 2]", 10, "a range is written status:[from TO to]"),
        ("status:[1 TO 2", 7, "the range is not closed by ]"),
        ("status:[1* TO 2]", 8, "a range takes no wildcards but a single * for an open end"),
        ("a \"b c", 2, "this quote is not closed"),
        ("level:errr", 6, "level must be one of debug, info, warning, error, critical, not \"errr\"; did you mean error?"),
        ("OR b", 0, "OR stands between two conditions; put it into quotes to search for it"),
        ("a OR", 4, "a condition is expected behind OR or an open parenthesis"),
        ("a OR OR b", 5, "OR stands between two conditions; put it into quotes to search for it"),
        ("AND b", 0, "AND stands between two conditions; put it into quotes to search for it"),
        ("a AND", 2, "AND stands between two conditions; put it into quotes to search for it"),
        ("a AND OR b", 2, "AND stands between two conditions; put it into quotes to search for it"),
        ("a AND AND b", 2, "AND stands between two conditions; put it into quotes to search for it"),
        ("(a b", 0, "this parenthesis is not closed"),
        ("(", 1, "a condition is expected behind OR or an open parenthesis"),
        ("a) b", 1, "this parenthesis closes none that is open; put it into quotes to search for it"),
        ("main()", 5, "a condition is expected in front of this; put parentheses into quotes to search for them"),
        ("-(a OR )", 7, "a condition is expected in front of this; put parentheses into quotes to search for them"),
        ("(-)", 2, "something must follow NOT or -"),
        ("NOT OR a", 4, "something must follow NOT or -"),
        ("-", 1, "something must follow NOT or -"),
        ("NOT ", 4, "something must follow NOT or -"),
        ("- a", 0, "what is not wanted must follow - without a space"),
        ("conn*", 0, "wildcards need a field, like message:conn*; quote a * to search for it"),
        ("a ...", 2, "there is no letter or digit here to search for"),
        ("tags:x", 0, "tags must be followed by the tag's key, like tags.tenant"),
        ("tags.:x", 0, "tags must be followed by the tag's key, like tags.tenant"),
        ("tags.x", 6, "a value is expected: tags.x:value"),
        ("tags.a*:x", 0, "the key of a tag takes no wildcards"),
        ("has:", 4, "has: takes the name of a field, like has:user or has:tags.tenant"),
        ("has:nosuch", 4, "unknown field \"nosuch\"; put it into quotes to search for the text"),
    ] {
        let error = parse(query).unwrap_err();
        assert_eq!((error.span.start, error.message.as_str()), (at, message), "{query}");
    }
    let error = parse("größe enviroment:x").unwrap_err();
    assert_eq!((error.span, error.column, error.nearest.as_deref()), (8..18, 7, Some("environment")));
    for (query, nearest, expected) in [
        ("level:errr", Some("error"), "one of debug, info, warning, error, critical"),
        ("level:eror", Some("error"), "one of debug, info, warning, error, critical"),
        ("priority:crit", Some("critical"), "one of critical, major, minor, warning"),
        ("handled:True", Some("true"), "one of false, true"),
        ("status:abc", None, "a whole number like 503"),
        ("timestamp:soon", None, "a time like 2026-01-31T12:00:00Z, a day or milliseconds since 1970"),
    ] {
        let error = parse(query).unwrap_err();
        assert_eq!((error.nearest.as_deref(), error.expected.as_str()), (nearest, expected), "{query}");
    }
    assert_eq!(parse("category:timout").unwrap_err().nearest.as_deref(), Some("TIMEOUT"));
}

#[test]
fn or_binds_weaker_than_terms_that_follow_each_other() {
    let (a, b, c) = (|| text(&["a"]), || text(&["b"]), || text(&["c"]));
    for (query, expected) in [
        ("a OR b", Expr::Or(vec![a(), b()])),
        ("a b OR c", Expr::Or(vec![Expr::And(vec![a(), b()]), c()])),
        ("a OR b c", Expr::Or(vec![a(), Expr::And(vec![b(), c()])])),
        ("a OR b AND c", Expr::Or(vec![a(), Expr::And(vec![b(), c()])])),
        ("(a OR b) c", Expr::And(vec![Expr::Or(vec![a(), b()]), c()])),
        ("a AND b", Expr::And(vec![a(), b()])),
        ("a (b c)", Expr::And(vec![a(), b(), c()])),
        ("a OR (b OR c)", Expr::Or(vec![a(), b(), c()])),
        ("((a))", a()),
        ("(a)OR(b)", Expr::Or(vec![a(), b()])),
        ("NOT a OR b", Expr::Or(vec![not(a()), b()])),
        ("-(a b)", not(Expr::And(vec![a(), b()]))),
        ("NOT (a OR b) c", Expr::And(vec![not(Expr::Or(vec![a(), b()])), c()])),
        ("-(-(a))", a()),
        ("a or b", Expr::And(vec![a(), text(&["or"]), b()])),
        ("ORDER b", Expr::And(vec![text(&["order"]), b()])),
        ("\"OR\" b", Expr::And(vec![text(&["or"]), b()])),
        (
            "level:error(status:503 OR status:504)",
            Expr::And(vec![
                keyword("level", "error"),
                Expr::Or(vec![equals("status", Value::Long(503)), equals("status", Value::Long(504))]),
            ]),
        ),
        ("*", Expr::All),
        ("-*", not(Expr::All)),
    ] {
        assert_eq!(parse(query), Ok(expected), "{query}");
    }
}

#[test]
fn parentheses_are_read_to_their_limit_only() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(parse(&nested(limits::QUERY_DEPTH)), Ok(text(&["a"])));
    let error = parse(&nested(limits::QUERY_DEPTH + 1)).unwrap_err();
    assert_eq!(error.span, limits::QUERY_DEPTH..limits::QUERY_DEPTH + 1);
    assert!(parse(&"(".repeat(limits::QUERY_BYTES)).is_err());
    assert!(parse(&"-(".repeat(limits::QUERY_BYTES / 2)).is_err());
    let side_by_side = vec!["(a)"; limits::QUERY_TERMS].join(" OR ");
    assert!(parse(&side_by_side).is_ok());
    assert!(parse(&format!("{side_by_side} (a)")).is_err());
}

#[test]
fn length_and_terms_have_limits() {
    let most = vec!["a"; limits::QUERY_TERMS].join(" ");
    assert!(parse(&most).is_ok());
    assert_eq!(parse(&format!("{most} a")).unwrap_err().span.start, most.len() + 1);
    assert!(parse(&"a".repeat(limits::QUERY_BYTES)).is_ok());
    assert!(parse(&"a".repeat(limits::QUERY_BYTES + 1)).is_err());
    // However many signs: no recursion.
    assert!(parse(&format!("{}a", "-".repeat(limits::QUERY_BYTES - 1))).is_ok());
}

fn quote(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_at_a_character_of_it(query: String) {
        if let Err(error) = parse(&query) {
            prop_assert!(query.is_char_boundary(error.span.start), "{error:?}");
        }
    }

    #[test]
    fn any_mix_of_the_language_is_read_or_refused_at_a_character_of_it(
        query in proptest::collection::vec(
            prop_oneof![
                Just("-"), Just("NOT "), Just(" OR "), Just(" AND "), Just("("), Just(")"), Just("\""), Just("\\"), Just("*"), Just("?"), Just(" "),
                Just("status:"), Just("level:"), Just("has:"), Just("tags."), Just("timestamp:"), Just(":"), Just(">="), Just("["),
                Just(" TO "), Just("]"), Just("503"), Just("error"), Just("ä"), Just("🦀"), Just("2026-01-01"),
            ],
            0..20,
        ),
    ) {
        let query = query.concat();
        match parse(&query) {
            Ok(expr) => prop_assert_eq!(parse(&expr.to_string()), Ok(expr)),
            Err(error) => {
                let ends = query.is_char_boundary(error.span.start) && query.is_char_boundary(error.span.end);
                prop_assert!(ends && error.span.start <= error.span.end, "{query:?} {error:?}");
            }
        }
    }

    #[test]
    fn a_quoted_value_is_itself(key in "\\PC{1,20}", value in "\\PC{1,100}") {
        let query = format!("tags.{}:{}", quote(&key), quote(&value));
        prop_assert_eq!(parse(&query), Ok(Expr::Field(FieldRef::tag(key), Test::Equals(Value::Keyword(value)))));
    }

    #[test]
    fn quoted_text_is_looked_for_by_its_phrase(words in "[a-z .:(){}*?-]{0,40}[a-z]") {
        prop_assert_eq!(parse(&quote(&words)), Ok(Expr::Text(Phrase::new(words))));
    }
}
