//! Sessions of browsers.

use http::StatusCode;

use crate::{
    routes::{ROUTES, Route},
    server::{Reply, Server},
};

const HERE: (&str, &str) = ("sec-fetch-site", "same-origin");
const BODY: &str = r#"{"token":"member"}"#;

/// The cookie of a session of this token, as a browser sends it back.
async fn cookie(server: &Server, token: &str) -> String {
    let reply = server.send_with("POST", "/api/v1/session", None, &[HERE], &format!(r#"{{"token":"{token}"}}"#)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    given(&reply).split(';').next().unwrap().to_owned()
}

fn given(reply: &Reply) -> &str {
    reply.headers["set-cookie"].to_str().unwrap()
}

#[tokio::test]
async fn a_token_opens_a_session_that_no_script_reads_and_no_other_site_is_sent() {
    let server = Server::empty().await;
    let reply = server.send_with("POST", "/api/v1/session", None, &[HERE], BODY).await;
    assert_eq!((reply.status, reply.json()), (StatusCode::OK, serde_json::json!({"role": "member", "projects": null})));
    let set = given(&reply);
    assert!(set.ends_with("; Path=/api; Max-Age=7776000; HttpOnly; SameSite=Strict"), "{set}");
    assert_eq!(reply.headers["cache-control"], "no-store");
    let https = server.send_with("POST", "/api/v1/session", None, &[HERE, ("x-forwarded-proto", "https")], BODY).await;
    assert!(given(&https).ends_with("; Secure"), "{}", given(&https));
}

#[tokio::test]
async fn an_unknown_token_opens_none() {
    let server = Server::empty().await;
    for token in ["unknown", "", "Member"] {
        let reply = server.send_with("POST", "/api/v1/session", None, &[HERE], &format!(r#"{{"token":"{token}"}}"#)).await;
        assert_eq!((reply.status.as_u16(), reply.headers.get("set-cookie")), (401, None), "{token}");
    }
}

#[tokio::test]
async fn a_session_reads_and_changes_as_its_token_does() {
    let server = Server::empty().await;
    let viewer = cookie(&server, "viewer").await;
    let both = format!("other=1; {viewer}");
    let reply = server.send_with("GET", "/api/v1/projects", None, &[("cookie", &both)], "").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.headers["vary"], "authorization, cookie");
    let refused = server.send_with("POST", "/api/v1/projects", None, &[("cookie", &viewer), HERE], r#"{"name":"Third"}"#).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (403, &"forbidden".into()));
    let admin = cookie(&server, "bootstrap").await;
    let made = server.send_with("POST", "/api/v1/projects", None, &[("cookie", &admin), HERE], r#"{"name":"Third"}"#).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
}

#[tokio::test]
async fn a_session_changes_nothing_for_another_site() {
    let server = Server::full().await;
    let admin = cookie(&server, "admin").await;
    let cookie = ("cookie", admin.as_str());
    let changing = |route: &&Route| route.method != "GET";
    let sites: [&[(&str, &str)]; 7] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://errors.example.com")],
        &[],
    ];
    for Route { method, path, body, .. } in ROUTES.iter().filter(changing) {
        for site in sites {
            let headers: Vec<_> = [cookie].into_iter().chain(site.iter().copied()).collect();
            let reply = server.send_with(method, path, None, &headers, body).await;
            assert_eq!((reply.status.as_u16(), &reply.json()["code"]), (403, &"cross_site".into()), "{method} {path} {site:?}");
        }
    }
    for method in ["POST", "DELETE"] {
        let reply = server.send_with(method, "/api/v1/session", None, &[("origin", "https://evil.example")], BODY).await;
        assert_eq!((reply.status.as_u16(), reply.headers.get("set-cookie")), (403, None), "{method}");
    }
}

#[tokio::test]
async fn a_session_answers_no_other_site_and_old_browsers_prove_themselves_by_their_origin() {
    let server = Server::empty().await;
    let admin = cookie(&server, "admin").await;
    let status = async |method: &str, site: &[(&str, &str)]| {
        let headers: Vec<_> = [("cookie", admin.as_str())].into_iter().chain(site.iter().copied()).collect();
        let body = if method == "POST" { r#"{"name":"Third"}"# } else { "" };
        server.send_with(method, "/api/v1/projects", None, &headers, body).await.status.as_u16()
    };
    assert_eq!(status("GET", &[("sec-fetch-site", "same-site")]).await, 403);
    assert_eq!(status("GET", &[("sec-fetch-site", "none")]).await, 200);
    assert_eq!(status("POST", &[("origin", "http://errors.example.com:8787")]).await, 201);
    // The header wins, as it can't be set by a page.
    assert_eq!(status("POST", &[("origin", "http://errors.example.com:8787"), ("sec-fetch-site", "cross-site")]).await, 403);
}

#[tokio::test]
async fn signing_out_takes_the_cookie_away_and_a_revoked_token_its_session() {
    let server = Server::empty().await;
    let member = cookie(&server, "member").await;
    let out = server.send_with("DELETE", "/api/v1/session", None, &[("cookie", &member), HERE], "").await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(given(&out).starts_with("belfry_session=; Path=/api; Max-Age=0"), "{}", given(&out));
    let tokens = server.send("GET", "/api/v1/tokens", Some("admin"), "").await.json();
    let id = tokens["tokens"].as_array().unwrap().iter().find(|one| one["role"] == "member").unwrap()["id"].as_str().unwrap().to_owned();
    server.send("DELETE", &format!("/api/v1/tokens/{id}"), Some("admin"), "").await;
    let reply = server.send_with("GET", "/api/v1/projects", None, &[("cookie", &member)], "").await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_cookie_that_is_none_of_ours_is_no_session() {
    let server = Server::empty().await;
    for value in ["belfry_session=", "belfry_session=%%%", "belfry_session=AAAA", "belfry_sessions=dmlld2Vy", "x"] {
        let reply = server.send_with("GET", "/api/v1/projects", None, &[("cookie", value)], "").await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{value}");
    }
    let long = format!("belfry_session={}", "A".repeat(9_000));
    assert_eq!(server.send_with("GET", "/api/v1/projects", None, &[("cookie", &long)], "").await.status, StatusCode::UNAUTHORIZED);
}
