//! What the events of an issue have in common.

use jiff::Timestamp;
use schemas::ids::IssueId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::scope::Understood;

/// The values of tags and fields that the events of an issue have, against all other events of the project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IssueTags {
    pub(crate) query: Understood,
    pub(crate) issue: IssueId,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// Events of the issue in the range.
    pub(crate) events: u64,
    /// All other events of the project in the range.
    pub(crate) rest: u64,
    /// Whether some of the events were left out by sampling, so that counts are estimates.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    /// Those with the clearest value first. Tags are those of the issue's newest events.
    pub(crate) fields: Vec<FieldValues>,
}

/// The values of one field.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssueFieldValues)]
pub(crate) struct FieldValues {
    /// Its name as in queries, e.g. `release` or `tags.tenant`.
    pub(crate) field: String,
    /// How many values it has in the issue's events.
    pub(crate) values_total: u64,
    /// Those with the most events of the issue.
    pub(crate) values: Vec<FieldValue>,
}

/// One value.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssueFieldValue)]
pub(crate) struct FieldValue {
    pub(crate) value: Value,
    /// The issue's events with it.
    pub(crate) count: u64,
    /// Its part of the issue's events, from 0 to 1.
    pub(crate) share: f64,
    /// Other events with it.
    pub(crate) rest_count: u64,
    /// Its part of other events; `null` when there are none.
    pub(crate) rest_share: Option<f64>,
    /// The share over that of other events; `null` when none of them has it.
    pub(crate) ratio: Option<f64>,
    /// How much speaks against chance: the statistic G of the likelihood ratio test.
    pub(crate) score: f64,
    /// How likely so great a difference would be by chance.
    pub(crate) p_value: f64,
    /// Whether the issue's events have it more often than others, by more than chance: after Benjamini's and Hochberg's
    /// correction for all values of the answer the probability is below 0.05.
    pub(crate) over_represented: bool,
}
