//! What an event, an issue, a rule and a query is, and how each looks on the wire.
//!
//! Values and pure functions only. This crate never does I/O, never awaits, never reads a clock and never draws
//! a random number: time and randomness come in as arguments.

pub mod catalog;
pub mod category;
mod described;
pub mod event;
pub mod fields;
pub mod ids;
pub mod issue;
pub mod job;
pub mod limits;
pub mod nearest;
pub mod outcome;
pub mod query;
pub mod quota;
pub mod record;
pub mod release;
pub mod rules;
pub mod tally;
pub mod tokens;
pub mod usage;
pub mod wire;
