//! Browsers may send from any page.

use axum::body::Body;
use http::Request;

use crate::app::{App, ENVELOPE, KEY, STORE, post};

#[tokio::test]
async fn a_preflight_is_answered_on_every_route() {
    let app = App::new().await;
    for path in [ENVELOPE, "/api/42/envelope", STORE, "/api/store/", "/api/v1/events", "//api/42/envelope/"] {
        let request = Request::builder().method("OPTIONS").uri(path).header("origin", "https://shop.example.com");
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.headers["access-control-allow-origin"], "*", "{path}");
        assert!(answer.headers["access-control-allow-methods"].to_str().unwrap().contains("POST"));
        let allowed = answer.headers["access-control-allow-headers"].to_str().unwrap();
        for header in ["x-sentry-auth", "content-type", "authorization", "content-encoding", "sentry-trace", "baggage"] {
            assert!(allowed.split(", ").any(|name| name == header), "{path}: {header}");
        }
        assert_eq!(answer.headers["access-control-max-age"], "3600");
    }
}

#[tokio::test]
async fn every_answer_can_be_read_by_the_page_that_asked() {
    let app = App::new().await;
    let good = format!("{ENVELOPE}?sentry_key={KEY}");
    for (path, body, status) in [(good.as_str(), "{}", 200), (good.as_str(), "nope", 400), (ENVELOPE, "{}", 401), (STORE, "{}", 401)] {
        let answer = app.send(post(path).header("origin", "https://shop.example.com").body(body.into()).unwrap()).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        let exposed = answer.headers["access-control-expose-headers"].to_str().unwrap();
        assert!(["x-sentry-error", "x-sentry-rate-limits", "retry-after"].iter().all(|name| exposed.contains(name)));
        assert_eq!(answer.headers["cross-origin-resource-policy"], "cross-origin");
        assert!(answer.headers.get("content-encoding").is_none());
    }
    let get = app.send(Request::builder().uri(ENVELOPE).body(Body::empty()).unwrap()).await;
    assert_eq!((get.status, get.headers["access-control-allow-origin"].to_str().unwrap()), (405, "*"));
}
