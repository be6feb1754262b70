//! Questions that are answered by summing facts, and what all engines refuse alike.

use std::ops::Range;

use schemas::{
    ids::ProjectId,
    limits,
    query::Value,
    tally::{Counts, Dimension, Subject},
};

use crate::{Error, Result};

/// Most rows of one answer: groups times buckets.
pub const ROWS: usize = 50_000;
/// Most groups that an engine looks at for those that are answered.
pub(super) const ALL_GROUPS: usize = 100_000;
/// What is being done, for errors.
pub(super) const DOING: &str = "summing in the index";

/// A question that is answered by summing facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// Of these projects. Empty: of none.
    pub projects: Vec<ProjectId>,
    /// Whose [`schemas::tally::Tally::at`] lies in this range of milliseconds since 1970, UTC.
    pub millis: Range<i64>,
    /// About what.
    pub subject: Subject,
    /// Split by these of the subject's dimensions.
    pub by: Vec<Dimension>,
    /// Split over time as well: buckets of this many milliseconds from the start of the range. At most
    /// [`schemas::limits::BUCKETS`], and with `limit` at most [`ROWS`] rows.
    pub interval: Option<i64>,
    /// Only the groups with the most of the subject's measure, at most this many and [`schemas::limits::GROUPS`]; of
    /// equal ones the one with the lesser key first.
    pub limit: usize,
    /// Count users too. Costs more.
    pub users: bool,
}

/// The answer to a [`Sum`].
#[derive(Debug, Clone, PartialEq)]
pub struct Summed {
    /// By bucket, then by group, those with most first. What has no fact has no row.
    pub rows: Vec<Row>,
    /// How many groups there are in all, those beyond the limit too.
    pub groups_total: u64,
}

/// The facts of one group in one bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// When the bucket begins, in milliseconds; without buckets, when the range does.
    pub start: i64,
    /// One value for each of `by`: a number for the project, else a keyword, which is empty for what was not told.
    pub key: Vec<Value>,
    /// The sums.
    pub counts: Counts,
    /// Distinct users, and those of them with a crash, when asked for. Exact while no row has more than 40,000 and all
    /// rows together have at most 400,000; beyond, estimates that are rarely off by more than 3 %.
    pub users: Option<(u64, u64)>,
}

impl Sum {
    /// Refuses what no engine answers.
    pub(super) fn check(&self) -> Result<()> {
        let refuse = |why: String| Err(Error::terminal(DOING, why));
        for (n, dimension) in self.by.iter().enumerate() {
            if !self.subject.dimensions().contains(dimension) || self.by[..n].contains(dimension) {
                return refuse(format!("{dimension} is no dimension of a {} or stands twice", self.subject.as_str()));
            }
        }
        if self.limit > limits::GROUPS {
            return refuse(format!("at most {} groups are answered", limits::GROUPS));
        }
        let buckets = self.buckets().unwrap_or(usize::MAX);
        if buckets > limits::BUCKETS || buckets.saturating_mul(self.limit) > ROWS {
            return refuse(format!("at most {} buckets and {ROWS} rows are answered", limits::BUCKETS));
        }
        Ok(())
    }

    /// How many buckets there are. `None`: the interval is none.
    fn buckets(&self) -> Option<usize> {
        let span = i128::from(self.millis.end) - i128::from(self.millis.start);
        match self.interval {
            None => Some(1),
            Some(..=0) => None,
            Some(interval) => usize::try_from((span.max(0) + i128::from(interval) - 1) / i128::from(interval)).ok(),
        }
    }

    /// The start of the bucket of `millis`, which lies in the range.
    pub(super) fn start_of(&self, millis: i64) -> i64 {
        let start = self.millis.start;
        self.interval.map_or(start, |interval| start + (millis - start).div_euclid(interval) * interval)
    }

    /// Whether there is anything to look at.
    pub(super) fn is_empty(&self) -> bool {
        self.projects.is_empty() || self.millis.is_empty() || self.limit == 0
    }
}

/// The error of an engine that met more than [`ALL_GROUPS`].
pub(super) fn too_many() -> Error {
    Error::too_much(
        DOING,
        format_args!("there are more than {ALL_GROUPS} groups: ask for a shorter time, fewer projects or other dimensions"),
    )
}
