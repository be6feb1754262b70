//! index/elastic
