//! From conditions to tantivy queries.

use std::ops::{Bound, RangeBounds};

use schemas::{
    fields::{Field, Type},
    ids::EventId,
    query::{Expr, FieldRef, Test, Value, Wildcard},
};
use tantivy::{
    Term,
    query::{AllQuery, BooleanQuery, EmptyQuery, ExistsQuery, PhraseQuery, Query, RangeQuery, TermQuery},
    schema::IndexRecordOption,
};

use super::{
    ids::{ById, Glob},
    layout::{Layout, column_name, tag_prefix},
    pattern::Pattern,
    weights::{Matching, Not, Projects},
};
use crate::{Error, Result, index::Scope};

type Boxed = Box<dyn Query>;

/// The events of the projects in scope for which its condition holds, of any time.
pub(super) fn compile(layout: &Layout, scope: &Scope) -> Result<Boxed> {
    let projects: Boxed = Box::new(Projects::new(layout, &scope.projects));
    let condition = of_expr(layout, &scope.expr)?;
    if scope.expr == Expr::All {
        return Ok(projects);
    }
    Ok(Box::new(BooleanQuery::intersection(vec![projects, condition])))
}

fn of_expr(layout: &Layout, expr: &Expr) -> Result<Boxed> {
    Ok(match expr {
        Expr::All => Box::new(AllQuery),
        Expr::And(all) if all.is_empty() => Box::new(AllQuery),
        Expr::And(all) => Box::new(BooleanQuery::intersection(of_exprs(layout, all)?)),
        Expr::Or(any) if any.is_empty() => Box::new(EmptyQuery),
        Expr::Or(any) => Box::new(BooleanQuery::union(of_exprs(layout, any)?)),
        Expr::Not(expr) => Box::new(Not(of_expr(layout, expr)?)),
        Expr::Field(field, test) => of_field(layout, field, test)?,
        Expr::Text(phrase) => of_text(layout, phrase.tokens()),
    })
}

fn of_exprs(layout: &Layout, exprs: &[Expr]) -> Result<Vec<Boxed>> {
    exprs.iter().map(|expr| of_expr(layout, expr)).collect()
}

fn of_text(layout: &Layout, tokens: &[String]) -> Boxed {
    let mut terms: Vec<Term> = tokens.iter().map(|token| Term::from_field_text(layout.text, token)).collect();
    match terms.len() {
        0 => Box::new(AllQuery),
        1 => Box::new(TermQuery::new(terms.remove(0), IndexRecordOption::Basic)),
        _ => Box::new(PhraseQuery::new(terms)),
    }
}

/// A question that no engine can answer.
fn impossible(field: &FieldRef, why: &str) -> Error {
    Error::terminal("reading the query", format!("{field}: {why}"))
}

/// Refuses a field that needs a key and has none, or the other way round.
fn check_key(field: &FieldRef) -> Result<()> {
    match (field.field.kind(), &field.key) {
        (Type::Tags, None) => Err(impossible(field, "tags are asked for by key")),
        (Type::Tags, Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => Err(impossible(field, "only tags have keys")),
    }
}

fn of_field(layout: &Layout, field: &FieldRef, test: &Test) -> Result<Boxed> {
    check_key(field)?;
    let kind = field.field.kind();
    match test {
        Test::Exists => Ok(of_exists(layout, field)),
        Test::Equals(value) => match (kind, value) {
            (Type::Keyword | Type::Tags, Value::Keyword(text)) => Ok(of_keyword(layout, field, text)),
            _ => of_term(layout, field, value),
        },
        Test::Wildcard(wildcard) if matches!(kind, Type::Keyword | Type::Tags) => Ok(of_wildcard(layout, field, wildcard)),
        Test::Wildcard(_) => Err(impossible(field, "only keywords match patterns")),
        Test::Range(low, high) => of_range(layout, field, low, high),
    }
}

fn of_exists(layout: &Layout, field: &FieldRef) -> Boxed {
    match (&field.key, field.field) {
        (Some(key), _) => Box::new(TermQuery::new(Term::from_field_text(layout.tag_keys, key), IndexRecordOption::Basic)),
        (None, Field::Id) => Box::new(AllQuery),
        (None, field) => Box::new(ExistsQuery::new(column_name(field), false)),
    }
}

fn of_keyword(layout: &Layout, field: &FieldRef, text: &str) -> Boxed {
    let Some(column) = layout.field(field.field) else { return of_id(layout, text) };
    let text = field.key.as_ref().map_or_else(|| text.to_owned(), |key| tag_prefix(key) + text);
    Box::new(TermQuery::new(Term::from_field_text(column, &text), IndexRecordOption::Basic))
}

/// The events with this id, of any project.
fn of_id(layout: &Layout, text: &str) -> Boxed {
    match text.parse::<EventId>() {
        Ok(id) if id.to_string() == text => Box::new(ById::Equals(layout.event, id)),
        _ => Box::new(EmptyQuery),
    }
}

fn of_wildcard(layout: &Layout, field: &FieldRef, wildcard: &Wildcard) -> Boxed {
    let Some(column) = layout.field(field.field) else { return Box::new(ById::Like(Glob::new(wildcard))) };
    let prefix = field.key.as_ref().map(|key| tag_prefix(key)).unwrap_or_default();
    Box::new(Matching { field: column, pattern: Pattern::new(&prefix, wildcard) })
}

/// The term of a value that is no keyword.
fn term(layout: &Layout, field: &FieldRef, value: &Value) -> Result<Term> {
    let column = layout.field(field.field);
    match (field.field.kind(), value, column) {
        (Type::Long, Value::Long(number), Some(column)) | (Type::Millis, Value::Millis(number), Some(column)) => {
            Ok(Term::from_field_i64(column, *number))
        }
        (Type::Bool, Value::Bool(yes), Some(column)) => Ok(Term::from_field_bool(column, *yes)),
        _ => Err(impossible(field, "the value is of another type")),
    }
}

fn of_term(layout: &Layout, field: &FieldRef, value: &Value) -> Result<Boxed> {
    let term = term(layout, field, value)?;
    if field.field.kind() == Type::Millis {
        // Times have columns only: nearly every event has another one.
        return Ok(Box::new(RangeQuery::new(Bound::Included(term.clone()), Bound::Included(term))));
    }
    Ok(Box::new(TermQuery::new(term, IndexRecordOption::Basic)))
}

fn of_range(layout: &Layout, field: &FieldRef, low: &Bound<Value>, high: &Bound<Value>) -> Result<Boxed> {
    if matches!(field.field.kind(), Type::Keyword | Type::Tags) {
        return Err(impossible(field, "keywords have no ranges"));
    }
    let bound = |bound: &Bound<Value>| match bound {
        Bound::Included(value) => Ok(Bound::Included(term(layout, field, value)?)),
        Bound::Excluded(value) => Ok(Bound::Excluded(term(layout, field, value)?)),
        Bound::Unbounded => Ok::<_, Error>(Bound::Unbounded),
    };
    match (bound(low)?, bound(high)?) {
        _ if field.field.kind() == Type::Bool => {
            let inside = [false, true].map(Value::Bool).into_iter().filter(|value| (low.as_ref(), high.as_ref()).contains(value));
            Ok(Box::new(BooleanQuery::union(inside.map(|value| of_term(layout, field, &value)).collect::<Result<_>>()?)))
        }
        (Bound::Unbounded, Bound::Unbounded) => Ok(of_exists(layout, field)),
        _ if is_empty(low, high) => Ok(Box::new(EmptyQuery)),
        (low, high) => Ok(Box::new(RangeQuery::new(low, high))),
    }
}

/// Whether nothing lies between. tantivy is not asked about such ranges.
fn is_empty(low: &Bound<Value>, high: &Bound<Value>) -> bool {
    match (low, high) {
        (Bound::Excluded(Value::Long(i64::MAX) | Value::Millis(i64::MAX)), _)
        | (_, Bound::Excluded(Value::Long(i64::MIN) | Value::Millis(i64::MIN))) => true,
        (Bound::Included(low), Bound::Included(high)) => low > high,
        (Bound::Included(low) | Bound::Excluded(low), Bound::Included(high) | Bound::Excluded(high)) => low >= high,
        _ => false,
    }
}
