//! How bad an error is, and how others call it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How bad an error is, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// For developers only.
    Debug,
    /// Worth knowing.
    Info,
    /// Something is off.
    Warning,
    /// Something failed.
    #[default]
    Error,
    /// The program or a service is down. Sentry's `fatal`.
    Critical,
}

impl Severity {
    /// Every severity, mildest first.
    pub const ALL: [Self; 5] = [Self::Debug, Self::Info, Self::Warning, Self::Error, Self::Critical];

    /// The lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = crate::ids::IdError;

    /// Takes the names of Sentry, syslog and the common loggers in any case, and Python's numbers (10 to 50).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().to_ascii_lowercase().as_str() {
            "trace" | "verbose" | "debug" | "10" => Ok(Self::Debug),
            "info" | "information" | "informational" | "log" | "notice" | "sample" | "20" => Ok(Self::Info),
            "warn" | "warning" | "30" => Ok(Self::Warning),
            "err" | "error" | "severe" | "40" => Ok(Self::Error),
            "critical" | "crit" | "fatal" | "alert" | "emergency" | "emerg" | "panic" | "50" => Ok(Self::Critical),
            _ => Err(crate::ids::IdError { what: "severity", form: "one of debug, info, warning, error, critical" }),
        }
    }
}
