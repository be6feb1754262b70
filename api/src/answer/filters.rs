//! Filters and what they left out.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The filters that a project's events pass, in the order in which they are asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Filters {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// Events that all of them left out.
    pub(crate) total: u64,
    pub(crate) filters: Vec<Filtered>,
}

/// One filter. Those that are not there any more come last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Filtered {
    /// `project` or `all`.
    pub(crate) scope: String,
    pub(crate) name: String,
    /// What it looks for, by the name of its member; `null` for one that is not there any more.
    pub(crate) kind: Option<&'static str>,
    pub(crate) enabled: bool,
    /// Events of this project that it left out.
    pub(crate) events: u64,
}
