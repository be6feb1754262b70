#![allow(clippy::unwrap_used)]

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    fields::Type,
    query::{Phrase, Wildcard, parse},
};

#[test]
fn a_query_is_written_with_what_it_needs_and_no_more() {
    for (query, written) in [
        ("", "*"),
        ("  level:fatal   AND  refused ", "level:critical refused"),
        ("((a b) OR (c))", "a b OR c"),
        ("(a OR b) AND NOT (c d)", "(a OR b) -(c d)"),
        ("NOT NOT a", "a"),
        ("service:* -has:tags.\"a b\"", "has:service -has:tags.\"a b\""),
        ("message:*timed\\ out?", "message:*\"timed out\"?"),
        ("release:\"checkout@1.2.0+b:7\"", "release:checkout@1.2.0+b:7"),
        ("tags.a:\"\"", "tags.a:\"\""),
        (r#"message:"say \"hi\" to C:\Users\\x""#, r#"message:"say \"hi\" to C:\\Users\\x""#),
        ("status:[500 TO *]", "status:>=500"),
        ("status:[* TO *]", "has:status"),
        ("status:[500 TO 599] -status:>501", "status:[500 TO 599] -status:>501"),
        ("timestamp:<2026-09-21", "timestamp:<2026-09-21T00:00:00Z"),
        ("\"connection reset\" \"refused\" \"OR\" \"tags.x\"", "\"connection reset\" refused \"OR\" \"tags.x\""),
        ("handled:true trace:abc", "handled:true trace_id:abc"),
    ] {
        assert_eq!(parse(query).unwrap().to_string(), written, "{query}");
    }
}

#[test]
fn what_a_tree_says_twice_or_in_no_word_is_said_in_words() {
    let status = |low, high| Expr::Field(FieldRef::new(Field::Status), Test::Range(low, high));
    let (five, nine) = (Value::Long(5), Value::Long(9));
    for (expr, written) in [
        (Expr::And(vec![]), "*"),
        (Expr::Or(vec![]), "-*"),
        (Expr::Or(vec![Expr::And(vec![Expr::All])]), "*"),
        (status(Bound::Excluded(five.clone()), Bound::Included(nine.clone())), "status:>5 status:<=9"),
        (Expr::Not(Box::new(status(Bound::Excluded(five), Bound::Excluded(nine)))), "-(status:>5 status:<9)"),
    ] {
        assert_eq!(expr.to_string(), written);
    }
}

fn field() -> impl Strategy<Value = FieldRef> {
    let plain = proptest::sample::select(Field::ALL).prop_filter("tags have keys", |field| field.kind() != Type::Tags);
    prop_oneof![3 => plain.prop_map(FieldRef::new), 1 => "\\PC{1,12}".prop_map(FieldRef::tag), 1 => "[a-z.]{1,8}".prop_map(FieldRef::tag)]
}

/// A value that the field can have, as the index has it.
fn value(field: Field) -> BoxedStrategy<Value> {
    let keyword = |text: String| Value::Keyword(text);
    match (field, field.kind()) {
        (Field::Id, _) => "[0-9a-f]{32}".prop_map(keyword).boxed(),
        (Field::Fingerprint, _) => "fp1-[0-9a-f]{64}".prop_map(keyword).boxed(),
        (_, Type::Bool) => any::<bool>().prop_map(Value::Bool).boxed(),
        (_, Type::Long) => any::<i64>().prop_map(Value::Long).boxed(),
        (_, Type::Millis) => (-300_000_000_000_000..253_000_000_000_000_i64).prop_map(Value::Millis).boxed(),
        (_, Type::Keyword | Type::Tags) => match field.values() {
            Some(names) => proptest::sample::select(names).prop_map(|name| Value::Keyword(name.to_owned())).boxed(),
            None => prop_oneof!["\\PC{1,30}", "[a-z \"\\\\()*?:<>\\[\\]-]{1,8}"].prop_map(keyword).boxed(),
        },
    }
}

fn pattern() -> impl Strategy<Value = Test> {
    let piece = prop_oneof![Just(Piece::AnyOne), Just(Piece::AnyMany), "\\PC{0,5}".prop_map(Piece::Literal)];
    vec(piece, 0..6).prop_map(|pieces| {
        let pieces = [pieces, vec![Piece::AnyMany, Piece::AnyOne]].concat();
        Test::Wildcard(Wildcard(pieces))
    })
}

fn bound(field: Field) -> impl Strategy<Value = Bound<Value>> {
    prop_oneof![Just(Bound::Unbounded), value(field).prop_map(Bound::Included), value(field).prop_map(Bound::Excluded)]
}

fn field_test() -> impl Strategy<Value = Expr> {
    field().prop_flat_map(|field| {
        let of = field.field;
        let special = match of.kind() {
            Type::Keyword | Type::Tags => pattern().boxed(),
            Type::Long | Type::Millis => (bound(of), bound(of)).prop_map(|(low, high)| Test::Range(low, high)).boxed(),
            Type::Bool => Just(Test::Exists).boxed(),
        };
        prop_oneof![Just(Test::Exists), value(of).prop_map(Test::Equals), special].prop_map(move |test| Expr::Field(field.clone(), test))
    })
}

fn expr() -> impl Strategy<Value = Expr> {
    let text = prop_oneof!["[a-zA-Z]{1,8}", "\\PC{0,12}[a-z]"].prop_map(|text| Expr::Text(Phrase::new(text)));
    let leaf = prop_oneof![1 => Just(Expr::All), 3 => text, 5 => field_test()];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Expr::And),
            vec(inner.clone(), 0..5).prop_map(Expr::Or),
            inner.prop_map(|expr| Expr::Not(Box::new(expr))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_as_the_same(expr in expr()) {
        let text = expr.to_string();
        prop_assume!(text.len() <= crate::limits::QUERY_BYTES);
        let normal = expr.normal();
        prop_assert_eq!(parse(&text), Ok(normal.clone()), "{}", text);
        prop_assert_eq!(normal.clone().normal(), normal);
    }
}
