//! The three seams of Belfry and their engines: the event log, the index and the catalog.
//!
//! Each trait carries its contract in its documentation, and one conformance suite in `tests/` runs against every
//! engine. This crate never speaks HTTP to clients and knows no SDK.

pub mod asked;
pub mod catalog;
mod elastic;
mod error;
pub mod index;
pub mod log;

pub use error::{Error, Result};
