//! Sessions of releases, and what clients threw away.

use jiff::Timestamp;
use schemas::tally::{Counts, Measure};
use serde::Serialize;
use utoipa::ToSchema;

use super::group::Key;

/// How sessions went.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Health {
    /// Sessions that began.
    pub(crate) sessions: u64,
    /// Of these with an error or a bad end, those that follow too.
    pub(crate) errored: u64,
    pub(crate) crashed: u64,
    pub(crate) abnormal: u64,
    pub(crate) unhandled: u64,
    pub(crate) users: u64,
    pub(crate) crashed_users: u64,
    /// The share that did not crash; `null` without any.
    pub(crate) crash_free_sessions: Option<f64>,
    pub(crate) crash_free_users: Option<f64>,
}

impl Health {
    /// Of these sums, users and users with a crash.
    pub(crate) fn new(counts: &Counts, (users, crashed_users): (u64, u64)) -> Self {
        let (sessions, crashed) = (counts.get(Measure::Sessions), counts.get(Measure::Crashed));
        Self {
            sessions,
            errored: counts.get(Measure::Errored),
            crashed,
            abnormal: counts.get(Measure::Abnormal),
            unhandled: counts.get(Measure::Unhandled),
            users,
            crashed_users,
            crash_free_sessions: free(sessions, crashed),
            crash_free_users: free(users, crashed_users),
        }
    }
}

/// What is left of all. A crash may be told of a session that began out of sight, so it may be more than all.
fn free(all: u64, bad: u64) -> Option<f64> {
    (all > 0).then(|| all.saturating_sub(bad) as f64 / all as f64)
}

/// Sessions in a range of time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sessions {
    /// The beginning of the hour or day that was asked from.
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// `hour`, `day` or `null`.
    pub(crate) interval: Option<&'static str>,
    /// All of them, those in no row too.
    pub(crate) total: Health,
    /// By time, then by group, those with the most sessions first. Without sessions there is no row.
    pub(crate) rows: Vec<HealthRow>,
    pub(crate) groups_total: u64,
}

/// The sessions of one group in one hour or day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthRow {
    /// When the hour or day begins; `null` without an interval.
    pub(crate) start: Option<Timestamp>,
    /// `null` for what was not told.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub(crate) key: Key,
    #[serde(flatten)]
    pub(crate) health: Health,
}

/// What clients threw away in a range of time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientReports {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// All of it, what is in no row too.
    pub(crate) total: u64,
    /// Most first.
    pub(crate) rows: Vec<Loss>,
    pub(crate) groups_total: u64,
}

/// How much of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Loss {
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub(crate) key: Key,
    pub(crate) quantity: u64,
}
