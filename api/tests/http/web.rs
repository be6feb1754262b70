//! The dashboard's files.

use axum::{
    body::{Body, to_bytes},
    response::Response,
};
use http::{Request, StatusCode};
use tower::ServiceExt;

async fn get(path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    api::dashboard().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn text(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

/// The files that the page names.
async fn named() -> Vec<String> {
    let page = text(get("/", &[]).await).await;
    page.split('"').filter(|part| part.starts_with('/')).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_view_is_on_the_one_page_and_nothing_inline_is_on_it() {
    let page = text(get("/", &[]).await).await;
    for path in ["/sign-in", "/issues/shop-7F3K9?from=-7d", "/search", "/a/b/c"] {
        assert!(text(get(path, &[]).await).await == page, "{path}");
    }
    assert!(!page.contains("<style") && !page.contains("style=") && !page.contains("http"), "{page}");
    for script in page.split("<script").skip(1) {
        assert!(script.contains("src=\"/") && script.contains("></script>"), "an inline script: {script}");
    }
}

#[tokio::test]
async fn the_policy_lets_in_nothing_from_elsewhere_and_nothing_inline() {
    for path in ["/", "/issues", &named().await[0]] {
        let answer = get(path, &[]).await;
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'self';") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
    }
}

#[tokio::test]
async fn named_files_are_kept_for_ever_and_the_page_is_asked_for_each_time() {
    let names = named().await;
    let hashed: Vec<_> = names.iter().filter(|name| name.starts_with("/assets/")).collect();
    assert!(hashed.len() >= 2, "{names:?}");
    for name in &names {
        let answer = get(name, &[]).await;
        assert_eq!(answer.status(), StatusCode::OK, "{name}");
        let kept = if name.starts_with("/assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
        assert_eq!(answer.headers()["cache-control"], kept, "{name}");
    }
    let page = get("/", &[]).await;
    assert_eq!(page.headers()["cache-control"], "no-cache");
    let tag = page.headers()["etag"].to_str().unwrap().to_owned();
    let again = get("/issues", &[("if-none-match", &tag)]).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(text(again).await, "");
}

#[tokio::test]
async fn what_is_first_loaded_is_small() {
    let mut bytes = 0;
    for name in named().await.iter().chain([&"/".to_owned()]) {
        let answer = get(name, &[("accept-encoding", "gzip")]).await;
        bytes += to_bytes(answer.into_body(), 1 << 20).await.unwrap().len();
    }
    assert!(bytes < 150_000, "{bytes} bytes");
}

#[tokio::test]
async fn wrong_paths_of_others_are_no_page() {
    for path in ["/api", "/api/1/nothing/", "/v1/nothing", "/metrics/x", "/assets/old-1234.js"] {
        let answer = get(path, &[]).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
    }
    let post = Request::post("/issues").body(Body::empty()).unwrap();
    assert_eq!(api::dashboard().oneshot(post).await.unwrap().status(), StatusCode::NOT_FOUND);
}
