//! Every route that needs a token: who may call it, and what it is about.

/// A route with an example of its path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// About the project `shop` and what [`crate::reach::shop`] puts into it.
    pub(crate) path: &'static str,
    /// The least role that it takes.
    pub(crate) least: &'static str,
    pub(crate) about: About,
    /// A body that it takes.
    pub(crate) body: &'static str,
}

/// What a route is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// Something of the shop.
    Shop,
    /// All projects that the token may see.
    Seen,
    /// The whole installation.
    All,
    /// Nothing that belongs to anyone.
    Nothing,
}

const fn route(method: &'static str, path: &'static str, least: &'static str, about: About) -> Route {
    Route { method, path, least, about, body: "" }
}

impl Route {
    const fn body(self, body: &'static str) -> Self {
        Self { body, ..self }
    }
}

use About::{All, Nothing, Seen, Shop};

pub(crate) const ROUTES: [Route; 67] = [
    route("GET", "/api/v1/events", "viewer", Seen),
    route("GET", "/api/v1/events/00000000000000000000000000000001", "viewer", Shop),
    route("GET", "/api/v1/events/00000000000000000000000000000001/outcome", "viewer", Shop),
    route("GET", "/api/v1/events/00000000000000000000000000000001/explain", "viewer", Shop),
    route("GET", "/api/v1/events/00000000000000000000000000000001/attachments", "viewer", Seen),
    route("GET", "/api/v1/events/00000000000000000000000000000001/attachments/07070707070707070707070707070707", "member", Shop),
    route("GET", "/api/v1/export", "viewer", Seen),
    route("POST", "/api/v1/erase", "admin", All).body(r#"{"user":{"id":"somebody"},"what":"events","dry_run":true}"#),
    route("GET", "/api/v1/feedback", "viewer", Seen),
    route("GET", "/api/v1/fields", "viewer", Nothing),
    route("GET", "/api/v1/fields/service/values?limit=5", "viewer", Seen),
    route("GET", "/api/v1/fields/tags/values", "viewer", Seen),
    route("GET", "/api/v1/issues", "viewer", Seen),
    route("GET", "/api/v1/issues/SHOP_ISSUE", "viewer", Shop),
    route("GET", "/api/v1/issues/SHOP_ISSUE/events", "viewer", Shop),
    route("GET", "/api/v1/issues/SHOP_ISSUE/events/00000000000000000000000000000001/neighbours", "viewer", Shop),
    route("GET", "/api/v1/issues/SHOP_ISSUE/history", "viewer", Shop),
    route("POST", "/api/v1/issues/SHOP_ISSUE/merge", "member", Shop).body(r#"{"issues":["SHOP_ISSUE"]}"#),
    route("POST", "/api/v1/issues/SHOP_ISSUE/split", "member", Shop)
        .body(r#"{"fingerprints":["fp1-0000000000000000000000000000000000000000000000000000000000000000"]}"#),
    route("POST", "/api/v1/issues/SHOP_ISSUE/undo", "member", Shop).body(r#"{"change":1}"#),
    route("GET", "/api/v1/stats/trend?by=project", "viewer", Seen),
    route("GET", "/api/v1/stats/top?by=project", "viewer", Seen),
    route("GET", "/api/v1/stats/rates?by=project", "viewer", Seen),
    route("GET", "/api/v1/issues/SHOP_ISSUE/tags", "viewer", Shop),
    route("GET", "/api/v1/stats/summary", "viewer", Seen),
    route("GET", "/api/v1/stats/heatmap", "viewer", Seen),
    route("GET", "/api/v1/stats/compare", "viewer", Seen),
    route("GET", "/api/v1/stats/impact", "viewer", Seen),
    route("GET", "/api/v1/sessions?by=release", "viewer", Seen),
    route("GET", "/api/v1/client-reports?by=reason", "viewer", Seen),
    route("GET", "/api/v1/ledger", "viewer", All),
    route("GET", "/api/v1/dead-letters", "viewer", Seen),
    route("GET", "/api/v1/dead-letters/1-2", "admin", Shop),
    route("GET", "/api/v1/projects", "viewer", Seen),
    route("POST", "/api/v1/projects", "admin", All).body(r#"{"name":"Third"}"#),
    route("GET", "/api/v1/projects/shop", "viewer", Shop),
    route("PATCH", "/api/v1/projects/shop", "admin", Shop).body("{}"),
    route("GET", "/api/v1/projects/1", "viewer", Shop),
    route("GET", "/api/v1/projects/shop/keys", "member", Shop),
    route("POST", "/api/v1/projects/shop/keys", "admin", Shop),
    route("PATCH", "/api/v1/projects/shop/keys/01010101010101010101010101010101", "admin", Shop).body("{}"),
    route("POST", "/api/v1/projects/shop/keys/01010101010101010101010101010101/rotate", "admin", Shop).body(r#"{"overlap_hours":1}"#),
    route("GET", "/api/v1/projects/shop/deploys", "viewer", Shop),
    route("POST", "/api/v1/projects/shop/deploys", "member", Shop).body(r#"{"release":"shop@2"}"#),
    route("GET", "/api/v1/projects/shop/usage", "member", Shop),
    route("GET", "/api/v1/projects/shop/filters", "viewer", Shop),
    route("GET", "/api/v1/projects/shop/rules", "viewer", Shop),
    route("PUT", "/api/v1/projects/shop/rules", "admin", Shop).body("{}"),
    route("POST", "/api/v1/projects/shop/rules/try", "member", Shop).body(r#"{"event":{"message":"hello"}}"#),
    route("POST", "/api/v1/projects/shop/rules/preview", "member", Shop).body(r#"{"rules":{}}"#),
    route("GET", "/api/v1/jobs", "viewer", Seen),
    route("GET", "/api/v1/jobs/SHOP_JOB", "viewer", Shop),
    route("DELETE", "/api/v1/jobs/SHOP_JOB", "member", Shop),
    route("GET", "/api/v1/rules", "viewer", All),
    route("PUT", "/api/v1/rules", "admin", All).body("{}"),
    route("GET", "/api/v1/session", "viewer", Nothing),
    route("GET", "/api/v1/services", "viewer", All),
    route("PUT", "/api/v1/services/cart", "admin", All).body(r#"{"team":"sales"}"#),
    route("GET", "/api/v1/services/cart", "viewer", All),
    route("DELETE", "/api/v1/services/cart", "admin", All),
    route("GET", "/api/v1/traces/shop-order-17", "viewer", Seen),
    route("GET", "/api/v1/tokens", "admin", All),
    route("POST", "/api/v1/tokens", "admin", All).body(r#"{"role":"viewer"}"#),
    route("DELETE", "/api/v1/tokens/TOKEN_ID", "admin", All),
    route("GET", "/api/v1/stats/trend?by=release", "viewer", Seen),
    route("GET", "/api/v1/stats/top?by=error.type,service", "viewer", Seen),
    route("GET", "/api/v1/issues?query=service:shop*&sort=count", "viewer", Seen),
];
