//! The small documents of the catalog that are not issues: projects, keys, tokens, dead letters.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{EventId, ProjectId, PublicKey},
    outcome::Reason,
    record::Position,
};

/// One application or service whose errors are kept apart from all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its number, as in a DSN.
    pub id: ProjectId,
    /// Its short name: lower-case letters, digits and hyphens, unique.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether events are taken.
    pub enabled: bool,
    /// What its owner chose.
    #[serde(default)]
    pub settings: ProjectSettings,
}

/// What a project's owner can choose.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProjectSettings {
    /// Take IP addresses away before storing.
    pub scrub_ip_addresses: bool,
}

/// The public key of a DSN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The key itself. It is public by design: it stands in web pages.
    pub key: PublicKey,
    /// The one project it writes to.
    pub project: ProjectId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it is taken.
    pub enabled: bool,
}

/// What a token's holder may do; each role may all that the one before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Read.
    Viewer,
    /// Read and triage.
    Member,
    /// Everything.
    Admin,
}

/// An API token. Only its hash is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Hex SHA-256 of the token; its id in the catalog.
    pub hash: String,
    /// What its holder may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A record that could not be processed, kept for people to look at, mend and retry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Where the record stands in the log; names the dead letter.
    pub position: Position,
    /// Whose it is.
    pub project: ProjectId,
    /// The record's event id.
    pub event_id: EventId,
    /// When ingest took it.
    pub received_at: Timestamp,
    /// Why it could not be processed.
    pub reason: Reason,
    /// Particulars for people, without any of the payload.
    pub detail: String,
    /// The record as it stands in the log, base64: raw, so for admins only.
    pub record: String,
}
