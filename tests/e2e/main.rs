//! The real binary, from the SDK's request to the API's answer.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stderr)]
#![cfg_attr(not(feature = "servers"), allow(dead_code, reason = "the comparison of both pairs uses the rest"))]

mod beside;
mod client;
mod connections;
mod corpus;
mod description;
mod enrich;
mod erased;
mod events;
mod faults;
mod filters;
mod live;
mod log_text;
mod merged;
mod one_event;
mod otlp;
mod quotas;
mod rules;
mod scrubbed;
mod server;
mod sessions;
mod startup;
mod storms;
mod tls;
mod trial;

#[cfg(feature = "servers")]
mod pairs;
