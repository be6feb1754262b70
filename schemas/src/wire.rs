//! What clients send, as bytes in and values out. There is no second parser anywhere.
//!
//! Every parser here is lenient about content and strict about framing, takes time and memory in proportion to
//! its input, and never panics. It is never for trimming, scrubbing or judging: that is the processor's work.

pub mod auth;
pub mod dsn;
pub mod envelope;
pub mod json;
