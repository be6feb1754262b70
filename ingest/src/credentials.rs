//! Which project key a request shows. Never decides whether the key is any good; that is admission's.

use http::{HeaderMap, header};
use schemas::{
    ids::{IdError, PublicKey},
    limits,
    wire::auth::{self, SentryAuth},
};
use subtle::ConstantTimeEq;

use crate::refusal::Refusal;

/// The newest protocol version that SDKs send.
const PROTOCOL_VERSION: u32 = 7;
/// A shorter `X-Sentry-Auth` says nothing. Some clients send it empty.
const SHORTEST_HEADER_BYTES: usize = 7;

/// What a request says about its sender.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Credentials {
    pub(crate) key: Option<PublicKey>,
    /// The sender's software, as an SDK says.
    pub(crate) client: Option<String>,
    /// The sender's software, as its HTTP library says.
    pub(crate) agent: Option<String>,
}

impl Credentials {
    /// Reads every place that a key can stand in: `X-Sentry-Auth`, `Authorization` (`Sentry`, `Basic`, `Bearer`) and the
    /// query string. The same key in several places is fine, different ones are not.
    pub(crate) fn of(headers: &HeaderMap, query: Option<&str>) -> Result<Self, Refusal> {
        let mut credentials = Self::default();
        for line in headers.get_all("x-sentry-auth").iter().filter_map(|line| line.to_str().ok()) {
            if line.len() >= SHORTEST_HEADER_BYTES
                && let Some(auth) = auth::read(line)
            {
                credentials.add(auth)?;
            }
        }
        let authorizations: Vec<&str> = headers.get_all(header::AUTHORIZATION).iter().filter_map(|line| line.to_str().ok()).collect();
        for line in authorizations.iter().filter(|line| has_scheme(line, "sentry")) {
            if let Some(auth) = auth::read(line) {
                credentials.add(auth)?;
            }
        }
        if let Some(auth) = query.and_then(auth::from_query) {
            credentials.add(auth)?;
        }
        for line in authorizations.iter().filter(|line| !has_scheme(line, "sentry")) {
            credentials.add_foreign(line)?;
        }
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        credentials.agent = agent.map(|agent| agent.chars().take(limits::NAME_CHARS).collect());
        Ok(credentials)
    }

    /// The key also stands here.
    pub(crate) fn add_key(&mut self, key: PublicKey) -> Result<(), Refusal> {
        match &self.key {
            Some(known) if !same(known, &key) => {
                Err(Refusal::unauthorized("contradictory_keys", "multiple authorization payloads detected"))
            }
            _ => {
                self.key = Some(key);
                Ok(())
            }
        }
    }

    fn add(&mut self, auth: SentryAuth) -> Result<(), Refusal> {
        if let Some(version) = &auth.version
            && auth.version_number().is_none_or(|number| number > PROTOCOL_VERSION)
        {
            let version: String = version.chars().take(20).collect();
            return Err(Refusal::bad_request("unsupported_version", format!("unsupported protocol version ({version})")));
        }
        if self.client.is_none() {
            self.client = auth.client.map(|client| client.chars().take(limits::NAME_CHARS).collect());
        }
        match auth.key {
            Some(key) => self.add_key(parse(&key)?),
            None => Ok(()),
        }
    }

    /// `Basic` and `Bearer`. They may be meant for a proxy in front of us, so what is not a key is read over when
    /// a key stands elsewhere.
    fn add_foreign(&mut self, line: &str) -> Result<(), Refusal> {
        let text = if has_scheme(line, "bearer") {
            Some(line.trim()["bearer".len()..].trim().to_owned())
        } else {
            auth::read(line).and_then(|auth| auth.key)
        };
        match text.map(|text| parse(&text)) {
            Some(Ok(key)) => self.add_key(key),
            Some(Err(refusal)) if self.key.is_none() => Err(refusal),
            _ => Ok(()),
        }
    }
}

/// Whether the two are the same key, in a time that does not tell where they differ.
pub(crate) fn same(one: &PublicKey, other: &PublicKey) -> bool {
    one.as_str().as_bytes().ct_eq(other.as_str().as_bytes()).into()
}

fn has_scheme(line: &str, scheme: &str) -> bool {
    line.split_ascii_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case(scheme))
}

fn parse(text: &str) -> Result<PublicKey, Refusal> {
    text.parse().map_err(|error: IdError| Refusal::bad_request("invalid_key", "bad sentry DSN public key").because(error.to_string()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";
    const OTHER: &str = "ffffffffffffffffffffffffffffffff";

    fn read(headers: &[(&'static str, &str)], query: Option<&str>) -> Result<Credentials, Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Credentials::of(&map, query)
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", data_encoding::BASE64.encode(text.as_bytes()))
    }

    #[test]
    fn a_key_is_found_in_every_place() {
        let query = format!("sentry_version=7&sentry_key={KEY}");
        for found in [
            read(&[("x-sentry-auth", &format!("Sentry sentry_key={KEY}, sentry_version=7"))], None),
            read(&[("x-sentry-auth", &format!("sentry sentry_version=7.0,sentry_key={KEY}:no-cache"))], None),
            read(&[("authorization", &format!("Sentry sentry_key={KEY}"))], None),
            read(&[("authorization", &basic(&format!("{KEY}:")))], None),
            read(&[("authorization", &format!("Bearer {KEY}"))], None),
            read(&[("authorization", &format!("bearer  {}", KEY.to_uppercase()))], None),
            read(&[], Some(&query)),
        ] {
            assert_eq!(found.unwrap().key.unwrap().as_str(), KEY);
        }
    }

    #[test]
    fn places_may_repeat_a_key_and_not_contradict_each_other() {
        let header = format!("Sentry sentry_key={KEY}");
        let same = read(&[("x-sentry-auth", &header), ("authorization", &header)], Some(&format!("sentry_key={KEY}")));
        assert_eq!(same.unwrap().key.unwrap().as_str(), KEY);
        for contradiction in [
            read(&[("x-sentry-auth", &header)], Some(&format!("sentry_key={OTHER}"))),
            read(&[("x-sentry-auth", &header), ("authorization", &format!("Bearer {OTHER}"))], None),
            read(&[("x-sentry-auth", &header), ("x-sentry-auth", &format!("Sentry sentry_key={OTHER}"))], None),
        ] {
            assert_eq!(contradiction.unwrap_err().status, 401);
        }
    }

    #[test]
    fn credentials_meant_for_a_proxy_do_no_harm_beside_a_key() {
        let header = format!("Sentry sentry_key={KEY}");
        for foreign in [basic("alice:secret"), "Bearer eyJhbGciOi.J9.x".to_owned(), "Digest x".to_owned()] {
            let found = read(&[("x-sentry-auth", &header), ("authorization", &foreign)], None);
            assert_eq!(found.unwrap().key.unwrap().as_str(), KEY);
        }
        assert_eq!(read(&[("authorization", &basic("alice:secret"))], None).unwrap_err().status, 400);
    }

    #[test]
    fn nothing_said_is_no_key_and_no_error() {
        assert_eq!(read(&[("x-sentry-auth", "")], Some("a=b")).unwrap(), Credentials::default());
        assert_eq!(read(&[("x-sentry-auth", "Sentry sentry_version=7")], None).unwrap().key, None);
    }

    #[test]
    fn malformed_keys_and_newer_protocols_are_refused() {
        for (query, detail) in [
            ("sentry_key=abc", "bad sentry DSN public key"),
            ("sentry_key=0123456789abcdef0123456789abcdeg", "bad sentry DSN public key"),
            ("sentry_version=8", "unsupported protocol version (8)"),
            ("sentry_version=x", "unsupported protocol version (x)"),
        ] {
            let refusal = read(&[], Some(query)).unwrap_err();
            assert_eq!((refusal.status.as_u16(), refusal.detail.as_ref()), (400, detail));
        }
    }

    #[test]
    fn the_software_is_what_the_sdk_and_its_http_library_say() {
        let headers = [("x-sentry-auth", "Sentry sentry_client=sentry.rust/0.49.5"), ("user-agent", "ureq/3.5.1")];
        let said = read(&headers, None).unwrap();
        assert_eq!((said.client.as_deref(), said.agent.as_deref()), (Some("sentry.rust/0.49.5"), Some("ureq/3.5.1")));
        let long = read(&[("user-agent", &"x".repeat(5_000))], None).unwrap();
        assert_eq!(long.agent.unwrap().len(), 200);
    }
}
