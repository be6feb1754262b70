//! How a Sentry SDK says who it is: in a header or in the query string.

use data_encoding::BASE64;
use url::form_urlencoded;

/// What a client said about itself. Unchecked: the key may be of any form.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SentryAuth {
    /// The project key as sent; [`crate::ids::PublicKey`] reads it.
    pub key: Option<String>,
    /// Version of the protocol as sent, `7` or `7.0`.
    pub version: Option<String>,
    /// The SDK, `sentry.python/2.75.0`.
    pub client: Option<String>,
}

impl std::fmt::Debug for SentryAuth {
    /// Leaves out the key: it is a credential.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SentryAuth").field("version", &self.version).field("client", &self.client).finish_non_exhaustive()
    }
}

impl SentryAuth {
    /// The whole part of the version; `None` if there is none or it does not start with a number.
    pub fn version_number(&self) -> Option<u32> {
        let text = self.version.as_deref()?.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        text[..digits].parse().ok()
    }

    /// Takes one pair, whatever it is; the first of a name counts.
    fn take(&mut self, name: &str, value: &str) -> bool {
        let slot = match name {
            "sentry_key" => &mut self.key,
            "sentry_version" => &mut self.version,
            "sentry_client" => &mut self.client,
            _ => return name.starts_with("sentry_"),
        };
        if slot.is_none() && !value.is_empty() {
            *slot = Some(value.to_owned());
        }
        true
    }
}

/// Reads the text of `X-Sentry-Auth` or `Authorization`: `Sentry sentry_key=..., sentry_version=7, ...` or
/// `Basic` with the key as user name. `None` when it is of another scheme or says nothing.
pub fn read(header: &str) -> Option<SentryAuth> {
    let header = header.trim();
    let end = header.find(|c: char| c.is_ascii_whitespace())?;
    let (scheme, rest) = (&header[..end], header[end..].trim());
    if scheme.eq_ignore_ascii_case("basic") {
        return basic(rest);
    }
    if !scheme.eq_ignore_ascii_case("sentry") {
        return None;
    }
    let mut auth = SentryAuth::default();
    let mut any = false;
    for pair in rest.split(',') {
        let mut parts = pair.split('=');
        if let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            any |= auth.take(name.trim(), value.trim());
        }
    }
    any.then_some(auth)
}

/// Reads the query string of a request, without `?`. `None` when no name in it starts with `sentry_`.
pub fn from_query(query: &str) -> Option<SentryAuth> {
    if !query.contains("sentry_") {
        return None;
    }
    let mut auth = SentryAuth::default();
    let mut any = false;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        any |= auth.take(&name, value.trim());
    }
    any.then_some(auth)
}

/// The first value of this name in a query string that says anything.
pub fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.into_owned())
}

fn basic(credentials: &str) -> Option<SentryAuth> {
    let decoded = BASE64.decode(credentials.as_bytes()).ok()?;
    let text = std::str::from_utf8(&decoded).ok()?;
    let key = text.split(':').next().filter(|key| !key.is_empty())?;
    Some(SentryAuth { key: Some(key.to_owned()), ..SentryAuth::default() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn auth(key: &str, version: &str, client: &str) -> SentryAuth {
        let some = |s: &str| Some(s.to_owned()).filter(|s| !s.is_empty());
        SentryAuth { key: some(key), version: some(version), client: some(client) }
    }

    #[test]
    fn the_header_of_every_sdk_is_read() {
        for (header, expected) in [
            ("Sentry sentry_key=abc, sentry_version=7, sentry_client=sentry.python/2.75.0", auth("abc", "7", "sentry.python/2.75.0")),
            ("sentry sentry_version=7,sentry_client=raven/1,sentry_timestamp=1.2,sentry_key=abc", auth("abc", "7", "raven/1")),
            ("Sentry sentry_key=abc:no-cache,sentry_secret=s3cret,sentry_x", auth("abc:no-cache", "", "")),
            ("Sentry  sentry_key = abc ,, sentry_key=def", auth("abc", "", "")),
            ("SENTRY sentry_version=7.0", auth("", "7.0", "")),
            ("Basic YWJjOg==", auth("abc", "", "")),
        ] {
            assert_eq!(read(header).unwrap(), expected, "{header}");
        }
    }

    #[test]
    fn what_names_nobody_is_read_over() {
        for header in ["", "Sentry", "Sentry ", "Sentry key=abc", "Bearer abc", "Basic !", "Basic Og==", "é"] {
            assert!(read(header).is_none(), "{header}");
        }
    }

    #[test]
    fn the_query_of_a_browser_is_read() {
        let query = "sentry_version=7&sentry_key=abc&sentry_client=sentry.javascript.browser%2F11.12.0&x=1";
        assert_eq!(from_query(query).unwrap(), auth("abc", "7", "sentry.javascript.browser/11.12.0"));
        assert!(from_query("key=abc").is_none());
        assert!(from_query("").is_none());
    }

    #[test]
    fn a_parameter_of_a_query_is_found() {
        let query = "a=&sentry_release=shop%401.0+x&sentry_release=2&b";
        assert_eq!(parameter(query, "sentry_release").as_deref(), Some("shop@1.0 x"));
        assert_eq!((parameter(query, "a"), parameter("", "a")), (None, None));
    }

    #[test]
    fn the_version_is_its_whole_part() {
        for (text, number) in [("7", Some(7)), ("7.0", Some(7)), ("x", None), ("", None), ("99999999999999", None)] {
            assert_eq!(SentryAuth { version: Some(text.into()), ..Default::default() }.version_number(), number, "{text}");
        }
    }

    #[test]
    fn debug_output_shows_no_key() {
        assert!(!format!("{:?}", auth("abcdef", "7", "x")).contains("abcdef"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = (read(&text), from_query(&text), read(&format!("Sentry {text}")), read(&format!("Basic {text}")));
        }
    }
}
