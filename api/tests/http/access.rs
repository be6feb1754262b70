use http::StatusCode;

use crate::{
    routes::{ROUTES, Route},
    server::Server,
};

const ROLES: [&str; 3] = ["viewer", "member", "admin"];

#[tokio::test]
async fn each_route_takes_its_role_and_those_above() {
    let server = Server::empty().await;
    for Route { method, path, least, .. } in ROUTES {
        let least = ROLES.iter().position(|role| *role == least).unwrap();
        for (rank, role) in ROLES.into_iter().enumerate() {
            let reply = server.send(method, path, Some(role), "").await;
            let refused = matches!(reply.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            assert_eq!(refused, rank < least, "{role} {method} {path}: {} {}", reply.status, reply.text);
            if refused {
                assert_eq!(reply.status, StatusCode::FORBIDDEN, "{role} {method} {path}");
                assert_eq!(reply.json()["code"], "forbidden");
                assert!(reply.headers["www-authenticate"].to_str().unwrap().contains("insufficient_scope"));
            }
        }
        let reply = server.send(method, path, Some("bootstrap"), "").await;
        assert!(!matches!(reply.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN), "{method} {path}: {}", reply.text);
    }
}

#[tokio::test]
async fn without_a_known_token_there_is_no_answer() {
    let server = Server::empty().await;
    let long = "x".repeat(5_000);
    for Route { method, path, .. } in ROUTES {
        for token in [None, Some("unknown"), Some("Viewer"), Some(""), Some(long.as_str())] {
            let reply = server.send(method, path, token, "").await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{method} {path} {token:?}");
            assert_eq!(reply.headers["www-authenticate"], "Bearer realm=\"belfry\"");
            assert_eq!(reply.headers["content-type"], "application/problem+json");
            assert_eq!(reply.json()["code"], "unauthorized");
        }
    }
}

#[tokio::test]
async fn the_key_of_a_project_reads_nothing() {
    let server = Server::full().await;
    let key = "01010101010101010101010101010101";
    for Route { method, path, .. } in ROUTES {
        assert_eq!(server.send(method, path, Some(key), "").await.status, StatusCode::UNAUTHORIZED, "{method} {path}");
    }
}

#[tokio::test]
async fn no_answer_is_kept_by_others_or_taken_for_something_else() {
    let server = Server::empty().await;
    for (path, token, kept) in [
        ("/api/v1/projects", Some("viewer"), "private, no-cache"),
        ("/api/v1/projects", None, "no-store"),
        ("/api/v1/nothing", None, "no-store"),
        ("/api/v1/issues?x=1", Some("viewer"), "no-store"),
    ] {
        let reply = server.send("GET", path, token, "").await;
        assert_eq!(reply.headers["cache-control"], kept, "{path}");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff", "{path}");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let server = Server::empty().await;
    for path in ["/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/issues/a/b/c", "/api/v1/stats"] {
        assert_eq!(server.problem(path, 404).await.0, "not_found", "{path}");
    }
    let reply = server.send("DELETE", "/api/v1/projects", Some("admin"), "").await;
    assert_eq!((reply.status, &reply.json()["code"]), (StatusCode::METHOD_NOT_ALLOWED, &"method_not_allowed".into()));
}

#[tokio::test]
async fn other_routers_can_take_other_methods_of_the_same_path() {
    use tower::ServiceExt;
    let server = Server::empty().await;
    let post = axum::Router::new().route("/api/v1/events", axum::routing::post(|| async { "taken" }));
    let both = Server::router_over(&server.index, &server.catalog, None).merge(post);
    let request = http::Request::post("/api/v1/events").body(axum::body::Body::empty()).unwrap();
    assert_eq!(both.clone().oneshot(request).await.unwrap().status(), StatusCode::OK);
    let reply = server.send_to(both, "GET", "/api/v1/events", Some("viewer"), "").await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn the_schema_of_events_is_there_for_everyone() {
    let server = Server::empty().await;
    let reply = server.send("GET", "/api/v1/schemas/event.json", None, "").await;
    assert_eq!((reply.status.as_u16(), &reply.headers["content-type"]), (200, &"application/schema+json".parse().unwrap()));
    assert_eq!(reply.json()["properties"]["serviceName"], serde_json::json!({ "$ref": "#/$defs/service" }));
}
