//! Every place where a key can stand, and what happens when it does not fit.

use axum::body::Body;
use data_encoding::BASE64;

use crate::app::{App, ENVELOPE, KEY, STORE, add_project, auth, post};

const OTHER: &str = "ffffffffffffffffffffffffffffffff";
const EVENT: &str = "{}\n{\"type\":\"event\"}\n{}";

#[tokio::test]
async fn a_key_is_taken_from_every_place() {
    let app = App::new().await;
    let basic = format!("Basic {}", BASE64.encode(format!("{KEY}:").as_bytes()));
    for (name, value) in [
        ("x-sentry-auth", auth()),
        ("x-sentry-auth", format!("sentry sentry_key={KEY}")),
        ("authorization", auth()),
        ("authorization", basic),
        ("authorization", format!("Bearer {KEY}")),
    ] {
        let answer = app.send(post(ENVELOPE).header(name, &value).body(EVENT.into()).unwrap()).await;
        assert_eq!(answer.status, 200, "{name}: {value}: {}", answer.body);
    }
    let query = format!("{ENVELOPE}?sentry_version=7&sentry_key={KEY}&sentry_client=x%2F1");
    assert_eq!(app.send(post(&query).body(EVENT.into()).unwrap()).await.status, 200);
    let in_envelope = format!("{{\"dsn\":\"http://{KEY}@localhost/42\"}}\n{{\"type\":\"event\"}}\n{{}}");
    assert_eq!(app.send(post(ENVELOPE).body(in_envelope.into()).unwrap()).await.status, 200);
    assert_eq!(app.records().await.len(), 7);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_leaves_nothing() {
    let app = App::new().await;
    add_project(app.catalog.as_ref(), 43, OTHER).await;
    let sentry = |key: &str| format!("Sentry sentry_key={key}, sentry_version=7");
    for (path, header, status, detail) in [
        ("/api/42/store/", None, 401, "missing authorization information"),
        ("/api/42/store/", Some(sentry("abc")), 400, "bad sentry DSN public key"),
        ("/api/42/store/", Some(sentry(&"a".repeat(1 << 20))), 400, "bad sentry DSN public key"),
        ("/api/42/store/", Some(format!("{}, sentry_version=8", auth().replace("=7", "=8"))), 400, "unsupported protocol version (8)"),
        ("/api/42/store/", Some(sentry(&"1".repeat(32))), 403, "event submission rejected with_reason: UnknownKey"),
        ("/api/42/store/", Some(sentry(OTHER)), 403, "event submission rejected with_reason: ProjectId"),
        ("/api/44/store/", Some(sentry(KEY)), 403, "event submission rejected with_reason: ProjectId"),
        ("/api/042/store/", Some(sentry(KEY)), 400, "invalid project path parameter"),
        ("/api/shop/store/", Some(sentry(KEY)), 400, "invalid project path parameter"),
        ("/api/99999999999999999999/store/", Some(sentry(KEY)), 400, "invalid project path parameter"),
        ("/api/%ff/store/", Some(sentry(KEY)), 400, "invalid project path parameter"),
    ] {
        let mut request = post(path);
        if let Some(header) = &header {
            request = request.header("x-sentry-auth", header);
        }
        let answer = app.send(request.body("{}".into()).unwrap()).await;
        assert_eq!((answer.status, answer.detail().as_str()), (status, detail), "{path} {}", answer.body);
        assert_eq!(answer.headers["content-type"], "application/json");
    }
    let two = post(&format!("{STORE}?sentry_key={OTHER}")).header("x-sentry-auth", auth());
    let answer = app.send(two.body("{}".into()).unwrap()).await;
    assert_eq!((answer.status, answer.detail().as_str()), (401, "multiple authorization payloads detected"));
    assert!(app.records().await.is_empty());
}

#[tokio::test]
async fn the_legacy_path_goes_by_the_key_alone() {
    let app = App::new().await;
    for path in ["/api/store/", "/api/store"] {
        assert_eq!(app.post(path, "{}").await.status, 200);
    }
    assert_eq!(app.records().await.len(), 2);
}

#[tokio::test]
async fn slashes_make_no_difference_and_never_a_redirect() {
    let app = App::new().await;
    for path in [
        "/api/42/envelope",
        "/api/42/envelope/",
        "//api/42/envelope/",
        "/api//42/envelope/",
        "/api/42//envelope/",
        "/api/42/envelope//",
        "///api///42///envelope///",
    ] {
        let query = format!("{path}?sentry_key={KEY}");
        let answer = app.send(post(&query).body(Body::from(EVENT)).unwrap()).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(answer.headers.get_all("access-control-allow-origin").iter().count(), 1, "{path}");
    }
    for path in ["/api/42/store//", "/api/42/store", "//api/store/"] {
        assert_eq!(app.post(path, "{}").await.status, 200, "{path}");
    }
    for path in ["//", "//api", "/api/42/envelope//x"] {
        assert_eq!(app.post(path, "{}").await.status, 404, "{path}");
    }
}
