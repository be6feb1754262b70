//! The routes, and what they have in common.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State, rejection::PathRejection},
    middleware,
    response::Response,
    routing::{any, post},
};
use http::{StatusCode, Uri, request::Parts, uri::PathAndQuery};
use jiff::Timestamp;
use schemas::{
    ids::{IdError, ProjectId},
    limits,
    wire::otlp::{Format, Signal},
};
use tower::ServiceExt;

use crate::{
    Shared, address,
    body::{self, Body},
    cors,
    credentials::Credentials,
    decode::{self, Encoding},
    origin,
    pack::Sender,
    quota::Admitted,
    refusal::Refusal,
};

mod envelope;
mod log_text;
mod native;
mod otlp;
mod security;
mod store;

/// Every route. A slash at the end and repeated slashes make no difference, and never a redirect: SDKs follow
/// redirects in a loop.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let envelope = || post(envelope::post).options(cors::preflight);
    let store = || post(store::post).get(store::get).head(store::head).options(cors::preflight);
    let security = || post(security::post).options(cors::preflight);
    let legacy_store = || post(store::post_legacy).options(cors::preflight);
    let native = || post(native::post).options(cors::preflight);
    let log_text = || post(log_text::post).options(cors::preflight);
    let routes = Router::new()
        .route("/api/{project}/envelope", envelope())
        .route("/api/{project}/envelope/", envelope())
        .route("/api/{project}/store", store())
        .route("/api/{project}/store/", store())
        .route("/api/store", legacy_store())
        .route("/api/store/", legacy_store())
        .route("/api/{project}/security", security())
        .route("/api/{project}/security/", security())
        .route("/api/{project}/csp-report", security())
        .route("/api/{project}/csp-report/", security())
        .route("/api/{project}/nel", security())
        .route("/api/{project}/nel/", security())
        .method_not_allowed_fallback(other_method)
        .route("/api/{project}/{*rest}", any(nothing))
        // The API answers other methods of this path.
        .route("/api/v1/events", native())
        .route("/api/v1/events/", native())
        .route("/api/v1/logs/text", log_text())
        .route("/api/v1/logs/text/", log_text())
        .merge(otlp::router())
        .with_state(shared)
        .layer(middleware::from_fn(cors::allow_all));
    // A DSN that ends with a slash makes an SDK write two of them.
    let mut folding = Router::new();
    for path in [
        "//{*rest}",
        "/api//{*rest}",
        "/api/{project}//{*rest}",
        "/api/{project}/envelope//",
        "/api/{project}/envelope//{*rest}",
        "/api/{project}/store//",
        "/api/{project}/store//{*rest}",
        "/api/{project}/security//",
        "/api/{project}/security//{*rest}",
        "/api/{project}/csp-report//",
        "/api/{project}/csp-report//{*rest}",
        "/api/{project}/nel//",
        "/api/{project}/nel//{*rest}",
    ] {
        folding = folding.route(path, any(fold_slashes));
    }
    routes.clone().merge(folding.with_state(routes))
}

/// There is nothing at this path. Browsers hide an answer of another origin that does not allow them to see it.
async fn nothing() -> Response {
    Refusal::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path").into_sentry()
}

async fn other_method() -> Response {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this path does not take this method").into_sentry()
}

/// The routes of OpenTelemetry's exporters alone, for listeners of their own.
pub(crate) fn otlp_router(shared: Arc<Shared>) -> Router {
    otlp::router().with_state(shared).layer(middleware::from_fn(cors::allow_all))
}

/// Serves the request as if each run of slashes in its path were one.
async fn fold_slashes(State(routes): State<Router>, mut request: Request) -> Response {
    let mut folded = String::with_capacity(request.uri().path().len());
    for character in request.uri().path().chars() {
        if character != '/' || !folded.ends_with('/') {
            folded.push(character);
        }
    }
    if let Some(query) = request.uri().query() {
        folded = format!("{folded}?{query}");
    }
    if let Ok(path) = folded.parse::<PathAndQuery>() {
        *request.uri_mut() = Uri::from(path);
    }
    // The first routing left its path parameters there, and the second would add its own.
    let peer = request.extensions_mut().remove::<ConnectInfo<SocketAddr>>();
    request.extensions_mut().clear();
    if let Some(peer) = peer {
        request.extensions_mut().insert(peer);
    }
    routes.oneshot(request).await.unwrap_or_else(|never| match never {})
}

/// A route, as metrics name it, and the form of its refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    Envelope,
    Store,
    Security,
    Native,
    Otlp(Signal, Format),
    Grpc(Signal),
    LogText,
}

/// Does the work of a request in a task of its own, so that it goes on when the client closes its socket: many do
/// so right after sending, and their event is as good as any.
async fn serve(shared: &Arc<Shared>, route: Route, work: impl Future<Output = Result<Response, Refusal>> + Send + 'static) -> Response {
    let result = shared.requests.spawn(work).await.unwrap_or_else(|panic| {
        tracing::error!(%panic, ?route, "serving a request panicked");
        Err(Refusal::internal())
    });
    let refused = result.as_ref().err().map(|refusal| refusal.status);
    let (name, response) = match route {
        Route::Envelope => ("envelope", result.unwrap_or_else(Refusal::into_sentry)),
        Route::Store => ("store", result.unwrap_or_else(Refusal::into_sentry)),
        Route::Security => ("security", result.unwrap_or_else(Refusal::into_sentry)),
        Route::Native => ("native", result.unwrap_or_else(Refusal::into_problem)),
        Route::Otlp(Signal::Logs, format) => ("otlp_logs", result.unwrap_or_else(|refusal| refusal.into_otlp(format))),
        Route::Otlp(Signal::Traces, format) => ("otlp_traces", result.unwrap_or_else(|refusal| refusal.into_otlp(format))),
        Route::Grpc(Signal::Logs) => ("grpc_logs", result.unwrap_or_else(Refusal::into_grpc)),
        Route::Grpc(Signal::Traces) => ("grpc_traces", result.unwrap_or_else(Refusal::into_grpc)),
        Route::LogText => ("log_text", result.unwrap_or_else(Refusal::into_problem)),
    };
    // gRPC answers 200 to everything.
    let status = refused.filter(|_| matches!(route, Route::Grpc(_))).unwrap_or(response.status()).as_u16().to_string();
    metrics::counter!("belfry_ingest_requests_total", "route" => name, "status" => status).increment(1);
    response
}

/// The project in a path.
fn project(path: Result<axum::extract::Path<String>, PathRejection>) -> Result<ProjectId, Refusal> {
    let invalid = |cause: String| Refusal::bad_request("invalid_project", "invalid project path parameter").because(cause);
    let axum::extract::Path(text) = path.map_err(|rejection| invalid(rejection.body_text()))?;
    text.parse().map_err(|error: IdError| invalid(error.to_string()))
}

/// A request whose body is read and decoded.
struct Arrived {
    parts: Parts,
    credentials: Credentials,
    /// Known when the request's head shows a key.
    project: Option<Arc<Admitted>>,
    received_at: Timestamp,
    body: Body,
}

impl Arrived {
    /// Reads a request that must say something.
    async fn read(shared: &Shared, request: Request, named: Option<ProjectId>, cap: usize) -> Result<Self, Refusal> {
        let arrived = Self::receive(shared, request, named, limits::REQUEST_WIRE_BYTES, cap).await?;
        if arrived.body.bytes.is_empty() {
            let refusal = empty_body();
            count(&arrived.project, &refusal);
            return Err(refusal);
        }
        Ok(arrived)
    }

    /// Reads a request. A key in its head is checked before its body is looked at.
    async fn receive(shared: &Shared, request: Request, named: Option<ProjectId>, wire_cap: usize, cap: usize) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let (credentials, project) = Self::admit(shared, &parts, named).await?;
        let (received_at, body) = read_body(shared, &parts, body, wire_cap, cap).await.inspect_err(|refusal| count(&project, refusal))?;
        Ok(Self { parts, credentials, project, received_at, body })
    }

    /// Who sends, as far as the request's head says, and to which project.
    async fn admit(shared: &Shared, parts: &Parts, named: Option<ProjectId>) -> Result<(Credentials, Option<Arc<Admitted>>), Refusal> {
        let credentials = Credentials::of(&parts.headers, parts.uri.query())?;
        let Some(key) = &credentials.key else { return Ok((credentials, None)) };
        let project = shared.admission.admit(key, named).await?;
        origin::check(&project, &parts.headers).inspect_err(|refusal| project.count_refused(refusal))?;
        Ok((credentials, Some(project)))
    }

    /// Who sent it, to this project.
    fn sender(&self, shared: &Shared, project: ProjectId) -> Sender {
        let peer = self.parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        Sender {
            project,
            received_at: self.received_at,
            sent_at: None,
            address: address::of(peer, &self.parts.headers, &shared.options.trusted_proxies),
            client: self.credentials.client.clone().or_else(|| self.credentials.agent.clone()),
        }
    }
}

/// Reads and decodes a body; when it had arrived.
async fn read_body(
    shared: &Shared,
    parts: &Parts,
    body: axum::body::Body,
    wire_cap: usize,
    cap: usize,
) -> Result<(Timestamp, Body), Refusal> {
    let encoding = Encoding::of(&parts.headers)?;
    let body = body::read(body, &parts.headers, &shared.budget, wire_cap, shared.body_patience).await?;
    let received_at = Timestamp::now();
    let body = if body.bytes.is_empty() { body } else { decode::decode(body, encoding, cap).await? };
    Ok((received_at, body))
}

/// Counts a refusal, when it is known whose request it is.
fn count(project: &Option<Arc<Admitted>>, refusal: &Refusal) {
    if let Some(project) = project {
        project.count_refused(refusal);
    }
}

fn empty_body() -> Refusal {
    Refusal::bad_request("empty_body", "empty request body")
}

fn missing_key() -> Refusal {
    Refusal::unauthorized("missing_key", "missing authorization information")
}
