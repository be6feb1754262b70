//! What a client of the HTTP interface does.

use std::time::Duration;

use serde_json::Value;

use crate::server::{DEADLINE, TOKEN};

/// How often a question is asked that is answered 503.
const AGAIN: usize = 10;

/// Speaks to one server.
#[derive(Clone)]
pub struct Client {
    base: String,
    http: reqwest::Client,
}

impl Client {
    pub fn new(address: &str) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        Self { base: format!("http://{address}"), http }
    }

    /// The status of a GET, if there is an answer.
    pub async fn status(&self, path: &str) -> Option<u16> {
        Some(self.http.get(format!("{}{path}", self.base)).send().await.ok()?.status().as_u16())
    }

    /// The JSON of a GET with the test token; fails on anything but 200. Asks a few times when it is told to try again
    /// in a moment, as while Elasticsearch makes the index of a new day.
    pub async fn get(&self, path: &str) -> Value {
        for _ in 0..AGAIN {
            let (status, body) = self.try_get(path).await.unwrap_or_else(|error| panic!("GET {path}: {error}"));
            if status != 503 {
                assert_eq!(status, 200, "GET {path}: {body}");
                return body;
            }
            tokio::time::sleep(Duration::from_secs(body["retry_after"].as_u64().unwrap_or(1))).await;
        }
        panic!("GET {path} was answered 503 {AGAIN} times");
    }

    /// Status and JSON of a GET with the test token.
    pub async fn try_get(&self, path: &str) -> Result<(u16, Value), reqwest::Error> {
        let answer = self.http.get(format!("{}{path}", self.base)).bearer_auth(TOKEN).send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// The status of a GET with the test token.
    pub async fn status_of(&self, path: &str) -> u16 {
        self.try_get(path).await.unwrap_or_else(|error| panic!("GET {path}: {error}")).0
    }

    /// A live tail, from now on or behind an id.
    pub async fn live(&self, query: &str, since: Option<&str>) -> Tail {
        let http = reqwest::Client::new();
        let mut request = http.get(format!("{}/api/v1/live?{query}", self.base)).bearer_auth(TOKEN);
        if let Some(since) = since {
            request = request.header("Last-Event-ID", since);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        Tail { answer, text: String::new() }
    }

    /// Posts an envelope as an SDK does. `None` when no answer came.
    pub async fn envelope(&self, project: u64, key: &str, body: Vec<u8>) -> Option<u16> {
        self.encoded(project, key, body, None).await
    }

    /// Posts an envelope that is encoded as named.
    pub async fn encoded(&self, project: u64, key: &str, body: Vec<u8>, encoding: Option<&str>) -> Option<u16> {
        let mut request = self
            .http
            .post(format!("{}/api/{project}/envelope/", self.base))
            .header("X-Sentry-Auth", format!("Sentry sentry_version=7, sentry_client=e2e/1.0, sentry_key={key}"))
            .body(body);
        if let Some(encoding) = encoding {
            request = request.header("Content-Encoding", encoding);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        // The client has its yes only when the whole answer is there.
        answer.bytes().await.ok()?;
        Some(status)
    }

    /// Posts bytes that are encoded as named, with a project's key. `None` when no answer came.
    pub async fn post_encoded(&self, path: &str, key: &str, body: Vec<u8>, encoding: &str) -> Option<u16> {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth(key).header("Content-Type", "application/json");
        let request = request.header("X-Sentry-Auth", format!("Sentry sentry_key={key}")).header("Content-Encoding", encoding).body(body);
        Some(request.send().await.ok()?.status().as_u16())
    }

    /// Posts JSON with the test token.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        Self::exchange(self.http.post(format!("{}{path}", self.base)), body).await
    }

    /// Puts JSON with the test token.
    pub async fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        Self::exchange(self.http.put(format!("{}{path}", self.base)), body).await
    }

    /// Changes something with the test token.
    pub async fn patch(&self, path: &str, body: &Value) -> (u16, Value) {
        Self::exchange(self.http.patch(format!("{}{path}", self.base)), body).await
    }

    async fn exchange(request: reqwest::RequestBuilder, body: &Value) -> (u16, Value) {
        let answer = request.bearer_auth(TOKEN).json(body).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }
}

/// A live tail.
pub struct Tail {
    answer: reqwest::Response,
    text: String,
}

/// A message of a live tail.
#[derive(Debug)]
pub struct Message {
    pub kind: String,
    pub id: String,
    pub data: String,
}

impl Tail {
    /// The next message; `None` when the stream has ended. Comments are passed over.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
                let message = Message { kind: field("event:"), id: field("id:"), data: field("data:") };
                self.text = rest.to_owned();
                if !message.kind.is_empty() {
                    return Some(message);
                }
            }
            let chunk = tokio::time::timeout(DEADLINE, self.answer.chunk()).await.expect("nothing came").unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

/// Key, and project number of a DSN.
pub fn parts(dsn: &str) -> (String, u64) {
    let (_, rest) = dsn.split_once("://").unwrap();
    let (key, rest) = rest.split_once('@').unwrap();
    let (_, project) = rest.rsplit_once('/').unwrap();
    (key.to_owned(), project.parse().unwrap())
}
