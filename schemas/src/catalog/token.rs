//! API tokens: who may ask, for what and about which projects.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::ids::ProjectId;

/// What a token's holder may do; each role may all that the one before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
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
    /// Which projects it may see, at most [`crate::limits::TOKEN_PROJECTS`]; `None`: all of them, later ones too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects: Option<Vec<ProjectId>>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Token {
    /// The token made of these (random) bytes, as its holder gets it, once.
    pub fn secret(bytes: [u8; 32]) -> String {
        format!("belfry_{}", BASE64URL_NOPAD.encode(&bytes))
    }

    /// What is kept of a token.
    pub fn hash_of(secret: &str) -> String {
        HEXLOWER.encode(&Sha256::digest(secret))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_as_its_sha_256() {
        // printf 'abc' | sha256sum
        assert_eq!(Token::hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Token::secret([0; 32]).len(), "belfry_".len() + 43);
    }

    #[test]
    fn a_token_from_before_there_were_projects_sees_all() {
        let kept = r#"{"hash":"ba78","role":"viewer","created_at":"2026-01-31T12:00:00Z"}"#;
        let token: Token = serde_json::from_str(kept).unwrap();
        assert_eq!(token.projects, None);
        assert_eq!(serde_json::to_string(&token).unwrap(), kept);
        let bound: Token = serde_json::from_str(&kept.replace("\"created_at", "\"projects\":[],\"created_at")).unwrap();
        assert_eq!(bound.projects, Some(Vec::new()));
    }
}
