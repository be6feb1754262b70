//! A server with a few events, whose clock stands still.

use std::sync::Arc;

use api::{Api, Options};
use axum::{Router, body::Body, response::Response};
use http::{HeaderMap, Request, StatusCode};
use jiff::{Timestamp, ToSpan};
use schemas::{
    catalog::{Project, Role},
    event::{Category, Event, Grouping, Severity, User},
    ids::{EventId, Fingerprint, IssueId, ProjectId, PublicKey},
    issue::Issue,
    outcome,
    record::Position,
};
use serde_json::{Value, json};
use storage::{
    catalog::{Catalog, issues, issues::Sighting, projects, sqlite::SqliteCatalog, tokens},
    index::{Document, Index, tantivy},
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub(crate) const SHOP: ProjectId = ProjectId(1);
pub(crate) const BILLING: ProjectId = ProjectId(2);

/// What time it is: 2026-11-20T12:00:00Z.
pub(crate) fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// So many seconds ago.
pub(crate) fn ago(seconds: i64) -> Timestamp {
    now() - seconds.seconds()
}

pub(crate) struct Server {
    pub(crate) index: Arc<dyn Index>,
    pub(crate) catalog: Arc<dyn Catalog>,
    router: Router,
    _folder: TempDir,
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    /// Nothing, of what is no JSON.
    pub(crate) fn json_or_null(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

impl Server {
    /// With two projects, tokens `viewer`, `member`, `admin`, a bootstrap token `bootstrap`, and no events.
    pub(crate) async fn empty() -> Self {
        let folder = TempDir::new().unwrap();
        let catalog: Arc<dyn Catalog> = Arc::new(SqliteCatalog::open(&folder.path().join("catalog.sqlite")).unwrap());
        let index = tantivy::TantivyIndex::open(&folder.path().join("index"), tantivy::Options::default()).unwrap();
        let index: Arc<dyn Index> = Arc::new(index);
        for (name, key) in [("Shop", 1), ("Billing", 2)] {
            projects::create(&*catalog, name, PublicKey::from_bytes([key; 16]), ago(3_600)).await.unwrap();
        }
        for (secret, role) in [("viewer", Role::Viewer), ("member", Role::Member), ("admin", Role::Admin)] {
            tokens::create(&*catalog, secret, role, None, now()).await.unwrap();
        }
        let router = Self::router_over(&index, &catalog, None);
        Self { index, catalog, router, _folder: folder }
    }

    pub(crate) fn router_over(index: &Arc<dyn Index>, catalog: &Arc<dyn Catalog>, public_url: Option<&str>) -> Router {
        let bootstrap_token = Some("bootstrap".to_owned());
        let trial: api::Trial = Arc::new(trial);
        let public_url = public_url.map(str::to_owned);
        let options = Options { bootstrap_token, public_url, clock: now, trial: Some(trial), ..Options::default() };
        Api::new(Arc::clone(index), Arc::clone(catalog), options).router()
    }

    /// With the events of [`events`] and their issues.
    pub(crate) async fn full() -> Self {
        let server = Self::empty().await;
        server.store(events()).await;
        server
    }

    pub(crate) async fn store(&self, events: Vec<Event>) {
        let documents = events.iter().map(|event| {
            let offset = u64::from(u32::from_be_bytes(event.id.0[12..].try_into().unwrap()));
            Document::new(event.clone(), Position { partition: 0, offset })
        });
        self.index.put(documents.collect()).await.unwrap();
        self.index.flush().await.unwrap();
        let sighting = |event: &Event| {
            let slug = if event.project == SHOP { "shop" } else { "billing" }.to_owned();
            Sighting { slug, issue: Issue::of(event, IssueId(String::new())).unwrap(), previous: Vec::new() }
        };
        issues::merge(&*self.catalog, events.iter().map(sighting).collect()).await.unwrap();
    }

    pub(crate) async fn send(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> Reply {
        self.send_to(self.router.clone(), method, path, token, body).await
    }

    pub(crate) async fn send_to(&self, router: Router, method: &str, path: &str, token: Option<&str>, body: &str) -> Reply {
        Self::ask(router, method, path, token, &[], body).await
    }

    /// With more headers.
    pub(crate) async fn send_with(&self, method: &str, path: &str, token: Option<&str>, headers: &[(&str, &str)], body: &str) -> Reply {
        Self::ask(self.router.clone(), method, path, token, headers, body).await
    }

    /// An answer whose body is not read yet.
    pub(crate) async fn answer(&self, method: &str, path: &str, token: Option<&str>, headers: &[(&str, &str)]) -> Response {
        let request = Self::request(method, path, token, headers);
        self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    /// The same server, which stops with this token.
    pub(crate) fn stopping_with(mut self, stop: CancellationToken) -> Self {
        let options = Options { clock: now, stop, ..Options::default() };
        self.router = Api::new(Arc::clone(&self.index), Arc::clone(&self.catalog), options).router();
        self
    }

    fn request(method: &str, path: &str, token: Option<&str>, headers: &[(&str, &str)]) -> http::request::Builder {
        let mut request = Request::builder().method(method).uri(path).header("host", "errors.example.com:8787");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    async fn ask(router: Router, method: &str, path: &str, token: Option<&str>, headers: &[(&str, &str)], body: &str) -> Reply {
        let request = Self::request(method, path, token, headers);
        let (parts, body) = router.oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap().into_parts();
        let body = axum::body::to_bytes(body, 100 << 20).await.unwrap();
        Reply { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&body).into_owned() }
    }

    /// What a viewer gets, as it is sent.
    pub(crate) async fn bytes(&self, path: &str, headers: &[(&str, &str)]) -> (HeaderMap, Vec<u8>) {
        let mut request = Request::builder().uri(path).header("authorization", "Bearer viewer");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        assert_eq!(parts.status, StatusCode::OK);
        (parts.headers, axum::body::to_bytes(body, 100 << 20).await.unwrap().to_vec())
    }

    /// An answer to a viewer who does not read it.
    pub(crate) async fn unread(&self, path: &str) -> Body {
        let request = Request::builder().uri(path).header("authorization", "Bearer viewer").body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.into_body()
    }

    /// What a viewer gets, with status 200.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let reply = self.send("GET", path, Some("viewer"), "").await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text);
        reply.json()
    }

    /// What a viewer gets that is a problem of this status: its code and detail.
    pub(crate) async fn problem(&self, path: &str, status: u16) -> (String, String) {
        let reply = self.send("GET", path, Some("viewer"), "").await;
        assert_eq!(reply.status.as_u16(), status, "{path}: {}", reply.text);
        assert_eq!(reply.headers["content-type"], "application/problem+json");
        let problem = reply.json();
        assert_eq!((&problem["type"], &problem["status"]), (&json!("about:blank"), &json!(status)));
        (problem["code"].as_str().unwrap().to_owned(), problem["detail"].as_str().unwrap().to_owned())
    }
}

/// Stands for the stages: leaves out what is titled `left out` and marks all else.
fn trial(project: &Project, _: api::Rules<'_>, mut event: Event) -> api::Tried {
    if event.message.as_ref().is_some_and(|message| message.formatted == "left out") {
        let (kind, reason) = (outcome::Kind::Filtered, outcome::Reason::Accepted);
        return api::Tried::Ended { kind, reason, detail: "the rule".into() };
    }
    event.title = format!("tried in {}", project.slug);
    api::Tried::Stored(Box::new(event))
}

pub(crate) fn id(n: u32) -> EventId {
    let mut id = [0; 16];
    id[12..].copy_from_slice(&n.to_be_bytes());
    EventId(id)
}

pub(crate) fn fingerprint(name: &str) -> Fingerprint {
    Fingerprint::fp1(&format!("[\"fp1\",\"{name}\"]"))
}

/// The id of the issue of the fingerprint of this name.
pub(crate) fn issue_id(project: ProjectId, name: &str) -> String {
    let slug = if project == SHOP { "shop" } else { "billing" };
    IssueId::new(slug, project, &fingerprint(name), IssueId::SHORTEST).0
}

/// Event `n` of the group `name`, so many seconds ago.
pub(crate) fn event(n: u32, project: ProjectId, name: &str, seconds: i64) -> Event {
    let mut event = Event::new(id(n), project, ago(seconds));
    event.title = format!("Error {name}");
    event.error.kind = Some(format!("Error{name}"));
    event.error.message = Some(format!("message of {name}"));
    event.grouping = Some(Grouping::new(fingerprint(name), json!(["fp1", name])));
    event
}

/// Event `n` of the group `name` at a time, received then.
pub(crate) fn event_at(n: u32, name: &str, time: &str) -> Event {
    let mut event = event(n, SHOP, name, 0);
    event.timestamp = time.parse().unwrap();
    event.received_at = event.timestamp;
    event
}

fn with(mut event: Event, service: &str, environment: &str, user: Option<&str>, severity: Severity, category: Category) -> Event {
    event.service = Some(service.to_owned());
    event.environment = Some(environment.to_owned());
    event.user = user.map(|id| User { id: Some(id.to_owned()), ..User::default() });
    event.severity = severity;
    event.category = category;
    event
}

/// Five of the last day, one older. Group `a` is in both projects.
pub(crate) fn events() -> Vec<Event> {
    use Category::{Server, Timeout, Unknown};
    use Severity::{Critical, Error, Warning};
    let mut tagged = with(event(1, SHOP, "a", 10), "checkout", "production", Some("u1"), Error, Timeout);
    tagged.tags.insert("tenant".into(), "acme".into());
    vec![
        tagged,
        with(event(2, SHOP, "a", 120), "checkout", "production", Some("u2"), Error, Timeout),
        with(event(3, SHOP, "a", 3 * 3_600), "checkout", "production", Some("u1"), Error, Timeout),
        with(event(4, SHOP, "b", 7 * 60), "cart", "staging", None, Warning, Unknown),
        with(event(5, SHOP, "c", 30 * 3_600), "checkout", "production", None, Error, Unknown),
        with(event(6, BILLING, "a", 60), "invoice", "production", Some("u1"), Critical, Server),
    ]
}
