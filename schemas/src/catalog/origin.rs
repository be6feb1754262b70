//! Which web pages may send events.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::Url;

/// Longest pattern, in bytes.
const BYTES: usize = 300;

/// A pattern of origins: `*` is any, `*.example.com` that domain and those below it, `example.com` that host, all with
/// any scheme and port; `https://example.com:8443` is that origin alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedOrigin(String);

/// Why a text is not a pattern of origins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an origin is written as https://example.com, example.com, *.example.com or *")]
pub struct OriginError;

impl AllowedOrigin {
    /// Whether a page of this origin may send. A URL, as in `Referer`, counts by its origin.
    pub fn allows(&self, origin: &str) -> bool {
        if self.0 == "*" {
            return true;
        }
        let Ok(url) = Url::parse(origin) else { return false };
        let Some(host) = url.host_str() else { return false };
        if self.0.contains("://") {
            return url.origin().ascii_serialization() == self.0;
        }
        match self.0.strip_prefix("*.") {
            Some(domain) => host == domain || host.strip_suffix(domain).is_some_and(|sub| sub.ends_with('.')),
            None => host == self.0,
        }
    }
}

impl FromStr for AllowedOrigin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let text = text.trim();
        if text == "*" {
            return Ok(Self("*".to_owned()));
        }
        if text.len() > BYTES {
            return Err(OriginError);
        }
        let (prefix, host) = text.strip_prefix("*.").map_or(("", text), |domain| ("*.", domain));
        let whole = host.contains("://");
        let url = if whole { Url::parse(host) } else { Url::parse(&format!("http://{host}")) }.map_err(|_| OriginError)?;
        let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        let host = url.host_str().filter(|host| !host.is_empty() && !host.contains('*')).ok_or(OriginError)?;
        match (plain, whole, prefix) {
            (true, true, "") if url.origin().is_tuple() => Ok(Self(url.origin().ascii_serialization())),
            (true, false, _) if url.port().is_none() => Ok(Self(format!("{prefix}{host}"))),
            _ => Err(OriginError),
        }
    }
}

impl fmt::Display for AllowedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for AllowedOrigin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AllowedOrigin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pattern_allows_what_it_says() {
        for (pattern, allowed, refused) in [
            ("*", vec!["https://a.example", "null", "x"], vec![]),
            (
                "example.com",
                vec!["https://example.com", "http://EXAMPLE.com:8080/a?b"],
                vec!["https://a.example.com", "https://example.com.evil.org", "null", ""],
            ),
            (
                "*.Example.com",
                vec!["https://example.com", "https://a.b.example.com/page"],
                vec![
                    "https://badexample.com",
                    "https://example.com.evil.org",
                    "https://evil.org/?https://a.example.com",
                    "https://a.example.com@evil.org/",
                ],
            ),
            (
                "https://example.com",
                vec!["https://example.com", "https://example.com:443/x"],
                vec!["http://example.com", "https://example.com:8443", "https://a.example.com"],
            ),
            ("http://localhost:3000/", vec!["http://localhost:3000"], vec!["http://localhost", "https://localhost:3000"]),
        ] {
            let pattern: AllowedOrigin = pattern.parse().unwrap();
            for origin in allowed {
                assert!(pattern.allows(origin), "{pattern} {origin}");
            }
            for origin in refused {
                assert!(!pattern.allows(origin), "{pattern} {origin}");
            }
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "",
            "*.",
            "a b",
            "https://",
            "https://*.example.com",
            "example.com/path",
            "*.*.example.com",
            "example.com:80x",
            "https://a@b.example",
            "data:x",
        ] {
            assert!(text.parse::<AllowedOrigin>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_read_back(text: String, origin: String) {
            if let Ok(pattern) = text.parse::<AllowedOrigin>() {
                prop_assert_eq!(pattern.to_string().parse::<AllowedOrigin>(), Ok(pattern.clone()));
                let _ = pattern.allows(&origin);
            }
        }
    }
}
