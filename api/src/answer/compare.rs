//! What changed between two windows or two releases.

use jiff::Timestamp;
use schemas::ids::{Fingerprint, IssueId, ProjectId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::scope::Understood;

/// The groups of two sides, those whose difference is least likely to be chance first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Comparison {
    pub(crate) query: Understood,
    /// What was before.
    pub(crate) a: Side,
    /// What is now.
    pub(crate) b: Side,
    /// What rates are per: `seconds` that passed; of releases `sessions`, or `events` of the release without sessions.
    pub(crate) exposure: &'static str,
    /// How many groups there are of each kind, on the list or not.
    pub(crate) kinds: Kinds,
    pub(crate) groups: Vec<Compared>,
    /// Whether every group of events was looked at. If not, those with the most events were.
    pub(crate) complete: bool,
}

/// One of two sides.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ComparedSide)]
pub(crate) struct Side {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) release: Option<String>,
    /// Events.
    pub(crate) count: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    /// How much there was that events could come of; see [`Comparison::exposure`].
    pub(crate) exposure: f64,
}

/// How a group changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ComparedKind)]
pub(crate) enum Kind {
    /// Only in `b`.
    New,
    /// Only in `a`.
    Gone,
    /// More often in `b`, by more than chance: its corrected probability is below 0.05.
    Grown,
    /// Less often in `b`, by more than chance.
    Shrunk,
    /// As often, as far as can be told.
    Steady,
}

/// Groups of each kind.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = ComparedKinds)]
pub(crate) struct Kinds {
    pub(crate) new: u64,
    pub(crate) gone: u64,
    pub(crate) grown: u64,
    pub(crate) shrunk: u64,
    pub(crate) steady: u64,
}

impl Kinds {
    pub(crate) fn add(&mut self, kind: Kind) {
        *match kind {
            Kind::New => &mut self.new,
            Kind::Gone => &mut self.gone,
            Kind::Grown => &mut self.grown,
            Kind::Shrunk => &mut self.shrunk,
            Kind::Steady => &mut self.steady,
        } += 1;
    }
}

/// One group on both sides.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ComparedGroup)]
pub(crate) struct Compared {
    pub(crate) project: ProjectId,
    pub(crate) fingerprint: Fingerprint,
    /// `null` while the processor is about to make it.
    pub(crate) issue: Option<IssueId>,
    pub(crate) title: Option<String>,
    pub(crate) kind: Kind,
    /// Events of each side.
    pub(crate) a_count: u64,
    pub(crate) b_count: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) estimated: bool,
    /// The rate in `b` over that in `a`; `null` when there is none in `a`.
    pub(crate) ratio: Option<f64>,
    /// How likely so great a difference would be by chance: the conditional test of two Poisson rates, on both sides.
    pub(crate) p_value: f64,
    /// The same after Benjamini's and Hochberg's correction for all groups that were compared.
    pub(crate) p_corrected: f64,
}
