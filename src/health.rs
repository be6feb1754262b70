//! `/healthz` (the process lives), `/readyz` (it can do its work now) and `/metrics`; and the door that stays shut
//! until the engines are there.

use std::sync::{Arc, OnceLock};

use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use tower::ServiceExt;

use crate::engines::Engines;

/// What is known about the process, from its first moment on.
#[derive(Clone)]
pub(crate) struct Health {
    metrics: PrometheusHandle,
    ready: Arc<OnceLock<Open>>,
}

/// What answers once the engines are there.
struct Open {
    engines: Engines,
    all: Router,
    otlp: Router,
}

impl Health {
    /// A process that waits for its engines.
    pub(crate) fn new(metrics: PrometheusHandle) -> Self {
        Self { metrics, ready: Arc::default() }
    }

    /// The engines are there: `all` answers from now on, and `otlp` on the listeners for OpenTelemetry.
    pub(crate) fn open(&self, engines: Engines, all: Router, otlp: Router) {
        self.ready.set(Open { engines, all, otlp }).ok().expect("a process opens once");
    }

    /// The routes of OpenTelemetry's exporters, which wait for [`Health::open`] too.
    pub(crate) fn otlp_router(&self) -> Router {
        Router::new().fallback(dispatch_otlp).with_state(self.clone())
    }

    /// The routes of every role, and behind them the ones that wait for [`Health::open`].
    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/healthz", get(|| async { Json(json!({"status": "ok"})) }))
            .route("/readyz", get(readyz))
            .route("/metrics", get(metrics))
            .fallback(dispatch)
            .with_state(self.clone())
    }
}

async fn metrics(State(health): State<Health>) -> Response {
    health.metrics.run_upkeep();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], health.metrics.render()).into_response()
}

async fn readyz(State(health): State<Health>) -> Response {
    let causes = match health.ready.get() {
        Some(open) => open.engines.troubles().await,
        None => vec!["waiting for the engines, see the log".to_owned()],
    };
    if causes.is_empty() {
        Json(json!({"status": "ready"})).into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"status": "not ready", "causes": causes}))).into_response()
    }
}

async fn dispatch(State(health): State<Health>, request: Request) -> Response {
    answer(health.ready.get().map(|open| &open.all), request).await
}

async fn dispatch_otlp(State(health): State<Health>, request: Request) -> Response {
    answer(health.ready.get().map(|open| &open.otlp), request).await
}

async fn answer(router: Option<&Router>, request: Request) -> Response {
    match router {
        Some(router) => router.clone().oneshot(request).await.unwrap_or_else(|never| match never {}),
        None => {
            let body = json!({"detail": "the service is starting", "causes": []});
            (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "application/json")], Body::from(body.to_string())).into_response()
        }
    }
}
