//! catalog/elastic
