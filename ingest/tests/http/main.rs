//! Ingest through its real router: what clients send, what they are answered, and what stands in the log.
#![allow(clippy::unwrap_used, missing_docs)]

mod app;
mod bad_input;
mod browsers;
mod captured;
mod cors;
mod described;
mod durability;
mod envelope;
mod keys;
mod native;
mod otlp;
mod quotas;
mod store;
