//! What the answers look like.

pub(crate) mod compare;
pub(crate) mod dead_letter;
pub(crate) mod explain;
pub(crate) mod fields;
pub(crate) mod filters;
pub(crate) mod group;
pub(crate) mod health;
pub(crate) mod heatmap;
pub(crate) mod impact;
pub(crate) mod issue;
pub(crate) mod issue_tags;
pub(crate) mod ledger;
pub(crate) mod outcome;
pub(crate) mod project;
pub(crate) mod rate;
pub(crate) mod session;
pub(crate) mod summary;
pub(crate) mod token;
pub(crate) mod top;
pub(crate) mod trace;
pub(crate) mod trend;
pub(crate) mod usage;
