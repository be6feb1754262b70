//! What documents stand for beyond themselves: their weight less one.

use schemas::fields::Field;
use tantivy::{SegmentReader, columnar::Column};

use crate::index::tantivy::layout::column_name;

/// The weights of one segment. Costs nothing where no event was sampled.
pub(super) struct Weights {
    column: Option<Column<i64>>,
    read: Vec<u64>,
}

/// What each document of a block stands for beyond itself; nothing, when no document of its segment does.
#[derive(Clone, Copy)]
pub(super) struct More<'a>(&'a [u64]);

impl Weights {
    pub(super) fn new(segment: &SegmentReader) -> tantivy::Result<Self> {
        let column = segment.fast_fields().i64(&column_name(Field::Weight))?;
        Ok(Self { column: Some(column).filter(|column| column.values.num_vals() > 0), read: Vec::new() })
    }

    /// Of these documents.
    pub(super) fn more(&mut self, docs: &[u32]) -> More<'_> {
        self.read.clear();
        if let Some(column) = &self.column {
            self.read.extend(docs.iter().map(|doc| column.first(*doc).map_or(0, |weight| weight.max(1) as u64 - 1)));
        }
        More(&self.read)
    }
}

impl More<'_> {
    /// Of the document at this place.
    pub(super) fn at(self, place: usize) -> u64 {
        self.0.get(place).copied().unwrap_or_default()
    }

    /// Of all.
    pub(super) fn sum(self) -> u64 {
        self.0.iter().sum()
    }
}
