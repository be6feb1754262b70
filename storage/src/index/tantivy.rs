//! index/tantivy
