//! Which values a field has in one segment.

use std::sync::Arc;

use schemas::query::FieldRef;

use super::{
    axis::{Axis, NONE},
    terms::Terms,
    users::{Users, axis},
};
use crate::index::tantivy::parts::Part;

/// The values of one field that were met.
pub(super) struct Distinct {
    axis: Axis,
    seen: Vec<bool>,
    locals: Vec<u32>,
}

impl Distinct {
    pub(super) fn new(part: &Part<'_>, field: &FieldRef, terms: &Arc<Terms>) -> tantivy::Result<Self> {
        Ok(Self::over(Axis::new(part.segment, field, Some(terms))?))
    }

    pub(super) fn users(part: &Part<'_>) -> tantivy::Result<Self> {
        Ok(Self::over(axis(part)?))
    }

    fn over(axis: Axis) -> Self {
        let seen = vec![false; axis.size()];
        Self { axis, seen, locals: Vec::new() }
    }

    /// Notes the values of these documents.
    pub(super) fn see(&mut self, docs: &[u32]) {
        self.locals.resize(docs.len(), NONE);
        self.axis.locals(docs, &mut self.locals);
        // Of some fields a value gets its number when it is met.
        if self.axis.size() > self.seen.len() {
            self.seen.resize(self.axis.size(), false);
        }
        self.locals.iter().filter(|local| **local != NONE).for_each(|local| self.seen[*local as usize] = true);
    }

    fn met(&self) -> Vec<u32> {
        (0..self.seen.len() as u32).filter(|local| self.seen[*local as usize]).collect()
    }

    /// Adds the values to `set`.
    pub(super) fn into_set(self, set: &mut Users) -> tantivy::Result<()> {
        self.axis.encode(&self.met(), |_, value| set.add(value))
    }

    /// Adds the values, which are users of `part`, to `set`.
    pub(super) fn into_users(self, terms: &Terms, part: &Part<'_>, set: &mut Users) -> tantivy::Result<()> {
        terms.each_user(part, &self.axis, &self.met(), |hash| set.add_hash(hash))
    }
}
