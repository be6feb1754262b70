//! catalog/sqlite
