//! API tokens. Kept under their hash: who reads the catalog can't act as their holders.

use jiff::Timestamp;
use schemas::{
    catalog::{Role, Token},
    ids::ProjectId,
    limits,
};

use super::{
    Catalog, Collection, Expect, List, Write,
    document::{self, Place},
};
use crate::{Error, Result};

/// Makes `secret` a token of this role for these projects; `None`: for all.
pub async fn create(c: &dyn Catalog, secret: &str, role: Role, projects: Option<Vec<ProjectId>>, now: Timestamp) -> Result<Token> {
    let token = Token { hash: Token::hash_of(secret), role, projects, created_at: now };
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

/// Every token, newest first.
pub async fn list(c: &dyn Catalog) -> Result<Vec<Token>> {
    document::all(c, Collection::Tokens, List { projects: None, after: None, limit: limits::TOKENS }, limits::TOKENS).await
}

/// Takes the token with this hash away, at once. Answers whether there was one.
pub async fn revoke(c: &dyn Catalog, hash: &str) -> Result<bool> {
    if document::one::<Token>(c, Collection::Tokens, hash.to_owned()).await?.is_none() {
        return Ok(false);
    }
    c.write(Collection::Tokens, vec![Write::Delete(hash.to_owned(), Expect::Any)]).await?;
    Ok(true)
}
