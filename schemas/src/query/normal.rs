//! One form for trees that ask the same in other words: the form in which a parsed query stands.

use std::ops::Bound;

use super::{Expr, FieldRef, Piece, Test, Value, Wildcard};
use crate::fields::Type;

impl Expr {
    /// The same question as a parsed query has it: conditions of the same kind in one list, no list of one, no double
    /// negation, half-open ranges for what brackets can't say. Nothing is reordered and nothing is left out, so it
    /// stays recognizable. Recurses as deep as the tree is; a parsed one is at most a few [`crate::limits::QUERY_DEPTH`].
    #[must_use]
    pub fn normal(self) -> Self {
        match self {
            Self::All => Self::All,
            Self::Text(phrase) if phrase.tokens().is_empty() => Self::All,
            Self::Text(phrase) => Self::Text(phrase),
            Self::Not(expr) => match expr.normal() {
                Self::Not(inner) => *inner,
                other => Self::Not(Box::new(other)),
            },
            Self::And(parts) => {
                let mut flat = Vec::with_capacity(parts.len());
                for part in parts {
                    match part.normal() {
                        Self::And(inner) => flat.extend(inner),
                        other => flat.push(other),
                    }
                }
                one_or(flat, Self::And, Self::All)
            }
            Self::Or(parts) => {
                let mut flat = Vec::with_capacity(parts.len());
                for part in parts {
                    match part.normal() {
                        Self::Or(inner) => flat.extend(inner),
                        other => flat.push(other),
                    }
                }
                one_or(flat, Self::Or, Self::Not(Box::new(Self::All)))
            }
            Self::Field(field, test) => of_test(field, test),
        }
    }
}

fn one_or(mut parts: Vec<Expr>, many: fn(Vec<Expr>) -> Expr, none: Expr) -> Expr {
    match parts.len() {
        0 => none,
        1 => parts.remove(0),
        _ => many(parts),
    }
}

fn of_test(field: FieldRef, test: Test) -> Expr {
    let ordered = matches!(field.field.kind(), Type::Long | Type::Millis);
    match test {
        Test::Range(Bound::Unbounded, Bound::Unbounded) if ordered => Expr::Field(field, Test::Exists),
        Test::Range(low @ Bound::Included(_), high @ Bound::Included(_)) => Expr::Field(field, Test::Range(low, high)),
        Test::Range(low, high) if low != Bound::Unbounded && high != Bound::Unbounded => {
            let half = |low, high| Expr::Field(field.clone(), Test::Range(low, high));
            Expr::And(vec![half(low, Bound::Unbounded), half(Bound::Unbounded, high)])
        }
        Test::Wildcard(Wildcard(pieces)) => Expr::Field(field, of_pattern(pieces)),
        other => Expr::Field(field, other),
    }
}

fn of_pattern(pieces: Vec<Piece>) -> Test {
    let mut plain: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match (piece, plain.last_mut()) {
            (Piece::Literal(text), _) if text.is_empty() => {}
            (Piece::Literal(text), Some(Piece::Literal(before))) => before.push_str(&text),
            (Piece::AnyMany, Some(Piece::AnyMany)) => {}
            (piece, _) => plain.push(piece),
        }
    }
    match plain.as_slice() {
        [] => Test::Equals(Value::Keyword(String::new())),
        [Piece::Literal(text)] => Test::Equals(Value::Keyword(text.clone())),
        [Piece::AnyMany] => Test::Exists,
        _ => Test::Wildcard(Wildcard(plain)),
    }
}
