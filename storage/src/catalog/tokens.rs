//! API tokens. Kept under their hash: who reads the catalog can't act as their holders.

use jiff::Timestamp;
use schemas::catalog::{Role, Token};

use super::{
    Catalog, Collection, Expect,
    document::{self, Place},
};
use crate::{Error, Result};

/// Makes `secret` a token of this role.
pub async fn create(c: &dyn Catalog, secret: &str, role: Role, now: Timestamp) -> Result<Token> {
    let token = Token { hash: Token::hash_of(secret), role, created_at: now };
    let place = Place { id: token.hash.clone(), project: None, order: now.as_millisecond() };
    if document::put(c, Collection::Tokens, document::draft(place, &token), Expect::Absent).await? {
        Ok(token)
    } else {
        Err(Error::terminal("making a token", "the secret is in use: draw another one"))
    }
}

/// The token of this secret. The look-up is by its hash, so its time says nothing about the secret.
pub async fn find(c: &dyn Catalog, secret: &str) -> Result<Option<Token>> {
    Ok(document::one(c, Collection::Tokens, Token::hash_of(secret)).await?.map(|(token, _)| token))
}
