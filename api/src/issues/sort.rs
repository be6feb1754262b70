//! What issues are sorted by.

use crate::groups::Lead;

/// What issues are sorted by, always the greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Sort {
    /// The newest event in the range.
    #[default]
    LastSeen,
    /// The oldest event of all, in the range or before it: the newest issues come first.
    FirstSeen,
    /// Events in the range.
    Count,
    /// Users in the range.
    Users,
    /// By how many events the range has more than the range of the same length before it.
    Trend,
    /// How urgent the newest event is; of the same urgency the newest event in the range.
    Priority,
}

impl Sort {
    const ALL: [Self; 6] = [Self::LastSeen, Self::FirstSeen, Self::Count, Self::Users, Self::Trend, Self::Priority];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LastSeen => "last_seen",
            Self::FirstSeen => "first_seen",
            Self::Count => "count",
            Self::Users => "users",
            Self::Trend => "trend",
            Self::Priority => "priority",
        }
    }

    /// Which groups stand first in this order, where the index can tell.
    pub(super) fn lead(self) -> Option<Lead> {
        match self {
            Self::LastSeen => Some(Lead::Latest),
            Self::Count => Some(Lead::Most),
            Self::FirstSeen | Self::Users | Self::Trend | Self::Priority => None,
        }
    }
}

impl std::str::FromStr for Sort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = || Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|sort| sort.name() == text).ok_or_else(|| format!("it must be one of {}", names()))
    }
}
