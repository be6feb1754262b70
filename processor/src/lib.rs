//! From the log through the stages into index and catalog.
//!
//! [`context::STAGES`] lists the stages, one module each: pure functions that know the event and its
//! [`context::Context`] and nothing else. This crate never serves HTTP.

pub mod classify;
pub mod context;
pub mod fingerprint;
pub mod normalize;
pub mod scrub;
pub mod template;

#[cfg(test)]
mod testing;
