//! How much was touched.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::scope::Understood;

/// What the events of a query touched, of what all events of the projects in the range did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Impact {
    pub(crate) query: Understood,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) events: Part,
    /// Whether some of the events were left out by sampling: their number is an estimate, and more users, sessions and so
    /// on may have been touched.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    /// Users with events.
    pub(crate) users: Part,
    /// Sessions that events name.
    pub(crate) sessions: Part,
    pub(crate) services: Part,
    pub(crate) releases: Part,
    pub(crate) environments: Part,
    pub(crate) hosts: Part,
    /// Countries of users.
    pub(crate) countries: Part,
    /// Sessions of the projects that began in the range, with events or without: what clients report.
    pub(crate) sessions_begun: u64,
}

/// Some of all.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImpactPart)]
pub(crate) struct Part {
    pub(crate) count: u64,
    /// Of all events of the projects.
    pub(crate) total: u64,
    /// From 0 to 1; `null` when there is none at all.
    pub(crate) share: Option<f64>,
    /// Whether these are so many that they are estimated, rarely wrong by more than 3 %.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
}
