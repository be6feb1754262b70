//! log/file
