//! Events of health checks: by the path or route that was asked for, or by the program that asked.
//!
//! Sites have pages about health: such words count only at the root or below what interfaces begin with. `live` by
//! itself is as often a broadcast, and `status` that of an order: they count nowhere.

use super::{address::path, view::View};

/// Names that nobody gives to a page, wherever they stand.
const PROBES: [&str; 19] = [
    "healthz",
    "livez",
    "readyz",
    "startupz",
    "healthcheck",
    "healthchecks",
    "health-check",
    "health-checks",
    "health_check",
    "health_checks",
    "heartbeat",
    "__heartbeat__",
    "__lbheartbeat__",
    "_health",
    "__health__",
    "_healthz",
    "liveness",
    "readiness",
    "lb-check",
];

/// Names that count where only what serves the machine stands before them.
const PLAIN: [&str; 7] = ["health", "healthy", "ping", "ready", "alive", "up", "health.json"];

/// What may stand before a plain name.
const BEFORE: [&str; 13] = ["", "api", "v1", "v2", "v3", "internal", "-", "_", "actuator", "health", "system", "monitoring", "management"];

/// What a health check may ask for in particular.
const PARTS: [&str; 6] = ["live", "ready", "startup", "started", "db", "database"];

/// Parts of user agents in lower case: of orchestrators, load balancers and services that watch from outside.
const AGENTS: [&str; 19] = [
    "kube-probe/",
    "elb-healthchecker/",
    "googlehc/",
    "googlestackdrivermonitoring",
    "amazon-route53-health-check-service",
    "edge health probe",
    "consul health check",
    "envoy/hc",
    "haproxy health",
    "azure-traffic-manager",
    "alwayson",
    "uptime-kuma",
    "uptimerobot",
    "pingdom",
    "statuscake",
    "better uptime bot",
    "better stack better uptime",
    "site24x7",
    "datadogsynthetics",
];

pub(super) fn fits(view: &View<'_>) -> bool {
    let url = view.event.request.as_ref().and_then(|request| request.url.as_deref());
    let transaction = view.event.transaction.as_deref();
    url.is_some_and(|url| is_probe(path(url)))
        || transaction.is_some_and(is_route)
        || AGENTS.iter().any(|agent| view.agent().contains(agent))
}

/// A route as programs name it: `GET /healthz`, `/healthz/`, `app.views.healthcheck`.
fn is_route(name: &str) -> bool {
    let name = name.trim();
    let route = name.split_once(' ').filter(|(method, _)| method.bytes().all(|b| b.is_ascii_uppercase())).map_or(name, |(_, path)| path);
    if route.starts_with('/') || route.contains("://") {
        return is_probe(path(route));
    }
    let last = route.rsplit(['.', '/', '#', ':']).next().unwrap_or_default();
    PROBES.iter().any(|probe| last.eq_ignore_ascii_case(probe))
}

fn is_probe(path: &str) -> bool {
    if path.is_empty() || path.len() > 100 {
        return false;
    }
    let path = path.to_ascii_lowercase();
    let (before, last) = path.rsplit_once('/').unwrap_or(("", &path));
    let part = before.ends_with("/health") && PARTS.contains(&last);
    if PROBES.contains(&last) || part || path.contains("/actuator/health/") {
        return true;
    }
    let serves = before.trim_start_matches('/').split('/').all(|part| BEFORE.contains(&part));
    PLAIN.contains(&last) && serves
}
