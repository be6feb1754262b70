//! A place of its own on a real Elasticsearch: a random prefix, gone with all its indices when it is dropped.

use elasticsearch::http::{Method, headers, transport::Transport};
use serde_json::Value;
use storage::index::elastic::Options;

pub(crate) struct Place {
    url: String,
    prefix: String,
}

impl Place {
    /// On the server that this environment variable names.
    pub(crate) fn new(variable: &str) -> Self {
        let url = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: start the servers with tests/services"));
        let mut random = [0; 8];
        getrandom::fill(&mut random).unwrap();
        Self { url, prefix: format!("test-{:016x}", u64::from_be_bytes(random)) }
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn options(&self) -> Options {
        Options { urls: vec![self.url.clone()], prefix: self.prefix.clone(), replicas: 0, ..Options::default() }
    }

    /// Asks the server itself; fails unless it says yes.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        ask(&self.url, method, path, body).await.unwrap_or_else(|answer| panic!("{method} {path}: {answer}"))
    }
}

async fn ask(url: &str, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
    let method = match method {
        "GET" => Method::Get,
        "PUT" => Method::Put,
        "POST" => Method::Post,
        "DELETE" => Method::Delete,
        other => panic!("no method {other}"),
    };
    let mut json = headers::HeaderMap::new();
    for name in [headers::ACCEPT, headers::CONTENT_TYPE] {
        json.insert(name, headers::HeaderValue::from_static("application/json"));
    }
    let body = body.map(|body| body.to_string());
    let response = Transport::single_node(url).unwrap().send(method, path, json, None::<&()>, body, None).await.unwrap();
    let good = response.status_code().is_success();
    let text = response.text().await.unwrap();
    if good { Ok(serde_json::from_str(&text).unwrap_or_default()) } else { Err(text) }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (url, prefix) = (self.url.clone(), self.prefix.clone());
        let clean = async move {
            // Servers don't delete by pattern unless they are told that they may.
            let path = format!("_cat/indices/{prefix}-*?h=index&format=json&expand_wildcards=all");
            let indices = ask(&url, "GET", &path, None).await.unwrap_or_default();
            let names: Vec<&str> = indices.as_array().into_iter().flatten().filter_map(|row| row["index"].as_str()).collect();
            for names in names.chunks(50) {
                let _ = ask(&url, "DELETE", &names.join(","), None).await;
            }
            for kind in ["events", "outcomes", "tallies", "catalog"] {
                let _ = ask(&url, "DELETE", &format!("_index_template/{prefix}-{kind}"), None).await;
            }
        };
        // The test's own runtime can't be waited for here.
        let cleaner = std::thread::spawn(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(clean));
        let _ = cleaner.join();
    }
}
