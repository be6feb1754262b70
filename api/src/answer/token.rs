//! API tokens.

use jiff::Timestamp;
use schemas::{
    catalog::{Role, Token},
    ids::ProjectId,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Every token, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tokens {
    pub(crate) tokens: Vec<Listed>,
}

/// A token without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct Listed {
    /// Hex SHA-256 of the secret.
    pub(crate) id: String,
    pub(crate) role: Role,
    /// The projects that it may see; `null` for all.
    pub(crate) projects: Option<Vec<ProjectId>>,
    pub(crate) created_at: Timestamp,
}

impl From<Token> for Listed {
    fn from(Token { hash, role, projects, created_at }: Token) -> Self {
        Self { id: hash, role, projects, created_at }
    }
}

/// A token that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewToken {
    /// The secret. It is shown here and never again.
    pub(crate) token: String,
    #[serde(flatten)]
    pub(crate) listed: Listed,
}
