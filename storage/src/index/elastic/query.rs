//! Conditions of `schemas::query` in Elasticsearch's language.
//!
//! Version 8 refuses patterns of 1,000 characters and more, which is an error here too; 9 takes them.

use std::ops::{Bound, RangeBounds};

use schemas::{
    fields::{Field, Type},
    query::{Expr, FieldRef, Piece, Test, Value, Wildcard},
};
use serde_json::{Value as Json, json};

use super::template::{TAGS, TEXT, keyword_path, push_tag_key};
use crate::{Error, Result, index::Scope};

/// What is being done, for errors.
const DOING: &str = "translating a query for Elasticsearch";
/// The times that Elasticsearch reads, in milliseconds; events have none beyond.
pub(super) const TIMES: std::ops::RangeInclusive<i64> = -377_705_116_800_000..=253_402_207_200_999;

/// The events in scope.
pub(super) fn scope(scope: &Scope) -> Result<Json> {
    let millis = between(Bound::Included(scope.millis.start), Bound::Excluded(scope.millis.end));
    let mut filter = vec![projects(&scope.projects), json!({ "range": { Field::Timestamp.ecs(): millis } })];
    filter.push(expression(&scope.expr)?);
    Ok(join(true, filter))
}

/// Events or outcomes of these projects.
pub(super) fn projects(projects: &[schemas::ids::ProjectId]) -> Json {
    let numbers: Vec<i64> = projects.iter().map(|p| i64::try_from(p.0).unwrap_or(i64::MAX)).collect();
    json!({ "terms": { Field::Project.ecs(): numbers } })
}

/// The events for which `expr` holds.
pub(super) fn expression(expr: &Expr) -> Result<Json> {
    build(expr, false)
}

/// The events for which `expr` holds, or those for which it doesn't. Elasticsearch refuses more than 30 levels of
/// `bool`, so negations are carried down to the fields and levels of the same kind become one.
fn build(expr: &Expr, negated: bool) -> Result<Json> {
    match expr {
        Expr::Not(part) => build(part, !negated),
        Expr::All => Ok(join(!negated, Vec::new())),
        Expr::And(parts) | Expr::Or(parts) => {
            if let (Expr::Or(_), Some(terms)) = (expr, one_field(parts)) {
                return Ok(negate_if(negated, terms));
            }
            let every = matches!(expr, Expr::And(_)) != negated;
            let parts: Result<Vec<Json>> = parts.iter().map(|part| build(part, negated)).collect();
            Ok(join(every, parts?))
        }
        Expr::Field(field, test) => Ok(negate_if(negated, field_test(field, test)?)),
        Expr::Text(words) => Ok(negate_if(negated, phrase(words.tokens()))),
    }
}

fn negate_if(negated: bool, query: Json) -> Json {
    if negated { json!({ "bool": { "must_not": [query] } }) } else { query }
}

/// Every one of the parts must hold, or at least one. Without parts: everything, or nothing.
fn join(every: bool, parts: Vec<Json>) -> Json {
    let (neutral, absorbing) = if every { ("match_all", "match_none") } else { ("match_none", "match_all") };
    let occurrence = if every { "filter" } else { "should" };
    let mut joined = Vec::with_capacity(parts.len());
    for mut part in parts {
        if part.get(absorbing).is_some() {
            return part;
        }
        match part.get_mut("bool").and_then(|inner| inner.get_mut(occurrence)).map(Json::take) {
            Some(Json::Array(inner)) => joined.extend(inner),
            _ if part.get(neutral).is_some() => {}
            _ => joined.push(part),
        }
    }
    match joined.len() {
        0 => json!({ neutral: {} }),
        1 => joined.remove(0),
        _ => json!({ "bool": { occurrence: joined } }),
    }
}

fn none() -> Json {
    json!({ "match_none": {} })
}

/// Many values of one keyword are one cheap query.
fn one_field(parts: &[Expr]) -> Option<Json> {
    let Some(Expr::Field(field, _)) = parts.first() else { return None };
    if field.field.kind() != Type::Keyword {
        return None;
    }
    let values: Option<Vec<&str>> = parts
        .iter()
        .map(|part| match part {
            Expr::Field(other, Test::Equals(Value::Keyword(text))) if other == field => Some(text.as_str()),
            _ => None,
        })
        .collect();
    values.map(|values| json!({ "terms": { keyword_path(field.field): values } }))
}

fn phrase(tokens: &[String]) -> Json {
    // No token has these; the analyzer would split them and find what is not there.
    let impossible = |token: &String| token.is_empty() || token.chars().any(|c| c.is_whitespace() || c.is_control());
    if tokens.iter().any(impossible) {
        return none();
    }
    match tokens {
        [] => json!({ "match_all": {} }),
        [token] => json!({ "term": { TEXT: token } }),
        tokens => json!({ "match_phrase": { TEXT: { "query": tokens.join(" "), "analyzer": "whitespace" } } }),
    }
}

fn field_test(field: &FieldRef, test: &Test) -> Result<Json> {
    if field.key.is_some() != (field.field.kind() == Type::Tags) {
        return Err(Error::terminal(DOING, format_args!("{field} needs a key, or has one and must not")));
    }
    match (field.field.kind(), test) {
        (Type::Tags, _) => tag_test(field, field.key.as_deref().unwrap_or_default(), test),
        (_, Test::Exists) => Ok(json!({ "exists": { "field": keyword_path(field.field) } })),
        (Type::Keyword, Test::Equals(Value::Keyword(text))) => Ok(json!({ "term": { keyword_path(field.field): text } })),
        (Type::Keyword, Test::Wildcard(pattern)) => Ok(wildcard(keyword_path(field.field), String::new(), pattern)),
        (Type::Bool, Test::Equals(Value::Bool(yes))) => Ok(json!({ "term": { field.field.ecs(): yes } })),
        (Type::Long, Test::Equals(Value::Long(number))) => Ok(json!({ "term": { field.field.ecs(): number } })),
        (Type::Millis, Test::Equals(Value::Millis(millis))) => {
            Ok(json!({ "range": { field.field.ecs(): between(Bound::Included(*millis), Bound::Included(*millis)) } }))
        }
        (Type::Long | Type::Millis, Test::Range(from, to)) => range(field, from, to),
        (Type::Bool, Test::Range(from, to)) => yes_or_no(field, from, to),
        _ => Err(impossible(field, test)),
    }
}

fn impossible(field: &FieldRef, test: &Test) -> Error {
    let what = match test {
        Test::Exists => "any value",
        Test::Equals(_) => "a value of another type",
        Test::Wildcard(_) => "a pattern",
        Test::Range(..) => "this range",
    };
    Error::terminal(DOING, format_args!("{field} can't be compared with {what}"))
}

fn tag_test(field: &FieldRef, key: &str, test: &Test) -> Result<Json> {
    let mut keyed = String::new();
    push_tag_key(key, &mut keyed);
    match test {
        Test::Exists => Ok(json!({ "prefix": { TAGS: keyed } })),
        Test::Equals(Value::Keyword(text)) => Ok(json!({ "term": { TAGS: keyed + text } })),
        Test::Wildcard(pattern) => Ok(wildcard(TAGS, keyed, pattern)),
        _ => Err(impossible(field, test)),
    }
}

/// The pattern, after a text that stands before it.
fn wildcard(path: &str, before: String, Wildcard(pieces): &Wildcard) -> Json {
    // Plain texts are looked up; as patterns they would be tried against every value.
    let literals: Option<Vec<&str>> =
        pieces.iter().map(|piece| if let Piece::Literal(text) = piece { Some(text.as_str()) } else { None }).collect();
    if let Some(literals) = literals {
        return json!({ "term": { path: before + &literals.concat() } });
    }
    let mut pattern = String::new();
    push_literally(&before, &mut pattern);
    let mut many = false;
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => push_literally(literal, &mut pattern),
            Piece::AnyOne => pattern.push('?'),
            Piece::AnyMany if many => {}
            Piece::AnyMany => pattern.push('*'),
        }
        many = matches!(piece, Piece::AnyMany);
    }
    json!({ "wildcard": { path: { "value": pattern } } })
}

fn push_literally(literal: &str, into: &mut String) {
    for c in literal.chars() {
        if matches!(c, '*' | '?' | '\\') {
            into.push('\\');
        }
        into.push(c);
    }
}

/// No comes before yes.
fn yes_or_no(field: &FieldRef, from: &Bound<Value>, to: &Bound<Value>) -> Result<Json> {
    let fits = |bound: &Bound<Value>| matches!(bound, Bound::Unbounded | Bound::Included(Value::Bool(_)) | Bound::Excluded(Value::Bool(_)));
    if !fits(from) || !fits(to) {
        return Err(impossible(field, &Test::Range(from.clone(), to.clone())));
    }
    let inside = [false, true].into_iter().filter(|yes| (from.as_ref(), to.as_ref()).contains(&&Value::Bool(*yes)));
    Ok(json!({ "terms": { field.field.ecs(): inside.collect::<Vec<bool>>() } }))
}

fn range(field: &FieldRef, from: &Bound<Value>, to: &Bound<Value>) -> Result<Json> {
    let kind = field.field.kind();
    let number = |bound: &Bound<Value>| -> Result<Bound<i64>> {
        let read = |value: &Value| match (kind, value) {
            (Type::Long, Value::Long(number)) => Ok(*number),
            (Type::Millis, Value::Millis(millis)) => Ok(*millis),
            _ => Err(Error::terminal(DOING, format_args!("{field} can't be compared with a value of another type"))),
        };
        Ok(match bound {
            Bound::Included(value) => Bound::Included(read(value)?),
            Bound::Excluded(value) => Bound::Excluded(read(value)?),
            Bound::Unbounded => Bound::Unbounded,
        })
    };
    let (from, to) = (number(from)?, number(to)?);
    let bounds = if kind == Type::Millis { between(from, to) } else { bounds(from, to) };
    Ok(json!({ "range": { field.field.ecs(): bounds } }))
}

fn bounds(from: Bound<i64>, to: Bound<i64>) -> Json {
    let mut range = json!({});
    match from {
        Bound::Included(number) => range["gte"] = number.into(),
        Bound::Excluded(number) => range["gt"] = number.into(),
        Bound::Unbounded => {}
    }
    match to {
        Bound::Included(number) => range["lte"] = number.into(),
        Bound::Excluded(number) => range["lt"] = number.into(),
        Bound::Unbounded => {}
    }
    range
}

/// A range of times. Beyond the times that Elasticsearch reads there is nothing.
fn between(from: Bound<i64>, to: Bound<i64>) -> Json {
    let (least, greatest) = (*TIMES.start(), *TIMES.end());
    let from = match from {
        Bound::Included(millis) | Bound::Excluded(millis) if millis < least => Bound::Unbounded,
        Bound::Included(millis) | Bound::Excluded(millis) if millis > greatest => Bound::Excluded(greatest),
        other => other,
    };
    let to = match to {
        Bound::Included(millis) | Bound::Excluded(millis) if millis > greatest => Bound::Unbounded,
        Bound::Included(millis) | Bound::Excluded(millis) if millis < least => Bound::Excluded(least),
        other => other,
    };
    let mut range = bounds(from, to);
    range["format"] = "epoch_millis".into();
    range
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn service(name: &str) -> Expr {
        Expr::Field(FieldRef::new(Field::Service), Test::Equals(Value::Keyword(name.into())))
    }

    fn host() -> Expr {
        Expr::Field(FieldRef::new(Field::Host), Test::Exists)
    }

    fn not(expr: Expr) -> Expr {
        Expr::Not(Box::new(expr))
    }

    /// How many levels of `bool` stand in each other.
    fn levels(query: &Json) -> usize {
        match query {
            Json::Object(members) => members.iter().map(|(name, inner)| usize::from(name == "bool") + levels(inner)).max().unwrap_or(0),
            Json::Array(items) => items.iter().map(levels).max().unwrap_or(0),
            _ => 0,
        }
    }

    #[test]
    fn the_deepest_query_stays_within_what_elasticsearch_reads() {
        let mut deep = service("a");
        for n in 0..schemas::limits::QUERY_DEPTH {
            let parts = vec![deep, host()];
            deep = not(if n % 2 == 0 { Expr::And(parts) } else { Expr::Or(parts) });
        }
        assert!(levels(&expression(&deep).unwrap()) < 28);
        let mut alternating = service("a");
        for n in 0..schemas::limits::QUERY_DEPTH {
            let parts = vec![alternating, host()];
            alternating = if n % 2 == 0 { Expr::And(parts) } else { Expr::Or(parts) };
        }
        assert!(levels(&expression(&not(alternating)).unwrap()) < 28);
    }

    #[test]
    fn conditions_without_parts_and_within_each_other_become_plain() {
        let a = json!({ "term": { "service.name": "a" } });
        let h = json!({ "exists": { "field": "host.name" } });
        for (expr, expected) in [
            (Expr::And(vec![]), json!({ "match_all": {} })),
            (Expr::Or(vec![]), json!({ "match_none": {} })),
            (not(Expr::Or(vec![])), json!({ "match_all": {} })),
            (not(Expr::All), json!({ "match_none": {} })),
            (Expr::And(vec![Expr::All, not(not(service("a")))]), a.clone()),
            (Expr::And(vec![service("a"), Expr::Or(vec![])]), json!({ "match_none": {} })),
            (Expr::And(vec![service("a"), Expr::And(vec![host()])]), json!({ "bool": { "filter": [a, h] } })),
            (
                not(Expr::And(vec![service("a"), host()])),
                json!({ "bool": { "should": [
                { "bool": { "must_not": [a] } }, { "bool": { "must_not": [h] } },
            ] } }),
            ),
            (Expr::Or(vec![service("a"), service("b")]), json!({ "terms": { "service.name": ["a", "b"] } })),
        ] {
            assert_eq!(expression(&expr).unwrap(), expected, "{expr:?}");
        }
    }

    #[test]
    fn patterns_hold_their_texts_literally() {
        let pieces = vec![Piece::Literal("a*\\?".into()), Piece::AnyMany, Piece::AnyMany, Piece::AnyOne];
        let tag = Expr::Field(FieldRef::tag("k=*"), Test::Wildcard(Wildcard(pieces)));
        assert_eq!(expression(&tag).unwrap(), json!({ "wildcard": { "belfry.tags": { "value": "k\\\\=\\*=a\\*\\\\\\?*?" } } }));
        let plain = Test::Wildcard(Wildcard(vec![Piece::Literal("a*".into())]));
        assert_eq!(expression(&Expr::Field(FieldRef::tag("k"), plain)).unwrap(), json!({ "term": { "belfry.tags": "k=a*" } }));
    }

    #[test]
    fn times_beyond_what_elasticsearch_reads_are_brought_in() {
        let whole = between(Bound::Included(i64::MIN), Bound::Excluded(i64::MAX));
        assert_eq!(whole, json!({ "format": "epoch_millis" }));
        let nothing = between(Bound::Included(i64::MAX), Bound::Unbounded);
        assert_eq!(nothing, json!({ "gt": TIMES.end(), "format": "epoch_millis" }));
    }
}
