//! Who is signed in.

use schemas::{catalog::Role, ids::ProjectId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Reach;

/// What the holder of a token may do and see.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    role: Role,
    /// The projects that it may see; `null` for all.
    projects: Option<Vec<ProjectId>>,
}

impl Session {
    /// Of who reaches this.
    pub(crate) fn of(reach: &Reach) -> Self {
        Self { role: reach.by().role, projects: reach.bound().map(<[ProjectId]>::to_vec) }
    }
}
