//! Keyed hashes: the same value of a project is always the same hash, so that users can be counted, and nobody without
//! the key can try out which value it was.
//!
//! HMAC-SHA-256, cut to 96 bits, and 32 bits more that only the key's owner can make: by them a hash is known for one
//! and is not hashed again.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac};
use schemas::ids::ProjectId;
use sha2::Sha256;

use super::users::folded;

/// Hex digits of a hash, and those of them that are made from the value.
const DIGITS: usize = 32;
const OF_VALUE: usize = 24;

/// The key of one project.
#[derive(Clone)]
pub struct HashKey(Hmac<Sha256>);

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(..)")
    }
}

impl HashKey {
    /// The key of a project, made from the secret of the installation.
    pub fn new(secret: &[u8; 32], project: ProjectId) -> Self {
        let project_key = keyed(secret).chain_update(project.0.to_be_bytes()).finalize().into_bytes();
        Self(keyed(&project_key))
    }

    /// The hash of a value: 32 hex digits.
    pub(super) fn hash(&self, value: &str) -> String {
        let mut hash = self.digits(b"value", value);
        hash.truncate(OF_VALUE);
        let check = self.digits(b"check", &hash);
        hash.push_str(&check[..DIGITS - OF_VALUE]);
        hash
    }

    /// What scrubbing may have made of a value: its hash as it is, and that of all ways to write it.
    pub(crate) fn hashes(&self, value: &str) -> impl Iterator<Item = String> {
        [folded(value), value.to_owned()].into_iter().map(|text| self.hash(&text))
    }

    /// The hash of whom an order is about. It is none of those that stand in events.
    pub(crate) fn of_order(&self, text: &str) -> String {
        let mut hash = self.digits(b"order", text);
        hash.truncate(DIGITS);
        hash
    }

    /// Whether a text is a hash that was made with this key.
    pub(super) fn made(&self, text: &str) -> bool {
        text.len() == DIGITS
            && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            && self.digits(b"check", &text[..OF_VALUE]).starts_with(&text[OF_VALUE..])
    }

    fn digits(&self, what: &[u8], text: &str) -> String {
        let mac = self.0.clone().chain_update(what).chain_update(text);
        HEXLOWER.encode(&mac.finalize().into_bytes())
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("a key for HMAC may have any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_depends_on_value_project_and_secret_and_is_known_again() {
        let key = |secret, project| HashKey::new(&[secret; 32], ProjectId(project));
        let hash = key(1, 1).hash("jane@shop.example");
        assert_eq!(hash.len(), 32);
        assert_eq!(hash, key(1, 1).hash("jane@shop.example"));
        for other in [key(1, 1).hash("bob@shop.example"), key(1, 2).hash("jane@shop.example"), key(2, 1).hash("jane@shop.example")] {
            assert_ne!(hash[..OF_VALUE], other[..OF_VALUE]);
        }
        assert!(key(1, 1).made(&hash));
        for other in [&hash[1..], &hash.to_uppercase(), "9f86d081884c7d659a2feaa0c55ad015", ""] {
            assert!(!key(1, 1).made(other), "{other}");
        }
        assert!(!key(1, 2).made(&hash));
    }

    #[test]
    fn a_key_is_never_shown() {
        assert_eq!(format!("{:?}", HashKey::new(&[7; 32], ProjectId(1))), "HashKey(..)");
    }
}
