//! How bad a log record says it is.

use super::{attributes::peek, proto::LogRecord};
use crate::event::Severity;

/// The least number that is an error.
const ERROR: i32 = 17;

/// By number: 1 to 8 are TRACE and DEBUG, 9 to 12 INFO, 13 to 16 WARN, 17 to 20 ERROR, 21 to 24 FATAL. Without a
/// number, by the text.
pub(super) fn of(log: &LogRecord) -> Severity {
    match log.severity_number {
        1..=8 => Severity::Debug,
        9..=12 => Severity::Info,
        13..=16 => Severity::Warning,
        ERROR..=20 => Severity::Error,
        21.. => Severity::Critical,
        _ => peek(&log.severity_text).parse().unwrap_or_default(),
    }
}

/// Whether it is said to be ERROR or more; one that says nothing is not.
pub(super) fn is_error(log: &LogRecord) -> bool {
    match log.severity_number {
        0 => peek(&log.severity_text).parse().is_ok_and(|severity: Severity| severity >= Severity::Error),
        number => number >= ERROR,
    }
}
