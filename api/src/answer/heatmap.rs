//! When in the week events come.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::scope::Understood;

/// Events by hour of the week.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Heatmap {
    pub(crate) query: Understood,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// By whose clocks hours and days are told.
    pub(crate) timezone: String,
    pub(crate) total: u64,
    /// Whether some of the events were left out by sampling, so that counts are estimates.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    /// Monday to Sunday, each with its hours from midnight on.
    pub(crate) days: Vec<Vec<Cell>>,
}

/// One hour of the week.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(as = HeatmapCell)]
pub(crate) struct Cell {
    pub(crate) count: u64,
    /// How much of such hours the range has, as far as they have passed: the weeks that it was counted in, with parts of an
    /// hour at the edges and more or less where clocks were changed.
    pub(crate) hours: f64,
    /// Events in such an hour on average; `null` when the range has none of it.
    pub(crate) per_hour: Option<f64>,
}
