//! API tokens.

use jiff::Timestamp;
use schemas::catalog::Role;
use serde::Serialize;

/// A token that was just made; it is never shown again.
#[derive(Serialize)]
pub(crate) struct NewToken {
    pub(crate) token: String,
    pub(crate) role: Role,
    pub(crate) created_at: Timestamp,
}
