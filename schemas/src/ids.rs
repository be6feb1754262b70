//! Identifiers: what they look like and how they are made from bytes. Never drawn at random here.

use std::{fmt, str::FromStr};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// Why a text is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {form}")]
pub struct IdError {
    /// Which identifier was read, as users call it.
    pub what: &'static str,
    /// The accepted form.
    pub form: &'static str,
}

/// Implements `Serialize` and `Deserialize` as the text of `Display` and `FromStr`.
macro_rules! serde_as_text {
    ($name:ty) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

/// 16 bytes that name an event within its project; 32 lower-case hex digits as text.
///
/// Read with or without hyphens and in any case (the Rust SDK sends hyphens, older Python SDKs upper case).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub [u8; 16]);

impl EventId {
    /// The first 16 bytes of SHA-256 over the parts, each preceded by its length: equal parts give equal ids.
    pub fn from_parts(parts: &[&[u8]]) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&digest(parts)[..16]);
        Self(id)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EventId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = IdError { what: "event id", form: "32 hex digits, with or without hyphens" };
        let mut id = [0; 16];
        let mut digits = 0;
        for byte in text.bytes().filter(|b| *b != b'-') {
            let value = char::from(byte).to_digit(16).ok_or_else(|| error.clone())? as u8;
            let slot = id.get_mut(digits / 2).ok_or_else(|| error.clone())?;
            *slot = *slot << 4 | value;
            digits += 1;
        }
        if digits == 32 && text.len() <= 36 { Ok(Self(id)) } else { Err(error) }
    }
}

serde_as_text!(EventId);

/// The number of a project, from 1; the path segment of a DSN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct ProjectId(pub u64);

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ProjectId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = IdError { what: "project id", form: "a whole number from 1 without leading zeros" };
        if text.starts_with(['0', '+']) {
            return Err(error);
        }
        text.parse().map(Self).map_err(|_| error)
    }
}

/// The public half of a DSN: 32 hex digits, kept in lower case. It lets its holder write to one project and read nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(String);

impl PublicKey {
    /// The key made of these 16 (random) bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(HEXLOWER.encode(&bytes))
    }

    /// The 32 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..", &self.0[..4])
    }
}

impl FromStr for PublicKey {
    type Err = IdError;

    /// Flags after a colon (`KEY:no-cache`) are read over, as old proxies add them.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let key = text.split(':').next().unwrap_or_default();
        if key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(key.to_ascii_lowercase()))
        } else {
            Err(IdError { what: "project key", form: "32 hex digits" })
        }
    }
}

serde_as_text!(PublicKey);

/// What makes two events the same error: `fp1-` and the 64 hex digits of a SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint over a canonical JSON array, which starts with the version.
    pub fn fp1(canonical: &str) -> Self {
        Self(format!("fp1-{}", HEXLOWER.encode(&Sha256::digest(canonical))))
    }

    /// `fp1-...`
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let digits = text.strip_prefix("fp1-").unwrap_or_default();
        if digits.len() == 64 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError { what: "fingerprint", form: "fp1- and 64 lower-case hex digits" })
        }
    }
}

/// Names an issue for people: the project's slug and some Crockford characters, e.g. `checkout-7F3K9`.
///
/// It follows from project and first fingerprint alone, so that two processors that see a new error at once
/// make the same issue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct IssueId(pub String);

/// Crockford's base 32: no I, L, O, U.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl IssueId {
    /// Characters of the shortest id. At 5, one of 33 million; the caller asks for a longer one when it is taken.
    pub const SHORTEST: usize = 5;
    /// Characters of the longest id.
    pub const LONGEST: usize = 26;

    /// The id with `length` characters (between [`Self::SHORTEST`] and [`Self::LONGEST`]).
    pub fn new(slug: &str, project: ProjectId, first: &Fingerprint, length: usize) -> Self {
        let hash = digest(&[&project.0.to_be_bytes(), first.as_str().as_bytes()]);
        let mut bits = u128::from_be_bytes(hash[..16].try_into().expect("a SHA-256 has 32 bytes"));
        let mut id = format!("{slug}-");
        for _ in 0..length.clamp(Self::SHORTEST, Self::LONGEST) {
            id.push(char::from(CROCKFORD[(bits >> 123) as usize]));
            bits <<= 5;
        }
        Self(id)
    }

    /// The text as users write it, in any case of the last part.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IssueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// SHA-256 over the parts, each preceded by its length as 8 bytes.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_ids_read_with_hyphens_and_in_any_case() {
        let plain: EventId = "fc6d8c0c43fc4630ad850ee518f1b9d0".parse().unwrap();
        assert_eq!(plain, "FC6D8C0C-43fc-4630-ad85-0ee518f1b9d0".parse().unwrap());
        assert_eq!(plain.to_string(), "fc6d8c0c43fc4630ad850ee518f1b9d0");
    }

    #[test]
    fn event_ids_of_another_length_or_alphabet_are_refused() {
        for bad in
            ["", "abc", "fc6d8c0c43fc4630ad850ee518f1b9d", "fc6d8c0c43fc4630ad850ee518f1b9d00", "gc6d8c0c43fc4630ad850ee518f1b9d0", "é"]
        {
            assert!(bad.parse::<EventId>().is_err(), "{bad}");
        }
        assert!("-".repeat(1000).parse::<EventId>().is_err());
    }

    #[test]
    fn issue_ids_follow_from_project_and_fingerprint() {
        let fingerprint = Fingerprint::fp1("[\"fp1\"]");
        let id = IssueId::new("checkout", ProjectId(1), &fingerprint, 5);
        assert_eq!(id, IssueId::new("checkout", ProjectId(1), &fingerprint, 5));
        assert_ne!(id, IssueId::new("checkout", ProjectId(2), &fingerprint, 5));
        assert_eq!(id.as_str().len(), "checkout-".len() + 5);
        let longer = IssueId::new("checkout", ProjectId(1), &fingerprint, 8);
        assert!(longer.as_str().starts_with(id.as_str()));
    }

    #[test]
    fn keys_are_kept_in_lower_case_without_flags_and_never_printed_whole_by_debug() {
        let key: PublicKey = "0123456789ABCDEF0123456789abcdef:no-cache".parse().unwrap();
        assert_eq!(key.as_str(), "0123456789abcdef0123456789abcdef");
        assert_eq!(format!("{key:?}"), "0123..");
        assert!("0123".parse::<PublicKey>().is_err());
    }

    #[test]
    fn project_ids_are_plain_numbers() {
        assert_eq!("42".parse(), Ok(ProjectId(42)));
        for bad in ["0", "042", "+1", "-1", "1x", "", "18446744073709551616"] {
            assert!(bad.parse::<ProjectId>().is_err(), "{bad}");
        }
    }
}
