//! Small facts that are only ever summed: sessions for the health of releases, what clients say they lost, and what each
//! filter left out.
//!
//! A fact counts once, however often it is stored: its key says what it is a fact about. Two updates that both tell
//! that a session crashed have the same key, so sums need no look at what was there before.
//!
//! Nothing here names a person: users are told apart by a hash of their id and project. It is no secret, only no id.

use std::{fmt, ops::AddAssign, str::FromStr};

use jiff::Timestamp;

use crate::ids::{EventId, ProjectId};

mod filtered;
mod losses;
mod sessions;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Sessions that began.
    Sessions,
    /// Sessions with an error or a bad end; those that crashed, ended abnormally or unhandled too.
    Errored,
    /// Sessions that a crash ended.
    Crashed,
    /// Sessions that ended without their own doing: the power went, the system killed the program, it hung.
    Abnormal,
    /// Sessions with an error that nobody handled and that did not end the program.
    Unhandled,
    /// Things that a client threw away.
    Lost,
    /// Events that a filter left out.
    Filtered,
}

impl Measure {
    /// Every measure.
    pub const ALL: [Self; 7] = [Self::Sessions, Self::Errored, Self::Crashed, Self::Abnormal, Self::Unhandled, Self::Lost, Self::Filtered];

    /// The snake-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Errored => "errored",
            Self::Crashed => "crashed",
            Self::Abnormal => "abnormal",
            Self::Unhandled => "unhandled",
            Self::Lost => "lost",
            Self::Filtered => "filtered",
        }
    }
}

/// A number for each [`Measure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts([u64; Measure::ALL.len()]);

impl Counts {
    /// The number of one measure.
    pub fn get(&self, measure: Measure) -> u64 {
        self.0[measure as usize]
    }

    /// The same with `number` more of one measure; stops at the greatest number there is.
    #[must_use]
    pub fn with(mut self, measure: Measure, number: u64) -> Self {
        self.0[measure as usize] = self.get(measure).saturating_add(number);
        self
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, number)| *sum = sum.saturating_add(number));
    }
}

/// What a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A session. Has a release and an environment.
    Session,
    /// What a client threw away. Has a reason and a category.
    Loss,
    /// What a filter left out. Has the filter's name and its scope.
    Filter,
}

impl Subject {
    /// The snake-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Loss => "loss",
            Self::Filter => "filter",
        }
    }

    /// What groups of it are ordered by.
    pub fn measure(self) -> Measure {
        match self {
            Self::Session => Measure::Sessions,
            Self::Loss => Measure::Lost,
            Self::Filter => Measure::Filtered,
        }
    }

    /// What its sums can be split by.
    pub fn dimensions(self) -> &'static [Dimension] {
        match self {
            Self::Session => &[Dimension::Project, Dimension::Release, Dimension::Environment],
            Self::Loss => &[Dimension::Project, Dimension::Reason, Dimension::Category],
            Self::Filter => &[Dimension::Project, Dimension::Rule, Dimension::Scope],
        }
    }
}

/// What sums can be split by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The project's number.
    Project,
    /// The version of the program.
    Release,
    /// Where it runs.
    Environment,
    /// Why a client threw something away: `ratelimit_backoff`, `queue_overflow`, `before_send`, ...
    Reason,
    /// What it threw away: `error`, `transaction`, ...
    Category,
    /// The name of a filter.
    Rule,
    /// Whether the filter is the project's own or one of all projects.
    Scope,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Self; 7] = [Self::Project, Self::Release, Self::Environment, Self::Reason, Self::Category, Self::Rule, Self::Scope];

    /// The snake-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Release => "release",
            Self::Environment => "environment",
            Self::Reason => "reason",
            Self::Category => "category",
            Self::Rule => "rule",
            Self::Scope => "scope",
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no [`Dimension`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such dimension")]
pub struct NoDimension;

impl FromStr for Dimension {
    type Err = NoDimension;

    fn from_str(name: &str) -> Result<Self, NoDimension> {
        Self::ALL.into_iter().find(|dimension| dimension.as_str() == name).ok_or(NoDimension)
    }
}

/// Names a fact.
pub type Key = [u8; 16];

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Facts with the same key are the same fact.
    pub key: Key,
    /// Whose it is.
    pub project: ProjectId,
    /// What it is about.
    pub subject: Subject,
    /// The minute that it counts for; the hour for a fact that tells of a user only.
    pub at: Timestamp,
    /// Its names, one for each of the subject's dimensions but the project, in their order, of at most
    /// [`crate::limits::KEYWORD_BYTES`]. Empty: not told.
    pub names: [String; 2],
    /// A hash of the user's id and project.
    pub user: Option<u64>,
    /// What it adds to the sums; may be nothing.
    pub counts: Counts,
}

impl Tally {
    /// Its value of a dimension; empty for the project, which is a number, and for what its subject does not have.
    pub fn name(&self, dimension: Dimension) -> &str {
        let place = self.subject.dimensions().iter().skip(1).position(|other| *other == dimension);
        place.map_or("", |place| &self.names[place])
    }
}

/// The record that facts come from.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// Whose it is.
    pub project: ProjectId,
    /// Its id: the same one when the envelope of an event is sent again.
    pub record: EventId,
    /// When ingest took it.
    pub received_at: Timestamp,
    /// The client's clock when it sent it.
    pub sent_at: Option<Timestamp>,
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;

/// The beginning of the minute or hour, in `seconds`.
fn begin(time: Timestamp, seconds: i64) -> Timestamp {
    let whole = time.as_second().div_euclid(seconds) * seconds;
    Timestamp::from_second(whole).unwrap_or(time)
}
