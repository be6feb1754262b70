//! What the processor concludes about an event.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Canonical;
use crate::ids::Fingerprint;

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Category {
    /// No connection.
    Network,
    /// Status 401 or 403.
    Auth,
    /// Status 422.
    Validation,
    /// Took too long.
    Timeout,
    /// Status 429.
    RateLimit,
    /// Status 5xx.
    Server,
    /// Other 4xx.
    Client,
    /// Data did not fit.
    Mapping,
    /// An extension failed.
    Plugin,
    /// Nothing tells.
    #[default]
    Unknown,
}

impl Category {
    /// Every category.
    pub const ALL: [Self; 10] = [
        Self::Network,
        Self::Auth,
        Self::Validation,
        Self::Timeout,
        Self::RateLimit,
        Self::Server,
        Self::Client,
        Self::Mapping,
        Self::Plugin,
        Self::Unknown,
    ];

    /// The upper-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Network => "NETWORK",
            Self::Auth => "AUTH",
            Self::Validation => "VALIDATION",
            Self::Timeout => "TIMEOUT",
            Self::RateLimit => "RATE_LIMIT",
            Self::Server => "SERVER",
            Self::Client => "CLIENT",
            Self::Mapping => "MAPPING",
            Self::Plugin => "PLUGIN",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// What to try against it, in order.
    pub fn strategies(self) -> &'static [Strategy] {
        match self {
            Self::Network | Self::Timeout | Self::RateLimit => &[Strategy::ExponentialBackoff],
            Self::Server => &[Strategy::CircuitBreaker, Strategy::ExponentialBackoff],
            Self::Client | Self::Auth | Self::Validation | Self::Mapping | Self::Plugin => &[Strategy::FailFast],
            Self::Unknown => &[Strategy::Retry],
        }
    }
}

/// How a caller can recover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Strategy {
    /// Try again.
    Retry,
    /// Try again, each time later.
    ExponentialBackoff,
    /// Stop calling for a while.
    CircuitBreaker,
    /// Take another way.
    Fallback,
    /// Go on without.
    Skip,
    /// Give up at once.
    FailFast,
}

/// How soon someone should look, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Now.
    Critical,
    /// Today.
    #[default]
    Major,
    /// Some day.
    Minor,
    /// For the record.
    Warning,
}

impl Priority {
    /// Every priority, the highest first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::Major, Self::Minor, Self::Warning];

    /// The lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Warning => "warning",
        }
    }
}

/// Why an event belongs to its group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Grouping {
    /// The group.
    pub fingerprint: Fingerprint,
    /// The canonical array that was hashed; its first element is the version.
    #[schema(value_type = serde_json::Value)]
    pub parts: Canonical,
    /// Groups of the same value may be one error. Looser than the fingerprint; only ever suggests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub similar: Option<String>,
    /// The rule that decided, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What each frame did, a letter a frame in the order of the frames, a text for each exception in their order.
    /// The letters are those of [`FrameUse`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<String>,
    /// What the group was called by earlier versions of the algorithm, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previous: Vec<Fingerprint>,
}

impl Grouping {
    /// A grouping of which only this is known.
    pub fn new(fingerprint: Fingerprint, parts: impl Into<Canonical>) -> Self {
        Self { fingerprint, parts: parts.into(), similar: None, rule: None, frames: Vec::new(), previous: Vec::new() }
    }
}

/// What grouping made of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameUse {
    /// It counts.
    Counted,
    /// It is not the application's own, and others are.
    Library,
    /// Neither its function nor its module says anything that stays.
    Nameless,
    /// It repeats the calls before it.
    Recursion,
    /// A rule or the table of well-known glue leaves it out.
    Rule,
    /// It is further from the crash than frames count.
    Far,
    /// Its exception only carries another one.
    Wrapper,
}

impl FrameUse {
    /// Every use.
    pub const ALL: [Self; 7] = [Self::Counted, Self::Library, Self::Nameless, Self::Recursion, Self::Rule, Self::Far, Self::Wrapper];

    /// Its letter in [`Grouping::frames`].
    pub fn letter(self) -> char {
        match self {
            Self::Counted => 'c',
            Self::Library => 'l',
            Self::Nameless => 'n',
            Self::Recursion => 'r',
            Self::Rule => 'x',
            Self::Far => 'f',
            Self::Wrapper => 'w',
        }
    }

    /// The use with this letter.
    pub fn of_letter(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.letter() == letter)
    }
}

/// A step of a judgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// `severity`, `priority` or `category`.
    pub field: String,
    /// What it was before.
    pub from: String,
    /// What it became.
    pub to: String,
    /// Why, for people: the table's entry, the rule by its name, the rate.
    pub why: String,
}

/// Who answers for a service, out of the service catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Ownership {
    /// A person or a list of people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// How much hangs on it: `1` is most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Where its source is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// What to do when it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
}

/// Something odd in the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventError {
    /// Where, dotted, in the client's names: `exception.values.0.stacktrace`.
    pub path: String,
    /// What was odd; never the value.
    pub reason: String,
}

/// What was done to one value by scrubbing. Holds no part of the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Remark {
    /// Where, dotted, in canonical names: `request.headers.authorization`.
    pub path: String,
    /// The rule, e.g. `@password`.
    pub rule: String,
    /// What was done.
    pub method: ScrubMethod,
    /// Length of what was taken away, in bytes.
    pub bytes: u64,
}

/// What scrubbing does to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ScrubMethod {
    /// Nothing stays.
    Remove,
    /// A fixed text stands in its place.
    Replace,
    /// Stars stand in its place.
    Mask,
    /// A keyed hash stands in its place.
    Hash,
}
