//! The API through its router, over the embedded index and catalog.
#![allow(clippy::unwrap_used)]

mod access;
mod administration;
mod attachments;
mod dead_letters;
mod deploys;
mod document;
mod erase;
mod events;
mod explain;
mod export;
mod faults;
mod feedback;
mod fields;
mod filters;
mod issue_merges;
mod issues;
mod jobs;
mod ledger;
mod limits;
mod live;
mod manners;
mod parameters;
mod reach;
mod routes;
mod rules;
mod server;
mod services;
mod sessions;
mod stats;
mod stats_compare;
mod stats_spread;
mod stats_trend;
mod tokens;
mod traces;
mod trial;
