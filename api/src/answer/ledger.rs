//! The outcomes of a day.

use jiff::civil::Date;
use schemas::outcome::{Kind, Reason};
use serde::Serialize;

/// How the records that were received on a day (UTC) ended.
#[derive(Debug, Serialize)]
pub(crate) struct Ledger {
    pub(crate) day: Date,
    pub(crate) outcomes: Vec<Entry>,
    /// Records of every outcome.
    pub(crate) total: u64,
}

/// How many records ended so.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) reason: Reason,
    pub(crate) count: u64,
}
