//! One Elasticsearch cluster as index and catalog use it: where it is, how it is asked, what its failures mean, and
//! whether what is stored there is of this program's format. Never for knowing an event, an outcome or a document.

use std::{fmt, path::PathBuf, time::Duration};

use bytes::Bytes;
use elasticsearch::{
    auth::Credentials,
    cert::{Certificate, CertificateValidation},
    http::{
        Method, Url,
        headers::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue},
        transport::{MultiNodeConnectionPool, Transport, TransportBuilder},
    },
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Error, Result};

mod answer;
mod failure;
mod format;

pub(crate) use answer::Answer;
pub(crate) use failure::Cause;
pub(crate) use format::Format;

/// Where the cluster is and how its indices are made. The same for index and catalog.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Addresses of nodes, used in turn, e.g. `https://es1:9200`.
    pub urls: Vec<String>,
    /// Login name, together with `password`. It needs `monitor` and `manage_index_templates` on the cluster and `all`
    /// on the indices `PREFIX-*`.
    pub username: Option<String>,
    /// Password of `username`.
    pub password: Option<Secret>,
    /// An encoded API key, instead of name and password.
    pub api_key: Option<Secret>,
    /// A PEM file with the certificate authority of the cluster, when the system does not know it.
    pub ca_file: Option<PathBuf>,
    /// What the names of all indices and templates begin with: lower-case letters, digits, `-` and `_`.
    pub prefix: String,
    /// Primary shards of each day's index of events. One holds some tens of gigabytes.
    pub shards: u32,
    /// Copies of each shard on other nodes. 0 on a cluster of one node; with 0 the loss of a node loses events.
    pub replicas: u32,
    /// How long one request may take, in seconds.
    pub request_timeout_seconds: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            urls: vec!["http://127.0.0.1:9200".into()],
            username: None,
            password: None,
            api_key: None,
            ca_file: None,
            prefix: "belfry".into(),
            shards: 1,
            replicas: 1,
            request_timeout_seconds: 30,
        }
    }
}

/// A text that is never printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A connection to the cluster; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    transport: Transport,
    timeout: Duration,
}

/// An answer of the cluster, whatever its status.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

impl Client {
    /// Reads the options; nothing is sent yet.
    pub(crate) fn new(options: &Options) -> Result<Self> {
        check_prefix(&options.prefix)?;
        let mut credentials = credentials(options)?;
        let mut urls = Vec::new();
        for text in &options.urls {
            let (url, own) = read_url(text)?;
            credentials = credentials.or(own);
            urls.push(url);
        }
        if urls.is_empty() {
            return Err(mismatch("no address of Elasticsearch is configured", "set urls"));
        }
        let pool = MultiNodeConnectionPool::round_robin(urls, None);
        let mut builder = TransportBuilder::new(pool).disable_proxy().enable_meta_header(false);
        if let Some(credentials) = credentials {
            builder = builder.auth(credentials);
        }
        if let Some(path) = &options.ca_file {
            builder = builder.cert_validation(CertificateValidation::Full(read_certificate(path)?));
        }
        let transport = builder.build().map_err(|e| Error::terminal("setting up the Elasticsearch client", e))?;
        Ok(Self { transport, timeout: Duration::from_secs(options.request_timeout_seconds.max(1)) })
    }

    /// Sends a request with an optional JSON body and gives the answer, whatever its status.
    pub(crate) async fn ask(&self, doing: &str, method: Method, path: &str, body: Option<&Value>) -> Result<Reply> {
        let body = body.map(|json| Bytes::from(json.to_string()));
        self.send(doing, method, path, "application/json", body).await
    }

    /// As [`Self::ask`], and fails when the status is not one of success.
    pub(crate) async fn json<T: DeserializeOwned>(&self, doing: &str, method: Method, path: &str, body: Option<&Value>) -> Result<T> {
        self.ask(doing, method, path, body).await?.accept(doing)?.parse(doing)
    }

    /// Sends lines of JSON and reads the answer.
    pub(crate) async fn lines<T: DeserializeOwned>(&self, doing: &str, path: &str, body: Bytes) -> Result<T> {
        self.send(doing, Method::Post, path, "application/x-ndjson", Some(body)).await?.accept(doing)?.parse(doing)
    }

    async fn send(&self, doing: &str, method: Method, path: &str, content: &'static str, body: Option<Bytes>) -> Result<Reply> {
        let mut headers = HeaderMap::with_capacity(3);
        // The crate's own media types name version 9 and are refused by 8; compressed answers cost more than they save.
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let sent = self.transport.send(method, path, headers, None::<&()>, body, Some(self.timeout)).await;
        let response = sent.map_err(|e| Error::retryable(doing, chain(&e)))?;
        let status = response.status_code().as_u16();
        let body = response.bytes().await.map_err(|e| Error::retryable(doing, chain(&e)))?;
        Ok(Reply { status, body })
    }
}

impl Reply {
    /// Itself when the status is one of success, else the error that it stands for.
    pub(crate) fn accept(self, doing: &str) -> Result<Self> {
        if (200..300).contains(&self.status) { Ok(self) } else { Err(Cause::of_reply(&self).into_error(doing)) }
    }

    /// Reads the JSON.
    pub(crate) fn parse<T: DeserializeOwned>(&self, doing: &str) -> Result<T> {
        // A cut-off or foreign answer, from a proxy perhaps: another try may get a whole one.
        serde_json::from_slice(&self.body).map_err(|e| Error::retryable(doing, format_args!("the answer is not what was expected: {e}")))
    }
}

/// An error with all its causes: the crate's own text leaves out why a connection failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

fn credentials(options: &Options) -> Result<Option<Credentials>> {
    match (&options.username, &options.password, &options.api_key) {
        (None, None, None) => Ok(None),
        (Some(name), Some(password), None) => Ok(Some(Credentials::Basic(name.clone(), password.0.clone()))),
        // The client panics on a key that no header can hold.
        (None, None, Some(key)) if key.0.bytes().all(|b| b.is_ascii_graphic()) => Ok(Some(Credentials::EncodedApiKey(key.0.clone()))),
        (None, None, Some(_)) => {
            Err(mismatch("the API key of Elasticsearch has white space in it", "set the encoded key as Kibana shows it"))
        }
        _ => Err(mismatch("the credentials for Elasticsearch are incomplete", "set either username and password or api_key")),
    }
}

/// The address without credentials, so that no error shows them, and the credentials.
fn read_url(text: &str) -> Result<(Url, Option<Credentials>)> {
    let refused = || mismatch("an address of Elasticsearch is not a URL", "write it as https://host:9200");
    let mut url = Url::parse(text).map_err(|_| refused())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(refused());
    }
    let name = url.username().to_owned();
    let credentials = url.password().map(|password| Credentials::Basic(name, password.to_owned()));
    url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| refused())?;
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok((url, credentials))
}

fn read_certificate(path: &std::path::Path) -> Result<Certificate> {
    let wrong = |e: &dyn fmt::Display| mismatch(format!("ca_file {}: {e}", path.display()), "set it to a readable PEM file");
    let pem = std::fs::read(path).map_err(|e| wrong(&e))?;
    Certificate::from_pem(&pem).map_err(|e| wrong(&e))
}

fn check_prefix(prefix: &str) -> Result<()> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if prefix.len() <= 100 && prefix.starts_with(|c: char| c.is_ascii_lowercase()) && prefix.bytes().all(allowed) {
        return Ok(());
    }
    let remedy = "use at most 100 lower-case letters, digits, - and _, a letter first";
    Err(mismatch(format!("{prefix:?} can't be a prefix of index names"), remedy))
}

fn mismatch(what: impl Into<String>, remedy: &str) -> Error {
    Error::Mismatch { what: what.into(), remedy: remedy.into() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_printed() {
        let options = Options { password: Some("hunter2".to_owned().into()), ..Options::default() };
        assert!(!format!("{options:?}").contains("hunter2"));
        let (url, credentials) = read_url("http://belfry:hunter2@es:9200").unwrap();
        assert_eq!(url.as_str(), "http://es:9200/");
        assert!(matches!(credentials, Some(Credentials::Basic(name, password)) if name == "belfry" && password == "hunter2"));
        assert!(!read_url("hunter2").unwrap_err().to_string().contains("hunter2"));
    }

    #[test]
    fn options_that_can_not_work_are_refused_with_a_remedy() {
        let with = |change: fn(&mut Options)| {
            let mut options = Options::default();
            change(&mut options);
            Client::new(&options)
        };
        assert!(with(|_| ()).is_ok());
        for (wrong, remedy) in [
            (with(|o| o.urls = vec![]), "set urls"),
            (with(|o| o.urls = vec!["es:9200".into()]), "https://host:9200"),
            (with(|o| o.username = Some("a".into())), "username and password"),
            (with(|o| o.api_key = Some("a\nb".to_owned().into())), "encoded key"),
            (with(|o| o.prefix = "Belfry".into()), "lower-case"),
            (with(|o| o.prefix = "a*".into()), "lower-case"),
            (with(|o| o.prefix = String::new()), "lower-case"),
            (with(|o| o.ca_file = Some("/nowhere/ca.pem".into())), "PEM"),
        ] {
            let error = wrong.unwrap_err();
            assert!(matches!(error, Error::Mismatch { .. }) && error.to_string().contains(remedy), "{error}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_away_is_retryable_and_named_without_credentials() {
        // Port 1 is reserved and nobody listens there.
        let options = Options { urls: vec!["http://belfry:hunter2@127.0.0.1:1".into()], ..Options::default() };
        let error = Client::new(&options).unwrap().ask("asking", Method::Get, "_cat", None).await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        assert!(error.to_string().contains("127.0.0.1:1") && !error.to_string().contains("hunter2"), "{error}");
    }
}
