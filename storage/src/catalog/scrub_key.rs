//! The one secret of an installation: what scrubbing makes its keyed hashes with.
//!
//! Made once, by whoever asks first. It leaves the catalog only into the memory of a processor: no answer of the API
//! has it, no log.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::{
    Catalog, Collection, Expect,
    document::{self, Place},
};
use crate::{Error, Result};

/// Its document in [`Collection::Program`].
const ID: &str = "scrub_key";

/// The secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ScrubKey(pub [u8; 32]);

impl fmt::Debug for ScrubKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScrubKey(..)")
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    hex: String,
}

/// The secret; made if there is none. Every process of an installation gets the same.
pub async fn get(c: &dyn Catalog) -> Result<ScrubKey> {
    if let Some(key) = found(c).await? {
        return Ok(key);
    }
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::terminal("making the key for hashes of scrubbing", error))?;
    let place = Place { id: ID.to_owned(), project: None, order: 0 };
    let draft = document::draft(place, &Kept { hex: HEXLOWER.encode(&bytes) });
    if document::put(c, Collection::Program, draft, Expect::Absent).await? {
        return Ok(ScrubKey(bytes));
    }
    found(c).await?.ok_or_else(|| document::contended(Collection::Program, ID))
}

async fn found(c: &dyn Catalog) -> Result<Option<ScrubKey>> {
    let Some((kept, _)) = document::one::<Kept>(c, Collection::Program, ID.to_owned()).await? else { return Ok(None) };
    let bytes = HEXLOWER.decode(kept.hex.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    // The document itself goes into no message.
    let damaged = || Error::Damaged {
        place: format!("catalog, {} {ID}", Collection::Program.name()),
        cause: "expected 32 bytes in hex; restore the catalog from a backup, or delete this document: hashes made from then on differ"
            .into(),
    };
    bytes.map(|bytes| Some(ScrubKey(bytes))).ok_or_else(damaged)
}
