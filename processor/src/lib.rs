//! From the log through the stages into index and catalog.
//!
//! [`context::STAGES`] lists the stages, one module each: pure functions that know the event and its
//! [`context::Context`] and nothing else. [`Processor`] is the loop around them. This crate never serves HTTP.

pub mod classify;
pub mod context;
mod decode;
pub mod enrich;
mod erasing;
pub mod filter;
pub mod fingerprint;
pub mod groups;
pub mod normalize;
pub mod rules;
mod runner;
pub mod scrub;
pub mod template;
pub mod trial;

pub use runner::{GROUP, Options, Processor};

#[cfg(test)]
mod testing;
