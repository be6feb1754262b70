//! log/memory
