//! Projects and their keys.

use jiff::Timestamp;
use schemas::{
    catalog::{self, Rotation},
    ids::{ProjectId, PublicKey},
    quota::Limit,
    wire::dsn,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Every project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Projects {
    pub(crate) projects: Vec<catalog::Project>,
}

/// A project that was just made, with its first key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewProject {
    pub(crate) project: catalog::Project,
    pub(crate) key: Key,
}

/// The keys of a project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Keys {
    pub(crate) keys: Vec<Key>,
}

/// A key and what SDKs are set up with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Key {
    pub(crate) key: PublicKey,
    pub(crate) project: ProjectId,
    pub(crate) created_at: Timestamp,
    pub(crate) enabled: bool,
    /// How much may be sent with it.
    pub(crate) limits: Vec<Limit>,
    /// Which key replaces it, and until when it is still taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rotated: Option<Rotation>,
    pub(crate) dsn: String,
}

impl Key {
    /// Of a server at `address`.
    pub(crate) fn new(key: catalog::Key, address: &str) -> Self {
        let catalog::Key { key, project, created_at, enabled, limits, rotated } = key;
        let dsn = dsn::format(address, &key, project);
        Self { key, project, created_at, enabled, limits, rotated, dsn }
    }
}
