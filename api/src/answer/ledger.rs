//! The outcomes of a day.

use jiff::civil::Date;
use schemas::outcome::{Kind, Reason};
use serde::Serialize;
use utoipa::ToSchema;

/// How the records that were received on a day (UTC) ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ledger {
    pub(crate) day: Date,
    pub(crate) outcomes: Vec<Entry>,
    /// Records of every outcome.
    pub(crate) total: u64,
}

/// How many records ended so.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerEntry)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) reason: Reason,
    pub(crate) count: u64,
}
