//! What every answer keeps to: request ids, problems, tags, limits.

use std::{io::Read as _, sync::Arc};

use api::{Api, Options};
use axum::Router;
use serde_json::json;
use storage::{Error, index::Index};

use crate::{
    faults::{Failing, NEVER},
    server::{Server, event, now},
};

/// The same server, told otherwise.
fn told(server: &Server, options: Options) -> Router {
    Api::new(Arc::clone(&server.index), Arc::clone(&server.catalog), Options { clock: now, ..options }).router()
}

#[tokio::test]
async fn every_answer_has_an_id_and_a_problem_tells_it() {
    let server = Server::empty().await;
    let mut drawn = Vec::new();
    for (path, token) in [("projects", Some("viewer")), ("projects", None), ("nothing", None), ("openapi.json", None)] {
        let reply = server.send("GET", &format!("/api/v1/{path}"), token, "").await;
        let id = reply.headers["x-request-id"].to_str().unwrap().to_owned();
        if !reply.status.is_success() {
            assert_eq!(reply.json()["request_id"], json!(id), "{path}");
        }
        drawn.push(id);
    }
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn.len(), 4);
    for (given, taken) in [("order-17.a_b", true), ("a b", false), ("{\"a\"}", false)] {
        let reply = server.send_with("GET", "/api/v1/nothing", None, &[("x-request-id", given)], "").await;
        assert_eq!(reply.headers["x-request-id"] == given, taken, "{given}");
        assert_eq!(reply.json()["request_id"] == given, taken, "{given}");
    }
}

#[tokio::test]
async fn what_a_library_refuses_is_a_problem_too() {
    let server = Server::empty().await;
    for (method, path, status, code) in [
        ("GET", "/api/v1/events/%ff", 400, "invalid_path"),
        ("GET", "/api/v1/projects/%80/keys", 400, "invalid_path"),
        ("DELETE", "/api/v1/events", 405, "method_not_allowed"),
        ("GET", "/api/docs/nothing.js", 404, "not_found"),
    ] {
        let reply = server.send(method, path, Some("admin"), "").await;
        assert_eq!(
            (reply.status.as_u16(), &reply.headers["content-type"]),
            (status, &"application/problem+json".parse().unwrap()),
            "{path}"
        );
        assert_eq!(reply.json()["code"], code, "{path}");
    }
}

#[tokio::test]
async fn a_request_that_panics_is_answered_and_tells_nothing() {
    let server = Server::empty().await;
    let index: Arc<dyn Index> = Arc::new(Failing::new(|| panic!("a secret of the inside")));
    let router = Server::router_over(&index, &server.catalog, None);
    let reply = server.send_to(router, "GET", "/api/v1/events", Some("viewer"), "").await;
    assert_eq!((reply.status.as_u16(), &reply.json()["code"]), (500, &json!("internal")));
    assert!(!reply.text.contains("secret") && reply.headers.contains_key("x-request-id"), "{}", reply.text);
}

#[tokio::test]
async fn a_question_that_takes_too_long_is_refused_with_what_to_narrow() {
    let server = Server::empty().await;
    let index: Arc<dyn Index> = Arc::new(Failing::new(|| Error::retryable(NEVER, "")));
    let options = Options { query_seconds: 1, clock: now, ..Options::default() };
    let router = Api::new(index, Arc::clone(&server.catalog), options).router();
    for path in ["events", "stats/summary", "issues"] {
        let reply = server.send_to(router.clone(), "GET", &format!("/api/v1/{path}"), Some("viewer"), "").await;
        assert_eq!((reply.status.as_u16(), &reply.json()["code"]), (503, &json!("query_too_slow")), "{path}");
        assert!(reply.json()["detail"].as_str().unwrap().contains("shorter time"), "{}", reply.text);
    }
}

#[tokio::test]
async fn an_answer_that_has_not_changed_is_not_sent_again() {
    let server = Server::full().await;
    let range = "from=2026-11-19T12:00:00Z&to=2026-11-20T12:00:00Z";
    for path in
        [format!("events?{range}"), "projects/shop".into(), "rules".into(), "jobs".into(), format!("events/{}", crate::server::id(1))]
    {
        let path = format!("/api/v1/{path}");
        let first = server.send("GET", &path, Some("viewer"), "").await;
        let tag = first.headers["etag"].to_str().unwrap().to_owned();
        assert_eq!(first.headers["cache-control"], "private, no-cache", "{path}");
        for known in [tag.clone(), format!("\"other\", {}", tag.trim_start_matches("W/")), "*".into()] {
            let again = server.send_with("GET", &path, Some("viewer"), &[("if-none-match", &known)], "").await;
            assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{path} {known}");
            assert_eq!(again.headers["etag"], tag);
        }
        let other = server.send_with("GET", &path, Some("viewer"), &[("if-none-match", "\"other\"")], "").await;
        assert_eq!((other.status.as_u16(), &other.text), (200, &first.text), "{path}");
        // Whoever may not read it is not told that it has not changed.
        let stranger = server.send_with("GET", &path, Some("stranger"), &[("if-none-match", &tag)], "").await;
        assert_eq!(stranger.status, 401, "{path}");
    }
    let path = format!("/api/v1/events?{range}");
    let before = server.send("GET", &path, Some("viewer"), "").await.headers["etag"].clone();
    server.store(vec![event(77, crate::server::SHOP, "a", 30)]).await;
    let after = server.send_with("GET", &path, Some("viewer"), &[("if-none-match", before.to_str().unwrap())], "").await;
    assert_eq!(after.status, 200);
    assert_ne!(after.headers["etag"], before);
}

#[tokio::test]
async fn each_token_may_ask_so_often_in_a_minute() {
    let server = Server::empty().await;
    let router = told(&server, Options { requests_per_minute: 2, ..Options::default() });
    let ask = async |token| server.send_to(router.clone(), "GET", "/api/v1/projects", Some(token), "").await;
    assert_eq!((ask("viewer").await.status.as_u16(), ask("viewer").await.status.as_u16()), (200, 200));
    let refused = ask("viewer").await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (429, &json!("too_many_requests")));
    assert_eq!((&refused.headers["retry-after"], &refused.json()["retry_after"]), (&"30".parse().unwrap(), &json!(30)));
    assert_eq!(ask("member").await.status, 200);
    assert_eq!(ask("unknown").await.status, 401);
}

#[tokio::test]
async fn long_answers_are_compressed_for_who_takes_it() {
    use tower::ServiceExt;
    let server = Server::empty().await;
    let router = told(&server, Options::default());
    let get = |path: &str| http::Request::get(path).header("accept-encoding", "gzip").header("authorization", "Bearer viewer");
    let request = |path: &str| get(path).body(axum::body::Body::empty()).unwrap();
    let reply = router.clone().oneshot(request("/api/v1/openapi.json")).await.unwrap();
    assert_eq!(reply.headers()["content-encoding"], "gzip");
    let bytes = axum::body::to_bytes(reply.into_body(), 1 << 20).await.unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), Api::description(&serde_json::Value::Null));
    let short = router.oneshot(request("/api/v1/jobs")).await.unwrap();
    assert!(!short.headers().contains_key("content-encoding"));
}
