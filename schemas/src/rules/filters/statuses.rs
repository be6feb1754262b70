//! HTTP statuses and ranges of them.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// A status or several: `404`, `"404"`, `"405-410"`, `"5xx"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a status like 404, \"405-410\" or \"5xx\"")]
pub enum Status {
    /// One.
    Code(u16),
    /// A range, or one as text.
    Text(String),
}

impl Status {
    /// The statuses. `Err` says what is wrong.
    pub fn range(&self) -> Result<RangeInclusive<u16>, String> {
        let wrong = || "a status like 404, \"405-410\" or \"5xx\" is expected, from 100 to 599".to_owned();
        let code = |text: &str| text.trim().parse::<u16>().ok();
        let range = match self {
            Self::Code(code) => Some(*code..=*code),
            Self::Text(text) => match (text.strip_suffix("xx"), text.split_once('-')) {
                (Some(hundreds), _) => code(hundreds).filter(|n| (1..=5).contains(n)).map(|n| n * 100..=n * 100 + 99),
                (None, Some((from, to))) => code(from).zip(code(to)).map(|(from, to)| from..=to),
                (None, None) => code(text).map(|code| code..=code),
            },
        };
        range.filter(|range| !range.is_empty() && *range.start() >= 100 && *range.end() <= 599).ok_or_else(wrong)
    }
}
