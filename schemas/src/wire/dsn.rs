//! The address that an SDK is set up with: `https://KEY@HOST[:PORT][/PREFIX]/PROJECT`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, de};

use crate::ids::{IdError, ProjectId, PublicKey};

/// A DSN. The secret key of old DSNs is read over and never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dsn {
    /// `http` or `https`.
    pub scheme: String,
    /// Who writes.
    pub public_key: PublicKey,
    /// Host, port if given, path prefix if given: `errors.example.com:8443/belfry`.
    pub host: String,
    /// Where to.
    pub project: ProjectId,
}

/// The DSN of a key at `scheme_host`, e.g. `https://errors.example.com`; a trailing slash there does no harm.
///
/// A `scheme_host` without `://` is taken to be a host reached by `http`.
pub fn format(scheme_host: &str, key: &PublicKey, project: ProjectId) -> String {
    let (scheme, host) = scheme_host.split_once("://").unwrap_or(("http", scheme_host));
    format!("{scheme}://{key}@{}/{project}", host.trim_end_matches('/'))
}

impl fmt::Display for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}@{}/{}", self.scheme, self.public_key, self.host, self.project)
    }
}

impl FromStr for Dsn {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = || IdError { what: "DSN", form: "https://KEY@HOST/PROJECT" };
        let (scheme, rest) = text.trim().split_once("://").ok_or_else(error)?;
        let (user, rest) = rest.split_once('@').ok_or_else(error)?;
        let (host, project) = rest.trim_end_matches('/').rsplit_once('/').ok_or_else(error)?;
        let scheme = scheme.to_ascii_lowercase();
        let odd = |b: u8| b <= b' ' || matches!(b, b'?' | b'#' | b'@' | b'\\' | 0x7f..);
        if !matches!(scheme.as_str(), "http" | "https") || host.is_empty() || host.starts_with(['/', ':']) || host.bytes().any(odd) {
            return Err(error());
        }
        Ok(Self { scheme, public_key: user.parse()?, host: host.trim_end_matches('/').to_owned(), project: project.parse()? })
    }
}

impl<'de> Deserialize<'de> for Dsn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "e12d836b15bb49d7bbf99e64295d995b";

    #[test]
    fn the_forms_of_ten_years_are_read() {
        for (text, host, project) in [
            (format!("https://{KEY}@sentry.io/42"), "sentry.io", 42),
            (format!("https://{KEY}:@sentry.io/42"), "sentry.io", 42),
            (format!("http://{KEY}:5f4dcc3b@localhost:8787/1"), "localhost:8787", 1),
            (format!("HTTPS://{KEY}@[::1]:9000/a/b/7/"), "[::1]:9000/a/b", 7),
        ] {
            let dsn: Dsn = text.parse().unwrap();
            assert_eq!((dsn.public_key.as_str(), dsn.host.as_str(), dsn.project), (KEY, host, ProjectId(project)), "{text}");
        }
    }

    #[test]
    fn the_secret_is_not_kept() {
        let dsn: Dsn = format!("https://{KEY}:hunter2@sentry.io/42").parse().unwrap();
        assert_eq!(dsn.to_string(), format!("https://{KEY}@sentry.io/42"));
    }

    #[test]
    fn what_is_not_a_dsn_is_refused() {
        for text in [
            "",
            "sentry.io/42",
            "https://sentry.io/42",
            &format!("ftp://{KEY}@sentry.io/42"),
            &format!("https://{KEY}@sentry.io"),
            &format!("https://{KEY}@sentry.io/shop"),
            &format!("https://{KEY}@sentry.io/0"),
            &format!("https://{KEY}@/42"),
            &format!("https://{KEY}@sentry.io?x=/42"),
            "https://abc@sentry.io/42",
        ] {
            assert!(text.parse::<Dsn>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_gets_its_dsn() {
        let key: PublicKey = KEY.parse().unwrap();
        assert_eq!(format("https://errors.example.com/", &key, ProjectId(3)), format!("https://{KEY}@errors.example.com/3"));
        assert_eq!(format("127.0.0.1:8787", &key, ProjectId(3)), format!("http://{KEY}@127.0.0.1:8787/3"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = text.parse::<Dsn>();
        }

        #[test]
        fn what_is_printed_is_read_back(key: [u8; 16], host in "[a-z0-9.-]{1,20}(:[0-9]{1,5})?(/[a-z]{1,5}){0,2}", project in 1_u64..) {
            let dsn = Dsn { scheme: "https".into(), public_key: PublicKey::from_bytes(key), host, project: ProjectId(project) };
            prop_assert_eq!(dsn.to_string().parse(), Ok(dsn));
        }
    }
}
