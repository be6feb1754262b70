//! What a project sent.

use jiff::Timestamp;
use schemas::{category::Category, ids::PublicKey, usage::Reason};
use serde::Serialize;
use utoipa::ToSchema;

/// The numbers of a time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Usage {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// `hour` or `day`.
    pub(crate) interval: &'static str,
    /// Of all rows.
    pub(crate) total: u64,
    pub(crate) rows: Vec<Row>,
    /// For each category that has a usual rate, what spike protection does. Empty while the project is too new.
    pub(crate) spike_protection: Vec<Spike>,
}

/// One number. What was not asked for is left out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageRow)]
pub(crate) struct Row {
    /// Begin of the hour or day.
    pub(crate) at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<PublicKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) category: Option<Category>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Reason>,
    pub(crate) events: u64,
}

/// What spike protection does with one category.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Spike {
    pub(crate) category: Category,
    /// How many a busy hour of the days before had.
    pub(crate) busy_hour: u64,
    /// How many it lets through in an hour; null when it is off.
    pub(crate) limit_per_hour: Option<u64>,
    /// How many it refused in this hour, so far.
    pub(crate) refused_this_hour: u64,
}
